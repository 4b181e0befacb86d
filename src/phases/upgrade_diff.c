/* Compares the manifests that are there with those of another version. It must not write any file. */
#include "phases/upgrade_diff.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/diff.h"
#include "config/types.h"
#include "config/version.h"
#include "phases/static_pod.h"
#include "phases/upgrade.h"

static const enum mf_component components[] = { MF_API_SERVER, MF_CONTROLLER_MANAGER, MF_SCHEDULER };

static char *manifest_path(const struct ph_ctx *c, enum mf_component component)
{
    return cu_asprintf("%s/%s.yaml", c->paths.manifests, mf_component_name(component));
}

static int check_files(const struct ph_ctx *c, struct cu_err *err)
{
    for (size_t i = 0; i < CU_LEN(components); i++) {
        cu_autofree char *path = manifest_path(c, components[i]);
        if (!cu_exists(path))
            return cu_fail(err, CU_E_NOTFOUND, "there is no manifest %s; is this a control plane?", path);
        if (cu_is_dir(path))
            return cu_fail(err, CU_E_INVALID, "the manifest %s is a folder", path);
    }
    return 0;
}

/* Exactly this version: labels and what is no version are refused. */
static int take_version(const char *text, char **out, struct cu_err *err)
{
    struct cu_semver v;
    if (cu_semver_parse(text, &v, err) < 0)
        return cu_wrap(err, "\"%s\" is not a version such as v1.36.2", text);
    *out = cu_semver_format(&v);
    return 0;
}

static int compare(struct ph_ctx *c, enum mf_component component, size_t context, struct cu_err *err)
{
    cu_autobuf struct cu_buf out = CU_BUF_INIT(LIM_TEXT);
    cu_autofree char *path = manifest_path(c, component), *there = NULL, *wanted = NULL;
    int r = cu_file_read(path, LIM_MANIFEST, &there, NULL, err);
    if (r == 0)
        r = ph_manifest_text(c, component, &(const struct mf_host){ 0 }, &wanted, err);
    if (r < 0)
        return r;
    const struct codec_diff d = {
        .from_name = path, .to_name = "new manifest", .from = there, .to = wanted, .context = context
    };
    codec_diff_unified(&d, &out);
    fputs(cu_buf_str(&out), c->result);
    return 0;
}

int ph_upgrade_diff(struct ph_ctx *c, size_t context, struct cu_err *err)
{
    cu_autofree char *version = NULL;
    int r = check_files(c, err);
    if (r == 0 && c->upgrade->version)
        r = take_version(c->upgrade->version, &version, err);
    if (r == 0)
        r = ph_upgrade_read_cluster(c, "upgrade/diff", false, version, err);
    for (size_t i = 0; r == 0 && i < CU_LEN(components); i++)
        r = compare(c, components[i], context, err);
    return r;
}
