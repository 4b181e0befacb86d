/* phases/discovery.c - chooses the method of discovery and adds the credentials of the TLS bootstrap.
 * Must not know what the node does with the trust it gained. */
#include "phases/discovery.h"

#include "base/log.h"
#include "base/str.h"
#include "config/types.h"
#include "kube/kubeconfig.h"
#include "pki/cert.h"
#include "pki/pin.h"

#include <string.h>

#define TRY_MS 10000
#define BOOTSTRAP_USER "tls-bootstrap-token-user"
#define BOOTSTRAP_CLUSTER "kubernetes"

/* The CA must be there and hold a certificate; which one is worth a line for whoever checks by hand. */
static int check_ca(const struct kube_config *found, char **pem, struct cu_err *err)
{
    struct pki_certs certs = PKI_CERTS_INIT;
    int r = kube_config_ca(found, pem, err);
    if (r == 0)
        r = pki_certs_parse(*pem, strlen(*pem), &certs, err);
    if (r < 0)
        return cu_wrap(err, "the discovered cluster has no usable certificate authority");
    for (size_t i = 0; i < certs.n; i++) {
        cu_autofree char *pin = pki_pin(certs.v[i]);
        cu_log_debug(1, "certificate authority of the cluster: %s", pin);
    }
    pki_certs_clear(&certs);
    return 0;
}

static int add_credentials(const struct cfg_join *join, struct kube_config **found, struct cu_err *err)
{
    cu_autofree char *pem = NULL;
    int r = check_ca(*found, &pem, err);
    if (r < 0)
        return r;
    if (cu_is_empty(join->discovery.tls_bootstrap_token)) {
        if (kube_config_has_credentials(*found))
            return 0;
        return cu_fail(
            err, CU_E_INVALID,
            "discovery gave a server to trust but no credentials to ask it for a certificate; give a token "
            "(--token or --tls-bootstrap-token) or a discovery file that holds a token or client "
            "certificate");
    }
    struct kube_config_spec spec = { .cluster = BOOTSTRAP_CLUSTER,
                                     .server = kube_config_server(*found),
                                     .ca_pem = pem,
                                     .user = BOOTSTRAP_USER,
                                     .token = join->discovery.tls_bootstrap_token };
    struct kube_config *with_token = kube_config_build(&spec);
    kube_config_free(*found);
    *found = with_token;
    return 0;
}

int64_t ph_discovery_try_ms(const struct ph_ctx *c)
{
    int64_t all = cfg_ms(c->join->timeouts.discovery);
    return all > 0 && all < TRY_MS ? all : TRY_MS;
}

int ph_discover(struct ph_ctx *c, struct kube_config **out, struct cu_err *err)
{
    const struct cfg_join *join = c->join;
    if (!c->bootstrap) {
        struct kube_config *found = NULL;
        int r = join->discovery.file
                    ? ph_discover_file(c, join->discovery.file->kube_config_path, &found, err)
                : c->dry_run ? ph_discover_dry(c, join->discovery.bootstrap_token, &found, err)
                             : ph_discover_token(c, join->discovery.bootstrap_token, &found, err);
        if (r == 0)
            r = add_credentials(join, &found, err);
        if (r < 0) {
            kube_config_free(found);
            return cu_wrap(err, "could not validate the identity of the API server");
        }
        c->bootstrap = found;
    }
    *out = c->bootstrap;
    return 0;
}
