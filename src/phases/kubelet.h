/* phases/kubelet.h - the node's kubelet: its files, and starting and stopping it through the init system or, where
 * there is none and in the embedded mode, directly. Shared by init, join and reset. */
#ifndef PHASES_KUBELET_H
#define PHASES_KUBELET_H

#include "node/daemon.h"
#include "phases/context.h"

#define PH_RUN_DIR "/run/cubeadm"
#define PH_KUBELET_PID PH_RUN_DIR "/kubelet.pid"
#define PH_LOG_DIR "/var/log/cubeadm"
#define PH_KUBELET_LOG PH_LOG_DIR "/kubelet/kubelet.log"

/* The three files in c->paths.kubelet, always rewritten (spec init 9.2, 9.3). register_taints: worker join. The node
 * is c->join's, else c->init's; the cluster is c->init's. */
int ph_kubelet_write_flags(struct ph_ctx *c, bool register_taints, struct cu_err *err);
int ph_kubelet_write_instance_config(struct ph_ctx *c, struct cu_err *err);
int ph_kubelet_write_config(struct ph_ctx *c, struct cu_err *err);

/* The arguments in a file kubeadm-flags.env, appended. CU_E_INVALID: another variable than KUBELET_KUBEADM_ARGS. */
int ph_kubelet_kept_args(const char *path, struct cu_strlist *args, struct cu_err *err);

/* Stopping and starting never fail a run (spec init 9.1): what went wrong is logged and told. Nothing happens in a dry
 * run. */
void ph_kubelet_stop(struct ph_ctx *c);
void ph_kubelet_restart(struct ph_ctx *c);
/* After a change of kubelet.conf: the embedded agent reads it again without touching its pods, others restart. */
void ph_kubelet_reload(struct ph_ctx *c);

/* Is it started directly rather than by an init system? */
bool ph_kubelet_is_direct(const struct ph_ctx *c);
/* The directly started one: pid file and log, without argv. For status and stop. */
struct node_daemon ph_kubelet_daemon(void);

/* Version of the installed kubelet, "1.36.2"; CU_E_NOTFOUND no such program, CU_E_INVALID other output. Caller frees. */
int ph_kubelet_version(const struct ph_ctx *c, char **out, struct cu_err *err);

#endif
