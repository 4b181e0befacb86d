/* The patches directory: files to targets and types, in the order they apply (spec config 20.1).
 * Must not know how a patch is applied. */
#include "config/patches.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/yaml.h"
#include <dirent.h>
#include <errno.h>
#include <string.h>

#define MAX_DEPTH 32

static const char *const targets[] = {
    "etcd",           "kube-apiserver",       "kube-controller-manager",
    "kube-scheduler", "kubeletconfiguration", "corednsdeployment",
};
static const struct {
    const char *name;
    enum cfg_patch_type type;
    const char *media;
} types[] = {
    { "strategic", CFG_PATCH_STRATEGIC, "application/strategic-merge-patch+json" },
    { "merge", CFG_PATCH_MERGE, "application/merge-patch+json" },
    { "json", CFG_PATCH_JSON, "application/json-patch+json" },
};

const char *cfg_patch_type_name(enum cfg_patch_type t)
{
    return types[t].media;
}

/* target[suffix][+type].(json|yaml); *target NULL: the file is none of ours. */
static int parse_name(const char *name, const char **target, enum cfg_patch_type *type, struct cu_err *err)
{
    const char *rest = NULL;

    *target = NULL;
    if (name[0] == '.' && (cu_streq(name, ".json") || cu_streq(name, ".yaml")))
        return 0;
    if (!cu_has_suffix(name, ".json") && !cu_has_suffix(name, ".yaml"))
        return 0;
    for (size_t i = 0; i < CU_LEN(targets); i++) {
        if (cu_has_prefix(name, targets[i])) {
            *target = targets[i];
            rest = name + strlen(targets[i]);
        }
    }
    if (!*target)
        return 0;
    *type = CFG_PATCH_STRATEGIC;
    rest += strcspn(rest, ".+\n");
    if (*rest != '+')
        return 0;
    for (size_t i = 0; i < CU_LEN(types); i++) {
        if (cu_has_prefix(rest + 1, types[i].name)) {
            *type = types[i].type;
            return 0;
        }
    }
    return cu_fail(err, CU_E_INVALID,
                   "%s: behind \"+\" stands the type of the patch: strategic, merge or json", name);
}

static bool is_blank(const char *s)
{
    return s[strspn(s, " \t\r\n")] == '\0';
}

static int read_patch(const char *path, const char *target, enum cfg_patch_type type,
                      struct cfg_patch_set *out, struct cu_err *err)
{
    cu_autofree char *text = NULL;
    codec_autodocs struct codec_docs docs = CODEC_DOCS_INIT;
    size_t n;
    int r = cu_file_read(path, LIM_CONFIG_FILE, &text, &n, err);

    if (r < 0)
        return r;
    if (n == 0) {
        cu_strlist_add(&out->ignored, path);
        return 0;
    }
    cu_strlist_add(&out->files, path);
    if (is_blank(text))
        return 0;
    r = codec_yaml_read(text, n, 0, &docs, err);
    if (r < 0) {
        cu_wrap(err, "%s", path);
        return r;
    }
    for (size_t i = 0; i < docs.n; i++) {
        if (val_kind(docs.v[i].root) == VAL_NULL)
            continue;
        cu_grow(&out->v, &out->cap, out->n + 1, sizeof(*out->v));
        out->v[out->n++] =
            (struct cfg_patch){ cu_strdup(target), type, cu_strdup(path), val_ref(docs.v[i].root) };
    }
    return 0;
}

static int walk(const char *dir, int depth, struct cfg_patch_set *out, struct cu_err *err);

static int visit(const char *dir, const char *name, int depth, struct cfg_patch_set *out, struct cu_err *err)
{
    cu_autofree char *path = cu_path_join(dir, name);
    enum cfg_patch_type type;
    const char *target;
    struct stat st;
    int r;

    if (lstat(path, &st) < 0)
        return cu_fail_errno(err, errno, "%s", path);
    if (S_ISDIR(st.st_mode))
        return walk(path, depth + 1, out, err);
    if (S_ISLNK(st.st_mode) && cu_is_dir(path)) {
        cu_strlist_add(&out->ignored, path);
        return 0;
    }
    r = parse_name(name, &target, &type, err);
    if (r < 0) {
        cu_wrap(err, "%s", dir);
        return r;
    }
    if (!target) {
        cu_strlist_add(&out->ignored, path);
        return 0;
    }
    return read_patch(path, target, type, out, err);
}

static int walk(const char *dir, int depth, struct cfg_patch_set *out, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;
    const struct dirent *entry;
    DIR *d;
    int r = 0;

    if (depth > MAX_DEPTH)
        return cu_fail(err, CU_E_INVALID, "%s: folders nested too deep", dir);
    d = opendir(dir);
    if (!d)
        return cu_fail_errno(err, errno, "could not open the patches folder %s", dir);
    while ((entry = readdir(d)))
        if (!cu_streq(entry->d_name, ".") && !cu_streq(entry->d_name, ".."))
            cu_strlist_add(&names, entry->d_name);
    closedir(d);
    cu_strlist_sort(&names);
    for (size_t i = 0; r == 0 && i < names.n; i++)
        r = visit(dir, names.v[i], depth, out, err);
    return r;
}

int cfg_patches_read(const char *dir, struct cfg_patch_set *out, struct cu_err *err)
{
    struct cfg_patch_set set = CFG_PATCH_SET_INIT;
    struct stat st;
    int r;

    if (lstat(dir, &st) < 0)
        return cu_fail_errno(err, errno, "patches folder %s", dir);
    if (!S_ISDIR(st.st_mode))
        return cu_fail(err, CU_E_INVALID, "patches folder %s: not a directory", dir);
    r = walk(dir, 0, &set, err);
    if (r < 0)
        cfg_patch_set_clear(&set);
    else
        *out = set;
    return r;
}

void cfg_patch_set_clear(struct cfg_patch_set *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->v[i].target);
        free(s->v[i].path);
        val_unref(s->v[i].doc);
    }
    free(s->v);
    cu_strlist_clear(&s->files);
    cu_strlist_clear(&s->ignored);
    *s = (struct cfg_patch_set)CFG_PATCH_SET_INIT;
}
