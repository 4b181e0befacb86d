/* The discovery documents built from the table of resources against those of upstream, as far as both list the same
 * resources: every group version, resource and subresource served must be described as upstream describes it. */
#include "apiserver/discovery.h"
#include "apiserver/resource.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "reference.h"

static int failures;

static struct val *load(const char *name)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *path = cu_asprintf("%s/apiserver/discovery/%s", reference_dir(), name), *text = NULL;
    struct val *v = NULL;
    size_t n;
    if (cu_file_read(path, LIM_TEXT, &text, &n, &err) < 0 || val_parse_json(text, n, &v, &err) < 0) {
        fprintf(stderr, "%s: %s\n", path, cu_err_text(&err));
        exit(1);
    }
    return v;
}

static void compare(const char *what, const struct val *got, const struct val *want)
{
    cu_autofree char *g = val_dump_json(got, VAL_JSON_SORT), *w = val_dump_json(want, VAL_JSON_SORT);
    bool same = cu_streq(g, w);
    printf("%s %s\n", same ? "ok  " : "FAIL", what);
    if (!same) {
        printf("  got  %s\n  want %s\n", g, w);
        failures++;
    }
}

/* Element of a list by the text at `key`. */
static struct val *named(const struct val *list, const char *key, const char *name)
{
    for (size_t i = 0; i < val_len(list); i++) {
        if (cu_streq(val_get_str(val_at(list, i), key), name))
            return val_at(list, i);
    }
    return NULL;
}

/* Upstream's list without what we do not serve (and without the hashes of its storage). */
static void cut(struct val *theirs, const struct val *ours, const char *key)
{
    for (size_t i = val_len(theirs); i-- > 0;) {
        struct val *e = val_at(theirs, i);
        const struct val *mine = named(ours, key, val_get_str(e, key));
        val_del(e, "storageVersionHash");
        if (!mine) {
            val_remove(theirs, i);
            continue;
        }
        struct val *subs = val_get(e, "subresources");
        if (subs)
            cut(subs, val_get(mine, "subresources"), "subresource");
        if (subs && val_len(subs) == 0)
            val_del(e, "subresources");
    }
}

static void legacy(void)
{
    cu_autoval struct val *all = load("legacy.json");
    cu_autoval struct val *versions = api_discovery_versions("<advertise-address>:<secure-port>");
    compare("/api", versions, val_get(all, "/api"));
    cu_autoval struct val *groups = api_discovery_groups();
    cut(val_find(all, "/apis", "groups", NULL), val_get(groups, "groups"), "name");
    compare("/apis", groups, val_get(all, "/apis"));
    for (size_t i = 0; i < api_n_resources; i++) {
        const struct api_resource *r = &api_resources[i];
        if (i > 0 && cu_streq(r[-1].group, r->group) && cu_streq(r[-1].version, r->version))
            continue;
        cu_autofree char *group = cu_asprintf("/apis/%s", r->group);
        cu_autofree char *version =
            r->group[0] ? cu_asprintf("%s/%s", group, r->version) : cu_asprintf("/api/%s", r->version);
        if (r->group[0]) {
            cu_autoval struct val *doc = api_discovery_group(r->group);
            compare(group, doc, val_get(all, group));
        }
        cu_autoval struct val *doc = api_discovery_resources(r->group, r->version);
        cut(val_find(all, version, "resources", NULL), val_get(doc, "resources"), "name");
        compare(version, doc, val_get(all, version));
    }
}

static void aggregated(const char *file, bool core)
{
    cu_autoval struct val *want = load(file), *got = api_discovery_aggregated(core);
    struct val *items = val_get(want, "items");
    for (size_t i = val_len(items); i-- > 0;) {
        struct val *theirs = val_at(items, i), *ours = NULL;
        for (size_t k = 0; k < val_len(val_get(got, "items")); k++) {
            struct val *item = val_at(val_get(got, "items"), k);
            if (val_equal(val_get(item, "metadata"), val_get(theirs, "metadata")))
                ours = item;
        }
        if (!ours) {
            val_remove(items, i);
            continue;
        }
        struct val *versions = val_get(theirs, "versions");
        cut(versions, val_get(ours, "versions"), "version");
        for (size_t k = 0; k < val_len(versions); k++)
            cut(val_get(val_at(versions, k), "resources"),
                val_get(val_at(val_get(ours, "versions"), k), "resources"), "resource");
    }
    compare(file, got, want);
}

int main(void)
{
    legacy();
    aggregated("aggregated-api.json", true);
    aggregated("aggregated-apis.json", false);
    return failures ? 1 : 0;
}
