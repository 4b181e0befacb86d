/* The Node authorization mode: a node's agent may read what its pods need and write what is its own.
 * Must not know RBAC, nor what admission checks afterwards. */
#include "apiserver/node_authorizer.h"
#include "apiserver/registry.h"
#include "base/str.h"
#include <string.h>

#define USER_PREFIX "system:node:"
#define LEASE_NAMESPACE "kube-node-lease"

const char *api_node_of_user(const struct api_user *u)
{
    if (!u || !cu_has_prefix(u->name, USER_PREFIX) || !cu_strlist_has(&u->groups, "system:nodes")) {
        return NULL;
    }
    const char *name = u->name + strlen(USER_PREFIX);
    return *name ? name : NULL;
}

/* Who may do what without a look at objects. verbs: blank-separated. */
struct fixed_rule {
    const char *group, *resource, *sub, *verbs;
};

static const struct fixed_rule fixed[] = {
    { "", "nodes", "", "create update patch" },
    { "", "nodes", "status", "update patch" },
    { "", "pods", "", "create delete" },
    { "", "pods", "status", "update patch" },
    { "", "pods", "eviction", "create" },
    { "", "persistentvolumeclaims", "status", "get update patch" },
    { "", "services", "", "get list watch" },
    { "", "endpoints", "", "get" },
    { "", "events", "", "create update patch" },
    { "events.k8s.io", "events", "", "create update patch" },
    { "authentication.k8s.io", "tokenreviews", "", "create" },
    { "authorization.k8s.io", "subjectaccessreviews", "", "create" },
    { "authorization.k8s.io", "localsubjectaccessreviews", "", "create" },
    { "certificates.k8s.io", "certificatesigningrequests", "", "create get list watch" },
    { "certificates.k8s.io", "podcertificaterequests", "", "create get list watch" },
    { "storage.k8s.io", "csidrivers", "", "get list watch" },
    { "node.k8s.io", "runtimeclasses", "", "get list watch" },
    { "resource.k8s.io", "resourceslices", "", "create" },
};

static bool word_in(const char *words, const char *w)
{
    size_t n = strlen(w);

    for (const char *p = words; n > 0 && (p = strstr(p, w)); p += n) {
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0')) {
            return true;
        }
    }
    return false;
}

static bool fixed_allows(const struct api_attributes *a)
{
    for (size_t i = 0; i < CU_LEN(fixed); i++) {
        if (cu_streq(fixed[i].group, a->group) && cu_streq(fixed[i].resource, a->resource) &&
            cu_streq(fixed[i].sub, a->subresource) && word_in(fixed[i].verbs, a->verb)) {
            return true;
        }
    }
    return false;
}

char *api_field_equals(const char *selector, const char *field)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    size_t n = strlen(field);

    cu_strlist_split(&parts, cu_or(selector, ""), ',');
    for (size_t i = 0; i < parts.n; i++) {
        const char *p = parts.v[i];

        if (strncmp(p, field, n) == 0 && p[n] == '=') {
            return cu_strdup(p + n + (p[n + 1] == '=' ? 2 : 1));
        }
    }
    return NULL;
}

/* What a rule looks at. */
struct view {
    struct api_registry *g;
    const struct api_attributes *a;
    const char *node;
};

static bool is_read(const char *verb)
{
    return cu_streq(verb, "get") || cu_streq(verb, "list") || cu_streq(verb, "watch");
}

static bool own_pod(const struct view *v, const struct api_object *pod)
{
    return pod && cu_streq(val_find_str(pod->v, "spec", "nodeName", NULL), v->node);
}

/* Does a pod of this node in namespace ns name that object? */
static bool pods_refer(const struct view *v, const char *ns, const char *kind, const char *name)
{
    const struct api_resource *pods = api_resource_find("", "v1", "pods");
    struct api_walk w = API_WALK_INIT;
    struct api_object *o;

    while ((o = api_registry_next(v->g, pods, ns, &w))) {
        if (own_pod(v, o) && api_pod_refers(o->v, kind, name)) {
            api_walk_end(&w);
            return true;
        }
    }
    return false;
}

static bool selects_own_node(const struct view *v)
{
    cu_autofree char *node = api_field_equals(v->a->field_selector, "spec.nodeName");

    return cu_streq(node, v->node);
}

static bool may_node(const struct view *v)
{
    return is_read(v->a->verb) && *v->a->subresource == '\0' && cu_streq(v->a->name, v->node);
}

static bool may_pod(const struct view *v)
{
    const struct api_attributes *a = v->a;

    if (!is_read(a->verb) || *a->subresource) {
        return false;
    }
    if (*a->name) {
        return own_pod(v, api_registry_get(v->g, api_resource_find("", "v1", "pods"), a->ns, a->name));
    }
    return selects_own_node(v);
}

static bool may_named(const struct view *v)
{
    const struct api_attributes *a = v->a;

    return is_read(a->verb) && *a->subresource == '\0' && *a->ns && *a->name &&
           pods_refer(v, a->ns, a->resource, a->name);
}

static bool may_get_related(const struct view *v)
{
    return cu_streq(v->a->verb, "get") && may_named(v);
}

/* A volume that is claimed by a claim that a pod of the node uses. */
static bool may_volume(const struct view *v)
{
    const struct api_attributes *a = v->a;
    const struct api_object *pv;

    if (!cu_streq(a->verb, "get") || *a->subresource || *a->name == '\0') {
        return false;
    }
    pv = api_registry_get(v->g, api_resource_find("", "v1", "persistentvolumes"), NULL, a->name);
    const char *ns = pv ? val_find_str(pv->v, "spec", "claimRef", "namespace", NULL) : NULL;
    const char *claim = pv ? val_find_str(pv->v, "spec", "claimRef", "name", NULL) : NULL;
    return ns && claim && pods_refer(v, ns, "persistentvolumeclaims", claim);
}

static bool may_attachment(const struct view *v)
{
    const struct api_resource *r = api_resource_find("storage.k8s.io", "v1", "volumeattachments");
    const struct api_attributes *a = v->a;

    if (!r || !cu_streq(a->verb, "get") || *a->subresource || *a->name == '\0') {
        return false;
    }
    const struct api_object *o = api_registry_get(v->g, r, NULL, a->name);
    return o && cu_streq(val_find_str(o->v, "spec", "nodeName", NULL), v->node);
}

static bool may_account(const struct view *v)
{
    const struct api_attributes *a = v->a;

    if (*a->name == '\0' || *a->ns == '\0') {
        return false;
    }
    bool asks = cu_streq(a->subresource, "token") ? cu_streq(a->verb, "create")
                                                  : *a->subresource == '\0' && cu_streq(a->verb, "get");
    return asks && pods_refer(v, a->ns, "serviceaccounts", a->name);
}

static bool may_lease(const struct view *v)
{
    const struct api_attributes *a = v->a;

    if (!cu_streq(a->ns, LEASE_NAMESPACE) || *a->subresource) {
        return false;
    }
    return cu_streq(a->verb, "create") ||
           (word_in("get update patch delete", a->verb) && cu_streq(a->name, v->node));
}

static bool may_csinode(const struct view *v)
{
    const struct api_attributes *a = v->a;

    return *a->subresource == '\0' &&
           (cu_streq(a->verb, "create") ||
            (word_in("get update patch delete", a->verb) && cu_streq(a->name, v->node)));
}

static bool may_slice(const struct view *v)
{
    const struct api_attributes *a = v->a;
    const struct api_resource *r = api_resource_find(a->group, a->version, a->resource);

    if (*a->subresource) {
        return false;
    }
    if (word_in("list watch deletecollection", a->verb)) {
        return selects_own_node(v);
    }
    if (!r || !word_in("get update patch delete", a->verb)) {
        return false;
    }
    const struct api_object *o = api_registry_get(v->g, r, NULL, a->name);
    return o && cu_streq(val_find_str(o->v, "spec", "nodeName", NULL), v->node);
}

static const struct {
    const char *group, *resource;
    bool (*may)(const struct view *v);
    const char *otherwise; /* ends "node \"n\" may ..." */
} rules[] = {
    { "", "nodes", may_node, "read only its own Node object" },
    { "", "pods", may_pod, "read only pods bound to it" },
    { "", "secrets", may_named, "read single secrets that its pods name, by name" },
    { "", "configmaps", may_named, "read single config maps that its pods name, by name" },
    { "", "persistentvolumeclaims", may_get_related, "get claims that its pods name" },
    { "", "persistentvolumes", may_volume, "get volumes that its pods use" },
    { "", "serviceaccounts", may_account, "get service accounts of its pods and tokens for them" },
    { "storage.k8s.io", "volumeattachments", may_attachment, "get its own volume attachments" },
    { "storage.k8s.io", "csinodes", may_csinode, "touch only its own CSINode" },
    { "resource.k8s.io", "resourceclaims", may_get_related, "get claims that its pods name" },
    { "resource.k8s.io", "resourceslices", may_slice, "touch only its own slices" },
    { "coordination.k8s.io", "leases", may_lease, "touch only its own lease in " LEASE_NAMESPACE },
};

bool api_node_allows(struct api_registry *g, const struct api_attributes *a, char **why)
{
    struct view v = { g, a, api_node_of_user(a->user) };

    if (!v.node || !a->resource_request) {
        return false;
    }
    if (fixed_allows(a)) {
        return true;
    }
    for (size_t i = 0; i < CU_LEN(rules); i++) {
        if (!cu_streq(rules[i].group, a->group) || !cu_streq(rules[i].resource, a->resource)) {
            continue;
        }
        if (rules[i].may(&v)) {
            return true;
        }
        if (why) {
            *why = cu_asprintf("node \"%s\" may %s", v.node, rules[i].otherwise);
        }
        return false;
    }
    return false;
}
