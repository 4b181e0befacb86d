/* agent/node_sync.c - the Node object and its lease on the server (spec apiserver 9.3).
 * Must not know the pods. */
#include "agent/api_internal.h"
#include "agent/node_object.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "node/identity.h"
#include "node/resources.h"

struct facts {
    struct node_identity id;
    struct agent_node_facts f;
};

static int read_facts(const struct agent_api *a, struct facts *out, struct cu_err *err)
{
    struct agent_node_facts *f = &out->f;
    *f = (struct agent_node_facts){ .name = a->s.node_name,
                                    .ip = a->s.node_ip,
                                    .max_pods = a->s.config->max_pods,
                                    .port = a->s.config->port };
    int r = node_cpus(NULL, &f->cpus, err);
    if (r == 0)
        r = node_memory(NULL, &f->memory, &f->memory_free, err);
    if (r == 0)
        r = node_disk(NULL, a->s.options->root_dir, &f->disk, &f->disk_free, err);
    if (r < 0)
        return r;
    node_identity_read(NULL, &out->id);
    f->machine_id = out->id.machine_id;
    f->system_uuid = out->id.system_uuid;
    f->boot_id = out->id.boot_id;
    f->kernel = out->id.kernel_version;
    f->os_image = out->id.os_image;
    f->arch = out->id.architecture;
    return 0;
}

static void remember(struct agent_api *a, const struct val *node)
{
    free(a->node_uid);
    a->node_uid = cu_strdup(val_find_str(node, "metadata", "uid", NULL));
    val_unref(a->node_status);
    a->node_status = val_ref(val_get(node, "status"));
    a->node_status_ms = cu_mono_ms();
}

/* A node that is there keeps what others wrote on it; our labels are put back when they differ. */
static int reconcile_labels(struct agent_api *a, const char *path, const struct val *node,
                            const struct agent_node_facts *f, struct cu_err *err)
{
    cu_autoval struct val *want = agent_node_labels(f, a->s.options->labels), *patch = val_new_map();
    const struct val *have = val_find(node, "metadata", "labels", NULL);
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *value;
    bool differs = false;
    while (val_next(want, &it, &key, &value))
        differs = differs || !cu_streq(val_get_str(have, key), val_str(value));
    if (!differs)
        return 0;
    val_set(val_need_map(patch, "metadata"), "labels", val_ref(want));
    return kube_patch(a->kube, path, KUBE_PATCH_MERGE, patch, NULL, err);
}

static int adopt_node(struct agent_api *a, const char *path, const struct val *node, struct facts *facts,
                      struct cu_err *err)
{
    int r = reconcile_labels(a, path, node, &facts->f, err);
    if (r < 0)
        return r;
    remember(a, node);
    agent_api_hurry(a, STEP_STATUS); /* what the server has of us may be from another time */
    return 0;
}

static int create_node(struct agent_api *a, const char *path, const struct facts *facts, struct cu_err *err)
{
    const struct val *taints = val_len(a->s.options->taints) ? a->s.options->taints : a->s.config->taints;
    cu_autoval struct val *node = agent_node_object(&facts->f, a->s.options->labels, taints, cu_now_ms()),
                          *created = NULL;
    int r = kube_create(a->kube, path, node, &created, err);
    if (r < 0)
        return r;
    cu_log_info("registered node %s", a->s.node_name);
    remember(a, created);
    return 0;
}

int64_t agent_step_node(struct agent_api *a, struct cu_err *err)
{
    if (a->node_uid)
        return a->s.config->status_update_ms;
    cu_autofree char *path = kube_path("v1", "nodes", NULL, a->s.node_name),
                     *all = kube_path("v1", "nodes", NULL, NULL);
    cu_autoval struct val *node = NULL;
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    struct facts facts = { .id = { NULL } };
    int r = read_facts(a, &facts, err);
    if (r < 0)
        return r;
    r = kube_get(a->kube, path, NULL, &node, &why);
    if (r == 0)
        r = adopt_node(a, path, node, &facts, err);
    else if (r == -CU_E_NOTFOUND && a->s.config->register_node)
        r = create_node(a, all, &facts, err);
    else
        cu_err_move(err, &why);
    node_identity_clear(&facts.id);
    return r < 0 ? r : a->s.config->status_update_ms;
}

int64_t agent_step_status(struct agent_api *a, struct cu_err *err)
{
    struct facts facts = { .id = { NULL } };
    int r = read_facts(a, &facts, err);
    if (r < 0)
        return r;
    int64_t now = cu_now_ms();
    cu_autoval struct val *status = agent_node_status(&facts.f, a->node_status, now);
    node_identity_clear(&facts.id);
    bool differs = true, old = cu_mono_ms() - a->node_status_ms >= a->s.config->status_report_ms;
    if (a->node_status) {
        /* Only what is ours is compared: the server's copy may hold more. */
        cu_autoval struct val *ours = val_new_map();
        struct val_iter it = VAL_ITER_INIT;
        const char *key;
        struct val *value;
        while (val_next(status, &it, &key, &value))
            if (val_get(a->node_status, key))
                val_set(ours, key, val_copy(val_get(a->node_status, key)));
        differs = agent_node_status_differs(status, ours);
    }
    if (!differs && !old)
        return a->s.config->status_update_ms;
    cu_autofree char *path = kube_path("v1", "nodes", NULL, a->s.node_name);
    cu_autofree char *sub = cu_asprintf("%s/status", path);
    cu_autoval struct val *patch = val_new_map(), *answer = NULL;
    val_set(patch, "status", val_ref(status));
    r = kube_patch(a->kube, sub, KUBE_PATCH_STRATEGIC, patch, &answer, err);
    if (r < 0)
        return r;
    val_unref(a->node_status);
    a->node_status = val_ref(val_get(answer, "status"));
    a->node_status_ms = cu_mono_ms();
    return a->s.config->status_update_ms;
}

/* --- lease --- */

static struct val *new_lease(const struct agent_api *a)
{
    struct val *lease = val_new_map(), *meta, *owner = val_new_map();
    val_set_str(lease, "apiVersion", "coordination.k8s.io/v1");
    val_set_str(lease, "kind", "Lease");
    meta = val_need_map(lease, "metadata");
    val_set_str(meta, "name", a->s.node_name);
    val_set_str(meta, "namespace", "kube-node-lease");
    val_set_str(owner, "apiVersion", "v1");
    val_set_str(owner, "kind", "Node");
    val_set_str(owner, "name", a->s.node_name);
    val_set_str(owner, "uid", a->node_uid);
    val_append(val_need_list(meta, "ownerReferences"), owner);
    return lease;
}

static void renew(const struct agent_api *a, struct val *lease)
{
    struct val *spec = val_need_map(lease, "spec");
    char now[CU_RFC3339_MAX];
    cu_rfc3339_micro(cu_now_ms(), now);
    val_set_str(spec, "holderIdentity", a->s.node_name);
    val_set_int(spec, "leaseDurationSeconds", a->s.config->lease_seconds);
    val_set_str(spec, "renewTime", now);
}

static int put_lease(struct agent_api *a, const char *path, struct val **answer, struct cu_err *err)
{
    cu_autoval struct val *lease = val_copy(a->lease);
    renew(a, lease);
    return kube_update(a->kube, path, lease, answer, err);
}

static int create_lease(struct agent_api *a, const char *path, struct val **answer, struct cu_err *err)
{
    cu_autofree char *all = kube_path("coordination.k8s.io/v1", "leases", "kube-node-lease", NULL);
    cu_autoval struct val *lease = new_lease(a);
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    renew(a, lease);
    int r = kube_create(a->kube, all, lease, answer, &why);
    if (r != -CU_E_EXISTS) {
        if (r < 0)
            cu_err_move(err, &why);
        return r;
    }
    r = kube_get(a->kube, path, NULL, &a->lease, err);
    return r < 0 ? r : put_lease(a, path, answer, err);
}

int64_t agent_step_lease(struct agent_api *a, struct cu_err *err)
{
    cu_autofree char *path = kube_path("coordination.k8s.io/v1", "leases", "kube-node-lease", a->s.node_name);
    struct val *answer = NULL;
    int r = a->lease ? put_lease(a, path, &answer, err) : create_lease(a, path, &answer, err);
    val_unref(a->lease);
    a->lease = r == 0 ? answer : NULL; /* after a failure it is read or made anew */
    return r < 0 ? r : a->s.config->lease_seconds * 1000 / 4;
}
