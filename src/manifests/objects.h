/* manifests/objects.h - API objects that init, join and upgrade write: configuration, bootstrap tokens, RBAC (spec
 * init 6.4, 10.2 to 10.6). Every function returns a list of objects in the order they are to be written, owned by the
 * caller. Subjects of kind User and Group carry the API group the server would fill in. */
#ifndef MANIFESTS_OBJECTS_H
#define MANIFESTS_OBJECTS_H

#include "config/types.h"

/* ClusterRoleBinding kubeadm:cluster-admins. */
struct val *mf_cluster_admins(void);

/* ConfigMap kubeadm-config with the ClusterConfiguration in the API version the cluster's version reads, its Role and
 * RoleBinding. On an existing ConfigMap only the data key is replaced. */
struct val *mf_kubeadm_config(const struct cfg_cluster *c);

/* ConfigMap kubelet-config (kubelet-config-1.M up to 1.23), Role, RoleBinding. */
struct val *mf_kubelet_config(const struct cfg_cluster *c);
char *mf_kubelet_config_name(const struct cfg_cluster *c); /* of that ConfigMap; caller frees */

/* Secret kubeadm-certs owned by the Secret of token `token_id` with `owner_uid`, Role, RoleBinding. data: a map of
 * names to base64 text. */
struct val *mf_kubeadm_certs(const char *token_id, const char *owner_uid, const struct val *data);

/* Secret bootstrap-token-<id>; now_ms turns a ttl into an expiration. CU_E_INVALID: the token is not "id.secret".
 * One object, not a list; holds the secret. */
int mf_bootstrap_token(const struct cfg_token *t, int64_t now_ms, struct val **out, struct cu_err *err);

/* The six RBAC objects of phase bootstrap-token that come before cluster-info. */
struct val *mf_bootstrap_rbac(void);

/* ConfigMap cluster-info in kube-public, Role, RoleBinding. ca_pem: the whole CA text. */
struct val *mf_cluster_info(const char *server, const char *ca_pem);

#endif
