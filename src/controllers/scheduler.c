/* controllers/scheduler.c - kube-scheduler of the embedded control plane. Its nodes run static pods as host processes and
 * nothing else, so there is no node to choose; what it does is to say so, on the pod and by an event, instead of leaving
 * pods pending without a word (design, section 1). */
#include "base/log.h"
#include "base/random.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "controllers/component.h"
#include "controllers/main.h"
#include "controllers/reason.h"
#include "kube/client.h"
#include "kube/informer.h"

#define SETTLE_MS 500 /* after a change of nodes */

struct scheduler {
    struct ctl *c;
    struct ctl_watch *pods, *nodes;
    struct ctl_queue *queue;
};

static const struct val *condition(const struct val *pod)
{
    const struct val *list = val_find(pod, "status", "conditions", NULL);
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "type"), "PodScheduled"))
            return val_at(list, i);
    return NULL;
}

static int mark(struct kube_client *k, const struct val *pod, const char *why, struct cu_err *err)
{
    char now[CU_RFC3339_MAX];
    cu_rfc3339(cu_now_ms(), now);
    cu_autoval struct val *patch = val_new_map();
    struct val *cond = val_new_map();
    val_set_str(cond, "type", "PodScheduled");
    val_set_str(cond, "status", "False");
    val_set_str(cond, "reason", "Unschedulable");
    val_set_str(cond, "message", why);
    val_set_str(cond, "lastTransitionTime", now);
    val_append(val_need_list(val_need_map(patch, "status"), "conditions"), cond);
    cu_autofree char *path = kube_path("v1", "pods", ctl_ns(pod), ctl_name(pod));
    cu_autofree char *status = cu_asprintf("%s/status", path);
    return kube_patch(k, status, KUBE_PATCH_STRATEGIC, patch, NULL, err);
}

static int tell(struct kube_client *k, const struct val *pod, const char *why, struct cu_err *err)
{
    char now[CU_RFC3339_MAX], suffix[17];
    cu_rfc3339(cu_now_ms(), now);
    cu_random_text(suffix, sizeof(suffix) - 1, "0123456789abcdef");
    cu_autoval struct val *e = val_new_map();
    struct val *meta = val_need_map(e, "metadata"), *about = val_need_map(e, "involvedObject");
    val_set_str(e, "apiVersion", "v1");
    val_set_str(e, "kind", "Event");
    val_set_strf(meta, "name", "%s.%s", ctl_name(pod), suffix);
    val_set_str(meta, "namespace", ctl_ns(pod));
    val_set_str(about, "apiVersion", "v1");
    val_set_str(about, "kind", "Pod");
    val_set_str(about, "namespace", ctl_ns(pod));
    val_set_str(about, "name", ctl_name(pod));
    val_set_str(about, "uid", val_find_str(pod, "metadata", "uid", NULL));
    val_set_str(about, "resourceVersion", val_find_str(pod, "metadata", "resourceVersion", NULL));
    val_set_str(e, "type", "Warning");
    val_set_str(e, "reason", "FailedScheduling");
    val_set_str(e, "message", why);
    val_set_str(e, "firstTimestamp", now);
    val_set_str(e, "lastTimestamp", now);
    val_set_int(e, "count", 1);
    val_set_str(val_need_map(e, "source"), "component", "default-scheduler");
    val_set_str(e, "reportingComponent", "default-scheduler");
    val_set_str(e, "reportingInstance", "cubeadm");
    cu_autofree char *path = kube_path("v1", "events", ctl_ns(pod), NULL);
    return kube_create(k, path, e, NULL, err);
}

static int reconcile(void *arg, const char *key, struct cu_err *err)
{
    struct scheduler *s = arg;
    const struct val *pod = kube_informer_get(ctl_watch_informer(s->pods), key);
    const char *name = val_find_str(pod, "spec", "schedulerName", NULL);
    if (!pod || ctl_is_deleting(pod) || !ctl_watch_synced(s->nodes) ||
        !cu_is_empty(val_find_str(pod, "spec", "nodeName", NULL)) ||
        !cu_streq(cu_or(name, "default-scheduler"), "default-scheduler"))
        return 0;
    cu_autoval struct val *nodes = val_new_list();
    size_t pos = 0;
    struct val *node;
    while (kube_informer_next(ctl_watch_informer(s->nodes), &pos, &node))
        val_append(nodes, val_ref(node));
    cu_autofree char *why = ctl_unschedulable_reason(nodes);
    if (cu_streq(val_get_str(condition(pod), "message"), why))
        return 0;
    int r = mark(s->c->client, pod, why, err);
    if (r == 0)
        r = tell(s->c->client, pod, why, err);
    if (r == 0)
        cu_log_info("pod %s is not scheduled: %s", key, why);
    return r == -CU_E_NOTFOUND ? 0 : r;
}

static void on_pod(void *arg, const struct val *obj, const struct val *old)
{
    (void)old;
    struct scheduler *s = arg;
    cu_autofree char *key = obj ? ctl_key(obj) : NULL;
    if (key)
        ctl_queue_add(s->queue, key);
}

static void queue_all(void *arg)
{
    struct scheduler *s = arg;
    size_t pos = 0;
    struct val *pod;
    while (kube_informer_next(ctl_watch_informer(s->pods), &pos, &pod)) {
        cu_autofree char *key = ctl_key(pod);
        ctl_queue_add_after(s->queue, key, SETTLE_MS);
    }
}

static void on_node(void *arg, const struct val *obj, const struct val *old)
{
    if (!obj || !old) /* heartbeats change nothing */
        queue_all(arg);
}

static void *start(struct ctl *c)
{
    struct scheduler *s = cu_calloc(1, sizeof(*s));
    s->c = c;
    s->queue = ctl_queue_new(c, "scheduler", reconcile, s);
    s->pods = ctl_watch(c, "/api/v1/pods", "fieldSelector=spec.nodeName%3D");
    s->nodes = ctl_watch(c, "/api/v1/nodes", NULL);
    ctl_watch_listen(s->pods, on_pod, NULL, s);
    ctl_watch_listen(s->nodes, on_node, queue_all, s);
    return s;
}

int ctl_scheduler_main(int argc, char **argv)
{
    static const struct ctl_component component = { "kube-scheduler", 10259, start, free };
    return ctl_component_main(&component, argc, argv);
}
