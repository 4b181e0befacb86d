/* Default values by kind (spec apiserver 3.14). Must not know who writes or what was stored before; pods and their
 * templates are in defaults_pod.c. */
#include "apiserver/defaults.h"

#include "apiserver/defaults_pod.h"
#include "base/encode.h"
#include "base/str.h"

#include <string.h>

void api_def_str(struct val *map, const char *key, const char *s)
{
    if (!val_get(map, key))
        val_set_str(map, key, s);
}

void api_def_int(struct val *map, const char *key, int64_t n)
{
    if (!val_get(map, key))
        val_set_int(map, key, n);
}

void api_def_bool(struct val *map, const char *key, bool b)
{
    if (!val_get(map, key))
        val_set_bool(map, key, b);
}

static void each(struct val *list, void (*fn)(struct val *item))
{
    for (size_t i = 0; i < val_len(list); i++)
        fn(val_at(list, i));
}

static void port_protocol(struct val *port)
{
    api_def_str(port, "protocol", "TCP");
}

static void rolling(struct val *parent, const char *key, const char *const names[2],
                    struct val *const values[2])
{
    struct val *strategy = val_need_map(parent, key);
    api_def_str(strategy, "type", "RollingUpdate");
    if (cu_streq(val_get_str(strategy, "type"), "RollingUpdate")) {
        struct val *update = val_need_map(strategy, "rollingUpdate");
        for (int i = 0; i < 2; i++) {
            if (names[i] && !val_get(update, names[i]))
                val_set(update, names[i], val_ref(values[i]));
        }
    }
    val_unref(values[0]);
    val_unref(values[1]);
}

static void deployment(struct val *obj)
{
    static const char *const names[] = { "maxUnavailable", "maxSurge" };
    struct val *const values[] = { val_new_str("25%"), val_new_str("25%") };
    struct val *spec = val_need_map(obj, "spec");
    api_def_int(spec, "replicas", 1);
    rolling(spec, "strategy", names, values);
    api_def_int(spec, "revisionHistoryLimit", 10);
    api_def_int(spec, "progressDeadlineSeconds", 600);
    api_default_pod_template(val_need_map(spec, "template"));
}

static void daemonset(struct val *obj)
{
    static const char *const names[] = { "maxUnavailable", "maxSurge" };
    struct val *const values[] = { val_new_int(1), val_new_int(0) };
    struct val *spec = val_need_map(obj, "spec");
    rolling(spec, "updateStrategy", names, values);
    api_def_int(spec, "revisionHistoryLimit", 10);
    api_default_pod_template(val_need_map(spec, "template"));
}

static void claim(struct val *obj)
{
    api_def_str(val_need_map(obj, "spec"), "volumeMode", "Filesystem");
    api_def_str(val_need_map(obj, "status"), "phase", "Pending");
}

static void statefulset(struct val *obj)
{
    static const char *const names[] = { "partition", NULL };
    struct val *const values[] = { val_new_int(0), NULL };
    struct val *spec = val_need_map(obj, "spec");
    api_def_int(spec, "replicas", 1);
    api_def_str(spec, "podManagementPolicy", "OrderedReady");
    rolling(spec, "updateStrategy", names, values);
    api_def_int(spec, "revisionHistoryLimit", 10);
    struct val *keep = val_need_map(spec, "persistentVolumeClaimRetentionPolicy");
    api_def_str(keep, "whenDeleted", "Retain");
    api_def_str(keep, "whenScaled", "Retain");
    each(val_get(spec, "volumeClaimTemplates"), claim);
    api_default_pod_template(val_need_map(spec, "template"));
}

static void replicaset(struct val *obj)
{
    struct val *spec = val_need_map(obj, "spec");
    api_def_int(spec, "replicas", 1);
    api_default_pod_template(val_need_map(spec, "template"));
}

/* Labels and selector of a ReplicationController come from its template. */
static void replication_controller(struct val *obj)
{
    struct val *spec = val_need_map(obj, "spec"), *meta = val_need_map(obj, "metadata");
    struct val *labels = val_find(spec, "template", "metadata", "labels", NULL);
    if (val_len(labels) && val_len(val_get(spec, "selector")) == 0)
        val_set(spec, "selector", val_copy(labels));
    if (val_len(labels) && val_len(val_get(meta, "labels")) == 0)
        val_set(meta, "labels", val_copy(labels));
    api_def_int(spec, "replicas", 1);
    api_default_pod_template(val_need_map(spec, "template"));
}

static void pod_template(struct val *obj)
{
    api_default_pod_template(val_need_map(obj, "template"));
}

static void job(struct val *obj)
{
    struct val *spec = val_need_map(obj, "spec");
    if (!val_get(spec, "completions") && !val_get(spec, "parallelism"))
        val_set_int(spec, "completions", 1);
    api_def_int(spec, "parallelism", 1);
    api_def_int(spec, "backoffLimit", val_get(spec, "backoffLimitPerIndex") ? INT32_MAX : 6);
    api_def_str(spec, "completionMode", "NonIndexed");
    api_def_bool(spec, "suspend", false);
    api_def_str(spec, "podReplacementPolicy",
                val_get(spec, "podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
    api_def_bool(spec, "manualSelector", false);
    api_default_pod_template(val_need_map(spec, "template"));
}

static void cronjob(struct val *obj)
{
    struct val *spec = val_need_map(obj, "spec");
    api_def_str(spec, "concurrencyPolicy", "Allow");
    api_def_bool(spec, "suspend", false);
    api_def_int(spec, "successfulJobsHistoryLimit", 3);
    api_def_int(spec, "failedJobsHistoryLimit", 1);
    struct val *template = val_need_map(spec, "jobTemplate");
    api_default_pod_template(val_need_map(val_need_map(template, "spec"), "template"));
}

static void service_port(struct val *port)
{
    port_protocol(port);
    const struct val *target = val_get(port, "targetPort");
    if (!target || val_int(target, 1) == 0 || (val_str(target) && val_str(target)[0] == '\0'))
        val_set(port, "targetPort", val_new_int(val_get_int(port, "port", 0)));
}

static void service(struct val *obj)
{
    struct val *spec = val_need_map(obj, "spec");
    api_def_str(spec, "sessionAffinity", "None");
    api_def_str(spec, "type", "ClusterIP");
    const char *type = cu_or(val_get_str(spec, "type"), "");
    if (cu_streq(val_get_str(spec, "sessionAffinity"), "ClientIP"))
        api_def_int(val_need_map(val_need_map(spec, "sessionAffinityConfig"), "clientIP"), "timeoutSeconds",
                    10800);
    else
        val_del(spec, "sessionAffinityConfig");
    each(val_get(spec, "ports"), service_port);
    if (!cu_streq(type, "ExternalName"))
        api_def_str(spec, "internalTrafficPolicy", "Cluster");
    if (cu_streq(type, "NodePort") || cu_streq(type, "LoadBalancer"))
        api_def_str(spec, "externalTrafficPolicy", "Cluster");
    if (cu_streq(type, "LoadBalancer"))
        api_def_bool(spec, "allocateLoadBalancerNodePorts", true);
}

static void subset(struct val *s)
{
    each(val_get(s, "ports"), port_protocol);
}

static void endpoints(struct val *obj)
{
    each(val_get(obj, "subsets"), subset);
}

static void slice_port(struct val *port)
{
    api_def_str(port, "name", "");
    port_protocol(port);
}

static void endpointslice(struct val *obj)
{
    each(val_get(obj, "ports"), slice_port);
}

/* stringData is for writing only: it goes over data and is never stored. */
static void secret(struct val *obj)
{
    struct val_iter it = VAL_ITER_INIT;
    struct val *texts = val_get(obj, "stringData"), *v;
    const char *key;
    while (val_next(texts, &it, &key, &v)) {
        const char *s = cu_or(val_str(v), "");
        cu_autowipe char *coded = cu_base64(s, strlen(s));
        val_set_str(val_need_map(obj, "data"), key, coded);
    }
    val_del(obj, "stringData");
    api_def_str(obj, "type", "Opaque");
}

static void node(struct val *obj)
{
    struct val *status = val_get(obj, "status");
    const struct val *capacity = val_get(status, "capacity");
    if (capacity && !val_get(status, "allocatable"))
        val_set(status, "allocatable", val_copy(capacity));
}

static void subject(struct val *s)
{
    const char *kind = val_get_str(s, "kind");
    if (cu_streq(kind, "User") || cu_streq(kind, "Group"))
        api_def_str(s, "apiGroup", "rbac.authorization.k8s.io");
}

static void role_binding(struct val *obj)
{
    struct val *ref = val_need_map(obj, "roleRef");
    if (cu_is_empty(val_get_str(ref, "apiGroup")))
        val_set_str(ref, "apiGroup", "rbac.authorization.k8s.io");
    each(val_get(obj, "subjects"), subject);
}

static void priority_class(struct val *obj)
{
    api_def_str(obj, "preemptionPolicy", "PreemptLowerPriority");
}

static void csi_driver(struct val *obj)
{
    struct val *spec = val_need_map(obj, "spec");
    api_def_bool(spec, "attachRequired", true);
    api_def_bool(spec, "podInfoOnMount", false);
    api_def_bool(spec, "storageCapacity", false);
    api_def_bool(spec, "requiresRepublish", false);
    api_def_str(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
    if (val_len(val_get(spec, "volumeLifecycleModes")) == 0)
        val_append_str(val_need_list(spec, "volumeLifecycleModes"), "Persistent");
}

static void storage_class(struct val *obj)
{
    api_def_str(obj, "reclaimPolicy", "Delete");
    api_def_str(obj, "volumeBindingMode", "Immediate");
}

static void volume(struct val *obj)
{
    struct val *spec = val_need_map(obj, "spec");
    api_def_str(spec, "persistentVolumeReclaimPolicy", "Retain");
    api_def_str(spec, "volumeMode", "Filesystem");
    api_def_str(val_need_map(obj, "status"), "phase", "Pending");
    if (val_get(spec, "hostPath"))
        api_def_str(val_get(spec, "hostPath"), "type", "");
}

static void policy_rule(struct val *rule)
{
    each(val_get(rule, "ports"), port_protocol);
}

static void network_policy(struct val *obj)
{
    struct val *spec = val_need_map(obj, "spec");
    each(val_get(spec, "ingress"), policy_rule);
    each(val_get(spec, "egress"), policy_rule);
    if (val_get(spec, "policyTypes"))
        return;
    val_append_str(val_need_list(spec, "policyTypes"), "Ingress");
    if (val_len(val_get(spec, "egress")) > 0)
        val_append_str(val_need_list(spec, "policyTypes"), "Egress");
}

static const struct rule {
    const char *resource;
    void (*fn)(struct val *obj);
} rules[] = {
    { "pods", api_default_pod },
    { "podtemplates", pod_template },
    { "deployments", deployment },
    { "daemonsets", daemonset },
    { "statefulsets", statefulset },
    { "replicasets", replicaset },
    { "replicationcontrollers", replication_controller },
    { "jobs", job },
    { "cronjobs", cronjob },
    { "services", service },
    { "endpoints", endpoints },
    { "endpointslices", endpointslice },
    { "secrets", secret },
    { "nodes", node },
    { "rolebindings", role_binding },
    { "clusterrolebindings", role_binding },
    { "priorityclasses", priority_class },
    { "csidrivers", csi_driver },
    { "storageclasses", storage_class },
    { "persistentvolumes", volume },
    { "persistentvolumeclaims", claim },
    { "networkpolicies", network_policy },
};

void api_default(const struct api_resource *r, struct val *obj)
{
    for (size_t i = 0; i < CU_LEN(rules); i++) {
        if (cu_streq(rules[i].resource, r->resource))
            rules[i].fn(obj);
    }
}
