/* Admission for node agents: NodeRestriction keeps each to its own objects, TaintNodesByCondition marks new nodes
 * (spec apiserver 4.5).
 * Must not know authorization: what is asked here was allowed already. */
#include "apiserver/admission_private.h"
#include "apiserver/node_authorizer.h"
#include "base/str.h"
#include "pki/csr.h"
#include <string.h>

#define NOT_READY_TAINT "node.kubernetes.io/not-ready"

int api_admit_node_taint(struct api_entry *e)
{
    if (e->op != API_OP_CREATE || !api_entry_is(e, "", "nodes", "")) {
        return 0;
    }
    struct val *taints = val_need_list(val_need_map(e->obj, "spec"), "taints");
    for (size_t i = 0; i < val_len(taints); i++) {
        const struct val *t = val_at(taints, i);
        if (cu_streq(val_get_str(t, "key"), NOT_READY_TAINT) &&
            cu_streq(val_get_str(t, "effect"), "NoSchedule")) {
            return 0;
        }
    }
    struct val *t = val_new_map();
    val_set_str(t, "key", NOT_READY_TAINT);
    val_set_str(t, "effect", "NoSchedule");
    val_append(taints, t);
    return 0;
}

static const char *node_of(const struct val *pod)
{
    return cu_or(val_find_str(pod, "spec", "nodeName", NULL), "");
}

static const struct api_object *find_pod(const struct api_entry *e, const char *name)
{
    return api_registry_get(e->registry, api_resource_find("", "v1", "pods"), e->a->ns, name);
}

/* The one owner of a mirror pod is its node. */
static int check_owner(struct api_entry *e)
{
    const struct val *owners = val_find(e->obj, "metadata", "ownerReferences", NULL), *o = val_at(owners, 0);
    const struct api_object *node =
        api_registry_get(e->registry, api_resource_find("", "v1", "nodes"), NULL, e->node);

    if (val_len(owners) != 1 || !cu_streq(val_get_str(o, "apiVersion"), "v1") ||
        !cu_streq(val_get_str(o, "kind"), "Node") || !cu_streq(val_get_str(o, "name"), e->node) ||
        !val_get_bool(o, "controller", false) || val_get_bool(o, "blockOwnerDeletion", false)) {
        return api_entry_refuse(
            e, "pod must have one owner reference: its node %s, as controller and not blocking", e->node);
    }
    if (!node || !cu_streq(val_get_str(o, "uid"), node->uid)) {
        return api_entry_refuse(e, "the owner reference's uid is not that of node %s", e->node);
    }
    return 0;
}

static int create_pod(struct api_entry *e)
{
    static const char *const forbidden[] = { "secrets", "configmaps", "serviceaccounts",
                                             "persistentvolumeclaims", "resourceclaims" };
    const struct val *volumes = val_find(e->obj, "spec", "volumes", NULL);

    if (!api_is_mirror_pod(e->obj)) {
        return api_entry_refuse(e, "node %s may create mirror pods only, and annotation %s is missing",
                                e->node, API_MIRROR_ANNOTATION);
    }
    if (!cu_streq(node_of(e->obj), e->node)) {
        return api_entry_refuse(e, "node %s may create pods for itself only (spec.nodeName)", e->node);
    }
    if (check_owner(e) < 0) {
        return -1;
    }
    for (size_t i = 0; i < CU_LEN(forbidden); i++) {
        if (api_pod_refers(e->obj, forbidden[i], NULL)) {
            return api_entry_refuse(e, "node %s may not create pods that name %s", e->node, forbidden[i]);
        }
    }
    for (size_t i = 0; i < val_len(volumes); i++) {
        const struct val *sources = val_find(val_at(volumes, i), "projected", "sources", NULL);
        for (size_t k = 0; k < val_len(sources); k++) {
            if (val_get(val_at(sources, k), "serviceAccountToken") ||
                val_get(val_at(sources, k), "clusterTrustBundle")) {
                return api_entry_refuse(
                    e, "node %s may not create pods with projected tokens or trust bundles", e->node);
            }
        }
    }
    return 0;
}

static int restrict_pod(struct api_entry *e)
{
    return e->op == API_OP_CREATE ? create_pod(e)
           : e->op == API_OP_DELETE && !cu_streq(node_of(e->old), e->node)
               ? api_entry_refuse(e, "node %s may delete its own pods only", e->node)
               : 0;
}

static int restrict_pod_status(struct api_entry *e)
{
    const struct val *before = val_find(e->old, "metadata", "labels", NULL);
    const struct val *after = val_find(e->obj, "metadata", "labels", NULL);

    if (e->old && !cu_streq(node_of(e->old), e->node)) {
        return api_entry_refuse(e, "node %s may report on its own pods only", e->node);
    }
    if (e->old && e->obj && val_len(before) + val_len(after) > 0 && !val_equal(before, after)) {
        return api_entry_refuse(e, "node %s may not change labels with a pod's status", e->node);
    }
    return 0;
}

static int restrict_eviction(struct api_entry *e)
{
    const struct api_object *pod = find_pod(e, e->name);

    return pod && !cu_streq(node_of(pod->v), e->node)
               ? api_entry_refuse(e, "node %s may evict its own pods only", e->node)
               : 0;
}

/* Is `domain` equal to `of` or below it? */
static bool in_domain(const char *domain, const char *of)
{
    size_t n = strlen(domain), m = strlen(of);

    return cu_streq(domain, of) || (n > m && domain[n - m - 1] == '.' && cu_streq(domain + n - m, of));
}

/* May a node agent set or change this label of its node? */
static bool label_allowed(const char *key)
{
    static const char *const known[] = {
        "kubernetes.io/hostname",
        "kubernetes.io/os",
        "kubernetes.io/arch",
        "beta.kubernetes.io/os",
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/zone",
        "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
    };
    const char *slash = strchr(key, '/');
    cu_autofree char *domain = slash ? cu_strndup(key, (size_t)(slash - key)) : cu_strdup("");

    if (in_domain(domain, "node-restriction.kubernetes.io")) {
        return false;
    }
    if (!in_domain(domain, "kubernetes.io") && !in_domain(domain, "k8s.io")) {
        return true;
    }
    for (size_t i = 0; i < CU_LEN(known); i++) {
        if (cu_streq(key, known[i])) {
            return true;
        }
    }
    return in_domain(domain, "kubelet.kubernetes.io") || in_domain(domain, "node.kubernetes.io");
}

/* Checks every label of `a` that is absent from `b` or has another value there. */
static int check_labels(struct api_entry *e, const struct val *a, const struct val *b)
{
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *value;

    while (a && val_next(a, &it, &key, &value)) {
        if (!label_allowed(key) && !cu_streq(val_get_str(b, key), val_str(value))) {
            return api_entry_refuse(e, "node %s may not set or change the label %s", e->node, key);
        }
    }
    return 0;
}

static bool same_list(const struct val *a, const struct val *b)
{
    return val_len(a) + val_len(b) == 0 || val_equal(a, b);
}

static int restrict_node(struct api_entry *e)
{
    const struct val *before = val_find(e->old, "metadata", "labels", NULL);
    const struct val *after = val_find(e->obj, "metadata", "labels", NULL);

    if (!cu_streq(e->name, e->node)) {
        return api_entry_refuse(e, "node %s may not touch node %s", e->node, e->name);
    }
    if (e->op == API_OP_DELETE) {
        return 0;
    }
    if (val_find(e->obj, "spec", "configSource", NULL) && !val_find(e->old, "spec", "configSource", NULL)) {
        return api_entry_refuse(e, "node %s may not set spec.configSource", e->node);
    }
    if (e->op == API_OP_UPDATE &&
        !same_list(val_find(e->obj, "spec", "taints", NULL), val_find(e->old, "spec", "taints", NULL))) {
        return api_entry_refuse(e, "node %s may not change its taints", e->node);
    }
    if (e->op == API_OP_UPDATE && !same_list(val_find(e->obj, "metadata", "ownerReferences", NULL),
                                             val_find(e->old, "metadata", "ownerReferences", NULL))) {
        return api_entry_refuse(e, "node %s may not change its ownerReferences", e->node);
    }
    return check_labels(e, after, before) < 0 ? -1 : check_labels(e, before, after);
}

/* Does the pod ask for a token with this audience ("" = the server's default)? */
static bool pod_wants_audience(const struct val *pod, const char *audience)
{
    const struct val *volumes = val_find(pod, "spec", "volumes", NULL);

    for (size_t i = 0; i < val_len(volumes); i++) {
        const struct val *sources = val_find(val_at(volumes, i), "projected", "sources", NULL);
        for (size_t k = 0; k < val_len(sources); k++) {
            const struct val *t = val_get(val_at(sources, k), "serviceAccountToken");
            if (t && cu_streq(cu_or(val_get_str(t, "audience"), ""), audience)) {
                return true;
            }
        }
    }
    return false;
}

static int restrict_token(struct api_entry *e)
{
    const struct val *spec = val_get(e->obj, "spec"), *ref = val_get(spec, "boundObjectRef");
    const struct val *audiences = val_get(spec, "audiences");
    const char *name = cu_or(val_get_str(ref, "name"), ""), *uid = val_get_str(ref, "uid");

    if (e->op != API_OP_CREATE) {
        return 0;
    }
    if (!cu_streq(val_get_str(ref, "kind"), "Pod") || !cu_streq(val_get_str(ref, "apiVersion"), "v1") ||
        *name == '\0' || cu_is_empty(uid)) {
        return api_entry_refuse(e, "node %s may only ask for tokens bound to a pod by name and uid", e->node);
    }
    const struct api_object *pod = find_pod(e, name);
    if (!pod || !cu_streq(pod->uid, uid) || !cu_streq(node_of(pod->v), e->node)) {
        return api_entry_refuse(e, "node %s may only ask for tokens of pods that run on it", e->node);
    }
    if (val_len(audiences) > 1 ||
        !pod_wants_audience(pod->v, val_len(audiences) ? cu_or(val_str(val_at(audiences, 0)), "") : "")) {
        return api_entry_refuse(e, "node %s may only ask for the one audience that the pod's volumes name",
                                e->node);
    }
    return 0;
}

static int restrict_lease(struct api_entry *e)
{
    if (!cu_streq(e->a->ns, "kube-node-lease")) {
        return api_entry_refuse(e, "node %s may only touch leases in kube-node-lease", e->node);
    }
    return cu_streq(e->name, e->node) ? 0
                                      : api_entry_refuse(e, "node %s may only touch its own lease", e->node);
}

static int restrict_csinode(struct api_entry *e)
{
    return cu_streq(e->name, e->node)
               ? 0
               : api_entry_refuse(e, "node %s may only touch its own CSINode", e->node);
}

static int restrict_csr(struct api_entry *e)
{
    const char *signer = val_find_str(e->obj, "spec", "signerName", NULL);

    if (e->op != API_OP_CREATE || (!cu_streq(signer, "kubernetes.io/kubelet-serving") &&
                                   !cu_streq(signer, "kubernetes.io/kube-apiserver-client-kubelet"))) {
        return 0;
    }
    pki_autocsr struct pki_csr *csr = api_csr_of(e->obj);
    const char *cn = csr ? pki_csr_cn(csr) : "";
    return cu_has_prefix(cn, "system:node:") && cu_streq(cn + strlen("system:node:"), e->node)
               ? 0
               : api_entry_refuse(e, "node %s may only ask for certificates with common name system:node:%s",
                                  e->node, e->node);
}

static int restrict_slice(struct api_entry *e)
{
    const struct val *of = e->obj ? e->obj : e->old;

    return cu_streq(node_of(of), e->node) && (!e->old || cu_streq(node_of(e->old), e->node))
               ? 0
               : api_entry_refuse(e, "node %s may only touch slices with spec.nodeName set to itself",
                                  e->node);
}

int api_admit_node_restriction(struct api_entry *e)
{
    static const struct {
        const char *group, *resource, *sub;
        int (*check)(struct api_entry *e);
    } table[] = {
        { "", "pods", "", restrict_pod },
        { "", "pods", "status", restrict_pod_status },
        { "", "pods", "eviction", restrict_eviction },
        { "", "nodes", "", restrict_node },
        { "", "nodes", "status", restrict_node },
        { "", "serviceaccounts", "token", restrict_token },
        { "coordination.k8s.io", "leases", "", restrict_lease },
        { "storage.k8s.io", "csinodes", "", restrict_csinode },
        { "certificates.k8s.io", "certificatesigningrequests", "", restrict_csr },
        { "resource.k8s.io", "resourceslices", "", restrict_slice },
    };

    for (size_t i = 0; e->node && i < CU_LEN(table); i++) {
        if (api_entry_is(e, table[i].group, table[i].resource, table[i].sub)) {
            return table[i].check(e);
        }
    }
    return 0;
}
