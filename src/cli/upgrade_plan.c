/* `kubeadm upgrade plan`: what the cluster can be upgraded to, as text or object (spec operations 9.4). */
#include "base/limits.h"
#include "base/semver.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/flow.h"
#include "cli/output.h"
#include "cli/upgrade.h"
#include "phases/preflight.h"
#include "phases/upgrade.h"
#include "phases/upgrade_plan.h"

struct plan_opts {
    struct ph_opts common; /* first: what the phases see */
    struct cli_output print;
};

#define RULER "_____________________________________________________________________\n\n"

static const struct cli_flag flags[] = {
    CLI_UPGRADE_CONFIG,
    CLI_UPGRADE_UNSTABLE,
    CLI_UPGRADE_ETCD,
    CLI_UPGRADE_IGNORE,
    CLI_UPGRADE_KUBECONFIG,
    CLI_UPGRADE_PRINT,
    CLI_OUTPUT_FLAGS(offsetof(struct plan_opts, print)),
};

static void add_row(struct cu_buf *rows, const struct val *component)
{
    cu_buf_addf(rows, "%s\t%s\t%s\t%s\n", val_get_str(component, "name"),
                cu_or(val_get_str(component, "nodeName"), ""), val_get_str(component, "currentVersion"),
                val_get_str(component, "newVersion"));
}

/* The kubelets, or all the rest but kubeadm; nothing when there is no row. */
static void print_components(const struct val *list, bool kubelets, const char *title, FILE *out)
{
    cu_autobuf struct cu_buf rows = CU_BUF_INIT(LIM_TEXT);
    size_t n = 0;
    cu_buf_add(&rows, "COMPONENT\tNODE\tCURRENT\tTARGET\n");
    for (size_t i = 0; i < val_len(list); i++) {
        const char *name = val_get_str(val_at(list, i), "name");
        if (cu_streq(name, "kubelet") != kubelets || cu_streq(name, "kubeadm"))
            continue;
        add_row(&rows, val_at(list, i));
        n++;
    }
    cu_autofree char *table = codec_print_table(cu_buf_str(&rows));
    if (n)
        fprintf(out, "%s%s\n", title, table);
}

/* The flag without which apply refuses the version. */
static const char *needed_flag(const char *version)
{
    struct cu_semver v;
    if (cu_semver_parse(version, &v, NULL) < 0 || !*v.pre)
        return "";
    return cu_has_prefix(v.pre, "rc") ? " --allow-release-candidate-upgrades"
                                      : " --allow-experimental-upgrades";
}

static void print_offer(const struct val *offer, const struct cfg_offer *o, FILE *out)
{
    const struct val *components = val_get(offer, "components");
    cu_autofree char *title = cu_asprintf("Upgrade to the latest %s:\n\n", o->description);
    print_components(
        components, true,
        "Components that must be upgraded manually after you have upgraded the control plane with "
        "'kubeadm upgrade apply':\n",
        out);
    print_components(components, false, title, out);
    fprintf(out,
            "You can now apply the upgrade by executing the following command:\n\n\tkubeadm upgrade apply "
            "%s%s\n\n",
            o->kubernetes, needed_flag(o->kubernetes));
    if (!cu_streq(o->kubeadm, CFG_KUBERNETES_VERSION))
        fprintf(out, "Note: this needs kubeadm %s: update kubeadm to that version first.\n\n", o->kubeadm);
    fputs(RULER, out);
}

static void print_states(const struct val *states, FILE *out)
{
    cu_autobuf struct cu_buf rows = CU_BUF_INIT(LIM_TEXT);
    fputs(
        "\n"
        "The component configurations that the cluster holds, as this version of kubeadm reads them.\n"
        "Where the column \"MANUAL UPGRADE REQUIRED\" says \"yes\" an upgrade cannot succeed before "
        "somebody\n"
        "has brought the configuration to the version in the column \"PREFERRED VERSION\", or has gone back\n"
        "to kubeadm's defaults.\n"
        "\n",
        out);
    cu_buf_add(&rows, "API GROUP\tCURRENT VERSION\tPREFERRED VERSION\tMANUAL UPGRADE REQUIRED\n");
    for (size_t i = 0; i < val_len(states); i++) {
        const struct val *s = val_at(states, i);
        cu_buf_addf(&rows, "%s\t%s\t%s\t%s\n", val_get_str(s, "group"),
                    cu_or(val_get_str(s, "currentVersion"), "-"),
                    cu_or(val_get_str(s, "preferredVersion"), "-"),
                    val_get_bool(s, "manualUpgradeRequired", false) ? "yes" : "no");
    }
    cu_autofree char *table = codec_print_table(cu_buf_str(&rows));
    fprintf(out, "%s" RULER, table);
}

static int show(struct ph_ctx *c, struct codec_printer *printer, const struct cfg_offers *offers,
                const struct val *plan, struct cu_err *err)
{
    if (!codec_printer_is_text(printer)) {
        cu_autoval struct val *object = cli_output_object("UpgradePlan");
        val_merge_over(object, plan);
        return cli_output_print(printer, object, c->result, err);
    }
    for (size_t i = 0; i < offers->n; i++)
        print_offer(val_at(val_get(plan, "availableUpgrades"), i), &offers->v[i], c->result);
    print_states(val_get(plan, "configVersions"), c->result);
    return 0;
}

static int check(struct ph_ctx *c, struct cu_err *err)
{
    const struct cu_strlist *ignored = &c->upgrade->ignored;
    struct kube_client *kube = NULL;
    int r = ph_ctx_kube(c, &kube, err); /* first: without it nothing else is worth saying */
    if (r < 0)
        return r;
    ph_say(c, "[preflight] Running pre-flight checks.");
    r = ph_checks_run(c, PH_CHECK_ROOT, ignored, err);
    if (r == 0)
        r = ph_checks_run(c, PH_CHECK_COREDNS, ignored, err);
    if (r == 0)
        r = ph_upgrade_read_cluster(c, "upgrade/config", true, NULL, err);
    if (r < 0)
        return r;
    ph_say(c, "[upgrade] Running cluster health checks");
    return ph_checks_run(c, PH_CHECK_HEALTH, ignored, err);
}

static int plan_with(struct ph_ctx *c, struct codec_printer *printer, struct cu_err *err)
{
    ph_autoversions struct ph_cluster_versions found = PH_CLUSTER_VERSIONS_INIT;
    cfg_autooffers struct cfg_offers offers = CFG_OFFERS_INIT;
    cu_autoval struct val *plan = NULL;
    int r = check(c, err);
    if (r < 0)
        return r;
    ph_upgrade_tell_gates(c, 0);
    ph_upgrade_print_config(c);
    r = ph_upgrade_find(c, &found, &offers, err);
    if (r == 0)
        r = ph_upgrade_plan_value(c, &found, &offers, &plan, err);
    if (r < 0)
        return r;
    ph_say(c, "%s", "");
    return offers.n ? show(c, printer, &offers, plan, err) : 0;
}

static int plan(struct ph_ctx *c, struct cu_err *err)
{
    struct codec_printer *printer = NULL;
    int r = cli_output_printer(&((const struct plan_opts *)c->opts)->print, &printer, err);
    if (r == 0)
        r = plan_with(c, printer, err);
    codec_printer_free(printer);
    return r;
}

static int run(const struct cli_call *call, struct cu_err *err)
{
    static const struct cli_flow flow = { .flow = PH_UPGRADE, .begin = ph_upgrade_plan_begin, .work = plan };
    struct plan_opts *o = call->opts;
    cli_upgrade_take_version(call);
    o->common.output = o->print.format; /* decides where progress is told */
    int r = cli_flow_run(call, &flow, err);
    o->common.output = NULL;
    return r;
}

const struct cli_command cli_upgrade_plan = {
    .name = "plan",
    .args = "[version]",
    .brief = "Show what the cluster can be upgraded to",
    .doc =
        "Checks the cluster's health and shows which versions it can be upgraded to, and what each of them "
        "changes.\n"
        "Nothing is changed but that a Job is made for a moment, to see that one can run.",
    .flags = flags,
    .n_flags = CU_LEN(flags),
    .opts_size = sizeof(struct plan_opts),
    .max_args = CLI_ARGS_ANY,
    .run = run,
};
