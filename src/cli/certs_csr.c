/* `kubeadm certs generate-csr`: keys and requests for an authority that is kept elsewhere (spec operations 6.5). */
#include "base/str.h"
#include "cli/certs.h"
#include "config/types.h"
#include "phases/generate_csr.h"
#include "phases/keys.h"

#define KEYS 12 /* of the certificates and kubeconfig files of a control plane */

static int run(const struct cli_call *call, struct cu_err *err)
{
    const struct cli_certs_opts *o = call->opts;
    struct ph_ctx c;
    int r = cli_certs_begin(call, &c, err);
    if (r == 0)
        r = cli_certs_load(&c, o->config, o->cert_dir, true, err);
    if (r == 0) {
        if (*o->cert_dir)
            cfg_set_str(&c.paths.certs, o->cert_dir);
        cfg_set_str(&c.paths.kubeconfig_dir, o->kubeconfig_dir);
        ph_keys_start_n(&c, KEYS);
        r = ph_generate_csrs(&c, err);
    }
    cli_certs_end(&c);
    return r;
}

static const struct cli_flag flags[] = {
    { .name = "cert-dir",
      .type = CLI_STRING,
      .offset = offsetof(struct cli_certs_opts, cert_dir),
      .usage = "`folder` for keys and requests; without it certificatesDir of the configuration" },
    { .name = "config",
      .type = CLI_STRING,
      .offset = offsetof(struct cli_certs_opts, config),
      .usage = "configuration `file`; without it the defaults" },
    { .name = "kubeconfig-dir",
      .type = CLI_STRING,
      .offset = offsetof(struct cli_certs_opts, kubeconfig_dir),
      .dflt = CFG_KUBERNETES_DIR,
      .usage = "`folder` for kubeconfig files and their requests" },
};

const struct cli_command cli_certs_csr = {
    .name = "generate-csr",
    .brief = "Make keys and certificate requests",
    .doc = "Makes a key and a certificate request for every certificate of a control plane and for every "
           "kubeconfig\n"
           "file, for an authority whose key is not on this machine. The authority signs each .csr; its "
           "certificate goes\n"
           "beside the .key as .crt, or into the kubeconfig file as client-certificate-data, with\n"
           "certificate-authority-data. Nothing that is there is overwritten.",
    .example = "  kubeadm certs generate-csr --cert-dir ./pki --kubeconfig-dir ./pki",
    .flags = flags,
    .n_flags = CU_LEN(flags),
    .run = run,
};
