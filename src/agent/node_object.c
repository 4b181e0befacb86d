/* agent/node_object.c - the Node object of this machine (spec apiserver 9.3).
 * Must not read the machine or talk to the server; facts come in, values go out. */
#include "agent/node_object.h"

#include <inttypes.h>

#include "base/str.h"
#include "base/timefmt.h"

#define RESERVED_MEMORY (100 * 1024 * 1024) /* bytes: the kubelet's default eviction threshold */

static void set_quantities(struct val *map, const struct agent_node_facts *f, bool allocatable)
{
    uint64_t memory = f->memory;
    if (allocatable)
        memory = memory > RESERVED_MEMORY ? memory - RESERVED_MEMORY : 0;
    val_set_strf(map, "cpu", "%d", f->cpus);
    if (allocatable) /* a tenth of the disk is the default eviction threshold */
        val_set_strf(map, "ephemeral-storage", "%" PRIu64, f->disk / 10 * 9);
    else
        val_set_strf(map, "ephemeral-storage", "%" PRIu64 "Ki", f->disk / 1024);
    val_set_str(map, "hugepages-1Gi", "0");
    val_set_str(map, "hugepages-2Mi", "0");
    val_set_strf(map, "memory", "%" PRIu64 "Ki", memory / 1024);
    val_set_strf(map, "pods", "%" PRId64, f->max_pods);
}

static const struct val *old_condition(const struct val *old, const char *type)
{
    const struct val *list = val_get(old, "conditions");
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "type"), type))
            return val_at(list, i);
    return NULL;
}

struct condition_row {
    const char *type;
    bool yes;
    const char *reason, *message;
};

static struct val *conditions(const struct agent_node_facts *f, const struct val *old, int64_t now_ms)
{
    bool memory = f->memory_free < RESERVED_MEMORY, disk = f->disk_free < f->disk / 10;
    const struct condition_row rows[] = {
        { "MemoryPressure", memory, memory ? "KubeletHasInsufficientMemory" : "KubeletHasSufficientMemory",
          memory ? "less than 100 MiB of memory are available" : "enough memory is available" },
        { "DiskPressure", disk, disk ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure",
          disk ? "less than a tenth of the disk is free" : "enough of the disk is free" },
        { "PIDPressure", false, "KubeletHasSufficientPID", "enough process numbers are free" },
        { "Ready", true, "KubeletReady", "the node agent runs static pods as host processes" },
    };
    char now[CU_RFC3339_MAX];
    struct val *list = val_new_list();
    cu_rfc3339(now_ms, now);
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        const char *status = rows[i].yes ? "True" : "False";
        const struct val *before = old_condition(old, rows[i].type);
        bool same = before && cu_streq(val_get_str(before, "status"), status);
        struct val *c = val_new_map();
        val_set_str(c, "type", rows[i].type);
        val_set_str(c, "status", status);
        val_set_str(c, "lastHeartbeatTime", now);
        val_set_str(c, "lastTransitionTime",
                    same ? cu_or(val_get_str(before, "lastTransitionTime"), now) : now);
        val_set_str(c, "reason", rows[i].reason);
        val_set_str(c, "message", rows[i].message);
        val_append(list, c);
    }
    return list;
}

static struct val *addresses(const struct agent_node_facts *f)
{
    const struct {
        const char *type, *address;
    } rows[] = { { "InternalIP", f->ip }, { "Hostname", f->name } };
    struct val *list = val_new_list();
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        if (cu_is_empty(rows[i].address))
            continue;
        struct val *a = val_new_map();
        val_set_str(a, "type", rows[i].type);
        val_set_str(a, "address", rows[i].address);
        val_append(list, a);
    }
    return list;
}

struct val *agent_node_status(const struct agent_node_facts *f, const struct val *old, int64_t now_ms)
{
    struct val *status = val_new_map();
    set_quantities(val_need_map(status, "capacity"), f, false);
    set_quantities(val_need_map(status, "allocatable"), f, true);
    val_set(status, "conditions", conditions(f, old, now_ms));
    val_set(status, "addresses", addresses(f));
    val_set_int(val_need_map(val_need_map(status, "daemonEndpoints"), "kubeletEndpoint"), "Port", f->port);
    struct val *info = val_need_map(status, "nodeInfo");
    val_set_str(info, "machineID", f->machine_id);
    val_set_str(info, "systemUUID", f->system_uuid);
    val_set_str(info, "bootID", f->boot_id);
    val_set_str(info, "kernelVersion", f->kernel);
    val_set_str(info, "osImage", f->os_image);
    val_set_str(info, "containerRuntimeVersion", "cubeadm://" CUBEADM_VERSION);
    val_set_str(info, "kubeletVersion", AGENT_VERSION);
    val_set_str(info, "kubeProxyVersion", "");
    val_set_str(info, "operatingSystem", "linux");
    val_set_str(info, "architecture", f->arch);
    return status;
}

struct val *agent_node_labels(const struct agent_node_facts *f, const struct val *extra)
{
    struct val *labels = val_new_map();
    val_set_str(labels, "beta.kubernetes.io/arch", f->arch);
    val_set_str(labels, "beta.kubernetes.io/os", "linux");
    val_set_str(labels, "cubeadm.io/runtime", "process");
    val_set_str(labels, "kubernetes.io/arch", f->arch);
    val_set_str(labels, "kubernetes.io/hostname", f->name);
    val_set_str(labels, "kubernetes.io/os", "linux");
    if (extra)
        val_merge_over(labels, extra);
    return labels;
}

struct val *agent_node_object(const struct agent_node_facts *f, const struct val *labels,
                              const struct val *taints, int64_t now_ms)
{
    struct val *node = val_new_map(), *meta, *spec;
    val_set_str(node, "apiVersion", "v1");
    val_set_str(node, "kind", "Node");
    meta = val_need_map(node, "metadata");
    val_set_str(meta, "name", f->name);
    val_set(meta, "labels", agent_node_labels(f, labels));
    val_set_str(val_need_map(meta, "annotations"), "volumes.kubernetes.io/controller-managed-attach-detach",
                "true");
    spec = val_need_map(node, "spec");
    if (val_len(taints))
        val_set(spec, "taints", val_copy(taints));
    val_set(node, "status", agent_node_status(f, NULL, now_ms));
    return node;
}

bool agent_node_status_differs(const struct val *a, const struct val *b)
{
    cu_autoval struct val *x = val_copy(a), *y = val_copy(b);
    struct val *const both[] = { x, y };
    for (size_t i = 0; i < 2; i++) {
        const struct val *list = val_get(both[i], "conditions");
        for (size_t j = 0; j < val_len(list); j++)
            val_del(val_at(list, j), "lastHeartbeatTime");
    }
    return !val_equal(x, y);
}
