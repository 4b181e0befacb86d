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
/* Resolves c->kubernetes_version in place, with the CI fields, and checks the lower bound. */
int cfg_resolve_cluster_version(struct cfg_cluster *c, const struct cfg_load_options *o, struct cu_err *err);

int cfg_minor(const char *version); /* M of "v1.M.P"; -1 when unparsable */
int cfg_patch(const char *version); /* P */

#endif
