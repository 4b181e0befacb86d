/* agent/status.c - mirror pods and pod status as the API wants them (spec apiserver 9.4).
 * Must not talk to anyone; pure functions of what runs. */
#include "agent/status.h"

#include <string.h>

#include "base/str.h"
#include "base/timefmt.h"

const char agent_refused_reason[] = "ProcessRuntime";
const char agent_refused_message[] = "this node runs its control plane as host processes (label "
                                     "cubeadm.io/runtime=process) and has no container "
                                     "runtime, so it starts no workload containers; join a node with "
                                     "containerd and the distribution's kubelet";

static void set_time(struct val *map, const char *key, int64_t ms)
{
    char text[CU_RFC3339_MAX];
    cu_rfc3339(ms, text);
    val_set_str(map, key, text);
}

char *agent_mirror_name(const struct val *entry, const char *node)
{
    return cu_asprintf("%s-%s", val_get_str(entry, "name"), node);
}

const char *agent_mirror_hash(const struct val *pod)
{
    return val_find_str(pod, "metadata", "annotations", "kubernetes.io/config.mirror", NULL);
}

static void add_toleration(struct val *spec)
{
    struct val *list = val_need_list(spec, "tolerations");
    for (size_t i = 0; i < val_len(list); i++) {
        const struct val *t = val_at(list, i);
        if (cu_streq(val_get_str(t, "operator"), "Exists") &&
            cu_streq(val_get_str(t, "effect"), "NoExecute") && !val_get(t, "key"))
            return;
    }
    struct val *all = val_new_map();
    val_set_str(all, "operator", "Exists");
    val_set_str(all, "effect", "NoExecute");
    val_append(list, all);
}

struct val *agent_mirror_pod(const struct val *entry, const char *node, const char *node_uid, int64_t seen_ms)
{
    struct val *pod = val_copy(val_get(entry, "pod"));
    struct val *meta = val_need_map(pod, "metadata"), *spec = val_need_map(pod, "spec");
    struct val *notes = val_need_map(meta, "annotations"), *owners = val_new_list(), *owner = val_new_map();
    cu_autofree char *name = agent_mirror_name(entry, node);
    const char *hash = val_get_str(entry, "hash");
    char seen[CU_RFC3339_MAX];
    cu_rfc3339_micro(seen_ms, seen);
    val_set_str(meta, "name", name);
    val_set_str(meta, "namespace", val_get_str(entry, "namespace"));
    val_del(meta, "uid");
    val_set_str(notes, "kubernetes.io/config.hash", hash);
    val_set_str(notes, "kubernetes.io/config.mirror", hash);
    val_set_str(notes, "kubernetes.io/config.seen", seen);
    val_set_str(notes, "kubernetes.io/config.source", "file");
    val_set_str(owner, "apiVersion", "v1");
    val_set_str(owner, "kind", "Node");
    val_set_str(owner, "name", node);
    val_set_str(owner, "uid", node_uid);
    val_set_bool(owner, "controller", true);
    val_append(owners, owner);
    val_set(meta, "ownerReferences", owners);
    val_set_str(spec, "nodeName", node);
    if (!val_get(spec, "priorityClassName"))
        val_set_str(spec, "priorityClassName", "system-node-critical");
    add_toleration(spec);
    return pod;
}

/* --- status --- */

static struct val *terminated(const struct val *last)
{
    struct val *v = val_new_map();
    val_set_int(v, "exitCode", val_get_int(last, "exitCode", 0));
    if (val_get(last, "signal"))
        val_set_int(v, "signal", val_get_int(last, "signal", 0));
    val_set_str(v, "reason", val_get_str(last, "reason"));
    if (!cu_is_empty(val_get_str(last, "message")))
        val_set_str(v, "message", val_get_str(last, "message"));
    set_time(v, "startedAt", val_get_int(last, "startedMs", 0));
    set_time(v, "finishedAt", val_get_int(last, "finishedMs", 0));
    return v;
}

static struct val *container_state(const struct val *c)
{
    struct val *state = val_new_map(), *detail = val_new_map();
    const char *kind = val_get_str(c, "state");
    if (cu_streq(kind, "running")) {
        set_time(detail, "startedAt", val_get_int(c, "startedMs", 0));
    } else if (cu_streq(kind, "terminated") && val_get(c, "last")) {
        val_unref(detail);
        detail = terminated(val_get(c, "last"));
    } else {
        kind = "waiting";
        val_set_str(detail, "reason", cu_or(val_get_str(c, "reason"), "ContainerCreating"));
        val_set_str(detail, "message", val_get_str(c, "message"));
    }
    val_set(state, kind, detail);
    return state;
}

static struct val *container_status(const struct val *c, const struct val *spec)
{
    struct val *v = val_new_map(), *last = val_new_map();
    bool over = cu_streq(val_get_str(c, "state"), "terminated");
    val_set_str(v, "name", val_get_str(c, "name"));
    val_set_str(v, "image", cu_or(val_get_str(spec, "image"), ""));
    val_set_str(v, "imageID", "");
    val_set_bool(v, "ready", val_get_bool(c, "ready", false));
    val_set_bool(v, "started", val_get_bool(c, "started", false));
    val_set_int(v, "restartCount", val_get_int(c, "restarts", 0));
    val_set(v, "state", container_state(c));
    if (val_get(c, "last") && !over)
        val_set(last, "terminated", terminated(val_get(c, "last")));
    val_set(v, "lastState", last);
    if (val_get(c, "pid"))
        val_set_strf(v, "containerID", "process://%lld", (long long)val_get_int(c, "pid", 0));
    return v;
}

static const struct val *named(const struct val *list, const char *key, const char *value)
{
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), key), value))
            return val_at(list, i);
    return NULL;
}

struct conditions {
    struct val *list;
    const struct val *old; /* list; may be NULL */
    int64_t now_ms;
};

static void condition(struct conditions *cs, const char *type, bool yes, const char *reason,
                      const char *message)
{
    struct val *c = val_new_map();
    const char *status = yes ? "True" : "False";
    const struct val *before = named(cs->old, "type", type);
    val_set_str(c, "type", type);
    val_set_str(c, "status", status);
    val_set(c, "lastProbeTime", val_new_null());
    if (before && cu_streq(val_get_str(before, "status"), status) &&
        val_get_str(before, "lastTransitionTime"))
        val_set_str(c, "lastTransitionTime", val_get_str(before, "lastTransitionTime"));
    else
        set_time(c, "lastTransitionTime", cs->now_ms);
    if (!yes) {
        val_set_str(c, "reason", reason);
        val_set_str(c, "message", message);
    }
    val_append(cs->list, c);
}

static struct val *ip_list(const char *ip)
{
    struct val *list = val_new_list(), *item = val_new_map();
    val_set_str(item, "ip", ip);
    val_append(list, item);
    return list;
}

static void set_addresses(struct val *status, const char *node_ip)
{
    if (cu_is_empty(node_ip))
        return;
    val_set_str(status, "hostIP", node_ip);
    val_set(status, "hostIPs", ip_list(node_ip));
    val_set_str(status, "podIP", node_ip);
    val_set(status, "podIPs", ip_list(node_ip));
}

/* Guaranteed, Burstable or BestEffort. Limits on every container make the first, anything asked for the second. */
static const char *qos_class(const struct val *pod)
{
    const struct val *list = val_find(pod, "spec", "containers", NULL);
    bool any = false, all = true;
    for (size_t i = 0; i < val_len(list); i++) {
        const struct val *r = val_get(val_at(list, i), "resources"), *limits = val_get(r, "limits");
        const struct val *requests = val_get(r, "requests");
        any = any || val_len(limits) || val_len(requests);
        all = all && val_get(limits, "cpu") && val_get(limits, "memory") &&
              (!requests || val_equal(requests, limits));
    }
    return !any ? "BestEffort" : all ? "Guaranteed" : "Burstable";
}

struct summary {
    size_t n, ready, running, terminated, failed, started;
    struct val *unready; /* names, owned */
};

static const char *phase_of(const struct summary *s)
{
    if (s->n && s->terminated == s->n)
        return s->failed ? "Failed" : "Succeeded";
    return s->started ? "Running" : "Pending";
}

static char *unready_message(const struct summary *s)
{
    struct val *list = s->unready;
    char *text = cu_strdup("containers with unready status: [");
    for (size_t i = 0; i < val_len(list); i++) {
        char *more = cu_asprintf("%s%s%s", text, i ? " " : "", val_str(val_at(list, i)));
        free(text);
        text = more;
    }
    char *whole = cu_asprintf("%s]", text);
    free(text);
    return whole;
}

static void count(struct summary *s, const struct val *c)
{
    const char *state = val_get_str(c, "state");
    bool over = cu_streq(state, "terminated"), up = cu_streq(state, "running");
    s->n++;
    s->running += up;
    s->terminated += over;
    s->failed += over && val_get_int(val_get(c, "last"), "exitCode", 0) != 0;
    s->started += up || over || val_get(c, "last");
    if (val_get_bool(c, "ready", false))
        s->ready++;
    else
        val_append_str(s->unready, val_get_str(c, "name"));
}

struct val *agent_pod_api_status(const struct val *entry, const struct val *old, const char *node_ip,
                                 int64_t now_ms)
{
    const struct val *pod = val_get(entry, "pod"), *containers = val_get(entry, "containers");
    const struct val *specs = val_find(pod, "spec", "containers", NULL);
    struct val *status = val_new_map(), *list = val_new_list();
    struct summary s = { .unready = val_new_list() };
    for (size_t i = 0; i < val_len(containers); i++) {
        const struct val *c = val_at(containers, i);
        count(&s, c);
        val_append(list, container_status(c, named(specs, "name", val_get_str(c, "name"))));
    }
    struct conditions cs = { val_new_list(), val_get(old, "conditions"), now_ms };
    bool ready = s.n && s.ready == s.n;
    cu_autofree char *message = unready_message(&s);
    condition(&cs, "PodReadyToStartContainers", true, NULL, NULL);
    condition(&cs, "Initialized", true, NULL, NULL);
    condition(&cs, "Ready", ready, "ContainersNotReady", message);
    condition(&cs, "ContainersReady", ready, "ContainersNotReady", message);
    condition(&cs, "PodScheduled", true, NULL, NULL);
    val_set_str(status, "phase", phase_of(&s));
    val_set(status, "conditions", cs.list);
    set_addresses(status, node_ip);
    set_time(status, "startTime", val_get_int(entry, "startedMs", now_ms));
    val_set(status, "containerStatuses", list);
    val_set_str(status, "qosClass", qos_class(pod));
    val_unref(s.unready);
    return status;
}

struct val *agent_status_patch(const char *uid, const struct val *status)
{
    struct val *patch = val_new_map(), *meta = val_new_map();
    val_set_str(meta, "uid", uid);
    val_set(patch, "metadata", meta);
    val_set(patch, "status", val_copy(status));
    return patch;
}

struct val *agent_refused_status(const struct val *pod, const char *node_ip, int64_t now_ms)
{
    const struct val *specs = val_find(pod, "spec", "containers", NULL);
    struct val *status = val_new_map(), *list = val_new_list();
    struct conditions cs = { val_new_list(), val_find(pod, "status", "conditions", NULL), now_ms };
    for (size_t i = 0; i < val_len(specs); i++) {
        cu_autoval struct val *entry = val_new_map();
        val_set_str(entry, "name", val_get_str(val_at(specs, i), "name"));
        val_set_str(entry, "reason", agent_refused_reason);
        val_set_str(entry, "message", agent_refused_message);
        val_append(list, container_status(entry, val_at(specs, i)));
    }
    condition(&cs, "PodReadyToStartContainers", false, agent_refused_reason, agent_refused_message);
    condition(&cs, "Initialized", true, NULL, NULL);
    condition(&cs, "Ready", false, agent_refused_reason, agent_refused_message);
    condition(&cs, "ContainersReady", false, agent_refused_reason, agent_refused_message);
    condition(&cs, "PodScheduled", true, NULL, NULL);
    val_set_str(status, "phase", "Pending");
    val_set_str(status, "reason", agent_refused_reason);
    val_set_str(status, "message", agent_refused_message);
    val_set(status, "conditions", cs.list);
    if (!cu_is_empty(node_ip)) {
        val_set_str(status, "hostIP", node_ip);
        val_set(status, "hostIPs", ip_list(node_ip));
    }
    val_set(status, "containerStatuses", list);
    return status;
}
