/* kube/dry_run.c - announces requests instead of sending them; reads may go to a real server, writes go to a tracker.
 * Must not know which command runs dry. */
#include "kube/dry_run.h"

#include "base/map.h"
#include "base/str.h"
#include "base/strlist.h"
#include "codec/yaml.h"
#include "kube/client_internal.h"

#include <string.h>

struct dry {
    FILE *out;
    struct kube_client *real; /* owned; NULL: none */
    struct cu_map *tracker;   /* path -> struct val * */
    char *node_name;
};

/* What a path names: /api/v1/[namespaces/NS/]RESOURCE[/NAME] or /apis/GROUP/VERSION/... */
struct target {
    struct cu_strlist parts;
    const char *group, *version, *ns, *resource, *name; /* borrowed from parts; "" when absent */
};

static bool target_parse(struct target *t, const char *path)
{
    cu_strlist_split(&t->parts, path + (*path == '/'), '/');
    char **v = t->parts.v;
    size_t n = t->parts.n, at;
    t->ns = t->name = t->group = "";
    if (n >= 3 && cu_streq(v[0], "api")) {
        t->version = v[1];
        at = 2;
    } else if (n >= 4 && cu_streq(v[0], "apis")) {
        t->group = v[1];
        t->version = v[2];
        at = 3;
    } else {
        return false;
    }
    if (cu_streq(v[at], "namespaces") && n >= at + 3) {
        t->ns = v[at + 1];
        at += 2;
    }
    t->resource = v[at];
    if (n > at + 1)
        t->name = v[at + 1];
    return true;
}

static const char *verb_of(const struct kube_request *q, const struct target *t)
{
    static const struct {
        const char *method, *verb;
    } verbs[] = { { "POST", "CREATE" }, { "PUT", "UPDATE" }, { "PATCH", "PATCH" }, { "DELETE", "DELETE" } };
    for (size_t i = 0; i < CU_LEN(verbs); i++)
        if (cu_streq(q->method, verbs[i].method))
            return verbs[i].verb;
    return *t->name ? "GET" : "LIST";
}

static void show_object(struct dry *d, const struct val *obj)
{
    if (!obj)
        return;
    cu_autowipe char *text = codec_yaml_dump(obj, CODEC_YAML_SORT);
    fprintf(d->out, "[dryrun] Attached object:\n%s\n", text);
}

static void announce(struct dry *d, const char *verb, const struct target *t)
{
    fprintf(d->out, "[dryrun] Would perform action %s on resource \"%s\" in API group \"%s/%s\"\n", verb,
            t->resource, cu_or(t->group, "core"), t->version);
    if (*t->name)
        fprintf(d->out, "[dryrun] Resource name \"%s\", namespace \"%s\"\n", t->name, t->ns);
}

static struct val *synthetic_node(const char *name)
{
    struct val *node = val_new_map();
    val_set_str(node, "apiVersion", "v1");
    val_set_str(node, "kind", "Node");
    struct val *meta = val_need_map(node, "metadata");
    val_set_str(meta, "name", name);
    val_set_str(val_need_map(meta, "labels"), "kubernetes.io/hostname", name);
    return node;
}

static struct val *list_of(struct dry *d, const char *path)
{
    struct val *list = val_new_map(), *items = val_need_list(list, "items");
    cu_autofree char *prefix = cu_asprintf("%s/", path);
    size_t pos = 0;
    const char *key;
    void *value;
    while (cu_map_next(d->tracker, &pos, &key, &value))
        if (cu_has_prefix(key, prefix))
            val_append(items, val_ref(value));
    val_set_str(list, "kind", "List");
    val_set_str(list, "apiVersion", "v1");
    return list;
}

static int not_found(const struct target *t, struct kube_answer *a)
{
    struct val *status = val_new_map();
    val_set_str(status, "kind", "Status");
    val_set_str(status, "reason", "NotFound");
    val_set_strf(status, "message", "%s \"%s\" not found", t->resource, t->name);
    a->status = 404;
    a->obj = status;
    return 0;
}

static bool is_absent(int code)
{
    return code == -CU_E_REFUSED || code == -CU_E_UNREACHABLE || code == -CU_E_TIMEOUT;
}

static int dry_read(struct dry *d, const struct kube_request *q, const struct target *t,
                    struct kube_answer *a)
{
    a->status = 200;
    bool node = cu_streq(t->resource, "nodes") && *t->name;
    if (node && d->node_name) {
        a->obj = synthetic_node(d->node_name);
    } else if (d->real) {
        cu_autoerr struct cu_err e = CU_ERR_INIT;
        int r = kube_client_send(d->real, q, &a->obj, NULL, NULL, &e);
        if (r == -CU_E_NOTFOUND)
            fprintf(d->out, "[dryrun] The cluster does not have it; looking among what this run has made\n");
        else if (r < 0)
            fprintf(d->out, "[dryrun] The real API server could not answer (%s); going on without it\n",
                    cu_err_text(&e));
        if (is_absent(
                r)) { /* and it will not come up meanwhile: each further question could wait for seconds */
            kube_client_free(d->real);
            d->real = NULL;
        }
    }
    if (!a->obj && *t->name)
        a->obj = val_ref(cu_map_get(d->tracker, q->path));
    else if (!a->obj)
        a->obj = list_of(d, q->path);
    if (!a->obj && node)
        a->obj = synthetic_node(t->name);
    if (!a->obj)
        return not_found(t, a);
    show_object(d, a->obj);
    return 0;
}

static int dry_write(struct dry *d, const struct kube_request *q, const char *verb, struct kube_answer *a)
{
    cu_autofree char *path =
        cu_streq(verb, "CREATE")
            ? cu_asprintf("%s/%s", q->path, cu_or(val_find_str(q->body, "metadata", "name", NULL), ""))
            : cu_strdup(q->path);
    a->status = cu_streq(verb, "CREATE") ? 201 : 200;
    if (cu_streq(verb, "CREATE") && cu_map_get(d->tracker, path)) {
        a->obj = val_new_map();
        val_set_str(a->obj, "reason", "AlreadyExists");
        val_set_strf(a->obj, "message", "\"%s\" already exists", path);
        a->status = 409;
        return 0;
    }
    if (cu_streq(verb, "DELETE")) {
        cu_map_remove(d->tracker, path);
        return 0;
    }
    show_object(d, q->body);
    if (cu_streq(verb, "PATCH")) {
        a->obj = cu_map_get(d->tracker, path) ? val_ref(cu_map_get(d->tracker, path))
                                              : synthetic_node(cu_or(d->node_name, ""));
        return 0;
    }
    cu_map_set(d->tracker, path, val_copy(q->body));
    a->obj = val_copy(q->body);
    return 0;
}

static int dry_send(void *self, const struct kube_request *q, struct kube_answer *a, struct cu_err *err)
{
    struct dry *d = self;
    struct target t = { 0 };
    if (q->raw || !target_parse(&t, q->path)) {
        cu_strlist_clear(&t.parts);
        if (d->real)
            return kube_client_send(d->real, q, &a->obj, &a->text, &a->status, err);
        return cu_fail(err, CU_E_REFUSED, "%s %s: there is no API server in a dry run", q->method, q->path);
    }
    const char *verb = verb_of(q, &t);
    announce(d, verb, &t);
    int r = cu_streq(q->method, "GET") ? dry_read(d, q, &t, a) : dry_write(d, q, verb, a);
    cu_strlist_clear(&t.parts);
    return r;
}

static void dry_free(void *self)
{
    struct dry *d = self;
    kube_client_free(d->real);
    cu_map_free(d->tracker);
    free(d->node_name);
    free(d);
}

static const struct kube_backend dry_backend = { dry_send, dry_free };

static void free_val(void *v)
{
    val_unref(v);
}

struct kube_client *kube_client_new_dry_run(const struct kube_dry_run_options *o)
{
    struct kube_client *c = cu_calloc(1, sizeof(*c));
    struct dry *d = cu_calloc(1, sizeof(*d));
    d->out = o->out;
    d->real = o->real;
    d->tracker = cu_map_new(free_val);
    d->node_name = cu_strdup(o->node_name);
    c->backend = &dry_backend;
    c->self = d;
    c->server = cu_strdup(o->real ? kube_client_server(o->real) : "");
    c->dry_run = true;
    return c;
}

void kube_dry_run_seed(struct kube_client *c, const struct val *obj)
{
    struct dry *d = c->self;
    cu_autofree char *path = kube_object_path(obj, true);
    if (path)
        cu_map_set(d->tracker, path, val_ref(obj));
}
