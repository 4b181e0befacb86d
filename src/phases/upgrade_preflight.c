/* Phase preflight of upgrade apply and upgrade node: this machine, the cluster, the versions, and the person at the keyboard
 * (spec operations 9.6 and 9.9). */
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "config/upgrade.h"
#include "config/version.h"
#include "kube/client.h"
#include "phases/confirm.h"
#include "phases/phases.h"
#include "phases/preflight.h"
#include "phases/upgrade.h"
#include "phases/upgrade_plan.h"
#include <string.h>

static int server_version(struct ph_ctx *c, char **out, struct cu_err *err)
{
    struct kube_client *kube = NULL;
    cu_autofree char *body = NULL;
    cu_autoval struct val *v = NULL;
    int r = ph_ctx_kube(c, &kube, err);
    if (r == 0 && c->no_cluster) {
        *out = cu_strdup(CFG_KUBERNETES_VERSION);
        return 0;
    }
    if (r == 0)
        r = kube_get_raw(kube, "/version", &body, NULL, err);
    if (r == 0)
        r = val_parse_json(body, strlen(body), &v, err);
    if (r < 0)
        return cu_wrap(err, "cannot ask the API server for its version");
    *out = cu_strdup(cu_or(val_get_str(v, "gitVersion"), ""));
    return 0;
}

static void show(struct ph_ctx *c, const char *title, const struct cu_strlist *texts)
{
    if (texts->n)
        fprintf(c->errout, "%s\n", title);
    for (size_t i = 0; i < texts->n; i++)
        fprintf(c->errout, "\t- %s\n", texts->v[i]);
}

/* Mandatory ones end it; the others only without --force. */
static int judge(struct ph_ctx *c, const struct cu_strlist *mandatory, const struct cu_strlist *skippable,
                 struct cu_err *err)
{
    bool forced = mandatory->n == 0 && c->upgrade->force;
    fflush(c->out);
    show(c, "[upgrade/version] FATAL: this upgrade is not possible:", mandatory);
    show(
        c,
        forced
            ? "[upgrade/version] Found potential version compatibility errors but skipping since the --force "
              "flag is set:"
            : "[upgrade/version] This upgrade is not advisable; --force does it nevertheless:",
        skippable);
    if (mandatory->n)
        return cu_fail(err, CU_E_INVALID, "the version cannot be upgraded to: %s", mandatory->v[0]);
    if (skippable->n && !forced)
        return cu_fail(err, CU_E_INVALID,
                       "the version should not be upgraded to: %s; give --force if it is meant",
                       skippable->v[0]);
    return 0;
}

static int check_versions(struct ph_ctx *c, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist kubelets = CU_STRLIST_INIT, mandatory = CU_STRLIST_INIT,
                                     skippable = CU_STRLIST_INIT;
    cu_autofree char *server = NULL;
    cu_autoerr struct cu_err ignored = CU_ERR_INIT;
    const char *wanted = c->init->cluster.kubernetes_version;
    ph_say(c, "[upgrade/version] You have chosen to change the cluster version to \"%s\"", wanted);
    int r = server_version(c, &server, err);
    if (r < 0)
        return r;
    ph_say(c, "[upgrade/versions] Cluster version: %s", server);
    ph_say(c, "[upgrade/versions] kubeadm version: %s", CFG_KUBERNETES_VERSION);
    bool listed = ph_upgrade_kubelets(c, &kubelets, &ignored) == 0;
    const struct cfg_upgrade_facts facts = { .wanted = wanted,
                                             .server = server,
                                             .kubeadm = CFG_KUBERNETES_VERSION,
                                             .kubelets = listed ? &kubelets : NULL,
                                             .allow_experimental = c->upgrade->allow_experimental,
                                             .allow_rc = c->upgrade->allow_rc };
    r = cfg_upgrade_check(&facts, &mandatory, &skippable, err);
    return r < 0 ? r : judge(c, &mandatory, &skippable, err);
}

static int machine(struct ph_ctx *c, struct cu_err *err)
{
    ph_say(c, "[preflight] Running pre-flight checks");
    int r = ph_checks_run(c, PH_CHECK_ROOT, &c->upgrade->ignored, err);
    return r < 0 ? r : ph_checks_run(c, PH_CHECK_UPGRADE, &c->upgrade->ignored, err);
}

int ph_upgrade_preflight_apply(struct ph_ctx *c, struct cu_err *err)
{
    const struct cu_strlist *ignored = &c->upgrade->ignored;
    int r = machine(c, err);
    if (r == 0)
        r = ph_checks_run(c, PH_CHECK_COREDNS, ignored, err);
    if (r < 0)
        return r;
    ph_say(c, "[upgrade] Running cluster health checks");
    r = ph_checks_run(c, PH_CHECK_HEALTH, ignored, err);
    if (r < 0)
        return r;
    ph_upgrade_tell_gates(c, cfg_minor(c->init->cluster.kubernetes_version));
    r = check_versions(c, err);
    if (r == 0 && c->upgrade->interactive)
        r = ph_confirm(c, "upgrade", "--yes", err);
    return r < 0 ? r : ph_preflight_images(c, ignored, err);
}

int ph_upgrade_preflight_node(struct ph_ctx *c, struct cu_err *err)
{
    int r = machine(c, err);
    return r == 0 && c->upgrade->control_plane ? ph_preflight_images(c, &c->upgrade->ignored, err) : r;
}
