/* kube/informer.c - list and watch on an event loop. Must not know what the objects mean.
 *
 * A state is either "listing", "watching" or "resting" (a timer runs). Callbacks of the user may free the informer:
 * everything that calls them does so between enter() and leave(). */
#include "kube/informer.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/random.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "http/client.h"
#include "kube/client_internal.h"
#include "kube/kubeconfig.h"

#include <string.h>

#define FIRST_PAUSE_MS 10
#define ABSENT_PAUSE_MS 200 /* longest pause while nobody listens: a server that starts is found at once */
#define LONGEST_PAUSE_MS 5000
#define LIVED_MS 1000 /* a watch that ended earlier counts as a failure */

struct kube_informer {
    struct http_loop *loop;
    struct kube_client *client;
    struct kube_informer_spec spec; /* path and query owned */
    struct cu_map *objects;         /* key to struct val */
    char *version;                  /* resource version to watch from; NULL: list first */
    struct http_transfer *transfer;
    struct http_timer *timer;
    struct cu_buf input; /* list: the whole body; watch: an unfinished line; error: the Status */
    bool watching, synced, freed;
    int status; /* HTTP status of the transfer; 0 before */
    int busy;
    int64_t pause_ms, started_ms;
    size_t events;        /* of this watch */
    struct cu_err broken; /* why we ended the transfer ourselves */
};

static void start(struct kube_informer *i);

static void free_value(void *v)
{
    val_unref(v);
}

static void destroy(struct kube_informer *i)
{
    if (i->transfer)
        http_transfer_cancel(i->transfer);
    http_timer_free(i->timer);
    kube_client_free(i->client);
    cu_map_free(i->objects);
    cu_buf_clear(&i->input);
    cu_err_clear(&i->broken);
    free((char *)(uintptr_t)i->spec.path);
    free((char *)(uintptr_t)i->spec.query);
    free(i->version);
    free(i);
}

static void enter(struct kube_informer *i)
{
    i->busy++;
}

/* False: the informer is gone. */
static bool leave(struct kube_informer *i)
{
    if (--i->busy > 0 || !i->freed)
        return !i->freed;
    destroy(i);
    return false;
}

void kube_informer_free(struct kube_informer *i)
{
    if (!i)
        return;
    i->freed = true;
    if (i->transfer) {
        http_transfer_cancel(i->transfer);
        i->transfer = NULL;
    }
    if (i->busy == 0)
        destroy(i);
}

static void set_version(struct kube_informer *i, const char *version)
{
    if (cu_is_empty(version))
        return;
    char *copy = cu_strdup(version);
    free(i->version);
    i->version = copy;
}

static char *key_of(const struct val *obj)
{
    const char *ns = val_find_str(obj, "metadata", "namespace", NULL);
    const char *name = cu_or(val_find_str(obj, "metadata", "name", NULL), "");
    return cu_is_empty(ns) ? cu_strdup(name) : cu_asprintf("%s/%s", ns, name);
}

static void tell(struct kube_informer *i, const struct val *obj, const struct val *old)
{
    if (!i->freed && i->spec.changed)
        i->spec.changed(i->spec.arg, obj, old);
}

/* Makes `found` (key to object) the content, then tells what differs. Takes `found`. */
static void replace_all(struct kube_informer *i, struct cu_map *found)
{
    struct cu_map *before = i->objects;
    size_t pos = 0;
    const char *key;
    void *value;
    i->objects = found;
    cu_autoval struct val *now =
        val_new_list(); /* a list of its own: callbacks may wait for further changes */
    while (cu_map_next(found, &pos, &key, &value))
        val_append(now, val_ref(value));
    for (size_t n = 0; n < val_len(now); n++) {
        struct val *obj = val_at(now, n);
        cu_autofree char *k = key_of(obj);
        struct val *old = cu_map_get(before, k);
        if (!old || !cu_streq(val_find_str(old, "metadata", "resourceVersion", NULL),
                              val_find_str(obj, "metadata", "resourceVersion", NULL)))
            tell(i, obj, old);
    }
    pos = 0;
    while (cu_map_next(before, &pos, &key, &value))
        if (!i->freed && !cu_map_get(i->objects, key))
            tell(i, NULL, value);
    cu_map_free(before);
}

/* Takes over a complete list. */
static int take_list(struct kube_informer *i, struct cu_err *err)
{
    cu_autoval struct val *list = NULL;
    if (val_parse_json(cu_buf_str(&i->input), i->input.len, &list, err) < 0)
        return cu_wrap(err, "list %s", i->spec.path);
    cu_buf_clear(&i->input);
    const struct val *items = val_get(list, "items");
    const char *version = val_find_str(list, "metadata", "resourceVersion", NULL);
    if (cu_is_empty(version))
        return cu_fail(err, CU_E_SERVER, "list %s: the answer is no list", i->spec.path);
    set_version(i, version);
    struct cu_map *found = cu_map_new(free_value);
    for (size_t n = 0; n < val_len(items); n++) {
        cu_autofree char *key = key_of(val_at(items, n));
        cu_map_set(found, key, val_ref(val_at(items, n)));
    }
    replace_all(i, found);
    if (!i->freed && !i->synced) {
        i->synced = true;
        if (i->spec.synced)
            i->spec.synced(i->spec.arg);
    }
    return 0;
}

/* One event of a watch. */
static int take_event(struct kube_informer *i, const char *line, size_t n, struct cu_err *err)
{
    cu_autoval struct val *event = NULL;
    if (val_parse_json(line, n, &event, err) < 0)
        return cu_wrap(err, "watch %s", i->spec.path);
    const char *type = cu_or(val_get_str(event, "type"), "");
    struct val *obj = val_get(event, "object");
    if (strcmp(type, "ERROR") == 0) {
        struct kube_request q = { .method = "WATCH", .path = i->spec.path };
        return kube_status_error(&q, (int)val_get_int(obj, "code", 500), obj, NULL, err);
    }
    set_version(i, val_find_str(obj, "metadata", "resourceVersion", NULL));
    if (strcmp(type, "BOOKMARK") == 0)
        return 0;
    cu_autofree char *key = key_of(obj);
    cu_autoval struct val *old = val_ref(cu_map_get(i->objects, key));
    if (strcmp(type, "DELETED") == 0) {
        cu_map_remove(i->objects, key);
        if (old)
            tell(i, NULL, old);
        return 0;
    }
    cu_map_set(i->objects, key, val_ref(obj));
    tell(i, obj, old);
    return 0;
}

/* Hands the complete lines of the input on. */
static int take_lines(struct kube_informer *i, struct cu_err *err)
{
    size_t at = 0;
    int r = 0;
    while (r == 0 && !i->freed && at < i->input.len) {
        const char *line = i->input.data + at;
        const char *end = memchr(line, '\n', i->input.len - at);
        if (!end)
            break;
        at += (size_t)(end - line) + 1;
        i->events++;
        if (end > line)
            r = take_event(i, line, (size_t)(end - line), err);
    }
    cu_buf_drop(&i->input, at);
    return r;
}

static void on_head(void *arg, const struct http_response *head)
{
    struct kube_informer *i = arg;
    i->status = head->code;
    if (i->watching && head->code < 300)
        i->pause_ms = 0;
}

static void rest(struct kube_informer *i)
{
    http_timer_set(i->timer, i->pause_ms);
}

/* Something went wrong: say so, and try again after a pause that grows. */
static void fail(struct kube_informer *i, const struct cu_err *err)
{
    cu_log_debug(2, "informer of %s: %s", i->spec.path, cu_err_text(err));
    int64_t longest = err->code == CU_E_REFUSED ? ABSENT_PAUSE_MS : LONGEST_PAUSE_MS;
    i->pause_ms = i->pause_ms ? i->pause_ms * 2 : FIRST_PAUSE_MS;
    if (i->pause_ms > longest)
        i->pause_ms = longest;
    if (err->code == CU_E_EXPIRED) {
        free(i->version);
        i->version = NULL;
    }
    if (i->spec.failed)
        i->spec.failed(i->spec.arg, err);
    if (!i->freed)
        rest(i);
}

static void on_data(void *arg, const void *p, size_t n)
{
    struct kube_informer *i = arg;
    cu_buf_addn(&i->input, p, n);
    if (!i->watching || i->status >= 300)
        return;
    enter(i);
    int r = i->input.failed ? cu_fail(&i->broken, CU_E_SERVER, "watch %s: an event is larger than %d bytes",
                                      i->spec.path, LIM_WATCH_EVENT)
                            : take_lines(i, &i->broken);
    if (!leave(i) || r == 0)
        return;
    http_transfer_cancel(i->transfer);
    i->transfer = NULL;
    enter(i);
    cu_autoerr struct cu_err cause = CU_ERR_INIT;
    cu_err_move(&cause, &i->broken);
    fail(i, &cause);
    leave(i);
}

static void on_end(void *arg, int code, enum http_cause cause, const struct cu_err *transport)
{
    (void)cause;
    struct kube_informer *i = arg;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int r = 0;
    i->transfer = NULL;
    enter(i);
    if (transport->code) {
        r = cu_fail(&err, transport->code, "%s", cu_err_text(transport));
    } else if (code >= 300) {
        struct kube_request q = { .method = i->watching ? "WATCH" : "LIST", .path = i->spec.path };
        cu_autoval struct val *status = NULL;
        if (val_parse_json(cu_buf_str(&i->input), i->input.len, &status, NULL) < 0)
            status = NULL;
        r = kube_status_error(&q, code, status, cu_buf_str(&i->input), &err);
    } else if (!i->watching) {
        r = take_list(i, &err);
    } else if (i->events == 0 && cu_mono_ms() - i->started_ms < LIVED_MS) {
        r = cu_fail(&err, CU_E_SERVER, "watch %s: the server ended it at once", i->spec.path);
    }
    if (!i->freed && r < 0)
        fail(i, &err);
    else if (!i->freed)
        start(i);
    leave(i);
}

/* Lists, or watches when there is a version to start from. */
static void start(struct kube_informer *i)
{
    static const struct http_transfer_events events = { on_head, on_data, on_end };
    i->watching = i->version != NULL;
    i->status = 0;
    i->events = 0;
    i->started_ms = cu_mono_ms();
    cu_buf_clear(&i->input);
    i->input.max = i->watching ? LIM_WATCH_EVENT : LIM_HTTP_RESPONSE;
    cu_autobuf struct cu_buf url = CU_BUF_INIT(LIM_HTTP_HEADERS);
    cu_buf_addf(&url, "%s%s", kube_client_server(i->client), i->spec.path);
    if (i->spec.query)
        cu_buf_addf(&url, "?%s", i->spec.query);
    cu_buf_addc(&url, i->spec.query ? '&' : '?');
    if (i->watching)
        cu_buf_addf(&url, "watch=true&allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=%u",
                    i->version, 300 + cu_random_below(300));
    else
        cu_buf_add(&url, "resourceVersion=0"); /* what is missing the watch brings */
    static const char *const headers[] = { "Accept: application/json", NULL };
    struct http_call call = { .url = cu_buf_str(&url),
                              .headers = headers,
                              .timeout_ms = i->watching ? 0 : 60000 };
    i->transfer = http_transfer_start(i->loop, kube_client_http(i->client), &call, &events, i);
}

static void on_timer(void *arg)
{
    start(arg);
}

int kube_informer_new(struct http_loop *loop, const struct kube_config *c, const struct kube_informer_spec *s,
                      struct kube_informer **out, struct cu_err *err)
{
    struct kube_client *client = NULL;
    struct kube_options o = { .user_agent = s->user_agent };
    int r = kube_client_new(c, &o, &client, err);
    if (r < 0)
        return r;
    struct kube_informer *i = cu_calloc(1, sizeof(*i));
    i->loop = loop;
    i->client = client;
    i->spec = *s;
    i->spec.path = cu_strdup(s->path);
    i->spec.query = cu_strdup(s->query);
    i->spec.user_agent = NULL;
    i->objects = cu_map_new(free_value);
    i->timer = http_timer_new(loop, on_timer, i);
    *out = i;
    start(i);
    return 0;
}

bool kube_informer_synced(const struct kube_informer *i)
{
    return i->synced;
}

struct val *kube_informer_get(const struct kube_informer *i, const char *key)
{
    return cu_map_get(i->objects, key);
}

bool kube_informer_next(const struct kube_informer *i, size_t *pos, struct val **obj)
{
    const char *key;
    void *value;
    if (!cu_map_next(i->objects, pos, &key, &value))
        return false;
    *obj = value;
    return true;
}
