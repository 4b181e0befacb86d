/* phases/upgrade_pods.h - the static Pods of a control plane are replaced one by one, each with its old manifest kept and
 * put back when the new one does not come up (spec operations 9.7). */
#ifndef PHASES_UPGRADE_PODS_H
#define PHASES_UPGRADE_PODS_H

#include "manifests/pod.h"
#include "phases/context.h"

struct ph_pods {
    struct ph_ctx *c;
    struct kube_client *kube;           /* borrowed */
    char *fresh, *backup, *etcd_backup; /* folders below /etc/kubernetes/tmp; owned */
    char *hash[MF_COMPONENTS];          /* of the Pods that run; NULL: not asked. Owned */
    bool replaced[MF_COMPONENTS];       /* the new manifest is in place, the old one in `backup` */
};

/* Makes the folders and asks what runs. End with ph_pods_end() also after a failure. */
int ph_pods_begin(struct ph_pods *p, struct ph_ctx *c, struct cu_err *err);
/* Writes the new manifest of a component to `fresh`. */
int ph_pods_prepare(struct ph_pods *p, enum mf_component component, struct cu_err *err);
/* Asks which Pod of the component runs, so that a later one can be told from it. */
int ph_pods_ask_hash(struct ph_pods *p, enum mf_component component, struct cu_err *err);
/* Do the manifests that are there and the new ones say different things? */
int ph_pods_differ(const struct ph_pods *p, enum mf_component component, bool *differ, struct cu_err *err);

/* Replaces one component that ph_pods_prepare has written, with new certificates when they are to be renewed, and waits
 * until it runs. One that stays the same is left alone unless `also_same`. When it fails everything that was replaced is
 * put back, and the error says so. */
int ph_pods_upgrade(struct ph_pods *p, enum mf_component component, bool also_same, struct cu_err *err);
/* Puts back what was replaced; etcd only if `etcd`. What went wrong with that, or where the old manifests are, comes before
 * the error, which must be set. Returns its code. */
int ph_pods_roll_back(struct ph_pods *p, bool etcd, struct cu_err *err);

/* good: the folder of new manifests goes, that of the old ones stays. */
void ph_pods_end(struct ph_pods *p, bool good);

/* Was an upgrade of this control plane interrupted? Then folders of new manifests are left. */
bool ph_pods_interrupted(void);
/* Puts the manifests back that such an upgrade replaced, says each, and sets *any when there was one. One that somebody
 * has changed since is left alone. */
int ph_pods_take_back(struct ph_ctx *c, bool *any, struct cu_err *err);

/* etcd, where it runs on this control plane: backed up, then replaced (spec operations 9.7.2). 0 also when there is
 * nothing to do. Defined in phases/upgrade_etcd.c. */
int ph_pods_upgrade_etcd(struct ph_pods *p, struct cu_err *err);

#endif
