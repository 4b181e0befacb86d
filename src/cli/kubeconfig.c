/* `kubeadm kubeconfig user`: a kubeconfig for one more user, on standard output (spec operations 7). */
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "cli/certs.h"
#include "config/load.h"
#include "phases/kubeconfig.h"

#define DAY_NS (INT64_C(24) * 3600 * 1000000000)
#define LONG_NS (365 * DAY_NS) /* longer than a year is warned about */

struct options {
    char *client_name, *config, *token;
    struct cu_strlist orgs;
    int64_t validity; /* nanoseconds */
};

static int print_kubeconfig(const struct cli_call *call, const struct ph_ctx *c, const struct pki_ca *ca,
                            const struct ph_client_pem *pem)
{
    const struct options *o = call->opts;
    cu_autofree char *endpoint = cfg_endpoint(c->init), *ca_pem = pki_cert_pem(ca->cert);
    cu_autofree char *server = cu_asprintf("https://%s", endpoint);
    const struct mf_kubeconfig k = { .cluster = c->init->cluster.cluster_name,
                                     .server = server,
                                     .user = o->client_name,
                                     .ca_pem = ca_pem,
                                     .cert_pem = pem->cert,
                                     .key_pem = pem->key,
                                     .token = *o->token ? o->token : NULL };
    cu_autowipe char *text = mf_kubeconfig_text(&k);
    fprintf(call->out, "%s\n", text);
    return 0;
}

static int make(const struct cli_call *call, struct ph_ctx *c, struct cu_err *err)
{
    const struct options *o = call->opts;
    const struct ph_client who = { o->client_name, &o->orgs, o->validity / 1000000 };
    pki_autoca struct pki_ca ca = PKI_CA_INIT;
    struct ph_client_pem pem = { NULL, NULL };
    if (pki_ca_load_signer(c->paths.certs, "ca", &ca, err) < 0)
        return cu_wrap(
            err, "the cluster's authority is needed, with its key: run this on a control plane that has "
                 "both, or name their folder as certificatesDir in a file for --config");
    int r = *o->token ? 0 : ph_client_cert_make(c, &ca, &who, &pem, err);
    if (r == 0)
        r = print_kubeconfig(call, c, &ca, &pem);
    ph_client_pem_clear(&pem);
    return r;
}

static int user(const struct cli_call *call, struct cu_err *err)
{
    const struct options *o = call->opts;
    struct ph_ctx c;
    if (cu_is_empty(o->client_name))
        return cu_fail(err, CU_E_INVALID, "--client-name is empty; name the user");
    if (o->validity <= 0)
        return cu_fail(err, CU_E_INVALID, "--validity-period must be longer than nothing");
    if (o->validity > LONG_NS)
        cu_log_warning(
            "the certificate will be valid for %lld days and cannot be taken back before; a year is long "
            "already",
            (long long)(o->validity / DAY_NS));
    int r = cli_certs_begin(call, &c, err);
    if (r == 0)
        r = cli_certs_load(&c, o->config, NULL, true, err);
    if (r == 0)
        r = make(call, &c, err);
    cli_certs_end(&c);
    return r;
}

static const struct cli_flag flags[] = {
    { .name = "client-name",
      .type = CLI_STRING,
      .offset = offsetof(struct options, client_name),
      .required = true,
      .usage = "`name` of the user: common name of the certificate" },
    { .name = "config",
      .type = CLI_STRING,
      .offset = offsetof(struct options, config),
      .usage = "configuration `file`; without it the defaults" },
    { .name = "org",
      .type = CLI_STRINGS,
      .offset = offsetof(struct options, orgs),
      .usage = "`groups` of the user: organisations of the certificate" },
    { .name = "token",
      .type = CLI_STRING,
      .offset = offsetof(struct options, token),
      .usage = "bearer `token` to put in, instead of a certificate" },
    { .name = "validity-period",
      .type = CLI_DURATION,
      .offset = offsetof(struct options, validity),
      .dflt = "8760h0m0s",
      .usage = "how long the certificate is valid, from now" },
};

static const struct cli_command kubeconfig_user = {
    .name = "user",
    .brief = "Print a kubeconfig file for one more user",
    .doc =
        "Prints a kubeconfig file for a user: with a new client certificate of the cluster's authority, or "
        "with a token.\n"
        "What the user may do, RBAC says: bind roles to the name or to the groups. The output is a secret.\n"
        "\n"
        "Server and cluster name come from the file of --config; that of a running cluster is printed by\n"
        "\n"
        "    kubectl get cm -n kube-system kubeadm-config -o jsonpath={.data.ClusterConfiguration}",
    .example = "  kubeadm kubeconfig user --client-name alice --org dev >alice.conf",
    .flags = flags,
    .n_flags = CU_LEN(flags),
    .opts_size = sizeof(struct options),
    .run = user,
};
static const struct cli_command *const children[] = { &kubeconfig_user, NULL };

const struct cli_command cli_kubeconfig = {
    .name = "kubeconfig",
    .brief = "Make kubeconfig files",
    .children = children,
};
