/* Look-ups in the generated table of types. Must not know what any type means. */
#include "apiserver/schema_table.h"

#include <stdio.h>
#include <string.h>

static const struct api_type *find_type(const char *name)
{
    size_t lo = 0, hi = api_n_types;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int d = strcmp(name, api_types[mid].name);
        if (d == 0)
            return &api_types[mid];
        if (d < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

const struct api_type *api_type_of_kind(const char *group, const char *version, const char *kind)
{
    char name[256];
    int n;

    /* These two are served in every group version with one layout (spec apiserver 3.9). */
    if (strcmp(kind, "DeleteOptions") == 0 || strcmp(kind, "Status") == 0)
        n = snprintf(name, sizeof(name), "meta.v1.%s", kind);
    else if (group[0] == '\0')
        n = snprintf(name, sizeof(name), "api.core.%s.%s", version, kind);
    else
        n = snprintf(name, sizeof(name), "api.%.*s.%s.%s", (int)strcspn(group, "."), group, version, kind);
    if (n < 0 || (size_t)n >= sizeof(name))
        return NULL;
    return find_type(name);
}

const struct api_field *api_type_field(const struct api_type *t, const char *json)
{
    for (size_t i = 0; i < t->n_fields; i++) {
        const struct api_field *f = &t->fields[i];
        if (f->flags & API_F_INLINE) {
            const struct api_field *inner = api_type_field(f->type, json);
            if (inner)
                return inner;
        } else if (strcmp(f->json, json) == 0) {
            return f;
        }
    }
    return NULL;
}

const struct api_field *api_type_number(const struct api_type *t, uint32_t number)
{
    size_t lo = 0, hi = t->n_fields;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->fields[mid].number == number)
            return &t->fields[mid];
        if (number < t->fields[mid].number)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}
