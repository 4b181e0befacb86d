/* Discovery documents from the table of resources. Must not know any single resource. */
#include "apiserver/discovery.h"

#include "apiserver/resource.h"
#include "base/str.h"

#include <string.h>

static const struct verb {
    unsigned bit;
    const char *name;
} verb_names[] = {
    /* in the order upstream lists them: by name */
    { API_CREATE, "create" }, { API_DELETE, "delete" }, { API_DELETECOLLECTION, "deletecollection" },
    { API_GET, "get" },       { API_LIST, "list" },     { API_PATCH, "patch" },
    { API_UPDATE, "update" }, { API_WATCH, "watch" },
};

static struct val *verbs_of(unsigned verbs)
{
    struct val *list = val_new_list();
    for (size_t i = 0; i < CU_LEN(verb_names); i++) {
        if (verbs & verb_names[i].bit)
            val_append_str(list, verb_names[i].name);
    }
    return list;
}

static void set_texts(struct val *map, const char *key, const char *const *texts)
{
    for (; texts && *texts; texts++)
        val_append_str(val_need_list(map, key), *texts);
}

static struct val *new_document(const char *kind, const char *version)
{
    struct val *doc = val_new_map();
    val_set_str(doc, "kind", kind);
    val_set_str(doc, "apiVersion", version);
    return doc;
}

/* Is row i the first of its group? Versions of one group need not stand together. */
static bool starts_group(size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (cu_streq(api_resources[k].group, api_resources[i].group))
            return false;
    }
    return true;
}

static bool starts_version(size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (cu_streq(api_resources[k].group, api_resources[i].group) &&
            cu_streq(api_resources[k].version, api_resources[i].version))
            return false;
    }
    return true;
}

struct val *api_discovery_versions(const char *server_address)
{
    struct val *doc = val_new_map(), *address = val_new_map();
    val_set_str(doc, "kind", "APIVersions");
    val_append_str(val_need_list(doc, "versions"), "v1");
    val_set_str(address, "clientCIDR", "0.0.0.0/0");
    val_set_str(address, "serverAddress", server_address);
    val_append(val_need_list(doc, "serverAddressByClientCIDRs"), address);
    return doc;
}

static void fill_group(struct val *out, const char *group)
{
    struct val *versions = val_need_list(out, "versions");
    for (size_t i = 0; i < api_n_resources; i++) {
        const struct api_resource *r = &api_resources[i];
        if (!cu_streq(r->group, group) || !starts_version(i))
            continue;
        struct val *v = val_new_map();
        val_set_strf(v, "groupVersion", "%s/%s", r->group, r->version);
        val_set_str(v, "version", r->version);
        val_append(versions, v);
    }
    val_set(out, "preferredVersion", val_copy(val_at(versions, 0)));
}

struct val *api_discovery_groups(void)
{
    struct val *doc = new_document("APIGroupList", "v1"), *groups = val_need_list(doc, "groups");
    for (size_t i = 0; i < api_n_resources; i++) {
        const char *group = api_resources[i].group;
        if (group[0] == '\0' || !starts_group(i))
            continue;
        struct val *g = val_new_map();
        val_set_str(g, "name", group);
        fill_group(g, group);
        val_append(groups, g);
    }
    return doc;
}

struct val *api_discovery_group(const char *group)
{
    for (size_t i = 0; i < api_n_resources && group[0]; i++) {
        if (!cu_streq(api_resources[i].group, group))
            continue;
        struct val *doc = new_document("APIGroup", "v1");
        val_set_str(doc, "name", group);
        fill_group(doc, group);
        return doc;
    }
    return NULL;
}

static void add_subresources(struct val *list, const struct api_resource *r)
{
    for (size_t i = 0; i < r->n_subs; i++) {
        const struct api_subresource *s = &r->subs[i];
        struct val *e = val_new_map();
        val_set_strf(e, "name", "%s/%s", r->resource, s->name);
        val_set_str(e, "singularName", "");
        val_set_bool(e, "namespaced", r->namespaced);
        val_set_str(e, "group", s->group);
        val_set_str(e, "version", s->version);
        val_set_str(e, "kind", s->kind);
        val_set(e, "verbs", verbs_of(s->verbs));
        val_append(list, e);
    }
}

struct val *api_discovery_resources(const char *group, const char *version)
{
    if (!api_group_version_known(group, version))
        return NULL;
    /* Upstream leaves apiVersion out of the core group's document. */
    struct val *doc = new_document("APIResourceList", group[0] ? "v1" : NULL);
    val_set_strf(doc, "groupVersion", "%s%s%s", group, group[0] ? "/" : "", version);
    struct val *list = val_need_list(doc, "resources");
    for (size_t i = 0; i < api_n_resources; i++) {
        const struct api_resource *r = &api_resources[i];
        if (!cu_streq(r->group, group) || !cu_streq(r->version, version))
            continue;
        struct val *e = val_new_map();
        val_set_str(e, "name", r->resource);
        val_set_str(e, "singularName", r->singular);
        val_set_bool(e, "namespaced", r->namespaced);
        val_set_str(e, "kind", r->kind);
        val_set(e, "verbs", verbs_of(r->verbs));
        set_texts(e, "shortNames", r->short_names);
        set_texts(e, "categories", r->categories);
        val_append(list, e);
        add_subresources(list, r);
    }
    return doc;
}

/* Empty group and version mean: as the enclosing version. */
static void set_response_kind(struct val *e, const char *group, const char *version, const char *kind)
{
    struct val *k = val_need_map(e, "responseKind");
    val_set_str(k, "group", cu_or(group, ""));
    val_set_str(k, "version", cu_or(version, ""));
    val_set_str(k, "kind", kind);
}

static struct val *aggregated_resource(const struct api_resource *r)
{
    struct val *e = val_new_map();
    val_set_str(e, "resource", r->resource);
    set_response_kind(e, NULL, NULL, r->kind);
    val_set_str(e, "scope", r->namespaced ? "Namespaced" : "Cluster");
    val_set_str(e, "singularResource", r->singular);
    val_set(e, "verbs", verbs_of(r->verbs));
    set_texts(e, "shortNames", r->short_names);
    set_texts(e, "categories", r->categories);
    for (size_t i = 0; i < r->n_subs; i++) {
        const struct api_subresource *s = &r->subs[i];
        struct val *sub = val_new_map();
        val_set_str(sub, "subresource", s->name);
        set_response_kind(sub, s->group, s->version, s->kind);
        val_set(sub, "verbs", verbs_of(s->verbs));
        val_append(val_need_list(e, "subresources"), sub);
    }
    return e;
}

static struct val *aggregated_group(const char *group)
{
    struct val *g = val_new_map();
    struct val *meta = val_need_map(g, "metadata"), *versions = val_need_list(g, "versions");
    if (group[0])
        val_set_str(meta, "name", group);
    for (size_t i = 0; i < api_n_resources; i++) {
        const char *version = api_resources[i].version;
        if (!cu_streq(api_resources[i].group, group) || !starts_version(i))
            continue;
        struct val *v = val_new_map();
        val_set_str(v, "version", version);
        struct val *list = val_need_list(v, "resources");
        for (size_t k = i; k < api_n_resources; k++) {
            if (cu_streq(api_resources[k].group, group) && cu_streq(api_resources[k].version, version))
                val_append(list, aggregated_resource(&api_resources[k]));
        }
        val_set_str(v, "freshness", "Current");
        val_append(versions, v);
    }
    return g;
}

struct val *api_discovery_aggregated(bool core)
{
    struct val *doc = new_document("APIGroupDiscoveryList", "apidiscovery.k8s.io/v2");
    val_need_map(doc, "metadata");
    struct val *items = val_need_list(doc, "items");
    for (size_t i = 0; i < api_n_resources; i++) {
        if ((api_resources[i].group[0] == '\0') == core && starts_group(i))
            val_append(items, aggregated_group(api_resources[i].group));
    }
    return doc;
}
