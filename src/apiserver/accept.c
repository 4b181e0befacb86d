/* apiserver/accept.c - reads Accept headers.
 * Must not know resources. */
#include "apiserver/accept.h"
#include "base/str.h"
#include "base/strlist.h"
#include <string.h>

struct entry {
    char *type;                       /* lower case */
    const char *as, *group, *version; /* parameters; "" when absent */
    struct cu_strlist parts;          /* owns them */
};

static void entry_clear(struct entry *e)
{
    cu_strlist_clear(&e->parts);
    free(e->type);
}

static void entry_parse(const char *text, struct entry *e)
{
    struct cu_strlist raw = CU_STRLIST_INIT;
    cu_strlist_split(&raw, text, ';');
    *e = (struct entry){ .as = "", .group = "", .version = "" };
    for (size_t i = 0; i < raw.n; i++)
        cu_strlist_take(&e->parts, cu_trim(raw.v[i]));
    cu_strlist_clear(&raw);
    e->type = cu_lower(e->parts.n ? e->parts.v[0] : "");
    for (size_t i = 1; i < e->parts.n; i++) {
        const char *p = e->parts.v[i];
        if (cu_has_prefix(p, "as="))
            e->as = p + 3;
        else if (cu_has_prefix(p, "g="))
            e->group = p + 2;
        else if (cu_has_prefix(p, "v="))
            e->version = p + 2;
    }
}

static bool is_json(const struct entry *e)
{
    return cu_streq(e->type, "application/json") || cu_streq(e->type, "*/*") ||
           cu_streq(e->type, "application/*");
}

static bool form_of(const struct entry *e, bool list, enum api_form *out)
{
    if (!is_json(e))
        return false;
    if (!*e->as) {
        *out = API_FORM_OBJECT;
        return true;
    }
    if (!cu_streq(e->group, "meta.k8s.io") || !cu_streq(e->version, "v1"))
        return false;
    if (cu_streq(e->as, "Table")) {
        *out = API_FORM_TABLE;
        return true;
    }
    *out = API_FORM_PARTIAL;
    return cu_streq(e->as, list ? "PartialObjectMetadataList" : "PartialObjectMetadata");
}

bool api_accept_form(const char *accept, bool list, enum api_form *out)
{
    *out = API_FORM_OBJECT;
    if (cu_is_empty(accept))
        return true;
    cu_autostrlist struct cu_strlist l = CU_STRLIST_INIT;
    cu_strlist_split(&l, accept, ',');
    for (size_t i = 0; i < l.n; i++) {
        struct entry e;
        entry_parse(l.v[i], &e);
        bool found = form_of(&e, list, out);
        entry_clear(&e);
        if (found)
            return true;
    }
    return false;
}

bool api_accept_aggregated(const char *accept)
{
    if (cu_is_empty(accept))
        return false;
    cu_autostrlist struct cu_strlist l = CU_STRLIST_INIT;
    cu_strlist_split(&l, accept, ',');
    for (size_t i = 0; i < l.n; i++) {
        struct entry e;
        entry_parse(l.v[i], &e);
        bool json = is_json(&e), plain = json && !*e.as;
        bool aggregated = json && cu_streq(e.as, "APIGroupDiscoveryList") && cu_streq(e.version, "v2") &&
                          cu_streq(e.group, "apidiscovery.k8s.io");
        entry_clear(&e);
        if (plain || aggregated)
            return aggregated;
    }
    return false;
}

bool api_accept_mentions(const char *accept, const char *text)
{
    return accept && strstr(accept, text);
}
