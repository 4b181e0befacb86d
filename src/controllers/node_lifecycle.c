/* controllers/node_lifecycle.c - notices nodes that fall silent, keeps their taints by their conditions, and takes pods
 * off nodes that are lost (spec apiserver 6.5). */
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "controllers/node_rules.h"
#include "controllers/nodes.h"
#include "kube/client.h"
#include "kube/informer.h"

#define NODES "/api/v1/nodes"
#define LEASES "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
#define ACCOUNT "node-controller"
#define EVICT_EVERY_MS 10000 /* at most 0.1 nodes per second get a NoExecute taint */

struct sign_of_life {
    char *heartbeat, *renewed; /* as last seen */
    int64_t at_ms;             /* monotonic: when one of them last changed */
};

struct lifecycle {
    struct ctl *c;
    struct ctl_watch *nodes, *leases;
    struct ctl_queue *queue;
    struct cu_map *signs; /* node name to struct sign_of_life */
    struct http_timer *tick;
    int64_t evicted_ms; /* monotonic: when a node last got a NoExecute taint */
};

static void free_sign(void *p)
{
    struct sign_of_life *s = p;
    free(s->heartbeat);
    free(s->renewed);
    free(s);
}

/* Notes a text that changes with each sign of life. */
static void note(struct lifecycle *s, const char *node, const char *text, bool lease)
{
    struct sign_of_life *sign = cu_map_get(s->signs, node);
    if (!sign) {
        sign = cu_calloc(1, sizeof(*sign));
        sign->at_ms = cu_mono_ms();
        cu_map_set(s->signs, node, sign);
    }
    char **field = lease ? &sign->renewed : &sign->heartbeat;
    if (cu_streq(*field, text))
        return;
    free(*field);
    *field = cu_strdup(text);
    sign->at_ms = cu_mono_ms();
}

static const char *heartbeat_of(const struct val *node)
{
    const struct val *list = val_find(node, "status", "conditions", NULL);
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "type"), "Ready"))
            return val_get_str(val_at(list, i), "lastHeartbeatTime");
    return NULL;
}

static bool is_silent(const struct lifecycle *s, const struct val *node)
{
    const struct sign_of_life *sign = cu_map_get(s->signs, ctl_name(node));
    const struct ctl_options *o = s->c->o;
    int64_t grace = heartbeat_of(node) ? o->monitor_grace_ms : o->startup_grace_ms;
    return sign && cu_mono_ms() - sign->at_ms > grace;
}

/* Mirror pods of a lost node keep the status their agent last wrote; Ready at least must not be True any more. */
static int unready_pods(struct kube_client *k, const char *node, struct cu_err *err)
{
    cu_autofree char *query = cu_asprintf("fieldSelector=spec.nodeName%%3D%s", node);
    cu_autoval struct val *pods = NULL;
    int r = kube_get(k, "/api/v1/pods", query, &pods, err);
    const struct val *items = val_get(pods, "items");
    for (size_t i = 0; r == 0 && i < val_len(items); i++) {
        const struct val *pod = val_at(items, i);
        if (!cu_streq(ctl_node_condition(pod, "Ready"), "True"))
            continue;
        char now[CU_RFC3339_MAX];
        cu_rfc3339(cu_now_ms(), now);
        cu_autoval struct val *patch = val_new_map();
        struct val *cond = val_new_map();
        val_set_str(cond, "type", "Ready");
        val_set_str(cond, "status", "False");
        val_set_str(cond, "reason", "NodeNotReady");
        val_set_str(cond, "lastTransitionTime", now);
        val_append(val_need_list(val_need_map(patch, "status"), "conditions"), cond);
        cu_autofree char *path = kube_path("v1", "pods", ctl_ns(pod), ctl_name(pod));
        cu_autofree char *status = cu_asprintf("%s/status", path);
        r = kube_patch(k, status, KUBE_PATCH_STRATEGIC, patch, NULL, err);
        r = r == -CU_E_NOTFOUND ? 0 : r;
    }
    return r;
}

static int declare_lost(struct kube_client *k, const struct val *node, const struct val *patch,
                        struct cu_err *err)
{
    cu_autofree char *path = cu_asprintf(NODES "/%s/status", ctl_name(node));
    int r = kube_patch(k, path, KUBE_PATCH_STRATEGIC, patch, NULL, err);
    if (r == 0) {
        cu_log_warning("node %s: no sign of life, its status is unknown now", ctl_name(node));
        r = unready_pods(k, ctl_name(node), err);
    }
    return r;
}

/* Labels of old that some charts still select by. */
static void add_old_labels(const struct val *node, struct val *patch)
{
    static const char *const names[] = { "os", "arch" };
    for (size_t i = 0; i < CU_LEN(names); i++) {
        cu_autofree char *from = cu_asprintf("kubernetes.io/%s", names[i]);
        cu_autofree char *to = cu_asprintf("beta.kubernetes.io/%s", names[i]);
        const char *value = val_find_str(node, "metadata", "labels", from, NULL);
        if (value && !cu_streq(value, val_find_str(node, "metadata", "labels", to, NULL)))
            val_set_str(val_need_map(val_need_map(patch, "metadata"), "labels"), to, value);
    }
}

/* `slow`: on the tick, which alone adds NoExecute taints, so that an agent that just starts is not punished for it. */
static int look_at(struct lifecycle *s, const char *key, bool slow, struct cu_err *err)
{
    const struct val *node = kube_informer_get(ctl_watch_informer(s->nodes), key);
    if (!node || ctl_is_deleting(node))
        return 0;
    struct kube_client *k = NULL;
    int64_t now = cu_mono_ms();
    bool silent = is_silent(s, node);
    bool evict = slow && now - s->evicted_ms >= EVICT_EVERY_MS;
    cu_autoval struct val *patch = val_new_map(), *taints = ctl_node_taints(node, evict, cu_now_ms());
    if (taints) {
        val_set(val_need_map(patch, "spec"), "taints", val_ref(taints));
        val_set_str(val_need_map(patch, "metadata"), "resourceVersion",
                    val_find_str(node, "metadata", "resourceVersion", NULL));
    }
    add_old_labels(node, patch);
    cu_autofree char *path = cu_asprintf(NODES "/%s", key);
    cu_autoval struct val *lost = silent ? ctl_node_unknown_patch(node, cu_now_ms()) : NULL;
    if (!val_len(patch) && !lost)
        return 0;
    int r = ctl_as(s->c, ACCOUNT, &k, err);
    if (r == 0 && lost)
        return declare_lost(k, node, lost, err); /* its event brings the taints */
    if (r == 0)
        r = kube_patch(k, path, KUBE_PATCH_MERGE, patch, NULL, err);
    if (r == 0 && taints && evict)
        s->evicted_ms = now;
    return r == -CU_E_NOTFOUND ? 0 : r;
}

static int reconcile(void *arg, const char *key, struct cu_err *err)
{
    return look_at(arg, key, false, err);
}

/* Deletes the pods of a node with NoExecute taints whose time is over. */
static void evict_pods(struct lifecycle *s, const struct val *node)
{
    const struct val *taints = val_find(node, "spec", "taints", NULL);
    if (ctl_pod_may_stay_ms(NULL, taints, cu_now_ms()) < 0)
        return;
    struct kube_client *k = NULL;
    cu_autofree char *query = cu_asprintf("fieldSelector=spec.nodeName%%3D%s", ctl_name(node));
    cu_autoval struct val *pods = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int r = ctl_as(s->c, ACCOUNT, &k, &err);
    if (r == 0)
        r = kube_get(k, "/api/v1/pods", query, &pods, &err);
    const struct val *items = val_get(pods, "items");
    for (size_t i = 0; r == 0 && i < val_len(items); i++) {
        const struct val *pod = val_at(items, i);
        if (ctl_is_deleting(pod) ||
            ctl_pod_may_stay_ms(val_find(pod, "spec", "tolerations", NULL), taints, cu_now_ms()) != 0)
            continue;
        cu_autofree char *path = kube_path("v1", "pods", ctl_ns(pod), ctl_name(pod));
        r = kube_delete(k, path, NULL, &err);
        if (r == 0)
            cu_log_info("pod %s/%s taken off node %s", ctl_ns(pod), ctl_name(pod), ctl_name(node));
    }
    if (r < 0)
        cu_log_debug(2, "pods of node %s: %s", ctl_name(node), cu_err_text(&err));
}

static void on_tick(void *arg)
{
    struct lifecycle *s = arg;
    size_t pos = 0;
    struct val *node;
    cu_autoval struct val *troubled = val_new_list();
    while (s->c->active && kube_informer_next(ctl_watch_informer(s->nodes), &pos, &node))
        if (is_silent(s, node) || !cu_streq(ctl_node_condition(node, "Ready"), "True"))
            val_append(troubled, val_ref(node));
    for (size_t i = 0; i < val_len(troubled); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        if (look_at(s, ctl_name(val_at(troubled, i)), true, &err) < 0)
            ctl_queue_add(s->queue, ctl_name(val_at(troubled, i)));
        evict_pods(s, val_at(troubled, i));
    }
    http_timer_set(s->tick, s->c->o->monitor_period_ms);
}

static void on_node(void *arg, const struct val *obj, const struct val *old)
{
    struct lifecycle *s = arg;
    if (!obj) {
        cu_map_remove(s->signs, ctl_name(old));
        return;
    }
    note(s, ctl_name(obj), heartbeat_of(obj), false);
    ctl_queue_add(s->queue, ctl_name(obj));
}

static void on_lease(void *arg, const struct val *obj, const struct val *old)
{
    (void)old;
    struct lifecycle *s = arg;
    if (obj && cu_map_get(s->signs, ctl_name(obj)))
        note(s, ctl_name(obj), val_find_str(obj, "spec", "renewTime", NULL), true);
}

static void *start(struct ctl *c)
{
    struct lifecycle *s = cu_calloc(1, sizeof(*s));
    s->c = c;
    s->evicted_ms = -EVICT_EVERY_MS;
    s->signs = cu_map_new(free_sign);
    s->queue = ctl_queue_new(c, "node lifecycle", reconcile, s);
    s->nodes = ctl_watch(c, NODES, NULL);
    s->leases = ctl_watch(c, LEASES, NULL);
    ctl_watch_listen(s->nodes, on_node, NULL, s);
    ctl_watch_listen(s->leases, on_lease, NULL, s);
    s->tick = http_timer_new(c->loop, on_tick, s);
    http_timer_set(s->tick, c->o->monitor_period_ms);
    return s;
}

static void stop(void *self)
{
    struct lifecycle *s = self;
    http_timer_free(s->tick);
    cu_map_free(s->signs);
    free(s);
}

const struct ctl_controller ctl_node_lifecycle = { "node-lifecycle-controller", "nodelifecycle", true, start,
                                                   stop };
