/* config/version.h - configuration API versions, and which Kubernetes version is meant (spec config 9,
 * versions.md). M below is the minor number of the control plane ("v1.36.2": 36). */
#ifndef CONFIG_VERSION_H
#define CONFIG_VERSION_H

#include "base/semver.h"
#include "config/load.h"

enum cfg_version { CFG_V1BETA4 = 0, CFG_V1BETA3 };
const char *cfg_version_name(enum cfg_version v); /* "kubeadm.k8s.io/v1beta4" */

/* "1.36.2" -> "v1.36.2"; labels "stable-1", "latest-1.36", "ci/latest" through host->fetch. *out owned by the
 * caller. CU_E_INVALID: neither a version nor a label. Never waits when `text` is a version or the built-in
 * default. */
int cfg_resolve_version(const char *text, const struct cfg_host *host, struct cu_strlist *warnings,
                        char **out, struct cu_err *err);
/* Resolves c->kubernetes_version in place, with the CI fields. */
int cfg_resolve_cluster_version(struct cfg_cluster *c, const struct cfg_load_options *o, struct cu_err *err);
/* CU_E_INVALID when a resolved version is older than what is deployed here, or than upstream's bound when asked. */
int cfg_check_version(const char *version, bool upstream_bound, struct cu_err *err);
/* The API version the cluster's ClusterConfiguration is stored in, readable by upstream's kubeadm of that minor. */
enum cfg_version cfg_stored_version(const char *kubernetes_version);

int cfg_minor(const char *version); /* M of "v1.M.P"; -1 when unparsable */
int cfg_patch(const char *version); /* P */

#endif
