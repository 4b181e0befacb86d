/* phases/context.h - what the phases of one run share: configuration, places, switches, the machine, output,
 * and the API client made at first use. One per process run; built by ph_init_begin, ph_join_begin,
 * ph_reset_begin or one of phases/upgrade.h. */
#ifndef PHASES_CONTEXT_H
#define PHASES_CONTEXT_H

#include "base/err.h"
#include "base/wait.h"
#include "phases/options.h"
#include "workflow/progress.h"
#include "workflow/workflow.h"
#include <sys/types.h>

struct cfg_init;    /* config: InitConfiguration with its ClusterConfiguration and component configs */
struct cfg_join;    /* config: JoinConfiguration */
struct cfg_reset;   /* config: ResetConfiguration */
struct kube_client; /* kube: REST client */
struct kube_config; /* kube: kubeconfig */
struct node_sys;    /* node: this machine */
struct val;         /* codec: a tree of values */
struct pki_keypool; /* pki: private keys made ahead on all cores */
struct ph_patches;  /* phases/patches.h */
struct ph_upgrade;  /* phases/upgrade.h */

struct ph_migration; /* phases/migrate.h */

enum ph_flow { PH_INIT, PH_JOIN, PH_RESET, PH_UPGRADE };

/* Where things are written and read; real locations, or the dry-run folder (spec init 2.5). Owned strings.
 * Paths inside generated manifests and configurations always use the real locations, never these. */
struct ph_paths {
    char *certs;          /* certificates are written here */
    char *certs_real;     /* certificates are looked up here for reuse (certificatesDir) */
    char *kubeconfig_dir; /* kubeconfig files are written here */
    char *kubeconfig;     /* client kubeconfig of the online phases: admin.conf */
    char *manifests;      /* static Pod manifests */
    char *kubelet;        /* config.yaml, kubeadm-flags.env, instance-config.yaml */
    char *dry_run_dir;    /* NULL unless dry run */
};

struct ph_ctx {
    enum ph_flow flow;
    const struct wf_phase *phase; /* the phase now running; its `arg` tells shared functions apart */
    const struct ph_opts *opts;   /* borrowed */

    struct cfg_init *init;   /* init: the configuration. join, upgrade: as fetched from the cluster. Owned */
    struct cfg_join *join;   /* join only. Owned */
    struct cfg_reset *reset; /* reset only. Owned */
    struct ph_upgrade *upgrade; /* upgrade only. Owned */

    struct ph_paths paths;
    bool dry_run;
    bool embedded;    /* cubeplane runs the control plane and the node agent */
    bool external_ca; /* ca.crt without ca.key (spec init 5.6) */
    bool no_cluster;  /* dry run of join, upgrade: none was found, the answers are of an invented one */
    bool resumed;     /* an earlier run of the same init or join was interrupted (phases/run_mark.h) */
    bool upload_certs;
    char *component_dir;           /* embedded: folder with cubeplane's programs; NULL otherwise. Owned */
    char *patches_dir;             /* NULL: none. Owned */
    struct cu_strlist skip_phases; /* of a whole run: flag, else configuration, with disabled addons */
    char *certificate_key;         /* hex, secret; NULL until known. Owned, wiped */
    int64_t start_ms;              /* process start, wall clock: base of certificate validity */

    const struct node_sys *sys;   /* borrowed */
    FILE *out;                    /* "[phase] ..." lines; borrowed */
    FILE *result;                 /* answers for programs (-o); borrowed */
    FILE *errout;                 /* [WARNING X] and [ERROR X] lines; borrowed */
    struct wf_progress *progress; /* borrowed; NULL: silent */

    struct val *findings; /* while preflight runs with -o: what the checks found, see phases/preflight.h */
    const struct wf_plan *plan;     /* what will run; borrowed */
    struct pki_keypool *keys;       /* owned; NULL: keys are made when asked for */
    struct ph_patches *patches;     /* owned; read at first use */
    struct cu_strlist old_requests; /* join: certificate requests of earlier tries */
    struct kube_config *bootstrap;  /* join: what discovery found, with credentials; NULL before. Owned */
    struct kube_client *kube; /* owned; NULL until ph_ctx_kube. Join: the client of the cluster's bootstrap */
    struct kube_client *admin; /* join: what ph_ctx_kube gives. Owned */

    struct ph_migration *migration; /* embedded migrate only. Owned */
};

/* Sets the phase; the `enter` hook of wf_hooks. */
void ph_ctx_enter(struct ph_ctx *c, const struct wf_phase *phase);
void ph_ctx_clear(struct ph_ctx *c);

/* Prints one line (a newline is added) on c->out. */
void ph_say(struct ph_ctx *c, const char *fmt, ...) CU_PRINTF(2, 3);

/* Logs each text as a klog warning, once, and empties the list. */
void ph_warn_all(struct cu_strlist *warnings);
/* Warns when the control plane's endpoint has another port than this machine's API server; for phases that write that
 * endpoint into something. */
void ph_warn_endpoint_port(const struct cfg_init *init);

/* What is waited for: members as in struct cu_wait (base/wait.h). */
struct ph_waiting {
    const char *what;
    int64_t timeout_ms, interval_ms;
    enum cu_wait_state (*probe)(void *arg, char **missing, struct cu_err *err);
    void *arg; /* for probe */
};
/* Waits with reports on c->progress; result as of cu_wait_for. */
int ph_wait(struct ph_ctx *c, const struct ph_waiting *w, struct cu_err *err);

/* The API client of the online phases, made once: from paths.kubeconfig, in init with the admin bootstrap of spec
 * init 6.4 when that is /etc/kubernetes/admin.conf; dry run: the simulated one (13.4). Borrowed. Defined in
 * phases/client.c. */
int ph_ctx_kube(struct ph_ctx *c, struct kube_client **client, struct cu_err *err);
/* The administrator's client to this machine's own API server, whatever server the file names. Caller frees. */
int ph_ctx_kube_own(struct ph_ctx *c, struct kube_client **client, struct cu_err *err);

#endif
