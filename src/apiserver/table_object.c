/* Cells of kinds without a pod template. Source of the rules: spec apiserver 3.10. Services and endpoints are
 * in table_network.c. */
#include "apiserver/table_network.h"

#include "base/str.h"
#include "base/strlist.h"
#include "base/timefmt.h"

static struct val *age(const struct api_cell *c)
{
    return api_cell_since(c, api_text_at(c->obj, "metadata.creationTimestamp"), "<unknown>");
}

static struct val *data_count(const struct api_cell *c)
{
    return val_new_int((int64_t)(val_len(val_get(c->obj, "data")) + val_len(val_get(c->obj, "binaryData"))));
}

static struct val *node_status(const struct api_cell *c)
{
    const struct val *ready = api_condition(api_at(c->obj, "status.conditions"), "Ready");
    const char *word = !ready                                           ? "Unknown"
                       : cu_streq(val_get_str(ready, "status"), "True") ? "Ready"
                                                                        : "NotReady";
    bool off = val_bool(api_at(c->obj, "spec.unschedulable"), false);
    return val_new_strf("%s%s", word, off ? ",SchedulingDisabled" : "");
}

static struct val *node_roles(const struct api_cell *c)
{
    static const char prefix[] = "node-role.kubernetes.io/";
    cu_autostrlist struct cu_strlist roles = CU_STRLIST_INIT;
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *v;
    while (val_next(api_at(c->obj, "metadata.labels"), &it, &key, &v)) {
        if (cu_has_prefix(key, prefix) && key[sizeof(prefix) - 1])
            cu_strlist_add_unique(&roles, key + sizeof(prefix) - 1);
        else if (cu_streq(key, "kubernetes.io/role") && !cu_is_empty(val_str(v)))
            cu_strlist_add_unique(&roles, val_str(v));
    }
    if (roles.n == 0)
        return val_new_str("<none>");
    cu_strlist_sort(&roles);
    cu_autofree char *text = cu_strlist_join(&roles, ",");
    return val_new_str(text);
}

static struct val *node_address(const struct api_cell *c, const char *type)
{
    const struct val *a = api_condition(api_at(c->obj, "status.addresses"), type);
    return val_new_str(cu_or(val_get_str(a, "address"), "<none>"));
}

static struct val *node_internal(const struct api_cell *c)
{
    return node_address(c, "InternalIP");
}

static struct val *node_external(const struct api_cell *c)
{
    return node_address(c, "ExternalIP");
}

static struct val *node_kernel(const struct api_cell *c)
{
    const char *kernel = api_text_at(c->obj, "status.nodeInfo.kernelVersion");
    const char *arch = api_text_at(c->obj, "status.nodeInfo.architecture");
    if (!kernel[0])
        return val_new_str("<unknown>");
    return arch[0] ? val_new_strf("%s (%s)", kernel, arch) : val_new_str(kernel);
}

static struct val *csr_duration(const struct api_cell *c)
{
    const struct val *n = api_at(c->obj, "spec.expirationSeconds");
    if (!n)
        return val_new_str("<none>");
    cu_autofree char *text = cu_human_duration(val_int(n, 0));
    return val_new_str(text);
}

static struct val *csr_condition(const struct api_cell *c)
{
    const struct val *list = api_at(c->obj, "status.conditions");
    const char *word = api_condition(list, "Denied")     ? "Denied"
                       : api_condition(list, "Approved") ? "Approved"
                                                         : "Pending";
    return val_new_strf("%s%s%s", word, api_condition(list, "Failed") ? ",Failed" : "",
                        api_text_at(c->obj, "status.certificate")[0] ? ",Issued" : "");
}

/* Events of both groups: the second path is the name in events.k8s.io. */
static const struct val *either(const struct api_cell *c, const char *core, const char *newer)
{
    const struct val *v = api_at(c->obj, core);
    return v ? v : api_at(c->obj, newer);
}

static struct val *event_last(const struct api_cell *c)
{
    const char *series = api_text_at(c->obj, "series.lastObservedTime");
    const struct val *last = either(c, "lastTimestamp", "deprecatedLastTimestamp");
    const char *when = series[0] ? series : val_str(last) ? val_str(last) : api_text_at(c->obj, "eventTime");
    return api_cell_since(c, when, "<unknown>");
}

static struct val *event_first(const struct api_cell *c)
{
    const struct val *first = either(c, "firstTimestamp", "deprecatedFirstTimestamp");
    return api_cell_since(c, val_str(first) ? val_str(first) : api_text_at(c->obj, "eventTime"), "<unknown>");
}

static struct val *event_object(const struct api_cell *c)
{
    const struct val *o = either(c, "involvedObject", "regarding");
    cu_autofree char *kind = cu_lower(api_text_at(o, "kind"));
    const char *name = api_text_at(o, "name");
    return val_new_strf("%s%s%s", kind, name[0] ? "/" : "", name);
}

static struct val *event_subobject(const struct api_cell *c)
{
    return val_new_str(api_text_at(either(c, "involvedObject", "regarding"), "fieldPath"));
}

static struct val *event_source(const struct api_cell *c)
{
    const struct val *source = either(c, "source", "deprecatedSource");
    const struct val *reporter = either(c, "reportingComponent", "reportingController");
    const char *who = api_text_at(source, "component"), *host = api_text_at(source, "host");
    if (!who[0])
        who = cu_or(val_str(reporter), "");
    return val_new_strf("%s%s%s", who, host[0] ? ", " : "", host);
}

static struct val *event_message(const struct api_cell *c)
{
    const struct val *message = either(c, "message", "note");
    cu_autofree char *text = cu_trim(cu_or(val_str(message), ""));
    return val_new_str(text);
}

static struct val *event_count(const struct api_cell *c)
{
    const struct val *series = api_at(c->obj, "series.count");
    int64_t n = val_int(series ? series : either(c, "count", "deprecatedCount"), 1);
    return val_new_int(n > 0 ? n : 1);
}

static struct val *binding_role(const struct api_cell *c)
{
    return val_new_strf("%s/%s", api_text_at(c->obj, "roleRef.kind"), api_text_at(c->obj, "roleRef.name"));
}

static struct val *binding_subjects(const struct api_cell *c, const char *kind)
{
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;
    const struct val *subjects = val_get(c->obj, "subjects");
    for (size_t i = 0; i < val_len(subjects); i++) {
        const struct val *s = val_at(subjects, i);
        const char *ns = api_text_at(s, "namespace");
        if (cu_streq(val_get_str(s, "kind"), kind))
            cu_strlist_addf(&names, "%s%s%s", ns, ns[0] ? "/" : "", api_text_at(s, "name"));
    }
    cu_autofree char *text = cu_strlist_join(&names, ", ");
    return val_new_str(text);
}

static struct val *binding_users(const struct api_cell *c)
{
    return binding_subjects(c, "User");
}

static struct val *binding_groups(const struct api_cell *c)
{
    return binding_subjects(c, "Group");
}

static struct val *binding_accounts(const struct api_cell *c)
{
    return binding_subjects(c, "ServiceAccount");
}

/* ResourceQuota: "cpu: 1/2, pods: 3/10"; limits in the one column, everything else in the other. */
static struct val *quota(const struct api_cell *c, bool limits)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    const struct val *hard = api_at(c->obj, "status.hard"), *used = api_at(c->obj, "status.used");
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *v;
    while (val_next(hard, &it, &key, &v)) {
        if (cu_has_prefix(key, "limits.") == limits)
            cu_strlist_addf(&parts, "%s: %s/%s", key, cu_or(val_get_str(used, key), "0"),
                            cu_or(val_str(v), "0"));
    }
    cu_strlist_sort(&parts);
    cu_autofree char *text = cu_strlist_join(&parts, ", ");
    return val_new_str(text);
}

static struct val *quota_requests(const struct api_cell *c)
{
    return quota(c, false);
}

static struct val *quota_limits(const struct api_cell *c)
{
    return quota(c, true);
}

static struct val *access_modes(const struct api_cell *c)
{
    static const char *const modes[][2] = {
        { "ReadWriteOnce", "RWO" },
        { "ReadOnlyMany", "ROX" },
        { "ReadWriteMany", "RWX" },
        { "ReadWriteOncePod", "RWOP" },
    };
    bool claim = cu_streq(c->r->resource, "persistentvolumeclaims");
    const struct val *list = api_at(c->obj, claim ? "status.accessModes" : "spec.accessModes");
    cu_autoval struct val *texts = val_new_list();
    for (size_t m = 0; m < CU_LEN(modes); m++) {
        for (size_t i = 0; i < val_len(list); i++) {
            if (cu_streq(val_str(val_at(list, i)), modes[m][0]))
                val_append_str(texts, modes[m][1]);
        }
    }
    return api_cell_join(texts, ",", "");
}

static struct val *volume_status(const struct api_cell *c)
{
    bool going = api_text_at(c->obj, "metadata.deletionTimestamp")[0] != '\0';
    return val_new_str(going ? "Terminating" : api_text_at(c->obj, "status.phase"));
}

static struct val *volume_claim(const struct api_cell *c)
{
    const char *name = api_text_at(c->obj, "spec.claimRef.name");
    if (!name[0])
        return val_new_str("");
    return val_new_strf("%s/%s", api_text_at(c->obj, "spec.claimRef.namespace"), name);
}

static struct val *class_name(const struct api_cell *c)
{
    const struct val *notes = api_at(c->obj, "metadata.annotations");
    bool chosen = cu_streq(val_get_str(notes, "storageclass.kubernetes.io/is-default-class"), "true");
    return val_new_strf("%s%s", api_text_at(c->obj, "metadata.name"), chosen ? " (default)" : "");
}

static struct val *class_expansion(const struct api_cell *c)
{
    return val_new_bool(val_get_bool(c->obj, "allowVolumeExpansion", false));
}

static struct val *csi_tokens(const struct api_cell *c)
{
    cu_autoval struct val *texts = val_new_list();
    const struct val *list = api_at(c->obj, "spec.tokenRequests");
    for (size_t i = 0; i < val_len(list); i++)
        val_append_str(texts, api_text_at(val_at(list, i), "audience"));
    return api_cell_join(texts, ",", "<unset>");
}

static struct val *csi_modes(const struct api_cell *c)
{
    return api_cell_join(api_at(c->obj, "spec.volumeLifecycleModes"), ",", "<none>");
}

static struct val *csi_drivers(const struct api_cell *c)
{
    return val_new_int((int64_t)val_len(api_at(c->obj, "spec.drivers")));
}

static struct val *claim_state(const struct api_cell *c)
{
    bool allocated = api_at(c->obj, "status.allocation") != NULL;
    bool reserved = val_len(api_at(c->obj, "status.reservedFor")) > 0;
    bool going = api_text_at(c->obj, "metadata.deletionTimestamp")[0] != '\0';
    if (!allocated && !reserved)
        return val_new_str(going ? "deleted,pending" : "pending");
    return val_new_strf("%s%s%s", going ? "deleted," : "", allocated ? "allocated" : "",
                        reserved ? ",reserved" : "");
}

const struct api_cell_rule api_object_cells[] = {
    { "storageclasses", "Name", NULL, NULL, class_name },
    { "*", "Name", "metadata.name", NULL, NULL },
    { "*", "Age", NULL, NULL, age },
    { "*", "Created At", "metadata.creationTimestamp", "<unknown>", NULL },
    { "*", "Data", NULL, NULL, data_count },
    { "namespaces", "Status", "status.phase", NULL, NULL },
    { "nodes", "Status", NULL, NULL, node_status },
    { "nodes", "Roles", NULL, NULL, node_roles },
    { "nodes", "Version", "status.nodeInfo.kubeletVersion", NULL, NULL },
    { "nodes", "Internal-IP", NULL, NULL, node_internal },
    { "nodes", "External-IP", NULL, NULL, node_external },
    { "nodes", "OS-Image", "status.nodeInfo.osImage", "<unknown>", NULL },
    { "nodes", "Kernel-Version", NULL, NULL, node_kernel },
    { "nodes", "Container-Runtime", "status.nodeInfo.containerRuntimeVersion", "<unknown>", NULL },
    { "secrets", "Type", "type", NULL, NULL },
    { "leases", "Holder", "spec.holderIdentity", NULL, NULL },
    { "certificatesigningrequests", "SignerName", "spec.signerName", "<none>", NULL },
    { "certificatesigningrequests", "Requestor", "spec.username", NULL, NULL },
    { "certificatesigningrequests", "RequestedDuration", NULL, NULL, csr_duration },
    { "certificatesigningrequests", "Condition", NULL, NULL, csr_condition },
    { "events", "Last Seen", NULL, NULL, event_last },
    { "events", "Type", "type", NULL, NULL },
    { "events", "Reason", "reason", NULL, NULL },
    { "events", "Object", NULL, NULL, event_object },
    { "events", "Subobject", NULL, NULL, event_subobject },
    { "events", "Source", NULL, NULL, event_source },
    { "events", "Message", NULL, NULL, event_message },
    { "events", "First Seen", NULL, NULL, event_first },
    { "events", "Count", NULL, NULL, event_count },
    { "*", "Role", NULL, NULL, binding_role },
    { "*", "Users", NULL, NULL, binding_users },
    { "*", "Groups", NULL, NULL, binding_groups },
    { "*", "ServiceAccounts", NULL, NULL, binding_accounts },
    { "priorityclasses", "Value", "value", NULL, NULL },
    { "priorityclasses", "Global-Default", "globalDefault", NULL, NULL },
    { "priorityclasses", "PreemptionPolicy", "preemptionPolicy", NULL, NULL },
    { "runtimeclasses", "Handler", "handler", NULL, NULL },
    { "resourcequotas", "Request", NULL, NULL, quota_requests },
    { "resourcequotas", "Limit", NULL, NULL, quota_limits },
    { "persistentvolumeclaims", "Volume", "spec.volumeName", NULL, NULL },
    { "persistentvolumeclaims", "Capacity", "status.capacity.storage", NULL, NULL },
    { "persistentvolumes", "Capacity", "spec.capacity.storage", NULL, NULL },
    { "persistentvolumes", "Reclaim Policy", "spec.persistentVolumeReclaimPolicy", NULL, NULL },
    { "persistentvolumes", "Claim", NULL, NULL, volume_claim },
    { "persistentvolumes", "Reason", "status.reason", NULL, NULL },
    { "*", "Access Modes", NULL, NULL, access_modes },
    { "*", "StorageClass", "spec.storageClassName", NULL, NULL },
    { "*", "VolumeAttributesClass", "spec.volumeAttributesClassName", "<unset>", NULL },
    { "*", "VolumeMode", "spec.volumeMode", "<unset>", NULL },
    { "persistentvolumeclaims", "Status", NULL, NULL, volume_status },
    { "persistentvolumes", "Status", NULL, NULL, volume_status },
    { "csidrivers", "AttachRequired", "spec.attachRequired", NULL, NULL },
    { "csidrivers", "PodInfoOnMount", "spec.podInfoOnMount", NULL, NULL },
    { "csidrivers", "StorageCapacity", "spec.storageCapacity", NULL, NULL },
    { "csidrivers", "TokenRequests", NULL, NULL, csi_tokens },
    { "csidrivers", "RequiresRepublish", "spec.requiresRepublish", NULL, NULL },
    { "csidrivers", "Modes", NULL, NULL, csi_modes },
    { "csinodes", "Drivers", NULL, NULL, csi_drivers },
    { "storageclasses", "Provisioner", "provisioner", NULL, NULL },
    { "storageclasses", "ReclaimPolicy", "reclaimPolicy", "Delete", NULL },
    { "storageclasses", "VolumeBindingMode", "volumeBindingMode", "Immediate", NULL },
    { "storageclasses", "AllowVolumeExpansion", NULL, NULL, class_expansion },
    { "volumeattachments", "Attacher", "spec.attacher", NULL, NULL },
    { "volumeattachments", "PV", "spec.source.persistentVolumeName", NULL, NULL },
    { "volumeattachments", "Node", "spec.nodeName", NULL, NULL },
    { "volumeattachments", "Attached", "status.attached", NULL, NULL },
    { "volumeattributesclasses", "DriverName", "driverName", NULL, NULL },
    { "resourceclaims", "State", NULL, NULL, claim_state },
    { "resourceslices", "Node", "spec.nodeName", NULL, NULL },
    { "resourceslices", "Driver", "spec.driver", NULL, NULL },
    { "resourceslices", "Pool", "spec.pool.name", NULL, NULL },
    { "services", "Type", "spec.type", NULL, NULL },
    { "services", "Cluster-IP", NULL, NULL, api_cell_service_ip },
    { "services", "External-IP", NULL, NULL, api_cell_service_external },
    { "services", "Port(s)", NULL, NULL, api_cell_service_ports },
    { "endpoints", "Endpoints", NULL, NULL, api_cell_endpoints },
    { "endpointslices", "AddressType", "addressType", NULL, NULL },
    { "endpointslices", "Ports", NULL, NULL, api_cell_slice_ports },
    { "endpointslices", "Endpoints", NULL, NULL, api_cell_slice_endpoints },
    { "ingressclasses", "Controller", "spec.controller", NULL, NULL },
    { "ingressclasses", "Parameters", NULL, NULL, api_cell_ingress_parameters },
    { "ingresses", "Class", "spec.ingressClassName", "<none>", NULL },
    { "ingresses", "Hosts", NULL, NULL, api_cell_ingress_hosts },
    { "ingresses", "Address", NULL, NULL, api_cell_ingress_address },
    { "ingresses", "Ports", NULL, NULL, api_cell_ingress_ports },
    { "ipaddresses", "ParentRef", NULL, NULL, api_cell_ip_parent },
    { "networkpolicies", "Pod-Selector", NULL, NULL, api_cell_policy_selector },
    { "servicecidrs", "CIDRs", NULL, NULL, api_cell_cidrs },
    { "poddisruptionbudgets", "Min Available", "spec.minAvailable", "N/A", NULL },
    { "poddisruptionbudgets", "Max Unavailable", "spec.maxUnavailable", "N/A", NULL },
    { "poddisruptionbudgets", "Allowed Disruptions", "status.disruptionsAllowed", NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL },
};
