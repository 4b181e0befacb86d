/* controllers/options.h - the flags of both components. */
#ifndef CONTROLLERS_OPTIONS_H
#define CONTROLLERS_OPTIONS_H

#include "base/strlist.h"
#include <stdint.h>

struct ctl_options {
    char *kubeconfig, *bind_address;
    int64_t secure_port;              /* 0: no health endpoint */
    char *root_ca_file;               /* content of kube-root-ca.crt; NULL: not published */
    char *signing_cert, *signing_key; /* NULL or "": certificates are not signed here (external CA) */
    int64_t signing_duration_ms;
    struct cu_strlist controllers; /* "*", "name", "-name" */
    struct cu_strlist cluster_cidr;
    bool own_accounts; /* --use-service-account-credentials */
    bool leader_elect, allocate_cidrs;
    int64_t mask, mask_v4, mask_v6; /* 0: default */
    int64_t monitor_period_ms, monitor_grace_ms, startup_grace_ms;
    int64_t lease_ms, renew_ms, retry_ms; /* leader election: lease, renew deadline, pause between tries */
    int64_t verbosity;
    struct cu_strlist unknown; /* flags not known here; they are ignored, with one warning */
};
/* `port`: default of --secure-port. "--flag=value" and "--flag value"; argv[0] is skipped. CU_E_INVALID. The result
 * is to be cleared in every case. */
int ctl_options_parse(int argc, char *const argv[], int64_t port, struct ctl_options *out,
                      struct cu_err *err);
void ctl_options_clear(struct ctl_options *o);

#endif
