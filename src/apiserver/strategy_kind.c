/* Preparation rules of single kinds (spec apiserver 3.2, 3.6, 3.14, 6.1). Must not know the store. */
#include "apiserver/strategy_kind.h"

#include "base/str.h"
#include "base/timefmt.h"

static const char *text_or_empty(const struct val *map, const char *key)
{
    return cu_or(val_get_str(map, key), "");
}

static void keep_text(struct val *to, const struct val *from, const char *key)
{
    if (cu_is_empty(val_get_str(to, key)) && val_get(from, key))
        val_set(to, key, val_ref(val_get(from, key)));
}

static void take(struct val *to, const struct val *from, const char *key)
{
    if (val_get(from, key))
        val_set(to, key, val_ref(val_get(from, key)));
    else
        val_del(to, key);
}

/* A child map of its own, so that changing it does not change a tree it is shared with. */
static struct val *own_map(struct val *obj, const char *key)
{
    val_set(obj, key, val_is_map(val_get(obj, key)) ? val_copy(val_get(obj, key)) : val_new_map());
    return val_get(obj, key);
}

/* Namespaces. */

static void namespace_label(struct val *obj)
{
    struct val *meta = val_need_map(obj, "metadata");
    const char *name = val_get_str(meta, "name");
    if (!cu_is_empty(name))
        val_set_str(val_need_map(meta, "labels"), "kubernetes.io/metadata.name", name);
}

static void namespace_create(const struct api_write *w, struct val *obj)
{
    struct val *finalizers = val_need_list(val_need_map(obj, "spec"), "finalizers");
    bool there = false;
    (void)w;
    for (size_t i = 0; i < val_len(finalizers); i++)
        there = there || cu_streq(val_str(val_at(finalizers, i)), "kubernetes");
    if (!there)
        val_append_str(finalizers, "kubernetes");
    val_set_str(val_need_map(obj, "status"), "phase", "Active");
    namespace_label(obj);
}

/* Pods. */

/* Requests and limits of cpu and memory: 2 both given and equal, 1 something given, 0 nothing. */
static int container_qos(const struct val *c)
{
    static const char *const names[] = { "cpu", "memory" };
    const struct val *resources = val_get(c, "resources");
    const struct val *limits = val_get(resources, "limits"), *requests = val_get(resources, "requests");
    int equal = 0, any = 0;
    for (size_t i = 0; i < CU_LEN(names); i++) {
        const char *limit = val_get_str(limits, names[i]), *request = val_get_str(requests, names[i]);
        any |= (limit && !cu_streq(limit, "0")) || (request && !cu_streq(request, "0"));
        equal += limit && !cu_streq(limit, "0") && (!request || cu_streq(limit, request));
    }
    return equal == (int)CU_LEN(names) ? 2 : any;
}

const char *api_qos_class(const struct val *pod)
{
    static const char *const lists[] = { "containers", "initContainers" };
    size_t n = 0, guaranteed = 0, given = 0;
    for (size_t l = 0; l < CU_LEN(lists); l++) {
        const struct val *list = val_find(pod, "spec", lists[l], NULL);
        for (size_t i = 0; i < val_len(list); i++, n++) {
            int qos = container_qos(val_at(list, i));
            guaranteed += qos == 2;
            given += qos > 0;
        }
    }
    if (given == 0)
        return "BestEffort";
    return guaranteed == n ? "Guaranteed" : "Burstable";
}

static void pod_create(const struct api_write *w, struct val *obj)
{
    struct val *status = val_need_map(obj, "status");
    (void)w;
    val_set_str(status, "phase", "Pending");
    val_set_str(status, "qosClass", api_qos_class(obj));
}

static void pod_update(const struct api_write *w, const struct val *old, struct val *obj)
{
    const char *qos = val_find_str(old, "status", "qosClass", NULL);
    if (cu_streq(w->sub, "status") && qos)
        val_set_str(own_map(obj, "status"), "qosClass", qos);
}

/* Jobs: the selector and the labels it looks for carry the Job's own uid. */

static void job_create(const struct api_write *w, struct val *obj)
{
    struct val *spec = val_need_map(obj, "spec"), *meta = val_need_map(obj, "metadata");
    const char *uid = val_get_str(meta, "uid"), *name = val_get_str(meta, "name");
    (void)w;
    if (val_get_bool(spec, "manualSelector", false))
        return;
    struct val *labels = val_need_map(val_need_map(val_need_map(spec, "template"), "metadata"), "labels");
    val_set_str(labels, "batch.kubernetes.io/controller-uid", uid);
    val_set_str(labels, "batch.kubernetes.io/job-name", name);
    val_set_str(labels, "controller-uid", uid);
    val_set_str(labels, "job-name", name);
    struct val *match = val_need_map(val_need_map(spec, "selector"), "matchLabels");
    val_set_str(match, "batch.kubernetes.io/controller-uid", uid);
}

/* What the server generated may be left out of an update. */
static void job_update(const struct api_write *w, const struct val *old, struct val *obj)
{
    struct val *spec = val_get(obj, "spec");
    (void)w;
    if (!val_get(spec, "selector"))
        take(spec, val_get(old, "spec"), "selector");
}

/* Services: what was allocated stays unless the client asks for something else. */

static void service_update(const struct api_write *w, const struct val *old, struct val *obj)
{
    const struct val *before = val_get(old, "spec"), *old_ports = val_get(before, "ports");
    if (w->sub[0] || cu_streq(val_find_str(obj, "spec", "type", NULL), "ExternalName"))
        return;
    struct val *spec = own_map(obj, "spec");
    bool external = cu_streq(val_get_str(before, "type"), "ExternalName");
    if (!external && cu_is_empty(val_get_str(spec, "clusterIP"))) {
        take(spec, before, "clusterIP");
        take(spec, before, "clusterIPs");
    }
    static const char *const kept[] = { "clusterIPs", "ipFamilies", "ipFamilyPolicy" };
    for (size_t i = 0; i < CU_LEN(kept) && !external; i++) {
        if (!val_get(spec, kept[i]))
            take(spec, before, kept[i]);
    }
    if (cu_streq(val_get_str(spec, "type"), "ClusterIP"))
        return;
    struct val *ports = val_get(spec, "ports");
    for (size_t i = 0; i < val_len(ports); i++) {
        struct val *p = val_at(ports, i);
        for (size_t k = 0; k < val_len(old_ports) && val_get_int(p, "nodePort", 0) == 0; k++) {
            const struct val *q = val_at(old_ports, k);
            if (val_get_int(q, "port", 0) == val_get_int(p, "port", -1) &&
                cu_streq(text_or_empty(q, "protocol"), text_or_empty(p, "protocol")))
                take(p, q, "nodePort");
        }
    }
}

/* Certificate signing requests. */

static void csr_create(const struct api_write *w, struct val *obj)
{
    struct val *spec = val_need_map(obj, "spec");
    static const char *const own[] = { "username", "uid", "groups", "extra" };
    for (size_t i = 0; i < CU_LEN(own); i++)
        val_del(spec, own[i]);
    val_set_str(spec, "username", w->user->name);
    if (!cu_is_empty(w->user->uid))
        val_set_str(spec, "uid", w->user->uid);
    for (size_t i = 0; i < w->user->groups.n; i++)
        val_append_str(val_need_list(spec, "groups"), w->user->groups.v[i]);
    if (val_len(w->user->extra) > 0)
        val_set(spec, "extra", val_copy(w->user->extra));
}

static bool is_verdict(const struct val *condition)
{
    const char *type = val_get_str(condition, "type");
    return cu_streq(type, "Approved") || cu_streq(type, "Denied");
}

static const struct val *same_type(const struct val *list, const struct val *condition)
{
    for (size_t i = 0; i < val_len(list); i++) {
        if (cu_streq(val_get_str(val_at(list, i), "type"), val_get_str(condition, "type")))
            return val_at(list, i);
    }
    return NULL;
}

static void stamp_conditions(const struct api_write *w, struct val *list, const struct val *before)
{
    char now[CU_RFC3339_MAX];
    cu_rfc3339(w->now_ms, now);
    for (size_t i = 0; i < val_len(list); i++) {
        struct val *c = val_at(list, i);
        const struct val *was = same_type(before, c);
        if (cu_is_empty(val_get_str(c, "lastUpdateTime")))
            val_set_str(c, "lastUpdateTime", now);
        if (!cu_is_empty(val_get_str(c, "lastTransitionTime")))
            continue;
        if (was && cu_streq(val_get_str(was, "status"), val_get_str(c, "status")) &&
            val_get(was, "lastTransitionTime"))
            take(c, was, "lastTransitionTime");
        else
            val_set_str(c, "lastTransitionTime", now);
    }
}

/* approval changes conditions only; status everything but the verdicts; the object itself only metadata. */
static void csr_update(const struct api_write *w, const struct val *old, struct val *obj)
{
    take(obj, old, "spec");
    if (!w->sub[0])
        return;
    struct val *status = own_map(obj, "status");
    const struct val *before = val_find(old, "status", "conditions", NULL);
    if (cu_streq(w->sub, "approval")) {
        take(status, val_get(old, "status"), "certificate");
    } else {
        struct val *merged = val_new_list();
        for (size_t i = 0; i < val_len(before); i++) {
            if (is_verdict(val_at(before, i)))
                val_append(merged, val_copy(val_at(before, i)));
        }
        const struct val *asked = val_get(status, "conditions");
        for (size_t i = 0; i < val_len(asked); i++) {
            if (!is_verdict(val_at(asked, i)))
                val_append(merged, val_copy(val_at(asked, i)));
        }
        if (val_len(merged) > 0)
            val_set(status, "conditions", merged);
        else {
            val_unref(merged);
            val_del(status, "conditions");
        }
    }
    stamp_conditions(w, val_get(status, "conditions"), before);
}

/* Volumes and claims begin as pending. */
static void volume_create(const struct api_write *w, struct val *obj)
{
    (void)w;
    val_set_str(val_need_map(obj, "status"), "phase", "Pending");
}

static void secret_update(const struct api_write *w, const struct val *old, struct val *obj)
{
    (void)w;
    keep_text(obj, old, "type");
}

static void namespace_update(const struct api_write *w, const struct val *old, struct val *obj)
{
    if (!w->sub[0])
        take(obj, old, "spec");
    namespace_label(obj);
}

static const struct kind_rule {
    const char *resource;
    void (*create)(const struct api_write *w, struct val *obj);
    void (*update)(const struct api_write *w, const struct val *old, struct val *obj);
} kind_rules[] = {
    { "namespaces", namespace_create, namespace_update },
    { "pods", pod_create, pod_update },
    { "jobs", job_create, job_update },
    { "services", NULL, service_update },
    { "certificatesigningrequests", csr_create, csr_update },
    { "persistentvolumes", volume_create, NULL },
    { "persistentvolumeclaims", volume_create, NULL },
    { "secrets", NULL, secret_update },
};

static const struct kind_rule *find_rule(const struct api_resource *r)
{
    for (size_t i = 0; i < CU_LEN(kind_rules); i++) {
        if (cu_streq(kind_rules[i].resource, r->resource))
            return &kind_rules[i];
    }
    return NULL;
}

void api_kind_create(const struct api_write *w, struct val *obj)
{
    const struct kind_rule *rule = find_rule(w->r);
    if (rule && rule->create)
        rule->create(w, obj);
}

void api_kind_update(const struct api_write *w, const struct val *old, struct val *obj)
{
    const struct kind_rule *rule = find_rule(w->r);
    if (rule && rule->update)
        rule->update(w, old, obj);
}
