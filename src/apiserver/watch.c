/* apiserver/watch.c - watches: the start of a stream, changes to every watcher, bookmarks, the end.
 * Must not write to the registry. An event is put into text once per form, whatever the number of watchers. */
#include "apiserver/watch.h"
#include "apiserver/object.h"
#include "apiserver/query.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <inttypes.h>
#include <string.h>

#define BOOKMARK_MS 60000
#define SLOW_BYTES                                                                                           \
    (16 * 1024 * 1024) /* unread by the client, beyond what it began with: cut it off, it will list again */
#define FLUSH_BYTES (256 * 1024)

struct watcher {
    struct api_watches *hub;
    struct watcher *next, **link; /* its place in the hub's list */
    const struct api_resource *r;
    struct http_stream *stream;
    struct http_timer *timer;
    char *ns, *name; /* what o.ns and, of a named old-style watch, o.name borrow */
    struct api_list_options o;
    enum api_form form;
    enum api_include include;
    bool columns_sent;
    size_t backlog; /* bytes the client may leave unread */
    int64_t after;  /* changes up to this revision are not sent */
};

struct api_watches {
    struct api_server *srv;
    struct api_subscription *sub;
    struct watcher **of_row; /* lists by index of the stored resource's row */
    struct http_timer *bookmarks;
    size_t n;
};

static const char *const TYPE[] = {
    [API_ADDED] = "ADDED", [API_MODIFIED] = "MODIFIED", [API_DELETED] = "DELETED"
};

static void watcher_free(struct watcher *w)
{
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    w->hub->n--;
    http_timer_free(w->timer);
    codec_labels_free(w->o.labels);
    codec_fields_free(w->o.fields);
    free(w->ns);
    free(w->name);
    free(w);
}

static void client_left(void *arg)
{
    watcher_free(arg);
}

/* Sends; false when the watcher was too slow and is gone. */
static bool emit(struct watcher *w, const char *text, size_t n)
{
    if (http_stream_pending(w->stream) > w->backlog) {
        http_stream_abort(w->stream);
        watcher_free(w);
        return false;
    }
    http_stream_send(w->stream, text, n);
    return true;
}

/* Appends one event in the form w asked for. */
static void event_text(struct watcher *w, enum api_change_type type, struct api_object *o, struct cu_buf *b)
{
    cu_buf_addf(b, "{\"type\":\"%s\",\"object\":", TYPE[type]);
    if (w->form == API_FORM_OBJECT && o->res == w->r) {
        cu_buf_add(b, api_object_json(o));
    } else {
        cu_autoval struct val *v = api_present(w->r, o->v), *out = NULL;
        if (w->form == API_FORM_TABLE) {
            out = api_table_new(w->r, !w->columns_sent);
            val_set_strf(val_need_map(out, "metadata"), "resourceVersion", "%" PRId64, o->rev);
            api_table_add(out, w->r, v, w->include, cu_now_ms());
            w->columns_sent = true;
        } else if (w->form == API_FORM_PARTIAL) {
            out = api_partial_metadata(v);
        }
        cu_autofree char *json = val_dump_json(out ? out : v, VAL_JSON_COMPACT);
        cu_buf_add(b, json);
    }
    cu_buf_add(b, "}\n");
}

/* One change on its way to many: its texts by type and form, and the state of those it leaves. */
struct fan {
    const struct api_change *c;
    struct api_object *left;     /* the state before, with the revision of the change */
    struct cu_buf text[3][3][3]; /* by type, form, include; empty until needed */
};

static struct api_object *object_for(struct fan *f, enum api_change_type type)
{
    if (type != API_DELETED || f->c->type == API_DELETED)
        return f->c->obj;
    if (!f->left)
        f->left = api_object_new(f->c->prev->res, f->c->prev->v, f->c->rev);
    return f->left;
}

/* What the change is to this watcher; false: nothing. */
static bool concerns(const struct watcher *w, const struct api_change *c, enum api_change_type *type)
{
    if (c->rev <= w->after)
        return false;
    if (*w->o.ns && strcmp(w->o.ns, c->obj->ns) != 0)
        return false;
    if (w->o.name && strcmp(w->o.name, c->obj->name) != 0)
        return false;
    bool was = c->prev && api_selects(&w->o, w->r, c->prev);
    bool is = c->type != API_DELETED && api_selects(&w->o, w->r, c->obj);
    *type = was && is ? API_MODIFIED : is ? API_ADDED : API_DELETED;
    return was || is;
}

static void tell(struct watcher *w, struct fan *f)
{
    enum api_change_type type;
    if (!concerns(w, f->c, &type))
        return;
    struct api_object *o = object_for(f, type);
    if (o->res != w->r || (w->form == API_FORM_TABLE && !w->columns_sent)) { /* a text of its own */
        cu_autobuf struct cu_buf own = CU_BUF_INIT(LIM_WATCH_EVENT);
        event_text(w, type, o, &own);
        emit(w, own.data, own.len);
        return;
    }
    struct cu_buf *b = &f->text[type][w->form][w->include];
    if (b->len == 0)
        event_text(w, type, o, b);
    emit(w, b->data, b->len);
}

static void fan_init(struct fan *f, const struct api_change *c)
{
    *f = (struct fan){ .c = c };
    for (size_t i = 0; i < 27; i++)
        f->text[i / 9][i / 3 % 3][i % 3].max = LIM_WATCH_EVENT;
}

static void fan_clear(struct fan *f)
{
    for (size_t i = 0; i < 27; i++)
        cu_buf_clear(&f->text[i / 9][i / 3 % 3][i % 3]);
    api_object_unref(f->left);
}

static void on_change(void *arg, const struct api_change *c)
{
    struct api_watches *hub = arg;
    struct watcher *w = hub->of_row[c->obj->res - api_resources], *next;
    if (!w)
        return;
    struct fan f;
    fan_init(&f, c);
    for (; w; w = next) {
        next = w->next;
        tell(w, &f);
    }
    fan_clear(&f);
}

/* A bookmark at the current revision. */
static void bookmark_text(struct watcher *w, bool end_of_initial, struct cu_buf *b)
{
    int64_t rev = api_registry_revision(w->hub->srv->registry);
    const char *group = w->form == API_FORM_OBJECT ? w->r->group : "meta.k8s.io";
    const char *version = w->form == API_FORM_OBJECT ? w->r->version : "v1";
    const char *kind = w->form == API_FORM_OBJECT  ? w->r->kind
                       : w->form == API_FORM_TABLE ? "Table"
                                                   : "PartialObjectMetadata";
    cu_buf_addf(b,
                "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"%s\",\"apiVersion\":\"%s%s%s\",\"metadata\":{"
                "\"resourceVersion\":\"%" PRId64 "\"%s}%s}}\n",
                kind, group, *group ? "/" : "", version, rev > w->after ? rev : w->after,
                end_of_initial ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "",
                w->form == API_FORM_TABLE ? ",\"columnDefinitions\":null,\"rows\":[]" : "");
}

static void bookmark_all(void *arg)
{
    struct api_watches *hub = arg;
    for (size_t i = 0; i < api_n_resources; i++)
        for (struct watcher *w = hub->of_row[i], *next; w; w = next) {
            next = w->next;
            if (!w->o.bookmarks)
                continue;
            cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_WATCH_EVENT);
            bookmark_text(w, false, &b);
            emit(w, b.data, b.len);
        }
    http_timer_set(hub->bookmarks, BOOKMARK_MS);
}

static void time_is_up(void *arg)
{
    struct watcher *w = arg;
    http_stream_end(w->stream);
    watcher_free(w);
}

/* What a new watcher is owed from before; however much that is, it does not count as slowness. */
static void send_owed(struct watcher *w, const struct cu_buf *b)
{
    http_stream_send(w->stream, b->data, b->len);
    w->backlog += b->len;
}

/* ADDED for everything that is there. */
static void send_initial(struct watcher *w)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_WATCH_EVENT + FLUSH_BYTES);
    struct api_walk walk = API_WALK_INIT;
    struct api_object *o;
    while ((o = api_registry_next(w->hub->srv->registry, w->r, w->o.ns, &walk))) {
        if (!api_selects(&w->o, w->r, o))
            continue;
        event_text(w, API_ADDED, o, &b);
        if (b.len >= FLUSH_BYTES) {
            send_owed(w, &b);
            cu_buf_reset(&b);
        }
    }
    if (b.len > 0)
        send_owed(w, &b);
}

static void replay_one(void *arg, const struct api_change *c)
{
    struct watcher *w = arg;
    enum api_change_type type;
    if (!concerns(w, c, &type))
        return;
    struct fan f = { .c = c };
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_WATCH_EVENT);
    event_text(w, type, object_for(&f, type), &b);
    send_owed(w, &b);
    api_object_unref(f.left);
}

static void send_expired(struct watcher *w, const char *why)
{
    struct api_status st = API_STATUS_INIT;
    api_fail(&st, 410, "Expired", "too old resource version: %s", why);
    cu_autofree char *json = val_dump_json(st.body, VAL_JSON_COMPACT);
    cu_autofree char *text = cu_asprintf("{\"type\":\"ERROR\",\"object\":%s}\n", json);
    http_stream_send(w->stream, text, strlen(text));
    api_status_clear(&st);
    time_is_up(w);
}

/* What the client is owed from before now. False when the watcher is gone. */
static bool catch_up(struct watcher *w)
{
    struct api_registry *g = w->hub->srv->registry;
    int64_t now = api_registry_revision(g), rev = w->o.rev;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    w->after = now;
    if (w->o.initial_events || (rev <= 0 && !w->o.no_initial_events)) {
        send_initial(w);
        if (w->o.initial_events && w->o.bookmarks) {
            cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_WATCH_EVENT);
            bookmark_text(w, true, &b);
            send_owed(w, &b);
        }
    } else if (rev > now) {
        w->after = rev;
    } else if (rev > 0) {
        w->after = rev;
        if (api_registry_replay(g, w->r, rev, replay_one, w, &err) < 0) {
            send_expired(w, cu_err_text(&err));
            return false;
        }
        w->after = now;
    }
    return true;
}

/* The row whose list the watcher belongs to: that of the stored resource. */
static size_t row_of(const struct api_resource *r)
{
    size_t i = 0;
    while (!cu_streq(api_resources[i].etcd_prefix, r->etcd_prefix))
        i++;
    return i;
}

int api_watch(struct api_call *c, struct api_status *st)
{
    struct api_watches *hub = c->srv->watches;
    struct watcher *w = cu_calloc(1, sizeof(*w));
    if (api_list_options(c, true, &w->o, st) < 0) {
        api_list_options_clear(&w->o);
        free(w);
        return -1;
    }
    w->hub = hub;
    w->backlog = SLOW_BYTES;
    w->r = c->path.r;
    w->form = c->form;
    w->include = c->include;
    w->ns = cu_strdup(w->o.ns);
    w->o.ns = w->ns;
    if (c->path.old_watch && *c->path.name)
        w->o.name = w->name = cu_strdup(c->path.name);
    w->link = &hub->of_row[row_of(w->r)];
    w->next = *w->link;
    if (w->next)
        w->next->link = &w->next;
    *w->link = w;
    hub->n++;
    w->stream = http_stream_begin(c->http, 200, "application/json", client_left, w);
    c->http = NULL;
    c->srv->requests[2]++;
    if (!catch_up(w))
        return 0;
    int64_t seconds = w->o.timeout_s > 0 ? w->o.timeout_s : 1800 + (int64_t)cu_random_below(1800);
    w->timer = http_timer_new(c->srv->loop, time_is_up, w);
    http_timer_set(w->timer, seconds > INT64_MAX / 1000 ? INT64_MAX / 1000 : seconds * 1000);
    return 0;
}

struct api_watches *api_watches_new(struct api_server *srv)
{
    struct api_watches *hub = cu_calloc(1, sizeof(*hub));
    hub->srv = srv;
    hub->of_row = cu_calloc(api_n_resources, sizeof(struct watcher *));
    hub->sub = api_registry_subscribe(srv->registry, NULL, on_change, hub);
    hub->bookmarks = http_timer_new(srv->loop, bookmark_all, hub);
    http_timer_set(hub->bookmarks, BOOKMARK_MS);
    return hub;
}

void api_watches_free(struct api_watches *hub)
{
    if (!hub)
        return;
    for (size_t i = 0; i < api_n_resources; i++)
        for (struct watcher *w = hub->of_row[i], *next; w; w = next) {
            next = w->next;
            time_is_up(w);
        }
    api_registry_unsubscribe(hub->sub);
    http_timer_free(hub->bookmarks);
    free(hub->of_row);
    free(hub);
}

size_t api_watches_count(const struct api_watches *hub)
{
    return hub->n;
}
