/* Validation of pods and pod templates, and of the kinds that carry one. Must not change anything. */
#include "apiserver/validate_rules.h"

#include "base/str.h"

#include <string.h>

static const char *const pull_policies[] = { "Always", "IfNotPresent", "Never", NULL };
static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };
static const char *const dns_policies[] = { "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None",
                                            NULL };
static const char *const restart_policies[] = { "Always", "OnFailure", "Never", NULL };
static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute", NULL };

static bool is_port(int64_t n)
{
    return n >= 1 && n <= 65535;
}

static void check_ports(struct api_invalid *e, const char *path, const struct val *ports)
{
    for (size_t i = 0; i < val_len(ports); i++) {
        const struct val *p = val_at(ports, i);
        struct api_path at = api_index(path, "ports", i);
        int64_t n = val_get_int(p, "containerPort", 0), host = val_get_int(p, "hostPort", 0);
        if (!val_get(p, "containerPort"))
            api_missing(e, api_sub(at.text, "containerPort").text, "");
        else if (!is_port(n))
            api_bad_number(e, api_sub(at.text, "containerPort").text, n,
                           "must be between 1 and 65535, inclusive");
        if (host != 0 && !is_port(host))
            api_bad_number(e, api_sub(at.text, "hostPort").text, host,
                           "must be between 1 and 65535, inclusive");
        api_check_choice(e, api_sub(at.text, "protocol").text, val_get_str(p, "protocol"), protocols);
    }
}

static void check_env(struct api_invalid *e, const char *path, const struct val *env)
{
    for (size_t i = 0; i < val_len(env); i++) {
        const struct val *v = val_at(env, i);
        struct api_path at = api_index(path, "env", i);
        const char *name = cu_or(val_get_str(v, "name"), "");
        if (!name[0])
            api_missing(e, api_sub(at.text, "name").text, "");
        else if (strchr(name, '='))
            api_bad_value(e, api_sub(at.text, "name").text, name, "must not contain '='");
        if (val_get(v, "valueFrom") && !cu_is_empty(val_get_str(v, "value")))
            api_bad_value(e, api_sub(at.text, "valueFrom").text, "",
                          "may not be specified when `value` is not empty");
    }
}

static bool has_named(const struct val *list, const char *name)
{
    for (size_t i = 0; i < val_len(list); i++) {
        if (cu_streq(val_get_str(val_at(list, i), "name"), name))
            return true;
    }
    return false;
}

static void check_mounts(struct api_invalid *e, const char *path, const struct val *mounts,
                         const struct val *spec)
{
    for (size_t i = 0; i < val_len(mounts); i++) {
        const struct val *m = val_at(mounts, i);
        struct api_path at = api_index(path, "volumeMounts", i);
        const char *name = cu_or(val_get_str(m, "name"), ""), *where = cu_or(val_get_str(m, "mountPath"), "");
        if (!name[0])
            api_missing(e, api_sub(at.text, "name").text, "");
        else if (!has_named(val_get(spec, "volumes"), name))
            api_not_found_value(e, api_sub(at.text, "name").text, name);
        if (!where[0])
            api_missing(e, api_sub(at.text, "mountPath").text, "");
        for (size_t k = 0; k < i && where[0]; k++) {
            if (cu_streq(val_get_str(val_at(mounts, k), "mountPath"), where))
                api_bad_value(e, api_sub(at.text, "mountPath").text, where, "must be unique");
        }
    }
}

static void check_container(struct api_invalid *e, const char *at, const struct val *c,
                            const struct val *spec)
{
    const char *name = cu_or(val_get_str(c, "name"), "");
    if (!name[0])
        api_missing(e, api_sub(at, "name").text, "");
    else if (!cu_is_dns_label(name))
        api_bad_value(e, api_sub(at, "name").text, name,
                      "a container name is at most 63 lower case alphanumeric characters or '-', with an "
                      "alphanumeric at both ends");
    if (cu_is_empty(val_get_str(c, "image")))
        api_missing(e, api_sub(at, "image").text, "");
    api_check_choice(e, api_sub(at, "imagePullPolicy").text, val_get_str(c, "imagePullPolicy"),
                     pull_policies);
    check_ports(e, at, val_get(c, "ports"));
    check_env(e, at, val_get(c, "env"));
    check_mounts(e, at, val_get(c, "volumeMounts"), spec);
}

static void check_containers(struct api_invalid *e, const char *path, const struct val *spec, const char *key)
{
    const struct val *list = val_get(spec, key);
    for (size_t i = 0; i < val_len(list); i++) {
        struct api_path at = api_index(path, key, i);
        const char *name = val_get_str(val_at(list, i), "name");
        check_container(e, at.text, val_at(list, i), spec);
        bool twice = cu_streq(key, "initContainers") && has_named(val_get(spec, "containers"), name);
        for (size_t k = 0; k < i && name; k++)
            twice = twice || cu_streq(val_get_str(val_at(list, k), "name"), name);
        if (name && twice)
            api_duplicate(e, api_sub(at.text, "name").text, name);
    }
}

static void check_volumes(struct api_invalid *e, const char *path, const struct val *volumes)
{
    for (size_t i = 0; i < val_len(volumes); i++) {
        const struct val *v = val_at(volumes, i);
        struct api_path at = api_index(path, "volumes", i);
        const char *name = cu_or(val_get_str(v, "name"), "");
        if (!name[0])
            api_missing(e, api_sub(at.text, "name").text, "");
        else if (!cu_is_dns_label(name))
            api_bad_value(e, api_sub(at.text, "name").text, name,
                          "a volume name is a lowercase RFC 1123 label");
        if (val_len(v) > 2)
            api_forbidden(e, at.text, "may not specify more than 1 volume type");
        for (size_t k = 0; k < i && name[0]; k++) {
            if (cu_streq(val_get_str(val_at(volumes, k), "name"), name))
                api_duplicate(e, api_sub(at.text, "name").text, name);
        }
    }
}

static void check_tolerations(struct api_invalid *e, const char *path, const struct val *list)
{
    for (size_t i = 0; i < val_len(list); i++) {
        const struct val *t = val_at(list, i);
        struct api_path at = api_index(path, "tolerations", i);
        const char *key = cu_or(val_get_str(t, "key"), ""), *effect = cu_or(val_get_str(t, "effect"), "");
        const char *op = cu_or(val_get_str(t, "operator"), "Equal");
        if (key[0] && !cu_is_qualified_name(key))
            api_bad_value(e, api_sub(at.text, "key").text, key, "a taint key is a name like a label key");
        if (!key[0] && !cu_streq(op, "Exists"))
            api_bad_value(
                e, api_sub(at.text, "operator").text, op,
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
        if (effect[0])
            api_check_choice(e, api_sub(at.text, "effect").text, effect, effects);
    }
}

void api_check_pod_spec(struct api_invalid *e, const char *path, const struct val *spec)
{
    const char *account = cu_or(val_get_str(spec, "serviceAccountName"), "");
    if (val_len(val_get(spec, "containers")) == 0)
        api_missing(e, api_sub(path, "containers").text, "");
    check_volumes(e, path, val_get(spec, "volumes"));
    check_containers(e, path, spec, "containers");
    check_containers(e, path, spec, "initContainers");
    api_check_choice(e, api_sub(path, "restartPolicy").text, val_get_str(spec, "restartPolicy"),
                     restart_policies);
    api_check_choice(e, api_sub(path, "dnsPolicy").text, val_get_str(spec, "dnsPolicy"), dns_policies);
    api_check_label_map(e, api_sub(path, "nodeSelector").text, val_get(spec, "nodeSelector"));
    check_tolerations(e, path, val_get(spec, "tolerations"));
    api_check_not_negative(e, spec, path, "terminationGracePeriodSeconds");
    if (account[0] && !cu_is_dns_subdomain(account))
        api_bad_value(e, api_sub(path, "serviceAccountName").text, account,
                      "must be a lowercase RFC 1123 subdomain");
}

/* Makes b's changeable parts equal to a's, so that what is left to differ may not differ. */
static void level_images(const struct val *from, struct val *to)
{
    for (size_t i = 0; i < val_len(to) && i < val_len(from); i++)
        val_set_str(val_at(to, i), "image", val_get_str(val_at(from, i), "image"));
}

static bool tolerations_grew(const struct val *old, const struct val *now)
{
    for (size_t i = 0; i < val_len(old); i++) {
        bool kept = false;
        for (size_t k = 0; k < val_len(now) && !kept; k++)
            kept = val_equal(val_at(old, i), val_at(now, k));
        if (!kept)
            return false;
    }
    return true;
}

void api_check_pod_update(struct api_invalid *e, const struct val *old, const struct val *obj)
{
    const struct val *before = val_get(old, "spec");
    cu_autoval struct val *spec = val_copy(val_get(obj, "spec"));
    static const char *const free_keys[] = { "activeDeadlineSeconds", "tolerations", "schedulingGates" };

    if (!tolerations_grew(val_get(before, "tolerations"), val_get(spec, "tolerations")))
        api_forbidden(e, "spec.tolerations",
                      "existing toleration can not be modified except its tolerationSeconds");
    level_images(val_get(before, "containers"), val_get(spec, "containers"));
    level_images(val_get(before, "initContainers"), val_get(spec, "initContainers"));
    for (size_t i = 0; i < CU_LEN(free_keys); i++) {
        const struct val *v = val_get(before, free_keys[i]);
        if (v)
            val_set(spec, free_keys[i], val_ref(v));
        else
            val_del(spec, free_keys[i]);
    }
    if (!val_equal(before, spec))
        api_forbidden(
            e, "spec",
            "pod updates may not change fields other than `spec.containers[*].image`, "
            "`spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only "
            "additions to existing tolerations)");
}

void api_check_pod(const struct api_write *w, struct api_invalid *e, const struct val *old,
                   const struct val *obj)
{
    if (w->sub[0])
        return;
    if (old)
        api_check_pod_update(e, old, obj);
    api_check_pod_spec(e, "spec", val_get(obj, "spec"));
}

static void check_template_policy(struct api_invalid *e, const char *policy, bool job)
{
    static const char *const always[] = { "Always", NULL };
    static const char *const ending[] = { "OnFailure", "Never", NULL };
    api_check_choice(e, "spec.template.spec.restartPolicy", policy, job ? ending : always);
}

void api_check_workload(const struct api_write *w, struct api_invalid *e, const struct val *old,
                        const struct val *obj)
{
    const struct val *spec = val_get(obj, "spec"), *template = val_get(spec, "template");
    const struct val *labels = val_find(template, "metadata", "labels", NULL),
                     *selector = val_get(spec, "selector");
    bool job = cu_streq(w->r->resource, "jobs"), plain = cu_streq(w->r->resource, "replicationcontrollers");
    (void)old;

    if (w->sub[0])
        return;
    static const char *const counts[] = {
        "replicas",    "minReadySeconds", "revisionHistoryLimit",   "parallelism",
        "completions", "backoffLimit",    "ttlSecondsAfterFinished"
    };
    for (size_t i = 0; i < CU_LEN(counts); i++)
        api_check_not_negative(e, spec, "spec", counts[i]);
    cu_autoval struct val *wrapped = val_new_map();
    if (plain && val_len(selector) > 0) {
        val_set(wrapped, "matchLabels", val_ref(selector));
        selector = wrapped;
    }
    if (val_len(selector) == 0)
        api_missing(e, "spec.selector", "");
    else if (!api_selector_matches(selector, labels))
        api_bad_value(e, "spec.template.metadata.labels", "", "`selector` does not match template `labels`");
    api_check_label_map(e, "spec.template.metadata.labels", labels);
    api_check_pod_spec(e, "spec.template.spec", val_get(template, "spec"));
    check_template_policy(e, val_find_str(template, "spec", "restartPolicy", NULL), job);
}

void api_check_cronjob(const struct api_write *w, struct api_invalid *e, const struct val *old,
                       const struct val *obj)
{
    const struct val *spec = val_get(obj, "spec");
    const struct val *pod = val_find(spec, "jobTemplate", "spec", "template", "spec", NULL);
    (void)old;
    if (w->sub[0])
        return;
    if (cu_is_empty(val_get_str(spec, "schedule")))
        api_missing(e, "spec.schedule", "");
    api_check_pod_spec(e, "spec.jobTemplate.spec.template.spec", pod);
}
