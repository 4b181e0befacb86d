/* apiserver/options.h - the command line of the server, by one table of flags (spec apiserver 8.1). Read-only
 * for everybody else. */
#ifndef APISERVER_OPTIONS_H
#define APISERVER_OPTIONS_H

#include "base/err.h"
#include "base/ip.h"
#include "base/strlist.h"
#include <stdbool.h>
#include <stdint.h>

struct api_options {         /* texts are NULL when the flag was not given and has no default */
    char *advertise_address; /* when not given: --bind-address, or the first global one of this host */
    char *bind_address;      /* "0.0.0.0" */
    int64_t secure_port;     /* 6443; 0 in tests: any free port */
    char *tls_cert_file, *tls_private_key_file, *tls_min_version;
    char *client_ca_file;
    bool anonymous_auth; /* true */
    bool enable_bootstrap_token_auth;
    struct cu_strlist
        authorization_mode; /* "Node", "RBAC", "AlwaysAllow", "AlwaysDeny"; AlwaysAllow when empty */
    struct cu_strlist enable_admission_plugins, disable_admission_plugins;
    struct cu_strlist service_account_issuer; /* the first signs */
    struct cu_strlist api_audiences;          /* the issuer when empty */
    struct cu_strlist service_account_key_file;
    char *service_account_signing_key_file;
    bool service_account_extend_token_expiration; /* true */
    struct cu_strlist service_cluster_ip_range;   /* texts as given, one or two */
    struct cu_cidr service_cidrs[2];              /* the same, parsed */
    size_t n_service_cidrs;
    struct cu_strlist etcd_servers; /* of etcd; one "sqlite:///path" names the embedded engine */
    char *etcd_cafile, *etcd_certfile, *etcd_keyfile;
    char *etcd_prefix;                  /* "/registry" */
    char *requestheader_client_ca_file; /* front proxy flags: only copied into a ConfigMap */
    struct cu_strlist requestheader_allowed_names, requestheader_username_headers,
        requestheader_group_headers, requestheader_extra_headers_prefix;
    char *kubelet_client_certificate, *kubelet_client_key, *kubelet_certificate_authority;
    struct cu_strlist kubelet_preferred_address_types;
    int64_t event_ttl_s; /* 3600 */
    int64_t verbosity;   /* -v */
    int64_t ready_fd;    /* ours: told the port once ready; -1 = nobody */
};

/* Reads flags ("--name=value", "--name value", bare booleans) into *o, which holds the defaults first.
 * Unknown flags get one warning each in the log. CU_E_INVALID: bad value, missing required flag, or a setting
 * this server would have to ignore although safety hangs on it (encryption at rest, OIDC, webhooks,
 * authorization files). */
int api_options_parse(int argc, char **argv, struct api_options *o, struct cu_err *err);
void api_options_clear(struct api_options *o);

#endif
