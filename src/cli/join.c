/* `kubeadm join`: its flags (spec join 1.1 and 3.2) and how it begins and ends. The phases are in src/phases. */
#include "cli/commands.h"
#include "cli/flow.h"
#include "config/types.h"
#include "phases/join_tree.h"
#include "phases/phases.h"

#define AT(member) .offset = offsetof(struct ph_opts, member)

static const struct cli_flag flags[] = {
    { .name = "apiserver-advertise-address",
      .type = CLI_STRING,
      AT(apiserver_advertise_address),
      .usage = "control planes: `IP` this machine's API server is reached at" },
    { .name = "apiserver-bind-port",
      .type = CLI_INT32,
      AT(apiserver_bind_port),
      .dflt = "6443",
      .usage = "control planes: port this machine's API server listens on" },
    { .name = "certificate-key",
      .type = CLI_STRING,
      AT(certificate_key),
      .usage = "control planes: key the uploaded certificates are encrypted with" },
    { .name = "config", .type = CLI_STRING, AT(config), .usage = "configuration `file`" },
    { .name = "control-plane",
      .type = CLI_BOOL,
      AT(control_plane),
      .usage = "join as a control plane, not as a worker" },
    { .name = "cri-socket",
      .type = CLI_STRING,
      AT(cri_socket),
      .usage = "`socket` of the container runtime; without it the one that answers" },
    { .name = "discovery-file",
      .type = CLI_STRING,
      AT(discovery_file),
      .usage = "`file` or https URL of a kubeconfig the cluster is recognised by" },
    { .name = "discovery-token",
      .type = CLI_STRING,
      AT(discovery_token),
      .usage = "token the cluster is recognised by" },
    { .name = "discovery-token-ca-cert-hash",
      .type = CLI_STRINGS,
      AT(discovery_token_ca_cert_hash),
      .usage = "pin of the cluster's CA, `sha256:<hex>`; the cluster must have one of those given" },
    { .name = "discovery-token-unsafe-skip-ca-verification",
      .type = CLI_BOOL,
      AT(discovery_token_unsafe_skip_ca_verification),
      .usage = "join without a pin: then whoever knows the token can pose as the cluster" },
    { .name = "dry-run", .type = CLI_BOOL, AT(dry_run), .usage = "change nothing; show what would be done" },
    { .name = "embedded",
      .type = CLI_BOOL,
      AT(embedded),
      .usage = "run cubeplane's node agent: no container runtime needed" },
    { .name = "component-dir",
      .type = CLI_STRING,
      AT(component_dir),
      .usage = "with --embedded: `folder` of the kubelet" },
    { .name = "events",
      .type = CLI_STRING,
      AT(events),
      .usage = "`file` that gets one JSON object per step; - for the error stream" },
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
    { .name = "node-name",
      .type = CLI_STRING,
      AT(node_name),
      .usage = "`name` of this node; without it the host name" },
    { .name = "patches",
      .type = CLI_STRING,
      AT(patches),
      .usage = "`folder` of patches, files named target[suffix][+type].yaml or .json" },
    { .name = "skip-phases", .type = CLI_STRINGS, AT(skip_phases), .usage = "`phases` to leave out" },
    { .name = "tls-bootstrap-token",
      .type = CLI_STRING,
      AT(tls_bootstrap_token),
      .usage = "token the kubelet requests its certificate with" },
    { .name = "token",
      .type = CLI_STRING,
      AT(token),
      .usage = "token for both: recognising the cluster and requesting the certificate" },
};

static const struct cli_flag phase_flags[] = {
    { .name = "output",
      .shorthand = 'o',
      .type = CLI_STRING,
      AT(output),
      .dflt = "text",
      .offers = cli_offer_preflight_formats,
      .usage = "`format` of what is found: text, json or yaml" },
};

static void control_plane_goodbye(struct ph_ctx *c)
{
    ph_say(c, "\nThis node has joined the cluster and a new control plane instance was created:\n"
              "* A certificate was requested from the API server and granted.\n"
              "* The kubelet runs with the cluster's configuration.\n"
              "* The node has the label and the taint of a control plane.\n"
              "* The control plane runs once more, on this machine.");
    if (c->init->cluster.etcd.local)
        ph_say(c, "* A new etcd member was added to the local/stacked etcd cluster.");
    ph_say(c, "\nTo use the cluster from this machine as a regular user:\n\n"
              "\tmkdir -p $HOME/.kube\n"
              "\tsudo cp -i /etc/kubernetes/admin.conf $HOME/.kube/config\n"
              "\tsudo chown $(id -u):$(id -g) $HOME/.kube/config\n\n"
              "Run 'kubectl get nodes' to see this node join the cluster.\n");
}

static void goodbye(struct ph_ctx *c)
{
    if (c->dry_run)
        return;
    if (c->join->control_plane) {
        control_plane_goodbye(c);
        return;
    }
    ph_say(c, "\nThis node has joined the cluster:\n"
              "* A certificate was requested from the API server and granted.\n"
              "* The kubelet runs with the cluster's configuration.\n\n"
              "Run 'kubectl get nodes' on a control plane to see this node there.\n");
}

static int run(const struct cli_call *call, struct cu_err *err)
{
    static const struct cli_flow flow = {
        .flow = PH_JOIN, .phases = &ph_join_tree, .begin = ph_join_begin, .goodbye = goodbye
    };
    struct ph_opts *o = call->opts;
    o->api_server_endpoint = cu_strdup(call->args->n ? call->args->v[0] : "");
    int r = cli_flow_run(call, &flow, err);
    free(o->api_server_endpoint);
    o->api_server_endpoint = NULL;
    return r;
}

const struct cli_command cli_join = {
    .name = "join",
    .args = "[api-server-endpoint]",
    .brief = "Add this machine to a cluster",
    .doc =
        "Makes this machine a worker, or with --control-plane another control plane, of a cluster that "
        "exists.\n"
        "\n"
        "It recognises the cluster by a token and the pin of its CA (or by a discovery file), requests a "
        "certificate\n"
        "for its kubelet and starts it. The line to run is what `kubeadm init` printed at its end, or what\n"
        "`kubeadm token create --print-join-command` prints on a control plane.",
    .example = "  kubeadm join 192.0.2.10:6443 --token abcdef.0123456789abcdef \\\n"
               "    --discovery-token-ca-cert-hash sha256:<64 hex digits>",
    .flags = flags,
    .n_flags = CU_LEN(flags),
    .opts_size = sizeof(struct ph_opts),
    .max_args = 1,
    .phases = &ph_join_tree,
    .phase_flags = phase_flags,
    .n_phase_flags = CU_LEN(phase_flags),
    .run = run,
};
