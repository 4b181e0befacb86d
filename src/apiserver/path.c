/* apiserver/path.c - splits URL paths into group, version, namespace, resource, name and subresource.
 * Must not know verbs or users. */
#include "apiserver/path.h"
#include "base/str.h"
#include "base/strlist.h"
#include "http/url.h"
#include <string.h>

/* Segments are decoded after splitting, so that %2F stays inside a name. Empty ones (// and a last /) are dropped. */
static int split(const char *raw, struct cu_strlist *out, struct cu_err *err)
{
    while (*raw) {
        size_t n = strcspn(raw, "/");
        char *segment = NULL;
        if (n > 0) {
            if (http_url_decode(raw, n, false, &segment, err) < 0)
                return cu_wrap(err, "path");
            cu_strlist_take(out, segment);
        }
        raw += n + (raw[n] == '/');
    }
    return 0;
}

static const char *at(const struct cu_strlist *l, size_t i)
{
    return i < l->n ? l->v[i] : "";
}

static void set(char **field, const char *text)
{
    free(*field);
    *field = cu_strdup(text);
}

/* Segments from `i` on: [namespaces NS] RESOURCE [NAME [SUB...]]. */
static void parse_resource(struct api_path *p, const struct cu_strlist *l, size_t i)
{
    if (cu_streq(at(l, i), "watch") && l->n > i + 1) {
        p->old_watch = true;
        i++;
    }
    if (cu_streq(at(l, i), "namespaces") && l->n > i + 2 &&
        !(*p->group == '\0' && l->n == i + 3 &&
          (cu_streq(l->v[i + 2], "status") || cu_streq(l->v[i + 2], "finalize")))) {
        set(&p->ns, at(l, i + 1));
        i += 2;
    }
    set(&p->resource, at(l, i));
    set(&p->name, at(l, i + 1));
    set(&p->sub, at(l, i + 2));
    if (cu_streq(p->resource, "namespaces") && *p->group == '\0' && !*p->ns)
        set(&p->ns, p->name); /* authorization of a namespace object counts as inside it */
    p->r = api_resource_find(p->group, p->version, p->resource);
    if (p->r && *p->sub)
        p->s = api_subresource_find(p->r, p->sub);
}

int api_path_parse(const char *raw, struct api_path *out, struct cu_err *err)
{
    struct api_path p = { 0 };
    cu_autostrlist struct cu_strlist l = CU_STRLIST_INIT;
    if (split(raw, &l, err) < 0 || http_url_decode(raw, strlen(raw), false, &p.path, err) < 0)
        return -CU_E_INVALID;
    char **const texts[] = { &p.group, &p.version, &p.resource, &p.sub, &p.ns, &p.name };
    for (size_t i = 0; i < CU_LEN(texts); i++)
        *texts[i] = cu_strdup("");
    p.under_api = cu_streq(at(&l, 0), "api");
    p.under_apis = cu_streq(at(&l, 0), "apis");
    if (p.under_api)
        set(&p.version, at(&l, 1));
    if (p.under_apis) {
        set(&p.group, at(&l, 1));
        set(&p.version, at(&l, 2));
    }
    size_t first = p.under_api ? 2 : 3;
    p.resource_request = (p.under_api || p.under_apis) && l.n > first;
    if (p.resource_request)
        parse_resource(&p, &l, first);
    *out = p;
    return 0;
}

void api_path_clear(struct api_path *p)
{
    free(p->path);
    free(p->group);
    free(p->version);
    free(p->resource);
    free(p->sub);
    free(p->ns);
    free(p->name);
    *p = (struct api_path){ 0 };
}
