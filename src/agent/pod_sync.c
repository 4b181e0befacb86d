/* agent/pod_sync.c - mirror pods on the server follow the static pods that run; other pods bound to this node are told
 * why they do not.
 * Must not start or stop anything. */
#include "agent/api_internal.h"
#include "agent/status.h"
#include "base/log.h"
#include "base/map.h"
#include "base/random.h"
#include "base/str.h"
#include "base/timefmt.h"

#define IDLE_MS 10000

struct agent_mirror {
    char *ns, *name, *uid, *hash;
    struct val *status; /* as last sent, or as found on the server; NULL: none */
    bool wanted;        /* some static pod of ours is behind it */
    bool leaving;       /* someone deleted it; it goes when we say so, and comes back */
};

void agent_free_mirror(void *mirror)
{
    struct agent_mirror *m = mirror;
    free(m->ns);
    free(m->name);
    free(m->uid);
    free(m->hash);
    val_unref(m->status);
    free(m);
}

static char *key_of(const char *ns, const char *name)
{
    return cu_asprintf("%s/%s", ns, name);
}

static void remember(struct agent_api *a, const struct val *pod)
{
    const char *ns = val_find_str(pod, "metadata", "namespace", NULL);
    const char *name = val_find_str(pod, "metadata", "name", NULL);
    const char *uid = val_find_str(pod, "metadata", "uid", NULL), *hash = agent_mirror_hash(pod);
    if (!ns || !name || !uid || !hash)
        return;
    cu_autofree char *key = key_of(ns, name);
    struct agent_mirror *old = cu_map_get(a->mirrors, key);
    bool leaving = val_find(pod, "metadata", "deletionTimestamp", NULL) != NULL;
    if (old && cu_streq(old->uid, uid) && cu_streq(old->hash, hash)) {
        old->leaving = old->leaving || leaving;
        return; /* of the rest, what we sent last is newer than what comes back now */
    }
    struct agent_mirror *m = cu_calloc(1, sizeof *m);
    m->ns = cu_strdup(ns);
    m->name = cu_strdup(name);
    m->uid = cu_strdup(uid);
    m->hash = cu_strdup(hash);
    m->leaving = leaving;
    m->status = val_ref(val_get(pod, "status"));
    cu_map_set(a->mirrors, key, m);
}

static void forget(struct agent_api *a, const struct val *pod)
{
    const char *uid = cu_or(val_find_str(pod, "metadata", "uid", NULL), "");
    cu_autofree char *key = key_of(cu_or(val_find_str(pod, "metadata", "namespace", NULL), ""),
                                   cu_or(val_find_str(pod, "metadata", "name", NULL), ""));
    const struct agent_mirror *m = cu_map_get(a->mirrors, key);
    if (m && cu_streq(m->uid, uid))
        cu_map_remove(a->mirrors, key);
    cu_map_remove(a->refused, uid);
}

void agent_pods_changed(void *arg, const struct val *obj, const struct val *old)
{
    struct agent_api *a = arg;
    if (obj)
        remember(a, obj);
    else
        forget(a, old);
    agent_api_hurry(a, STEP_PODS);
}

/* --- mirror pods --- */

static int delete_pod(struct agent_api *a, const char *ns, const char *name, const char *uid,
                      struct cu_err *err)
{
    cu_autofree char *path = kube_path("v1", "pods", ns, name);
    cu_autoval struct val *options = val_new_map();
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    val_set_str(options, "kind", "DeleteOptions");
    val_set_str(options, "apiVersion", "v1");
    val_set_int(options, "gracePeriodSeconds", 0);
    val_set_str(val_need_map(options, "preconditions"), "uid", uid);
    int r = kube_delete(a->kube, path, options, &why);
    if (r == 0 || r == -CU_E_NOTFOUND || r == -CU_E_CONFLICT) /* gone, or another of that name by now */
        return 0;
    cu_err_move(err, &why);
    return r;
}

static int create_mirror(struct agent_api *a, const struct val *entry, struct cu_err *err)
{
    const char *ns = val_get_str(entry, "namespace");
    cu_autofree char *path = kube_path("v1", "pods", ns, NULL);
    cu_autoval struct val *pod = agent_mirror_pod(entry, a->s.node_name, a->node_uid, cu_now_ms()),
                          *created = NULL;
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    int r = kube_create(a->kube, path, pod, &created, &why);
    if (r == -CU_E_EXISTS)
        return cu_fail(err, CU_E_EXISTS,
                       "pod %s of namespace %s is there, but is not the mirror of this static pod",
                       val_find_str(pod, "metadata", "name", NULL), ns);
    if (r < 0) {
        cu_err_move(err, &why);
        return r;
    }
    remember(a, created);
    return 0;
}

static int send_status(struct agent_api *a, struct agent_mirror *m, const struct val *entry,
                       struct cu_err *err)
{
    cu_autoval struct val *status = agent_pod_api_status(entry, m->status, a->s.node_ip, cu_now_ms());
    if (m->status && val_equal(status, m->status))
        return 0;
    cu_autofree char *path = kube_path("v1", "pods", m->ns, m->name), *sub = cu_asprintf("%s/status", path);
    cu_autoval struct val *patch = agent_status_patch(m->uid, status);
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    int r = kube_patch(a->kube, sub, KUBE_PATCH_STRATEGIC, patch, NULL, &why);
    if (r == -CU_E_NOTFOUND || r == -CU_E_CONFLICT) {
        cu_autofree char *key = key_of(m->ns, m->name);
        cu_map_remove(a->mirrors, key); /* deleted behind our back: made again below */
        return create_mirror(a, entry, err);
    }
    if (r < 0) {
        cu_err_move(err, &why);
        return r;
    }
    val_unref(m->status);
    m->status = val_ref(status);
    return 0;
}

static int sync_entry(struct agent_api *a, const struct val *entry, struct cu_err *err)
{
    cu_autofree char *name = agent_mirror_name(entry, a->s.node_name);
    cu_autofree char *key = key_of(val_get_str(entry, "namespace"), name);
    struct agent_mirror *m = cu_map_get(a->mirrors, key);
    if (m && (m->leaving || !cu_streq(m->hash, val_get_str(entry, "hash")))) {
        int r = delete_pod(a, m->ns, m->name, m->uid, err);
        if (r < 0)
            return r;
        cu_map_remove(a->mirrors, key);
        m = NULL;
    }
    if (!m) {
        int r = create_mirror(a, entry, err);
        if (r < 0)
            return r;
        m = cu_map_get(a->mirrors, key);
    }
    if (!m)
        return cu_fail(err, CU_E_SERVER, "the mirror of static pod %s came back without its annotations",
                       name);
    m->wanted = true;
    return send_status(a, m, entry, err);
}

static int remove_unwanted(struct agent_api *a, struct cu_err *err)
{
    size_t pos = 0;
    const char *key;
    void *value;
    while (cu_map_next(a->mirrors, &pos, &key, &value)) {
        const struct agent_mirror *m = value;
        if (m->wanted)
            continue;
        int r = delete_pod(a, m->ns, m->name, m->uid, err);
        if (r < 0)
            return r;
        cu_map_remove(a->mirrors, key);
    }
    return 0;
}

/* --- pods the scheduler or a controller bound to this node --- */

static void send_event(struct agent_api *a, const struct val *pod)
{
    const char *ns = val_find_str(pod, "metadata", "namespace", NULL);
    const char *name = val_find_str(pod, "metadata", "name", NULL);
    cu_autoval struct val *e = val_new_map();
    cu_autofree char *path = kube_path("v1", "events", ns, NULL);
    char now[CU_RFC3339_MAX];
    uint64_t suffix;
    cu_random(&suffix, sizeof suffix);
    cu_rfc3339(cu_now_ms(), now);
    val_set_str(e, "apiVersion", "v1");
    val_set_str(e, "kind", "Event");
    val_set_strf(val_need_map(e, "metadata"), "name", "%s.%016llx", name, (unsigned long long)suffix);
    val_set_str(val_need_map(e, "metadata"), "namespace", ns);
    struct val *about = val_need_map(e, "involvedObject"), *source;
    val_set_str(about, "kind", "Pod");
    val_set_str(about, "apiVersion", "v1");
    val_set_str(about, "namespace", ns);
    val_set_str(about, "name", name);
    val_set_str(about, "uid", val_find_str(pod, "metadata", "uid", NULL));
    val_set_str(e, "reason", agent_refused_reason);
    val_set_str(e, "message", agent_refused_message);
    source = val_need_map(e, "source");
    val_set_str(source, "component", "kubelet");
    val_set_str(source, "host", a->s.node_name);
    val_set_str(e, "firstTimestamp", now);
    val_set_str(e, "lastTimestamp", now);
    val_set_int(e, "count", 1);
    val_set_str(e, "type", "Warning");
    val_set_str(e, "reportingComponent", "kubelet");
    val_set_str(e, "reportingInstance", a->s.node_name);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (kube_create(a->kube, path, e, NULL, &err) < 0) /* the status says it too */
        cu_log_debug(2, "event for pod %s: %s", name, cu_err_text(&err));
}

static int refuse(struct agent_api *a, const struct val *pod, struct cu_err *err)
{
    const char *ns = val_find_str(pod, "metadata", "namespace", NULL);
    const char *name = val_find_str(pod, "metadata", "name", NULL);
    const char *uid = val_find_str(pod, "metadata", "uid", NULL);
    const char *phase = val_find_str(pod, "status", "phase", NULL);
    if (!ns || !name || !uid)
        return 0;
    if (val_find(pod, "metadata", "deletionTimestamp", NULL)) /* nothing runs, so it can go at once */
        return delete_pod(a, ns, name, uid, err);
    if (cu_map_get(a->refused, uid) || cu_streq(phase, "Failed") || cu_streq(phase, "Succeeded"))
        return 0;
    cu_autofree char *path = kube_path("v1", "pods", ns, name), *sub = cu_asprintf("%s/status", path);
    cu_autoval struct val *status = agent_refused_status(pod, a->s.node_ip, cu_now_ms());
    cu_autoval struct val *patch = agent_status_patch(uid, status);
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    int r = kube_patch(a->kube, sub, KUBE_PATCH_STRATEGIC, patch, NULL, &why);
    if (r < 0 && r != -CU_E_NOTFOUND && r != -CU_E_CONFLICT) {
        cu_err_move(err, &why);
        return r;
    }
    if (r == 0 && !cu_streq(val_find_str(pod, "status", "reason", NULL), agent_refused_reason))
        send_event(a, pod);
    cu_map_set(a->refused, uid, a);
    return 0;
}

static int refuse_others(struct agent_api *a, struct cu_err *err)
{
    size_t pos = 0;
    struct val *pod;
    int first = 0;
    while (kube_informer_next(a->informer, &pos, &pod)) {
        cu_autoerr struct cu_err one = CU_ERR_INIT;
        int r = agent_mirror_hash(pod) ? 0 : refuse(a, pod, &one);
        if (r < 0 && first == 0) {
            first = r;
            cu_err_move(err, &one);
        }
    }
    return first;
}

int64_t agent_step_pods(struct agent_api *a, struct cu_err *err)
{
    size_t pos = 0;
    void *value;
    int first = 0;
    if (!kube_informer_synced(a->informer))
        return IDLE_MS; /* its first change hurries us */
    while (cu_map_next(a->mirrors, &pos, NULL, &value))
        ((struct agent_mirror *)value)->wanted = false;
    for (size_t i = 0; i < val_len(a->pods); i++) { /* one that fails must not hide the others */
        cu_autoerr struct cu_err one = CU_ERR_INIT;
        int r = sync_entry(a, val_at(a->pods, i), &one);
        if (r < 0 && first == 0) {
            first = r;
            cu_err_move(err, &one);
        }
    }
    if (first == 0)
        first = remove_unwanted(a, err);
    if (first == 0)
        first = refuse_others(a, err);
    return first < 0 ? first : IDLE_MS;
}
