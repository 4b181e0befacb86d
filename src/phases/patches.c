/* Reads and applies the user's patches. It must not know what is patched. */
#include "phases/patches.h"
#include "base/str.h"
#include "config/patches.h"
#include "manifests/pod.h"

struct ph_patches {
    struct cfg_patch_set set;
};

void ph_patches_free(struct ph_patches *p)
{
    if (p)
        cfg_patch_set_clear(&p->set);
    free(p);
}

int ph_patches_get(struct ph_ctx *c, const struct cfg_patch_set **set, struct cu_err *err)
{
    *set = NULL;
    if (cu_is_empty(c->patches_dir))
        return 0;
    if (!c->patches) {
        ph_say(c, "[patches] Reading patches from path \"%s\"", c->patches_dir);
        struct ph_patches *p = cu_calloc(1, sizeof(*p));
        int r = cfg_patches_read(c->patches_dir, &p->set, err);
        if (r < 0) {
            ph_patches_free(p);
            return r;
        }
        c->patches = p;
        cu_autofree char *files = cu_strlist_join(&p->set.files, " "),
                         *ignored = cu_strlist_join(&p->set.ignored, " ");
        if (p->set.files.n)
            ph_say(c, "[patches] Found these patch files: [%s]", files);
        if (p->set.ignored.n)
            ph_say(c, "[patches] Passed over these files, whose names are none of a patch: [%s]", ignored);
    }
    *set = &c->patches->set;
    return 0;
}

static int apply(struct ph_ctx *c, const char *target, const struct cfg_patch_set *set, struct val **doc,
                 struct cu_err *err)
{
    cu_autostrlist struct cu_strlist applied = CU_STRLIST_INIT;
    int r = mf_apply_patches(doc, target, set, &applied, err);
    for (size_t i = 0; i < applied.n; i++)
        ph_say(c, "[patches] Applied patch of type \"%s\" to target \"%s\"", applied.v[i], target);
    return r;
}

int ph_patches_apply(struct ph_ctx *c, const char *target, struct val **doc, struct cu_err *err)
{
    const struct cfg_patch_set *set;
    int r = ph_patches_get(c, &set, err);
    return r == 0 && set ? apply(c, target, set, doc, err) : r;
}

int ph_patches_apply_one(struct ph_ctx *c, const char *target, const struct val *patch, struct val **doc,
                         struct cu_err *err)
{
    cu_autofree char *name = cu_strdup(target), *path = cu_strdup("(made by kubeadm)");
    cu_autoval struct val *own = val_ref(patch);
    struct cfg_patch one = { .target = name, .type = CFG_PATCH_STRATEGIC, .path = path, .doc = own };
    const struct cfg_patch_set set = { .v = &one, .n = 1, .cap = 1 };
    return apply(c, target, &set, doc, err);
}
