/* config/patches.h - the patches directory: which files belong to which target, in which order (spec
 * config 20.1). Applying is codec/patch.h's work. */
#ifndef CONFIG_PATCHES_H
#define CONFIG_PATCHES_H

#include "base/strlist.h"
#include "codec/value.h"

enum cfg_patch_type { CFG_PATCH_STRATEGIC, CFG_PATCH_MERGE, CFG_PATCH_JSON };

struct cfg_patch {
    char *target; /* "etcd", "kube-apiserver", "kubeletconfiguration", ... */
    enum cfg_patch_type type;
    char *path;
    struct val *doc;
};
struct cfg_patch_set {
    struct cfg_patch *v; /* in the order they apply */
    size_t n, cap;
    struct cu_strlist files, ignored; /* what was read, what was passed over */
};
#define CFG_PATCH_SET_INIT                                                                                   \
    {                                                                                                        \
        NULL, 0, 0, CU_STRLIST_INIT, CU_STRLIST_INIT                                                         \
    }
#define cfg_autopatches __attribute__((cleanup(cfg_patch_set_clear)))

/* CU_E_NOTFOUND, CU_E_INVALID (not a directory, bad type behind "+", bad YAML), CU_E_IO. */
int cfg_patches_read(const char *dir, struct cfg_patch_set *out, struct cu_err *err);
const char *cfg_patch_type_name(enum cfg_patch_type t); /* "application/json-patch+json" ... */
void cfg_patch_set_clear(struct cfg_patch_set *s);

#endif
