/* Files handed to the users of a rootless control plane. It must not know how users are made. */
#include "phases/rootless.h"
#include "base/file.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include <errno.h>
#include <fts.h>
#include <sys/stat.h>

enum owner { OWN, SA_READERS }; /* the component, or root with the readers of sa.key */
enum place { PKI, CONF };

struct given {
    enum mf_component component;
    enum place place;
    const char *name;
    enum owner owner;
    mode_t mode;
};
static const struct given files[] = {
    { MF_API_SERVER, PKI, "sa.pub", OWN, 0600 },
    { MF_API_SERVER, PKI, "sa.key", SA_READERS, 0640 },
    { MF_API_SERVER, PKI, "apiserver.key", OWN, 0600 },
    { MF_API_SERVER, PKI, "apiserver-kubelet-client.key", OWN, 0600 },
    { MF_API_SERVER, PKI, "apiserver-etcd-client.key", OWN, 0600 },
    { MF_API_SERVER, PKI, "front-proxy-client.key", OWN, 0600 },
    { MF_CONTROLLER_MANAGER, CONF, CFG_CONTROLLER_MANAGER_CONF, OWN, 0600 },
    { MF_CONTROLLER_MANAGER, PKI, "sa.key", SA_READERS, 0640 },
    { MF_CONTROLLER_MANAGER, PKI, "ca.key", OWN, 0600 },
    { MF_SCHEDULER, CONF, CFG_SCHEDULER_CONF, OWN, 0600 },
    { MF_ETCD, PKI, "etcd/server.key", OWN, 0600 },
    { MF_ETCD, PKI, "etcd/peer.key", OWN, 0600 },
};

static int give(const char *path, uid_t uid, gid_t gid, mode_t mode, struct cu_err *err)
{
    if (chown(path, uid, gid) < 0 || chmod(path, mode) < 0)
        return cu_fail_errno(err, errno, "cannot hand %s to user %u and group %u", path, uid, gid);
    return 0;
}

static int give_tree(const char *top, uid_t uid, gid_t gid, struct cu_err *err)
{
    cu_autofree char *start = cu_strdup(top);
    FTS *walk = fts_open((char *const[]){ start, NULL }, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
    int r = walk ? 0 : cu_fail_errno(err, errno, "cannot read the folder %s", top);
    for (FTSENT *e; r == 0 && (e = fts_read(walk));)
        if (e->fts_info != FTS_DP && lchown(e->fts_path, uid, gid) < 0)
            r = cu_fail_errno(err, errno, "cannot hand %s to user %u and group %u", e->fts_path, uid, gid);
    if (walk)
        fts_close(walk);
    return r;
}

/* Files that are not there in some set-ups. */
static bool wanted(const struct ph_ctx *c, const struct given *f)
{
    if (cu_streq(f->name, "apiserver-etcd-client.key"))
        return c->init->cluster.etcd.external == NULL;
    return !cu_streq(f->name, "ca.key") || !c->external_ca;
}

int ph_rootless_give_files(struct ph_ctx *c, enum mf_component component, const struct mf_ids *ids,
                           struct cu_err *err)
{
    int r = 0;
    if (component == MF_ETCD)
        r = give_tree(c->init->cluster.etcd.local->data_dir, (uid_t)ids->uid, (gid_t)ids->gid, err);
    for (size_t i = 0; r == 0 && i < CU_LEN(files); i++) {
        const struct given *f = &files[i];
        if (f->component != component || !wanted(c, f))
            continue;
        cu_autofree char *path = cu_path_join(f->place == PKI ? c->paths.certs : CFG_KUBERNETES_DIR, f->name);
        bool own = f->owner == OWN;
        r = give(path, own ? (uid_t)ids->uid : 0, own ? (gid_t)ids->gid : (gid_t)ids->sa_key_gid, f->mode,
                 err);
    }
    return r;
}
