/* apiserver/answer.c - sends answers: failures, objects in the form asked for, texts.
 * Must not decide anything. */
#include "apiserver/call.h"
#include "apiserver/object.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include <inttypes.h>
#include <string.h>

#define MAX_WARNINGS 16

/* Sends and frees the HTTP side of the call. body is taken. */
static void send(struct api_call *c, int code, const char *content_type, const char *retry_after, char *body)
{
    struct http_header h[5 + MAX_WARNINGS] = { { "Content-Type", content_type },
                                               { "Cache-Control", "no-cache, private" } };
    char *texts[MAX_WARNINGS];
    size_t n = 2, n_texts = 0;
    if (cu_has_prefix(content_type, "text/plain"))
        h[n++] = (struct http_header){ "X-Content-Type-Options", "nosniff" };
    if (retry_after)
        h[n++] = (struct http_header){ "Retry-After", retry_after };
    for (size_t i = 0; i < c->warnings.n && n_texts < MAX_WARNINGS; i++) {
        cu_autofree char *quoted = cu_replace(c->warnings.v[i], "\"", "\\\"");
        texts[n_texts] = cu_asprintf("299 - \"%s\"", quoted);
        h[n++] = (struct http_header){ "Warning", texts[n_texts++] };
    }
    struct http_request *http = c->http;
    c->http = NULL;
    c->srv->requests[code >= 100 && code < 600 ? code / 100 : 5]++;
    http_respond_take(http, code, h, body, strlen(body));
    for (size_t i = 0; i < n_texts; i++)
        free(texts[i]);
}

void api_answer_text(struct api_call *c, int code, const char *content_type, char *text)
{
    send(c, code, content_type, NULL, text);
}

void api_answer_not_found_page(struct api_call *c)
{
    send(c, 404, "text/plain; charset=utf-8", NULL, cu_strdup("404 page not found\n"));
}

void api_answer_json(struct api_call *c, int code, const struct val *v, const char *content_type)
{
    send(c, code, cu_or(content_type, "application/json"), NULL, val_dump_json(v, VAL_JSON_COMPACT));
}

void api_answer_status(struct api_call *c, struct api_status *st)
{
    int64_t seconds = val_get_int(val_get(st->body, "details"), "retryAfterSeconds", 0);
    char retry[24];
    snprintf(retry, sizeof(retry), "%" PRId64, seconds);
    send(c, st->code, "application/json", seconds > 0 ? retry : NULL,
         val_dump_json(st->body, VAL_JSON_COMPACT));
    api_status_clear(st);
}

void api_answer_success(struct api_call *c, int code, const struct val *details)
{
    cu_autoval struct val *v = val_new_map();
    val_set_str(v, "kind", "Status");
    val_set_str(v, "apiVersion", "v1");
    val_set(v, "metadata", val_new_map());
    val_set_str(v, "status", "Success");
    if (details)
        val_set(v, "details", val_ref(details));
    else
        val_set_int(v, "code", code);
    api_answer_json(c, code, v, NULL);
}

void api_answer_tree(struct api_call *c, int code, const struct val *v)
{
    if (c->form == API_FORM_OBJECT || !val_get(v, "metadata")) {
        api_answer_json(c, code, v, NULL);
        return;
    }
    if (c->form == API_FORM_PARTIAL) {
        cu_autoval struct val *partial = api_partial_metadata(v);
        api_answer_json(c, code, partial, NULL);
        return;
    }
    cu_autoval struct val *table = api_table_new(c->path.r, true);
    const char *rev = val_find_str(v, "metadata", "resourceVersion", NULL);
    val_set_str(val_need_map(table, "metadata"), "resourceVersion", rev);
    api_table_add(table, c->path.r, v, c->include, c->now_ms);
    api_answer_json(c, code, table, NULL);
}

void api_answer_object(struct api_call *c, int code, struct api_object *o)
{
    if (c->form == API_FORM_OBJECT && c->path.r == o->res) {
        send(c, code, "application/json", NULL, cu_strdup(api_object_json(o)));
        return;
    }
    cu_autoval struct val *v = api_present(c->path.r, o->v);
    api_answer_tree(c, code, v);
}

char *api_error_body(void *server, int code, const char *text, const char **content_type)
{
    (void)server;
    static const struct {
        int code;
        const char *reason;
    } REASONS[] = { { 400, "BadRequest" }, { 413, "RequestEntityTooLarge" }, { 408, "Timeout" } };
    const char *reason = "InternalError";
    for (size_t i = 0; i < CU_LEN(REASONS); i++)
        if (REASONS[i].code == code)
            reason = REASONS[i].reason;
    struct api_status st = API_STATUS_INIT;
    api_fail(&st, code, reason, "%s", text);
    char *body = val_dump_json(st.body, VAL_JSON_COMPACT);
    api_status_clear(&st);
    *content_type = "application/json";
    return body;
}
