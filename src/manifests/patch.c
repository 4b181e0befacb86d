/* Patches of the user on generated objects (spec init 8, config 20.2).
 * Must not know how the patches were found. */
#include "codec/patch.h"
#include "base/str.h"
#include "manifests/pod_parts.h"
#include <string.h>

static int apply(const struct val *object, const struct cfg_patch *p, struct val **out, struct cu_err *err)
{
    switch (p->type) {
    case CFG_PATCH_JSON: return codec_patch_json(object, p->doc, out, err);
    case CFG_PATCH_MERGE: codec_patch_merge(object, p->doc, out); return 0;
    case CFG_PATCH_STRATEGIC: break;
    }
    return codec_patch_strategic(
        object, p->doc, codec_merge_lookup(val_get_str(object, "apiVersion"), val_get_str(object, "kind")),
        out, err);
}

/* What the cluster's own types are decoded into must say so still; a KubeletConfiguration is written as it is. */
static int check_kind(const struct val *before, const struct val *after, const char *target,
                      struct cu_err *err)
{
    const char *kind = val_get_str(before, "kind");
    if (cu_streq(kind, "KubeletConfiguration") ||
        (cu_streq(val_get_str(after, "kind"), kind) &&
         cu_streq(val_get_str(after, "apiVersion"), val_get_str(before, "apiVersion"))))
        return 0;
    return cu_fail(err, CU_E_INVALID,
                   "the patches for %s leave apiVersion \"%s\" and kind \"%s\", not \"%s\" and \"%s\"",
                   target, cu_or(val_get_str(after, "apiVersion"), ""), cu_or(val_get_str(after, "kind"), ""),
                   cu_or(val_get_str(before, "apiVersion"), ""), cu_or(kind, ""));
}

int mf_apply_patches(struct val **object, const char *target, const struct cfg_patch_set *patches,
                     struct cu_strlist *applied, struct cu_err *err)
{
    cu_autoval struct val *result = val_ref(*object);
    bool pod = cu_streq(val_get_str(*object, "kind"), "Pod"), any = false;
    for (size_t i = 0; patches && i < patches->n; i++) {
        const struct cfg_patch *p = &patches->v[i];
        struct val *next = NULL;
        if (!cu_streq(p->target, target))
            continue;
        if (apply(result, p, &next, err) < 0)
            return cu_wrap(err, "patch %s of type %s on %s", p->path, cfg_patch_type_name(p->type), target);
        val_unref(result);
        result = next;
        any = true;
        if (applied)
            cu_strlist_add(applied, cfg_patch_type_name(p->type));
    }
    if (!any)
        return 0;
    if (!val_is_map(result))
        return cu_fail(err, CU_E_INVALID, "the patches for %s leave a %s instead of an object", target,
                       val_kind_name(result));
    struct val *done = NULL;
    int r = check_kind(*object, result, target, err);
    if (r < 0)
        return r;
    r = pod ? mf_pod_shape(result, &done, err) : 0;
    if (r < 0) {
        (void)cu_wrap(err, "the patched manifest of %s is no Pod", target);
        return r;
    }
    if (!pod)
        done = val_copy(result);
    val_unref(*object);
    *object = done;
    return 0;
}
