/* apiserver/query.c - reads list and watch options and applies selectors.
 * Must not answer requests. */
#include "apiserver/query.h"
#include "base/encode.h"
#include "base/str.h"
#include <inttypes.h>
#include <string.h>

void api_list_options_clear(struct api_list_options *o)
{
    codec_labels_free(o->labels);
    codec_fields_free(o->fields);
    free(o->start);
    *o = (struct api_list_options){ .rev = -1 };
}

static bool selectable(const struct api_resource *r, const char *path)
{
    if (cu_streq(path, "metadata.name") || (cu_streq(path, "metadata.namespace") && r->namespaced))
        return true;
    for (size_t i = 0; r->selectable && r->selectable[i]; i++)
        if (cu_streq(path, r->selectable[i]))
            return true;
    return false;
}

static int read_selectors(const struct api_call *c, struct api_list_options *o, struct api_status *st)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (codec_labels_parse(api_query(c, "labelSelector"), &o->labels, &err) < 0)
        return api_fail_bad_request(st, "unable to parse the label selector: %s", cu_err_text(&err));
    if (codec_fields_parse(api_query(c, "fieldSelector"), &o->fields, &err) < 0)
        return api_fail_bad_request(st, "unable to parse the field selector: %s", cu_err_text(&err));
    const char *path, *value;
    bool negated;
    for (size_t i = 0; codec_fields_at(o->fields, i, &path, &value, &negated); i++)
        if (!selectable(c->path.r, path))
            return api_fail_bad_request(st, "%s cannot be selected by the field \"%s\"", c->path.r->resource,
                                        path);
    o->name = codec_fields_exact(o->fields, "metadata.name");
    return 0;
}

static int read_number(const struct api_call *c, const char *name, int64_t *out, struct api_status *st)
{
    const char *text = api_query(c, name);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (*text && cu_parse_i64(text, 0, INT64_MAX, out, &err) < 0)
        return api_fail_bad_request(st, "%s: \"%s\": %s", name, text, cu_err_text(&err));
    return 0;
}

/* resourceVersion, resourceVersionMatch and sendInitialEvents together. */
static int read_version(const struct api_call *c, bool watch, struct api_list_options *o,
                        struct api_status *st)
{
    const char *match = api_query(c, "resourceVersionMatch");
    const char *initial = http_query_get(&c->query, "sendInitialEvents");
    struct api_invalid e = API_INVALID_INIT;
    if (read_number(c, "resourceVersion", &o->rev, st) < 0)
        return -1;
    if (watch && initial) {
        o->initial_events = api_query_bool(c, "sendInitialEvents", false);
        o->no_initial_events = !o->initial_events;
        if (!*match)
            api_invalid_add(&e, "FieldValueForbidden", "resourceVersionMatch",
                            "Forbidden: sendInitialEvents requires resourceVersionMatch to be NotOlderThan");
        else if (!cu_streq(match, "NotOlderThan"))
            api_invalid_add(&e, "FieldValueNotSupported", "resourceVersionMatch",
                            "Unsupported value: \"%s\": supported values: \"NotOlderThan\"", match);
    } else if (initial) {
        api_invalid_add(&e, "FieldValueForbidden", "sendInitialEvents", "Forbidden: only watches take it");
    } else if (watch && *match) {
        api_invalid_add(&e, "FieldValueForbidden", "resourceVersionMatch",
                        "Forbidden: watches take it only with sendInitialEvents");
    } else if (*match && o->rev < 0) {
        api_invalid_add(&e, "FieldValueForbidden", "resourceVersionMatch",
                        "Forbidden: it needs a resourceVersion");
    } else if (*match && !cu_streq(match, "NotOlderThan") && !cu_streq(match, "Exact")) {
        api_invalid_add(&e, "FieldValueNotSupported", "resourceVersionMatch",
                        "Unsupported value: \"%s\": supported values: \"Exact\", \"NotOlderThan\", \"\"",
                        match);
    } else if (cu_streq(match, "Exact") && o->rev == 0) {
        api_invalid_add(&e, "FieldValueForbidden", "resourceVersionMatch",
                        "Forbidden: \"Exact\" does not go with resourceVersion 0");
    }
    if (api_invalid_finish(&e, st, "ListOptions", "meta.k8s.io", "") < 0)
        return -1;
    if (cu_streq(match, "Exact") && o->rev != api_registry_revision(c->srv->registry))
        return api_fail(st, 410, "Expired", "the state at resource version %" PRId64 " is not kept", o->rev);
    return 0;
}

char *api_continue_token(const char *key, int64_t rev)
{
    /* `start` ends with the NUL that makes it the first key behind `key`, escaped as JSON wants it */
    cu_autoval struct val *start = val_new_str(key);
    cu_autofree char *quoted = val_dump_json(start, VAL_JSON_COMPACT);
    quoted[strlen(quoted) - 1] = '\0';
    cu_autofree char *json =
        cu_asprintf("{\"v\":\"meta.k8s.io/v1\",\"rv\":%" PRId64 ",\"start\":%s\\u0000\"}", rev, quoted);
    return cu_base64url(json, strlen(json));
}

static int read_continue(const struct api_call *c, struct api_list_options *o, struct api_status *st)
{
    const char *token = api_query(c, "continue");
    if (!*token)
        return 0;
    if (o->rev > 0)
        return api_fail_bad_request(st, "resourceVersion and continue exclude each other");
    cu_autofree uint8_t *text = NULL;
    cu_autoval struct val *v = NULL;
    size_t n = 0;
    if (cu_unbase64url(token, strlen(token), &text, &n, NULL) == 0) {
        char *json = (char *)text, *nul = strstr(json, "\\u0000\"");
        if (nul && strlen(json) == n) { /* trees hold no NUL */
            memmove(nul, nul + strlen("\\u0000"), strlen(nul + strlen("\\u0000")) + 1);
            n -= strlen("\\u0000");
        }
        val_parse_json(json, n, &v, NULL);
    }
    const char *start = val_get_str(v, "start");
    o->start_rev = val_get_int(v, "rv", 0);
    if (!start || o->start_rev <= 0 || !cu_streq(val_get_str(v, "v"), "meta.k8s.io/v1"))
        return api_fail_bad_request(st, "continue: not a token of this server");
    o->start = cu_strdup(start);
    return 0;
}

int api_list_options(const struct api_call *c, bool watch, struct api_list_options *o, struct api_status *st)
{
    *o = (struct api_list_options){ .rev = -1, .ns = c->path.r->namespaced ? c->path.ns : "" };
    if (read_selectors(c, o, st) < 0 || read_version(c, watch, o, st) < 0 ||
        read_number(c, "timeoutSeconds", &o->timeout_s, st) < 0)
        return -1;
    if (watch) {
        o->bookmarks = api_query_bool(c, "allowWatchBookmarks", false);
        return 0;
    }
    return read_number(c, "limit", &o->limit, st) < 0 || read_continue(c, o, st) < 0 ? -1 : 0;
}

bool api_selects(const struct api_list_options *o, const struct api_resource *r, const struct api_object *obj)
{
    if (*o->ns && strcmp(o->ns, obj->ns) != 0)
        return false;
    if (o->name && strcmp(o->name, obj->name) != 0)
        return false;
    if (!codec_labels_match(o->labels, val_find(obj->v, "metadata", "labels", NULL)))
        return false;
    const char *path, *value;
    bool negated;
    if (!codec_fields_at(o->fields, 0, &path, &value, &negated))
        return true;
    if (obj->res == r)
        return codec_fields_match(o->fields, obj->v);
    cu_autoval struct val *v = api_present(r, obj->v);
    return codec_fields_match(o->fields, v);
}
