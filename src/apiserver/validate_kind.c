/* Validation of the smaller kinds: data holders, nodes, namespaces, services, leases, priorities. */
#include "apiserver/validate_rules.h"

#include "base/encode.h"
#include "base/ip.h"
#include "base/str.h"

#include <string.h>

static bool is_data_key(const char *key)
{
    if (!key[0] || strlen(key) > 253 || cu_streq(key, ".") || cu_has_prefix(key, ".."))
        return false;
    for (const char *p = key; *p; p++) {
        bool alnum = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
        if (!alnum && !strchr("-._", *p))
            return false;
    }
    return true;
}

/* Checks the keys and adds up the bytes. */
static size_t check_data(struct api_invalid *e, const struct val *obj, const char *field, bool base64)
{
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *v;
    size_t total = 0;
    while (val_next(val_get(obj, field), &it, &key, &v)) {
        size_t n = strlen(cu_or(val_str(v), ""));
        total += base64 ? n / 4 * 3 : n;
        if (!is_data_key(key))
            api_bad_value(e, api_key("", field, key).text, key,
                          "a valid config key must consist of alphanumeric characters, '-', '_' or '.'");
    }
    return total;
}

static void check_size(struct api_invalid *e, const char *field, size_t total)
{
    if (total > 1024 * 1024)
        api_invalid_add(e, "FieldValueTooLong", field, "Too long: may not be more than 1048576 bytes");
}

/* Data of an object marked immutable, and the mark itself, stay. */
static void check_frozen(struct api_invalid *e, const struct val *old, const struct val *obj)
{
    static const char *const fields[] = { "data", "binaryData" };
    if (!val_get_bool(old, "immutable", false))
        return;
    if (!val_get_bool(obj, "immutable", false))
        api_forbidden(e, "immutable", "field is immutable when `immutable` is set");
    for (size_t i = 0; i < CU_LEN(fields); i++) {
        if (!val_equal(val_get(old, fields[i]), val_get(obj, fields[i])))
            api_forbidden(e, fields[i], "field is immutable when `immutable` is set");
    }
}

static void check_configmap(const struct api_write *w, struct api_invalid *e, const struct val *old,
                            const struct val *obj)
{
    (void)w;
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *v;
    size_t total = check_data(e, obj, "data", false) + check_data(e, obj, "binaryData", true);
    while (val_next(val_get(obj, "binaryData"), &it, &key, &v)) {
        if (val_get(val_get(obj, "data"), key))
            api_bad_value(e, api_key("", "data", key).text, key, "duplicate of key present in binaryData");
    }
    check_size(e, "", total);
    check_frozen(e, old, obj);
}

/* What some types of Secret must hold. */
static const struct secret_row {
    const char *type, *key;
} secret_rows[] = {
    { "kubernetes.io/tls", "tls.crt" },
    { "kubernetes.io/tls", "tls.key" },
    { "kubernetes.io/dockerconfigjson", ".dockerconfigjson" },
    { "kubernetes.io/dockercfg", ".dockercfg" },
    { "kubernetes.io/ssh-auth", "ssh-privatekey" },
};

static void check_secret(const struct api_write *w, struct api_invalid *e, const struct val *old,
                         const struct val *obj)
{
    (void)w;
    const char *type = cu_or(val_get_str(obj, "type"), "");
    const struct val *notes = val_find(obj, "metadata", "annotations", NULL);
    check_size(e, "data", check_data(e, obj, "data", true));
    check_frozen(e, old, obj);
    for (size_t i = 0; i < CU_LEN(secret_rows); i++) {
        if (cu_streq(secret_rows[i].type, type) && !val_get(val_get(obj, "data"), secret_rows[i].key))
            api_missing(e, api_key("", "data", secret_rows[i].key).text, "");
    }
    if (cu_streq(type, "kubernetes.io/service-account-token") &&
        cu_is_empty(val_get_str(notes, "kubernetes.io/service-account.name")))
        api_missing(e, "metadata.annotations[kubernetes.io/service-account.name]", "");
}

static void check_taints(struct api_invalid *e, const struct val *taints)
{
    static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute", NULL };
    for (size_t i = 0; i < val_len(taints); i++) {
        const struct val *t = val_at(taints, i);
        struct api_path at = api_index("spec", "taints", i);
        const char *key = cu_or(val_get_str(t, "key"), "");
        if (!key[0])
            api_missing(e, api_sub(at.text, "key").text, "");
        else if (!cu_is_qualified_name(key))
            api_bad_value(e, api_sub(at.text, "key").text, key, "a taint key is a name like a label key");
        if (!cu_is_label_value(cu_or(val_get_str(t, "value"), "")))
            api_bad_value(e, api_sub(at.text, "value").text, val_get_str(t, "value"),
                          "a taint value is like a label value");
        api_check_choice(e, api_sub(at.text, "effect").text, val_get_str(t, "effect"), effects);
        for (size_t k = 0; k < i; k++) {
            if (cu_streq(val_get_str(val_at(taints, k), "key"), key) &&
                cu_streq(val_get_str(val_at(taints, k), "effect"), val_get_str(t, "effect")))
                api_duplicate(e, at.text, key);
        }
    }
}

static void check_node(const struct api_write *w, struct api_invalid *e, const struct val *old,
                       const struct val *obj)
{
    (void)w;
    const struct val *spec = val_get(obj, "spec"), *cidrs = val_get(spec, "podCIDRs");
    const char *had = val_find_str(old, "spec", "podCIDR", NULL), *cidr = val_get_str(spec, "podCIDR");
    struct cu_cidr parsed;

    check_taints(e, val_get(spec, "taints"));
    if (!cu_is_empty(had) && !cu_streq(had, cidr))
        api_forbidden(e, "spec.podCIDR", "node updates may not change podCIDR except from \"\" to valid");
    if (!cu_is_empty(cidr) && !cu_cidr_parse(cidr, &parsed))
        api_bad_value(e, "spec.podCIDR", cidr,
                      "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    if (val_len(cidrs) > 0 && !cu_streq(val_str(val_at(cidrs, 0)), cu_or(cidr, "")))
        api_bad_value(e, "spec.podCIDRs", val_str(val_at(cidrs, 0)), "the first must be equal to podCIDR");
}

static void check_priority(const struct api_write *w, struct api_invalid *e, const struct val *old,
                           const struct val *obj)
{
    static const struct {
        const char *name;
        int64_t value;
    } built_in[] = {
        { "system-node-critical", 2000001000 },
        { "system-cluster-critical", 2000000000 },
    };
    static const char *const policies[] = { "Never", "PreemptLowerPriority", NULL };
    const char *name = cu_or(val_find_str(obj, "metadata", "name", NULL), "");
    int64_t value = val_get_int(obj, "value", 0);
    bool known = false;
    (void)w;
    (void)old;

    for (size_t i = 0; i < CU_LEN(built_in); i++)
        known = known || (cu_streq(name, built_in[i].name) && value == built_in[i].value);
    if (cu_has_prefix(name, "system-") && !known)
        api_forbidden(e, "metadata.name",
                      "priority class names with 'system-' prefix are reserved for system use only");
    else if (!known && value > 1000000000)
        api_forbidden(e, "value", "maximum allowed value of a user defined priority is 1000000000");
    api_check_choice(e, "preemptionPolicy", val_get_str(obj, "preemptionPolicy"), policies);
}

static void check_lease(const struct api_write *w, struct api_invalid *e, const struct val *old,
                        const struct val *obj)
{
    const struct val *spec = val_get(obj, "spec"), *seconds = val_get(spec, "leaseDurationSeconds");
    (void)w;
    (void)old;
    if (seconds && val_int(seconds, 0) <= 0)
        api_bad_number(e, "spec.leaseDurationSeconds", val_int(seconds, 0), "must be greater than 0");
    api_check_not_negative(e, spec, "spec", "leaseTransitions");
}

static void check_event(const struct api_write *w, struct api_invalid *e, const struct val *old,
                        const struct val *obj)
{
    const struct val *about = val_get(obj, "involvedObject");
    const char *ns = cu_or(val_get_str(about ? about : val_get(obj, "regarding"), "namespace"), "");
    (void)old;
    if (ns[0] ? !cu_streq(ns, w->ns) : !cu_streq(w->ns, "default") && !cu_streq(w->ns, "kube-system"))
        api_bad_value(e, about ? "involvedObject.namespace" : "regarding.namespace", ns,
                      "does not match event.namespace");
}

static void check_budget(const struct api_write *w, struct api_invalid *e, const struct val *old,
                         const struct val *obj)
{
    const struct val *spec = val_get(obj, "spec");
    (void)w;
    (void)old;
    if (val_get(spec, "minAvailable") && val_get(spec, "maxUnavailable"))
        api_bad_value(e, "spec", "", "minAvailable and maxUnavailable cannot be both set");
}

static void check_runtime_class(const struct api_write *w, struct api_invalid *e, const struct val *old,
                                const struct val *obj)
{
    (void)w;
    (void)old;
    const char *handler = cu_or(val_get_str(obj, "handler"), "");
    if (!cu_is_dns_label(handler))
        api_bad_value(e, "handler", handler, "must be a lowercase RFC 1123 label");
}

static const struct small_row {
    const char *resource;
    void (*check)(const struct api_write *w, struct api_invalid *e, const struct val *old,
                  const struct val *obj);
} small_rows[] = {
    { "configmaps", check_configmap },
    { "secrets", check_secret },
    { "nodes", check_node },
    { "priorityclasses", check_priority },
    { "leases", check_lease },
    { "events", check_event },
    { "poddisruptionbudgets", check_budget },
    { "runtimeclasses", check_runtime_class },
};

void api_check_kind(const struct api_write *w, struct api_invalid *e, const struct val *old,
                    const struct val *obj)
{
    for (size_t i = 0; i < CU_LEN(small_rows); i++) {
        if (cu_streq(small_rows[i].resource, w->r->resource))
            small_rows[i].check(w, e, old, obj);
    }
}

static void check_service_port(struct api_invalid *e, const struct val *ports, size_t i)
{
    static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };
    const struct val *p = val_at(ports, i);
    struct api_path at = api_index("spec", "ports", i);
    int64_t n = val_get_int(p, "port", 0);
    const char *name = cu_or(val_get_str(p, "name"), "");

    if (n < 1 || n > 65535)
        api_bad_number(e, api_sub(at.text, "port").text, n, "must be between 1 and 65535, inclusive");
    if (!name[0] && val_len(ports) > 1)
        api_missing(e, api_sub(at.text, "name").text, "");
    else if (name[0] && !cu_is_dns_label(name))
        api_bad_value(e, api_sub(at.text, "name").text, name, "must be a lowercase RFC 1123 label");
    api_check_choice(e, api_sub(at.text, "protocol").text, val_get_str(p, "protocol"), protocols);
    for (size_t k = 0; k < i; k++) {
        const struct val *q = val_at(ports, k);
        if (name[0] && cu_streq(val_get_str(q, "name"), name))
            api_duplicate(e, api_sub(at.text, "name").text, name);
        if (val_get_int(q, "port", 0) == n &&
            cu_streq(val_get_str(q, "protocol"), val_get_str(p, "protocol")))
            api_invalid_add(e, "FieldValueDuplicate", at.text, "Duplicate value: %lld/%s", (long long)n,
                            cu_or(val_get_str(p, "protocol"), ""));
    }
}

void api_check_service(const struct api_write *w, struct api_invalid *e, const struct val *old,
                       const struct val *obj)
{
    static const char *const types[] = { "ClusterIP", "ExternalName", "LoadBalancer", "NodePort", NULL };
    const struct val *spec = val_get(obj, "spec"), *ports = val_get(spec, "ports");
    const char *type = cu_or(val_get_str(spec, "type"), ""), *ip = cu_or(val_get_str(spec, "clusterIP"), "");
    const char *had = val_find_str(old, "spec", "clusterIP", NULL);
    bool external = cu_streq(type, "ExternalName"), headless = cu_streq(ip, "None");
    struct cu_ip parsed;

    if (w->sub[0])
        return;
    api_check_choice(e, "spec.type", type, types);
    if (val_len(ports) == 0 && !external && !headless)
        api_missing(e, "spec.ports", "");
    for (size_t i = 0; i < val_len(ports); i++)
        check_service_port(e, ports, i);
    api_check_label_map(e, "spec.selector", val_get(spec, "selector"));
    if (external && cu_is_empty(val_get_str(spec, "externalName")))
        api_missing(e, "spec.externalName", "");
    if (external && ip[0])
        api_forbidden(e, "spec.clusterIP", "may not be set for ExternalName services");
    if (ip[0] && !headless && !cu_ip_parse(ip, &parsed))
        api_bad_value(e, "spec.clusterIP", ip,
                      "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    if (!cu_is_empty(had) && !external && !cu_streq(had, ip))
        api_bad_value(e, "spec.clusterIP", ip, "field is immutable");
}
