/* The API server's manifest with another etcd: what the user changed in it by hand or by patches stays. It must not
 * write files. */
#include "base/str.h"
#include "codec/yaml.h"
#include "manifests/pod.h"
#include "node/sys.h"
#include "phases/migrate.h"
#include <string.h>

static const char *const etcd_flags[] = { "--etcd-cafile=", "--etcd-certfile=", "--etcd-keyfile=",
                                          "--etcd-servers=" };

static bool is_etcd_flag(const char *item)
{
    for (size_t i = 0; i < CU_LEN(etcd_flags); i++)
        if (cu_has_prefix(cu_or(item, ""), etcd_flags[i]))
            return true;
    return false;
}

/* The new flags stand where the first of the old ones stood. */
static int replace_flags(struct val *command, const struct val *from, struct cu_err *err)
{
    size_t at = 0;
    while (at < val_len(command) && !is_etcd_flag(val_str(val_at(command, at))))
        at++;
    if (at == val_len(command))
        return cu_fail(err, CU_E_INVALID, "the manifest of kube-apiserver has no --etcd-servers");
    for (size_t i = val_len(command); i > at; i--)
        if (is_etcd_flag(val_str(val_at(command, i - 1))))
            val_remove(command, i - 1);
    for (size_t i = 0; i < val_len(from); i++)
        if (is_etcd_flag(val_str(val_at(from, i))))
            val_insert(command, at++, val_ref(val_at(from, i)));
    return 0;
}

/* Entries of a list, known by their names, that the other one has more. */
static void complete(struct val *list, const struct val *from)
{
    for (size_t i = 0; i < val_len(from); i++) {
        bool there = false;
        for (size_t k = 0; k < val_len(list); k++)
            there =
                there || cu_streq(val_get_str(val_at(list, k), "name"), val_get_str(val_at(from, i), "name"));
        if (!there)
            val_append(list, val_copy(val_at(from, i)));
    }
}

static bool exists(void *arg, const char *path)
{
    return node_exists(arg, path);
}

int ph_migrate_manifest(struct ph_ctx *c, const char *old, char **out, struct cu_err *err)
{
    struct node_sys sys = *c->sys;
    const struct mf_host host = { .exists = exists, .arg = &sys, .external_ca = c->external_ca };
    cu_autoval struct val *pod = NULL, *made = mf_pod(MF_API_SERVER, c->init, &host);
    int r = codec_yaml_parse(old, strlen(old), &pod, err);
    if (r < 0)
        return cu_wrap(err, "the manifest of kube-apiserver");
    struct val *spec = val_get(pod, "spec"), *container = val_at(val_get(spec, "containers"), 0);
    const struct val *made_spec = val_get(made, "spec"),
                     *made_container = val_at(val_get(made_spec, "containers"), 0);
    r = replace_flags(val_get(container, "command"), val_get(made_container, "command"), err);
    if (r < 0)
        return r;
    complete(val_need_list(spec, "volumes"), val_get(made_spec, "volumes"));
    complete(val_need_list(container, "volumeMounts"), val_get(made_container, "volumeMounts"));
    *out = mf_pod_text(pod);
    return 0;
}
