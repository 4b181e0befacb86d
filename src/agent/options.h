/* agent/options.h - what the agent is told: the kubelet's flags and its KubeletConfiguration (spec apiserver 8.5). */
#ifndef AGENT_OPTIONS_H
#define AGENT_OPTIONS_H

#include "base/strlist.h"
#include "codec/value.h"

#define AGENT_VERSION "v1.36.2" /* what the agent behaves as; `kubeadm upgrade` compares it */

struct agent_options {
    char *bootstrap_kubeconfig, *kubeconfig, *config; /* NULL: not given */
    char *hostname_override, *node_ip;                /* NULL: found out */
    char *component_dir;                              /* searched first for programs; NULL: none */
    char *cert_dir;                                   /* default <root-dir>/pki */
    char *root_dir;                                   /* default /var/lib/kubelet */
    char *log_dir;                                    /* default /var/log/cubeadm */
    char *static_pod_path;                            /* --pod-manifest-path; wins over the configuration */
    struct val *taints;                               /* list of {key, value, effect}; never NULL */
    struct val *labels;                               /* map; never NULL */
    struct cu_strlist unknown;                        /* flags that mean nothing here, for a warning */
    int verbosity;                                    /* -v */
    char *vmodule;                                    /* NULL: not given */
    bool help, version;
};
/* "--flag=value" and "--flag value"; argv[0] is skipped. Flags the real kubelet has and the process runtime does not
 * need are put into `unknown`, not refused. CU_E_INVALID: a missing or malformed value of a flag known here. */
int agent_options_parse(int argc, char *const argv[], struct agent_options *out, struct cu_err *err);
void agent_options_clear(struct agent_options *o);

struct agent_config {
    char *static_pod_path; /* NULL: none */
    char *client_ca_file;  /* NULL: nobody may ask port 10250 for logs */
    char *healthz_address; /* 127.0.0.1 */
    int healthz_port;      /* 10248; 0 = off */
    char *address;         /* 0.0.0.0 */
    int port;              /* 10250; 0 = off */
    bool rotate_certificates;
    bool register_node;       /* default true */
    int64_t file_check_ms;    /* 20 s */
    int64_t status_update_ms; /* 10 s */
    int64_t status_report_ms; /* 5 min */
    int64_t lease_seconds;    /* 40 */
    int64_t max_pods;         /* 110 */
    struct val *taints;       /* registerWithTaints; NULL: none */
};
/* path NULL gives the defaults. Zero durations mean the default, as in the kubelet. Unknown fields are ignored: the
 * file is written for the real kubelet. CU_E_NOTFOUND, CU_E_INVALID (not a KubeletConfiguration, wrong types). */
int agent_config_load(const char *path, struct agent_config *out, struct cu_err *err);
int agent_config_parse(const char *text, size_t n, struct agent_config *out, struct cu_err *err);
void agent_config_clear(struct agent_config *c);

#endif
