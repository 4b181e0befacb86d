/* phases/phases.h - every phase, one function and one file each (named after it). A phase converges: it looks
 * at what is there and does what is missing. Progress goes to c->out as "[name] ..." lines, errors to `err`.
 */
#ifndef PHASES_PHASES_H
#define PHASES_PHASES_H

#include "phases/context.h"

/* Builds what the phases of init work on from the flags and the configuration file, in the order of spec
 * init 2.4. `c` is zeroed; sys, out, errout, progress and opts are set by the caller. Clear with ph_ctx_clear
 * also after a failure. */
int ph_init_begin(struct ph_ctx *c, struct cu_err *err);
int ph_join_begin(struct ph_ctx *c, struct cu_err *err);
int ph_reset_begin(struct ph_ctx *c, struct cu_err *err);

/* init, offline. The phases that share a function look at c->phase->arg. */
int ph_preflight_init(struct ph_ctx *c, struct cu_err *err);
int ph_certs_header(struct ph_ctx *c, struct cu_err *err);
int ph_certs_one(struct ph_ctx *c, struct cu_err *err); /* arg: base name of the certificate */
int ph_certs_sa(struct ph_ctx *c, struct cu_err *err);
int ph_kubeconfig_header(struct ph_ctx *c, struct cu_err *err);
int ph_kubeconfig_one(struct ph_ctx *c, struct cu_err *err); /* arg: "admin", "kubelet", ... */
int ph_etcd_local(struct ph_ctx *c, struct cu_err *err);
int ph_control_plane_header(struct ph_ctx *c, struct cu_err *err);
int ph_control_plane_one(struct ph_ctx *c, struct cu_err *err); /* arg: "kube-apiserver", ... */
int ph_kubelet_start_init(struct ph_ctx *c, struct cu_err *err);
int ph_wait_control_plane(struct ph_ctx *c, struct cu_err *err);

/* init, online */
int ph_upload_config_kubeadm(struct ph_ctx *c, struct cu_err *err);
int ph_upload_config_kubelet(struct ph_ctx *c, struct cu_err *err);
int ph_upload_certs(struct ph_ctx *c, struct cu_err *err);
int ph_mark_control_plane(struct ph_ctx *c, struct cu_err *err);
int ph_bootstrap_token(struct ph_ctx *c, struct cu_err *err);
int ph_kubelet_finalize(struct ph_ctx *c, struct cu_err *err);
int ph_addon_coredns(struct ph_ctx *c, struct cu_err *err);
int ph_addon_kube_proxy(struct ph_ctx *c, struct cu_err *err);
int ph_show_join_command(struct ph_ctx *c, struct cu_err *err);

/* join */
int ph_preflight_join(struct ph_ctx *c, struct cu_err *err);
int ph_kubelet_start_join(struct ph_ctx *c, struct cu_err *err);
int ph_kubelet_wait_bootstrap(struct ph_ctx *c, struct cu_err *err);
int ph_join_wait_control_plane(struct ph_ctx *c,
                               struct cu_err *err); /* the last one: also ends the join's mark */
/* join, control planes; they do nothing on a worker */
int ph_join_download_certs(struct ph_ctx *c, struct cu_err *err);
int ph_join_certs(struct ph_ctx *c, struct cu_err *err);
int ph_join_kubeconfig(struct ph_ctx *c, struct cu_err *err);
int ph_join_manifests(struct ph_ctx *c, struct cu_err *err);
int ph_check_etcd(struct ph_ctx *c, struct cu_err *err);
int ph_etcd_join(struct ph_ctx *c, struct cu_err *err);
int ph_join_mark_control_plane(struct ph_ctx *c, struct cu_err *err);

/* upgrade apply and upgrade node */
int ph_upgrade_preflight_apply(struct ph_ctx *c, struct cu_err *err);
int ph_upgrade_preflight_node(struct ph_ctx *c, struct cu_err *err);
int ph_upgrade_control_plane(struct ph_ctx *c, struct cu_err *err);
int ph_upgrade_upload_kubelet(struct ph_ctx *c, struct cu_err *err);
int ph_upgrade_kubeconfig(struct ph_ctx *c, struct cu_err *err);
int ph_upgrade_kubelet_config(struct ph_ctx *c, struct cu_err *err);
int ph_upgrade_bootstrap_token(struct ph_ctx *c, struct cu_err *err);
int ph_upgrade_coredns(struct ph_ctx *c, struct cu_err *err);
int ph_upgrade_kube_proxy(struct ph_ctx *c, struct cu_err *err);
int ph_upgrade_post(struct ph_ctx *c, struct cu_err *err);

/* reset */
int ph_preflight_reset(struct ph_ctx *c, struct cu_err *err);
int ph_remove_etcd_member(struct ph_ctx *c, struct cu_err *err);
int ph_cleanup_node(struct ph_ctx *c, struct cu_err *err);

#endif
