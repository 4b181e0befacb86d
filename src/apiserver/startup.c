/* Objects the server makes for itself, made when missing and mended when they have lost something.
 * Must not know requests or users. */
#include "apiserver/startup.h"
#include "apiserver/defaults.h"
#include "apiserver/embedded.h"
#include "apiserver/options.h"
#include "apiserver/rbac.h"
#include "apiserver/registry.h"
#include "apiserver/service_ip.h"
#include "apiserver/strategy.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include <string.h>

#define AUTOUPDATE "rbac.authorization.kubernetes.io/autoupdate"
#define SERVICE_NAME "kubernetes"

/* What is wanted; v[i] is owned until it is handed to the registry. */
struct wish {
    const struct api_resource **r;
    struct val **v;
    size_t n, cap;
    int64_t now_ms;
};

static void wish_clear(struct wish *w)
{
    for (size_t i = 0; i < w->n; i++) {
        val_unref(w->v[i]);
    }
    free(w->r);
    free(w->v);
    *w = (struct wish){ 0 };
}

/* Takes v, which has kind and apiVersion; fills it up as a create request would. */
static int add(struct wish *w, struct val *v, struct cu_err *err)
{
    const char *gv = cu_or(val_get_str(v, "apiVersion"), ""), *slash = strchr(gv, '/');
    cu_autofree char *group = slash ? cu_strndup(gv, (size_t)(slash - gv)) : cu_strdup("");
    const struct api_resource *r =
        api_resource_by_kind(group, slash ? slash + 1 : gv, cu_or(val_get_str(v, "kind"), ""));
    const char *name = cu_or(val_find_str(v, "metadata", "name", NULL), "");
    const struct api_write write = { .r = r,
                                     .sub = "",
                                     .ns = cu_or(val_find_str(v, "metadata", "namespace", NULL), ""),
                                     .name = "",
                                     .now_ms = w->now_ms };
    struct api_status s = API_STATUS_INIT;

    if (!r) {
        val_unref(v);
        return 0; /* a kind this server does not serve */
    }
    api_default(r, v);
    if (api_prepare_create(&write, v, &s) < 0) {
        int e = cu_fail(err, CU_E_INVALID, "startup object %s \"%s\": %s", r->kind, name,
                        cu_or(val_get_str(s.body, "message"), ""));
        api_status_clear(&s);
        val_unref(v);
        return e;
    }
    if (w->n == w->cap) {
        w->cap = w->cap ? 2 * w->cap : 256;
        w->r = cu_reallocarray(w->r, w->cap, sizeof(const struct api_resource *));
        w->v = cu_reallocarray(w->v, w->cap, sizeof(struct val *));
    }
    w->r[w->n] = r;
    w->v[w->n++] = v;
    return 0;
}

static int parse_line(const char *line, struct val **out, struct cu_err *err)
{
    int r = val_parse_json(line, strlen(line), out, err);

    return r < 0 ? cu_wrap(err, "startup object") : 0;
}

static int add_lines(struct wish *w, struct cu_err *err)
{
    for (size_t i = 0; i < api_startup_lines_count; i++) {
        struct val *v = NULL;
        int r = parse_line(api_startup_lines[i], &v, err);

        if (r < 0 || (r = add(w, v, err)) < 0) {
            return r;
        }
    }
    return 0;
}

/* Rules of roles that gather others: filled in from the policy itself, so that they can be read like any role. */
static void fill_aggregated(struct val *const *policy, size_t n, const struct val *role, struct val *rules)
{
    for (size_t i = 0; i < n; i++) {
        if (api_rule_selects(role, val_find(policy[i], "metadata", "labels", NULL))) {
            api_rules_merge(rules, val_get(policy[i], "rules"));
            if (val_get(policy[i], "aggregationRule")) {
                fill_aggregated(policy, n, policy[i],
                                rules); /* admin gathers edit gathers view: no circles */
            }
        }
    }
}

static int add_policy(struct wish *w, struct cu_err *err)
{
    size_t n = api_policy_lines_count;
    struct val **policy = cu_calloc(n, sizeof(struct val *));
    int r = 0;

    for (size_t i = 0; i < n && r == 0; i++) {
        r = parse_line(api_policy_lines[i], &policy[i], err);
    }
    for (size_t i = 0; i < n && r == 0; i++) {
        struct val *meta = val_need_map(policy[i], "metadata");

        val_set_str(policy[i], "apiVersion", API_RBAC_GROUP "/v1");
        val_set_str(val_need_map(meta, "labels"), "kubernetes.io/bootstrapping", "rbac-defaults");
        val_set_str(val_need_map(meta, "annotations"), AUTOUPDATE, "true");
        if (val_get(policy[i], "aggregationRule")) {
            fill_aggregated(policy, n, policy[i], val_need_list(policy[i], "rules"));
        }
        r = add(w, val_ref(policy[i]), err);
    }
    for (size_t i = 0; i < n; i++) {
        val_unref(policy[i]);
    }
    free(policy);
    return r;
}

static struct val *object(const char *api_version, const char *kind, const char *ns, const char *name)
{
    struct val *v = val_new_map(), *meta = val_new_map();

    val_set_str(v, "kind", kind);
    val_set_str(v, "apiVersion", api_version);
    val_set_str(meta, "name", name);
    val_set_str(meta, "namespace", ns);
    val_set(v, "metadata", meta);
    return v;
}

static struct val *https_port(int64_t port)
{
    struct val *p = val_new_map();

    val_set_str(p, "name", "https");
    val_set_int(p, "port", port);
    val_set_str(p, "protocol", "TCP");
    return p;
}

static int add_service(struct wish *w, struct api_registry *g, const struct api_options *o, int port,
                       struct cu_err *err)
{
    struct val *v = object("v1", "Service", "default", SERVICE_NAME), *spec = val_new_map(),
               *p = https_port(443);
    struct val *labels = val_need_map(val_get(v, "metadata"), "labels");
    struct api_status s = API_STATUS_INIT;
    struct cu_ip first;
    char text[CU_IP_MAX];

    if (api_registry_get(g, api_resource_find("", "v1", "services"), "default", SERVICE_NAME) ||
        o->n_service_cidrs == 0 || !cu_cidr_nth(&o->service_cidrs[0], 1, &first)) {
        val_unref(v);
        val_unref(spec);
        val_unref(p);
        return 0;
    }
    cu_ip_format(&first, text);
    val_set_str(labels, "component", "apiserver");
    val_set_str(labels, "provider", "kubernetes");
    val_set_int(p, "targetPort", port);
    val_append(val_need_list(spec, "ports"), p);
    val_set_str(spec, "clusterIP", text);
    val_append_str(val_need_list(spec, "clusterIPs"), text);
    val_set_str(spec, "type", "ClusterIP");
    val_set(v, "spec", spec);
    api_default(api_resource_find("", "v1", "services"), v);
    cu_autoval struct val *others = val_new_list();
    if (api_service_assign(v, &o->service_cluster_ip_range, others, &s) < 0) {
        int r = cu_fail(err, CU_E_INVALID, "service %s: %s", SERVICE_NAME,
                        cu_or(val_get_str(s.body, "message"), ""));
        api_status_clear(&s);
        val_unref(v);
        return r;
    }
    return add(w, v, err);
}

#define LEASES "masterleases/" /* below the prefix; one key per server, named after its address */
#define LEASE_S 15             /* spec apiserver 5 */

struct peers {
    size_t skip; /* length of what stands before the address */
    struct cu_strlist *ips;
};

static int add_peer(void *arg, const struct store_kv *kv)
{
    struct peers *p = arg;
    struct cu_ip ip;
    if (cu_ip_parse(kv->key + p->skip, &ip))
        cu_strlist_add_unique(p->ips, kv->key + p->skip);
    return 0;
}

/* Servers that share an etcd tell each other that they live. */
static int find_peers(struct api_registry *g, const struct api_options *o, struct cu_strlist *ips,
                      struct cu_err *err)
{
    cu_autofree char *prefix = cu_asprintf("%s/" LEASES, o->etcd_prefix);
    struct peers p = { strlen(prefix), ips };
    int r = store_list(api_registry_store(g), prefix, add_peer, &p, NULL, err);

    cu_strlist_sort(ips);
    return r;
}

int api_startup_alive(struct api_registry *g, const struct api_options *o, struct cu_err *err)
{
    cu_autofree char *key = cu_asprintf("%s/" LEASES "%s", o->etcd_prefix, cu_or(o->advertise_address, ""));
    cu_autoval struct val *v = val_new_map(), *subset = val_new_map(), *address = val_new_map();

    val_set_str(v, "kind", "Endpoints");
    val_set_str(v, "apiVersion", "v1");
    val_set(v, "metadata", val_new_map());
    val_set_str(address, "ip", cu_or(o->advertise_address, ""));
    val_append(val_need_list(subset, "addresses"), val_ref(address));
    val_append(val_need_list(v, "subsets"), val_ref(subset));
    cu_autofree char *text = val_dump_json(v, VAL_JSON_COMPACT);
    const struct store_item item = { key, text, strlen(text), NULL };
    return cu_is_empty(o->advertise_address) ? 0 : store_lend(api_registry_store(g), &item, LEASE_S, err);
}

static int add_endpoints(struct wish *w, struct api_registry *g, const struct api_options *o, int port,
                         struct cu_err *err)
{
    cu_autostrlist struct cu_strlist ips = CU_STRLIST_INIT;
    struct cu_ip ip;

    if (!cu_ip_parse(cu_or(o->advertise_address, ""), &ip)) {
        return 0;
    }
    cu_strlist_add(&ips, o->advertise_address);
    int r = find_peers(g, o, &ips, err);
    if (r < 0) {
        return r;
    }
    struct val *v = object("v1", "Endpoints", "default", SERVICE_NAME), *subset = val_new_map();
    val_set_str(val_need_map(val_get(v, "metadata"), "labels"), "endpointslice.kubernetes.io/skip-mirror",
                "true");
    for (size_t i = 0; i < ips.n; i++) {
        struct val *a = val_new_map();
        val_set_str(a, "ip", ips.v[i]);
        val_append(val_need_list(subset, "addresses"), a);
    }
    val_append(val_need_list(subset, "ports"), https_port(port));
    val_append(val_need_list(v, "subsets"), subset);
    r = add(w, v, err);
    if (r < 0) {
        return r;
    }
    v = object("discovery.k8s.io/v1", "EndpointSlice", "default", SERVICE_NAME);
    val_set_str(val_need_map(val_get(v, "metadata"), "labels"), "kubernetes.io/service-name", SERVICE_NAME);
    val_set_str(v, "addressType", ip.v6 ? "IPv6" : "IPv4");
    for (size_t i = 0; i < ips.n; i++) {
        struct val *e = val_new_map();
        val_append_str(val_need_list(e, "addresses"), ips.v[i]);
        val_set_bool(val_need_map(e, "conditions"), "ready", true);
        val_append(val_need_list(v, "endpoints"), e);
    }
    val_append(val_need_list(v, "ports"), https_port(port));
    return add(w, v, err);
}

static void set_json(struct val *data, const char *key, const struct cu_strlist *l)
{
    cu_autoval struct val *list = val_new_list();

    for (size_t i = 0; i < l->n; i++) {
        val_append_str(list, l->v[i]);
    }
    cu_autofree char *text = val_dump_json(list, VAL_JSON_COMPACT);
    val_set_str(data, key, text);
}

static int set_file(struct val *data, const char *key, const char *path, struct cu_err *err)
{
    cu_autofree char *text = NULL;
    int r = cu_is_empty(path) ? 0 : cu_file_read(path, LIM_PEM_FILE, &text, NULL, err);

    if (text) {
        val_set_str(data, key, text);
    }
    return r;
}

/* What the real scheduler, the real controller manager and add-ons read to trust the front proxy. */
static int add_front_proxy(struct wish *w, const struct api_options *o, struct cu_err *err)
{
    struct val *v = object("v1", "ConfigMap", "kube-system", "extension-apiserver-authentication");
    struct val *data = val_need_map(v, "data");
    int r = set_file(data, "client-ca-file", o->client_ca_file, err);

    if (r == 0) {
        r = set_file(data, "requestheader-client-ca-file", o->requestheader_client_ca_file, err);
    }
    if (r < 0) {
        val_unref(v);
        return r;
    }
    if (!cu_is_empty(o->requestheader_client_ca_file)) {
        set_json(data, "requestheader-allowed-names", &o->requestheader_allowed_names);
        set_json(data, "requestheader-extra-headers-prefix", &o->requestheader_extra_headers_prefix);
        set_json(data, "requestheader-group-headers", &o->requestheader_group_headers);
        set_json(data, "requestheader-username-headers", &o->requestheader_username_headers);
    }
    return add(w, v, err);
}

/* Copies elements of want[key] that have[key] lacks; true when there were any. */
static bool complete_list(struct val *have, const struct val *want, const char *key)
{
    const struct val *from = val_get(want, key);
    size_t before = val_len(val_get(have, key));

    if (val_len(from) > 0) {
        api_rules_merge(val_need_list(have, key), from);
    }
    return val_len(val_get(have, key)) > before;
}

/* The object as it should be; NULL when it is so already. Caller owns it. */
static struct val *mended(const struct api_resource *r, const struct val *have, const struct val *want)
{
    static const char *const whole[] = { "subsets", "endpoints", "ports", "addressType", "data" };
    struct val *v = val_copy(have);
    bool changed = false;

    if (cu_streq(r->group, API_RBAC_GROUP)) {
        bool skip = cu_streq(val_find_str(have, "metadata", "annotations", AUTOUPDATE, NULL), "false");
        /* rules of aggregated roles are gathered, not given */
        changed = !skip && !val_get(want, "aggregationRule") && complete_list(v, want, "rules");
        changed = (!skip && complete_list(v, want, "subjects")) || changed;
    } else if (!cu_streq(r->resource, "namespaces") && !cu_streq(r->resource, "priorityclasses") &&
               !cu_streq(r->resource, "services")) {
        for (size_t i = 0; i < CU_LEN(whole); i++) {
            const struct val *part = val_get(want, whole[i]);
            if (part && !val_equal(part, val_get(v, whole[i]))) {
                val_set(v, whole[i], val_ref(part));
                changed = true;
            }
        }
    }
    if (!changed) {
        val_unref(v);
        return NULL;
    }
    return v;
}

#define MEND_TRIES 8 /* against other servers that mend the same object */

/* Brings an object that is there up to what is wanted. */
static int mend(struct api_registry *g, const struct api_resource *r, const struct val *want,
                struct api_status *s)
{
    int result = 0;

    for (int i = 0; i < MEND_TRIES; i++) {
        const struct api_object *have =
            api_registry_get(g, r, val_find_str(want, "metadata", "namespace", NULL),
                             val_find_str(want, "metadata", "name", NULL));
        struct val *v = have ? mended(r, have->v, want) : NULL;

        api_status_clear(s);
        result = v ? api_registry_update(g, have, v, NULL, s) : 0;
        if (result == 0 || s->code != 409) {
            break;
        }
    }
    return result;
}

static int write_all(struct wish *w, struct api_registry *g, struct cu_err *err)
{
    struct api_status s = API_STATUS_INIT;
    int r = 0;

    for (size_t i = 0; i < w->n && r == 0; i++) {
        r = mend(g, w->r[i], w->v[i], &s);
    }
    if (r == 0) {
        r = api_registry_create_all(g, w->r, w->v, w->n, &s); /* takes the values */
        w->n = 0;
    }
    if (r < 0) {
        r = cu_fail(err, CU_E_IO, "write the startup objects: %s", cu_or(val_get_str(s.body, "message"), ""));
    }
    api_status_clear(&s);
    return r;
}

int api_startup_endpoints(struct api_registry *registry, const struct api_options *o, int port,
                          int64_t now_ms, struct cu_err *err)
{
    struct wish w = { .now_ms = now_ms };
    int r = add_endpoints(&w, registry, o, port, err);

    if (r == 0) {
        r = write_all(&w, registry, err);
    }
    wish_clear(&w);
    return r;
}

int api_startup_objects(struct api_registry *registry, const struct api_options *o, int port, int64_t now_ms,
                        struct cu_err *err)
{
    struct wish w = { .now_ms = now_ms };
    int r;

    (void)((r = add_lines(&w, err)) < 0 || (r = add_policy(&w, err)) < 0 ||
           (r = add_service(&w, registry, o, port, err)) < 0 ||
           (r = add_endpoints(&w, registry, o, port, err)) < 0 || (r = add_front_proxy(&w, o, err)) < 0 ||
           (r = write_all(&w, registry, err)) < 0);
    wish_clear(&w);
    return r;
}
