/* manifests/addons.h - the addons CoreDNS and kube-proxy as API objects (spec init 11, versions 12). Lists are in the
 * order the objects are written and owned by the caller. */
#ifndef MANIFESTS_ADDONS_H
#define MANIFESTS_ADDONS_H

#include "config/patches.h"
#include "config/types.h"

/* ConfigMap, ClusterRole, ClusterRoleBinding, ServiceAccount, Deployment, Service. replicas: those of an existing
 * Deployment, else 2. patches (may be NULL): those with target corednsdeployment change the Deployment; `applied` as
 * in mf_apply_patches. CU_E_INVALID: no DNS address in the service subnet, a patch that does not apply. */
int mf_coredns(const struct cfg_cluster *c, int64_t replicas, const struct cfg_patch_set *patches,
               struct cu_strlist *applied, struct val **out, struct cu_err *err);

/* True when a Corefile found in the cluster is one kubeadm wrote for some version and nobody changed: then it may be
 * replaced (spec init 11.2). Empty text counts as well. */
bool mf_corefile_is_default(const char *corefile);

/* Can CoreDNS `to` read what was written for `from` ("1.13.1")? One text for each plugin or option that a version on the
 * way does not know is appended to `notices`. CU_E_INVALID: a version that is not known, `to` is older than `from`, the
 * Corefile cannot be read. */
int mf_corefile_check(const char *corefile, const char *from, const char *to, struct cu_strlist *notices,
                      struct cu_err *err);

/* ConfigMap, DaemonSet, ServiceAccount, ClusterRoleBinding, Role, RoleBinding. environment: as in struct mf_host. */
struct val *mf_kube_proxy(const struct cfg_init *cfg, char *const *environment);

/* Text for --print-manifest: each object preceded by a line "---"; caller frees. */
char *mf_print_addon(const struct val *objects);

#endif
