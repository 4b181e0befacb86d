/* config/component.h - KubeletConfiguration and KubeProxyConfiguration: read, defaulted, written (spec config
 * 14). */
#ifndef CONFIG_COMPONENT_H
#define CONFIG_COMPONENT_H

#include "config/types.h"

/* Fills what kubeadm sets into c->kubelet and c->kube_proxy (made when absent), using networking,
 * certificatesDir, the advertise address (its family decides bindAddress) and the kubernetes version. A
 * user's other value is kept and told about. */
void cfg_default_components(struct cfg_init *c, struct cu_strlist *warnings);

/* Whether a document is of a version that is read: CU_E_INVALID names its apiVersion and kind, and those of `kind`. */
int cfg_check_component(const struct val *doc, const char *kind, struct cu_err *err);

/* The last step before writing on this node: resolvConf of systemd-resolved when it is active. */
void cfg_kubelet_use_resolved(struct cfg_init *c, bool resolved_active, struct cu_strlist *warnings);

char *cfg_kubelet_yaml(const struct cfg_cluster *c);    /* config.yaml before patches; caller frees */
char *cfg_kube_proxy_yaml(const struct cfg_cluster *c); /* config.conf, with final newline; caller frees */
char *cfg_instance_config_yaml(const char *cri_socket); /* instance-config.yaml; caller frees */

/* "sha256:<hex>" over the values of a ConfigMap's data in key order, then of binaryData (spec config 14.4).
 */
char *cfg_config_map_hash(const struct val *config_map);

/* Whether the CRI socket goes to instance-config.yaml instead of a kubelet flag (gate NodeLocalCRISocket; spec
 * versions 18.3). kubelet_minor 0: that of the control plane. */
bool cfg_local_cri_socket(const struct cfg_cluster *c, int kubelet_minor);

/* DNS address: number 10 of the first service CIDR; caller frees; NULL when it cannot be computed. */
char *cfg_dns_ip(const char *service_subnet);

/* Arguments of kubeadm-flags.env (spec config 14.4, versions 18.3): base merged with kubeletExtraArgs;
 * kubelet_minor 0 when unknown (then that of the control plane). register_taints: worker join. */
void cfg_kubelet_args(const struct cfg_node *node, const struct cfg_cluster *c, const char *hostname,
                      int kubelet_minor, bool register_taints, struct cu_strlist *out);
char *cfg_kubelet_flags_env(const struct cu_strlist *args); /* KUBELET_KUBEADM_ARGS="..." and newline */

#endif
