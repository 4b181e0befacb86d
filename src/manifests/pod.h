/* manifests/pod.h - static Pod manifests of the control plane and etcd (spec init 7, 8; versions 7, 8): built from the
 * configuration alone, byte for byte as upstream writes them for that Kubernetes version. */
#ifndef MANIFESTS_POD_H
#define MANIFESTS_POD_H

#include "config/patches.h"
#include "config/types.h"

enum mf_component { MF_API_SERVER, MF_CONTROLLER_MANAGER, MF_SCHEDULER, MF_ETCD, MF_COMPONENTS };

const char *
mf_component_name(enum mf_component c); /* "kube-apiserver" ...: Pod name, binary, patch target, file */

/* User and group ids of the feature gate RootlessControlPlane (spec init 7.9). */
struct mf_ids {
    int64_t uid, gid;
    int64_t sa_key_gid; /* group of sa.key's readers; API server and controller manager */
};

/* What a manifest depends on besides the configuration. Everything may be zero. */
struct mf_host {
    bool (*exists)(void *arg, const char *path); /* which optional CA folders to mount; NULL: none */
    void *arg;
    char *const
        *environment; /* "NAME=value", NULL-terminated: *_proxy variables are taken over; NULL: none */
    bool external_ca; /* ca.crt without ca.key: the controller manager cannot sign */
    const char *initial_cluster; /* etcd on join: "a=https://...,b=https://..."; NULL: the first member */
    const struct mf_ids *ids;    /* of that component; NULL: runs as root */
};

/* False for etcd when the configuration names external endpoints (sqlite:// ones of the embedded control plane
 * included): then there is no manifest and mf_pod must not be asked for it. */
bool mf_wants(enum mf_component c, const struct cfg_init *cfg);

/* The Pod; caller owns. */
struct val *mf_pod(enum mf_component c, const struct cfg_init *cfg, const struct mf_host *host);

/* Applies, in order, every patch of `patches` (may be NULL) whose target is `target`; *object is replaced by an object
 * of the caller's own. `applied` (may be NULL) gets one text per patch, its media type. Fails with the patch's file in
 * the text. Pods are written back as the Pod type knows them: zero values left out. */
int mf_apply_patches(struct val **object, const char *target, const struct cfg_patch_set *patches,
                     struct cu_strlist *applied, struct cu_err *err);

char *mf_pod_text(const struct val *pod); /* content of the manifest file; caller frees */

/* The last value of a component's argument in a Pod manifest ("advertise-address"), read as upstream reads it: the
 * first container whose command begins with the component's name, items that start with -name or --name, the value
 * behind "=". *out owned by the caller, NULL when the argument is absent. CU_E_INVALID: no such container. */
int mf_pod_argument(const struct val *pod, const char *component, const char *name, char **out,
                    struct cu_err *err);

#endif
