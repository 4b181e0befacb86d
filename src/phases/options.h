/* phases/options.h - the flags of init, join, reset and upgrade and their phase sub-commands, as the phases see them.
 * One struct for all: a flag has one name and one meaning everywhere. src/cli fills it from the command line.
 */
#ifndef PHASES_OPTIONS_H
#define PHASES_OPTIONS_H

#include "base/strlist.h"
#include <stdint.h>

struct ph_opts {
    char *config; /* path, "" none; all char * here are owned and never NULL once read */
    char *events; /* --events FILE */
    bool dry_run;
    bool embedded;
    char *component_dir;
    char *node_name;
    char *cri_socket;
    char *patches;
    struct cu_strlist ignore_preflight_errors;
    bool fix_preflight; /* mend what is safe and local */
    char *output;       /* -o of the phase preflight; elsewhere NULL or "text" */
    struct cu_strlist skip_phases;
    /* cluster */
    char *kubernetes_version;
    char *image_repository;
    char *control_plane_endpoint;
    char *pod_network_cidr;
    char *service_cidr;
    char *service_dns_domain;
    char *feature_gates;
    char *cert_dir;
    struct cu_strlist apiserver_cert_extra_sans;
    struct cu_strlist apiserver_extra_args, controller_manager_extra_args, scheduler_extra_args; /* "k=v" */
    /* this control plane */
    char *apiserver_advertise_address;
    int32_t apiserver_bind_port;
    /* credentials and tokens: secrets */
    char *token;
    int64_t token_ttl; /* nanoseconds */
    char *certificate_key;
    bool upload_certs, skip_certificate_key_print, skip_token_print;
    char *kubeconfig;     /* client kubeconfig of online phases */
    char *kubeconfig_dir; /* where kubeconfig phases write */
    bool print_manifest;
    /* join */
    bool control_plane;
    char *api_server_endpoint; /* positional argument, "" none */
    char *discovery_file;
    char *discovery_token;
    struct cu_strlist discovery_token_ca_cert_hash;
    bool discovery_token_unsafe_skip_ca_verification;
    char *tls_bootstrap_token;
    /* reset, upgrade */
    bool force, cleanup_tmp_dir;
    /* embedded migrate */
    char *to;
    struct cu_strlist etcd_servers;
    char *etcd_cafile, *etcd_certfile, *etcd_keyfile, *etcd_data_dir;
    /* upgrade */
    const char *version; /* positional argument, borrowed; NULL none */
    bool allow_experimental_upgrades, allow_release_candidate_upgrades, certificate_renewal, etcd_upgrade,
        print_config, yes;
    int32_t context_lines;
    /* what the command line looked like */
    struct cu_strlist given; /* names of the flags on the command line, sorted */
    struct cu_strlist known; /* names of all flags the running command has, sorted */
};

bool ph_opts_given(const struct ph_opts *o, const char *flag);
bool ph_opts_known(const struct ph_opts *o, const char *flag);
/* CU_E_INVALID "can not mix '--config' with arguments [a b]" when --config was given with a flag it excludes
 * (spec init 2.4 step 2, join 1.1). Flags of our own may stand beside it. */
int ph_opts_check_mixed(const struct ph_opts *o, struct cu_err *err);

#endif
