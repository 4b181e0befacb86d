/* Phase remove-etcd-member of reset: deletes this machine's part of the cluster's store (spec operations 8.4): etcd's data,
 * or that of the embedded control plane. */
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "config/constants.h"
#include "config/load.h"
#include "config/types.h"
#include "phases/etcd_leave.h"
#include "phases/kubelet.h"
#include "phases/phases.h"
#include "phases/reset_store.h"

#define ETCD_MANIFEST CFG_MANIFESTS_DIR "/etcd.yaml"

/* hostPath of the volume "etcd-data" in the static Pod; NULL when the manifest does not tell. Caller frees. */
static char *data_dir_of(const struct val *pod)
{
    const struct val *volumes = val_find(pod, "spec", "volumes", NULL);
    for (size_t i = 0; i < val_len(volumes); i++)
        if (cu_streq(val_get_str(val_at(volumes, i), "name"), "etcd-data"))
            return cu_strdup(val_find_str(val_at(volumes, i), "hostPath", "path", NULL));
    return NULL;
}

/* A member stays in the list of the others when its data vanish; they must take it out then. */
static void leave(struct ph_ctx *c)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    bool member = cu_exists(ETCD_MANIFEST);
    if (c->dry_run) {
        if (member)
            ph_say(c, "[dryrun] Would remove this machine's member from the etcd cluster");
        return;
    }
    int r = c->init ? ph_etcd_leave(c, &e)
                    : cu_fail(&e, CU_E_NOTFOUND, "the cluster's configuration is not known");
    if (r < 0 && member)
        cu_log_warning(
            "this machine's etcd could not leave the others: %s; if there are others, take it out of "
            "their list on one of them:  etcdctl member list;  etcdctl member remove <id>",
            cu_err_text(&e));
    else if (r < 0 && c->init)
        cu_log_warning("%s", cu_err_text(&e));
}

static bool holds_anything(const char *dir)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    return cu_is_dir(dir) && cu_dir_is_empty(dir, &e) != 1;
}

/* NULL: there is none that kubeadm made, or it cannot be told. Caller frees. */
static char *etcd_data_dir(struct ph_ctx *c)
{
    cu_autofree char *text = NULL;
    size_t n = 0;
    cu_autoval struct val *pod = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    bool member = cu_exists(ETCD_MANIFEST);
    if (c->init && c->init->cluster.etcd.local)
        return cu_strdup(c->init->cluster.etcd.local->data_dir);
    if (c->init && !member) /* others run it, maybe on this machine and in the usual folder */
        return NULL;
    if (member || holds_anything(CFG_ETCD_DATA_DIR))
        cu_log_warning(
            "[reset] the cluster's configuration does not tell the data folder of etcd: going by %s",
            member ? ETCD_MANIFEST : "the default");
    if (!member)
        return cu_strdup(CFG_ETCD_DATA_DIR);
    if (cu_file_read(ETCD_MANIFEST, LIM_MANIFEST, &text, &n, &e) < 0 ||
        codec_yaml_parse(text, n, &pod, &e) < 0) {
        cu_log_warning("%s cannot be read, so etcd's data folder is not known: %s", ETCD_MANIFEST,
                       cu_err_text(&e));
        return NULL;
    }
    return data_dir_of(pod);
}

static void delete_contents(struct ph_ctx *c, const char *dir)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    if (c->dry_run) {
        ph_say(c, "[dryrun] Would delete the contents of directory \"%s\"", dir);
        return;
    }
    if (!holds_anything(dir))
        return;
    ph_say(c, "[reset] Deleting contents of the store: %s", dir);
    if (cu_rm_rf(dir, true, &e) < 0)
        cu_log_warning("could not delete the contents of \"%s\": %s", dir, cu_err_text(&e));
}

int ph_remove_etcd_member(struct ph_ctx *c, struct cu_err *err)
{
    (void)err; /* what cannot be deleted is told, the rest of the reset goes on (spec operations 8.4) */
    leave(c);  /* first: while its process still votes */
    if (c->embedded) {
        ph_kubelet_stop(c); /* its processes write to the store */
        delete_contents(c, PH_EMBEDDED_DIR);
    }
    cu_autofree char *dir = etcd_data_dir(c);
    if (dir)
        delete_contents(c, dir);
    else if (!c->init || !cfg_is_embedded_store(&c->init->cluster))
        ph_say(c, "[reset] No etcd config found. Assuming external etcd\n"
                  "[reset] Please, delete its data by hand if you want to reuse it");
    return 0;
}
