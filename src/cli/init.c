/* `kubeadm init`: its flags (spec init 1.3 and 1.4) and how it begins. The phases are in src/phases. */
#include "cli/commands.h"
#include "cli/flow.h"
#include "config/types.h"
#include "phases/init_tree.h"
#include "phases/phases.h"
#include "phases/run_mark.h"

#define AT(member) .offset = offsetof(struct ph_opts, member)

static const struct cli_flag flags[] = {
    { .name = "apiserver-advertise-address",
      .type = CLI_STRING,
      AT(apiserver_advertise_address),
      .usage = "`IP` the API server is reached at; without it that of the default route" },
    { .name = "apiserver-bind-port",
      .type = CLI_INT32,
      AT(apiserver_bind_port),
      .dflt = "6443",
      .usage = "port the API server listens on" },
    { .name = "apiserver-cert-extra-sans",
      .type = CLI_STRINGS,
      AT(apiserver_cert_extra_sans),
      .usage = "more names and addresses the API server's certificate is good for" },
    { .name = "cert-dir",
      .type = CLI_STRING,
      AT(cert_dir),
      .dflt = CFG_PKI_DIR,
      .usage = "`folder` of the certificates" },
    { .name = "certificate-key",
      .type = CLI_STRING,
      AT(certificate_key),
      .usage = "`key` the Secret kubeadm-certs is encrypted with: 32 bytes in hex, as kubeadm certs "
               "certificate-key makes them" },
    { .name = "config", .type = CLI_STRING, AT(config), .usage = "configuration `file`" },
    { .name = "control-plane-endpoint",
      .type = CLI_STRING,
      AT(control_plane_endpoint),
      .usage = "stable name or address of the control plane, `host[:port]`" },
    { .name = "cri-socket",
      .type = CLI_STRING,
      AT(cri_socket),
      .usage = "`socket` of the container runtime; without it the one that answers" },
    { .name = "dry-run", .type = CLI_BOOL, AT(dry_run), .usage = "change nothing; show what would be done" },
    { .name = "embedded",
      .type = CLI_BOOL,
      AT(embedded),
      .usage = "run control plane and node agent as plain processes of cubeplane: no runtime, no images, no "
               "etcd" },
    { .name = "component-dir",
      .type = CLI_STRING,
      AT(component_dir),
      .usage = "with --embedded: `folder` of kube-apiserver, kubelet and the others" },
    { .name = "events",
      .type = CLI_STRING,
      AT(events),
      .usage = "`file` that gets one JSON object per step; - for the error stream" },
    { .name = "feature-gates",
      .type = CLI_STRING,
      AT(feature_gates),
      .offers = cli_offer_gates,
      .usage = "features to turn on or off, as `name=true|false,...`: NodeLocalCRISocket, PublicKeysECDSA, "
               "RootlessControlPlane" },
    { .name = "fix-preflight",
      .type = CLI_BOOL,
      AT(fix_preflight),
      .usage = "mend what the checks find where that is safe and touches this machine alone: modules, kernel "
               "settings, swap, services; each change is said first" },
    { .name = "ignore-preflight-errors",
      .type = CLI_STRINGS,
      AT(ignore_preflight_errors),
      .offers = cli_offer_checks,
      .usage = "`checks` whose errors become warnings, such as Swap; all for every one" },
    { .name = "image-repository",
      .type = CLI_STRING,
      AT(image_repository),
      .dflt = CFG_IMAGE_REPOSITORY,
      .usage = "`registry` the control plane's images come from" },
    { .name = "kubernetes-version",
      .type = CLI_STRING,
      AT(kubernetes_version),
      .dflt = CFG_DEFAULT_VERSION_LABEL,
      .usage = "`version` of the control plane" },
    { .name = "node-name",
      .type = CLI_STRING,
      AT(node_name),
      .usage = "`name` of this node; without it the host name" },
    { .name = "patches",
      .type = CLI_STRING,
      AT(patches),
      .usage = "`folder` of patches, files named target[suffix][+type].yaml or .json" },
    { .name = "pod-network-cidr",
      .type = CLI_STRING,
      AT(pod_network_cidr),
      .usage = "`CIDR` of the Pods; each node gets a part of it" },
    { .name = "service-cidr",
      .type = CLI_STRING,
      AT(service_cidr),
      .dflt = "10.96.0.0/12",
      .usage = "`CIDR` of the Services" },
    { .name = "service-dns-domain",
      .type = CLI_STRING,
      AT(service_dns_domain),
      .dflt = "cluster.local",
      .usage = "DNS `domain` of the Services" },
    { .name = "skip-certificate-key-print",
      .type = CLI_BOOL,
      AT(skip_certificate_key_print),
      .usage = "do not show the certificate key" },
    { .name = "skip-phases", .type = CLI_STRINGS, AT(skip_phases), .usage = "`phases` to leave out" },
    { .name = "skip-token-print",
      .type = CLI_BOOL,
      AT(skip_token_print),
      .usage = "do not show the bootstrap token" },
    { .name = "token",
      .type = CLI_STRING,
      AT(token),
      .usage = "bootstrap token of the form [a-z0-9]{6}.[a-z0-9]{16}; without it a random one" },
    { .name = "token-ttl",
      .type = CLI_DURATION,
      AT(token_ttl),
      .dflt = "24h0m0s",
      .usage = "life of that token (1s, 2m, 3h); 0: for ever" },
    { .name = "upload-certs",
      .type = CLI_BOOL,
      AT(upload_certs),
      .usage = "upload the certificates control planes share, encrypted, to the Secret kubeadm-certs" },
};

static const char moved[] = "use the configuration file or a patch instead";
static const struct cli_flag phase_flags[] = {
    { .name = "output",
      .shorthand = 'o',
      .type = CLI_STRING,
      AT(output),
      .dflt = "text",
      .offers = cli_offer_preflight_formats,
      .usage = "`format` of what is found: text, json or yaml" },
    { .name = "kubeconfig",
      .type = CLI_STRING,
      AT(kubeconfig),
      .dflt = CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF,
      .usage = "kubeconfig `file` to reach the cluster with" },
    { .name = "kubeconfig-dir",
      .type = CLI_STRING,
      AT(kubeconfig_dir),
      .dflt = CFG_KUBERNETES_DIR,
      .usage = "`folder` the kubeconfig files are written to" },
    { .name = "apiserver-extra-args",
      .type = CLI_PAIRS,
      AT(apiserver_extra_args),
      .deprecated = moved,
      .hidden = true,
      .usage = "more arguments of the API server" },
    { .name = "controller-manager-extra-args",
      .type = CLI_PAIRS,
      AT(controller_manager_extra_args),
      .deprecated = moved,
      .hidden = true,
      .usage = "more arguments of the controller manager" },
    { .name = "scheduler-extra-args",
      .type = CLI_PAIRS,
      AT(scheduler_extra_args),
      .deprecated = moved,
      .hidden = true,
      .usage = "more arguments of the scheduler" },
    { .name = "print-manifest",
      .type = CLI_BOOL,
      AT(print_manifest),
      .usage = "print the objects instead of sending them" },
};

static void hello(struct ph_ctx *c)
{
    ph_say(c, "[init] Using Kubernetes version: %s", c->init->cluster.kubernetes_version);
}

static void goodbye(struct ph_ctx *c)
{
    if (!c->dry_run)
        ph_run_mark_remove();
}

static int run(const struct cli_call *call, struct cu_err *err)
{
    static const struct cli_flow flow = {
        .flow = PH_INIT, .phases = &ph_init_tree, .begin = ph_init_begin, .hello = hello, .goodbye = goodbye
    };
    return cli_flow_run(call, &flow, err);
}

const struct cli_command cli_init = {
    .name = "init",
    .brief = "Make the first control plane of a cluster",
    .doc = "Makes this machine the first control plane of a new cluster.",
    .flags = flags,
    .n_flags = CU_LEN(flags),
    .opts_size = sizeof(struct ph_opts),
    .phases = &ph_init_tree,
    .phase_flags = phase_flags,
    .n_phase_flags = CU_LEN(phase_flags),
    .run = run,
};
