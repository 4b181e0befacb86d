/* apiserver/resource.h - the table of resources: one row per resource, generated at build time from
 * src/apiserver/data/resource-list.json (facts recorded from upstream). Everything generic in the server reads it. */
#ifndef APISERVER_RESOURCE_H
#define APISERVER_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>

enum api_verb {
    API_CREATE = 1 << 0,
    API_GET = 1 << 1,
    API_LIST = 1 << 2,
    API_WATCH = 1 << 3,
    API_UPDATE = 1 << 4,
    API_PATCH = 1 << 5,
    API_DELETE = 1 << 6,
    API_DELETECOLLECTION = 1 << 7,
};

struct api_column {
    const char *name, *type, *format;
    int priority;
};

struct api_subresource {
    const char *name;            /* "status" */
    const char *group, *version; /* of its kind; NULL = as the parent */
    const char *kind;
    unsigned verbs; /* enum api_verb */
};

struct api_resource {
    const char *group;    /* "" for the core group */
    const char *version;  /* "v1" */
    const char *resource; /* plural, "nodes" */
    const char *singular;
    const char *kind; /* "Node" */
    bool namespaced;
    unsigned verbs;
    const char *const *short_names; /* NULL-terminated, may be NULL */
    const char *const *categories;
    const char *etcd_prefix; /* "/registry/minions/" */
    const struct api_subresource *subs;
    size_t n_subs;
    const struct api_column *columns; /* of the Table form; NULL: Name and Created At */
    size_t n_columns;
    const char *const *selectable; /* field selector paths besides metadata.name and metadata.namespace */
};

extern const struct api_resource api_resources[];
extern const size_t api_n_resources;

/* NULL when unknown. */
const struct api_resource *api_resource_find(const char *group, const char *version, const char *resource);
const struct api_resource *api_resource_by_kind(const char *group, const char *version, const char *kind);
const struct api_subresource *api_subresource_find(const struct api_resource *r, const char *name);
bool api_group_version_known(const char *group, const char *version);

#endif
