/* Look-ups in the generated table of resources. Must not know what any resource means. */
#include "apiserver/resource.h"

#include <string.h>

static bool in_group(const struct api_resource *r, const char *group, const char *version)
{
    return strcmp(r->group, group) == 0 && strcmp(r->version, version) == 0;
}

const struct api_resource *api_resource_find(const char *group, const char *version, const char *resource)
{
    for (size_t i = 0; i < api_n_resources; i++) {
        const struct api_resource *r = &api_resources[i];
        if (strcmp(r->resource, resource) == 0 && in_group(r, group, version))
            return r;
    }
    return NULL;
}

const struct api_resource *api_resource_by_kind(const char *group, const char *version, const char *kind)
{
    for (size_t i = 0; i < api_n_resources; i++) {
        const struct api_resource *r = &api_resources[i];
        if (strcmp(r->kind, kind) == 0 && in_group(r, group, version))
            return r;
    }
    return NULL;
}

const struct api_subresource *api_subresource_find(const struct api_resource *r, const char *name)
{
    for (size_t i = 0; i < r->n_subs; i++) {
        if (strcmp(r->subs[i].name, name) == 0)
            return &r->subs[i];
    }
    return NULL;
}

bool api_group_version_known(const char *group, const char *version)
{
    for (size_t i = 0; i < api_n_resources; i++) {
        if (in_group(&api_resources[i], group, version))
            return true;
    }
    return false;
}
