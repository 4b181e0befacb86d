/* The rules of upgrades between versions, as tables.
 * Must not know where versions come from. */
#include "config/upgrade.h"
#include "base/semver.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/version.h"

#define MAX_SKIP 1         /* minors that one upgrade, or one downgrade, may cross */
#define MAX_KUBELET_SKEW 3 /* minors a kubelet may be behind the API server */

/* ---- what is allowed ---- */

struct versions {
    const struct cfg_upgrade_facts *facts;
    struct cu_semver wanted, server, kubeadm;
};

static bool too_old(const struct versions *v)
{
    return cfg_check_version(v->facts->wanted, false, NULL) < 0;
}

static bool skips_up(const struct versions *v)
{
    return v->wanted.minor > v->server.minor + MAX_SKIP;
}

static bool skips_down(const struct versions *v)
{
    return v->wanted.minor < v->server.minor - MAX_SKIP;
}

static bool kubeadm_is_older(const struct versions *v)
{
    return cu_semver_cmp(&v->kubeadm, &v->wanted) < 0;
}

static bool minor_unknown_here(const struct versions *v)
{
    return kubeadm_is_older(v) && v->wanted.minor > v->kubeadm.minor;
}

static bool patch_unknown_here(const struct versions *v)
{
    return kubeadm_is_older(v) && v->wanted.minor <= v->kubeadm.minor;
}

static bool unstable(const struct versions *v)
{
    bool rc = cu_has_prefix(v->wanted.pre, "rc");
    return *v->wanted.pre && !v->facts->allow_experimental && !(rc && v->facts->allow_rc);
}

enum weight {
    MANDATORY,
    SKIPPABLE,
    BY_RELEASE, /* mandatory for a release, skippable for a pre-release */
};

/* "<wanted>", "<server>" and "<kubeadm>" stand for the versions. */
static const struct rule {
    enum weight weight;
    bool (*broken)(const struct versions *v);
    const char *text;
} rules[] = {
    { MANDATORY, too_old, "version <wanted> is older than what kubeadm <kubeadm> can deploy" },
    { BY_RELEASE, skips_up,
      "version <wanted> is more than one minor above the cluster's <server>: upgrade one minor at a time" },
    { BY_RELEASE, skips_down,
      "version <wanted> is more than one minor below the cluster's <server>: a downgrade may cross one minor "
      "at most" },
    { BY_RELEASE, minor_unknown_here,
      "version <wanted> is of a later minor than kubeadm <kubeadm>: upgrade kubeadm to <wanted> first" },
    { SKIPPABLE, patch_unknown_here,
      "version <wanted> is later than kubeadm <kubeadm>: upgrade kubeadm to <wanted> first" },
    { SKIPPABLE, unstable,
      "version <wanted> is not a stable release; if that is meant, add --allow-experimental-upgrades, or for "
      "a "
      "release candidate --allow-release-candidate-upgrades" },
};

static char *text_of(const struct rule *r, const struct cfg_upgrade_facts *f)
{
    cu_autofree char *a = cu_replace(r->text, "<wanted>", f->wanted),
                     *b = cu_replace(a, "<server>", f->server);
    return cu_replace(b, "<kubeadm>", f->kubeadm);
}

static bool kubelet_too_old(const struct cu_semver *wanted, const char *kubelet)
{
    struct cu_semver v;
    return cu_semver_parse(kubelet, &v, NULL) == 0 && wanted->minor > v.minor + MAX_KUBELET_SKEW;
}

static void check_kubelets(const struct versions *v, struct cu_strlist *skippable)
{
    const struct cu_strlist *all = v->facts->kubelets;
    cu_autostrlist struct cu_strlist old = CU_STRLIST_INIT;
    if (!all) {
        cu_strlist_add(skippable, "the versions of the kubelets in the cluster are not known");
        return;
    }
    for (size_t i = 0; i < all->n; i++)
        if (kubelet_too_old(&v->wanted, all->v[i]))
            cu_strlist_add_unique(&old, all->v[i]);
    cu_autofree char *list = cu_strlist_join(&old, ", ");
    if (old.n)
        cu_strlist_addf(
            skippable, "there are kubelets of version %s, more than %d minors behind %s: upgrade those first",
            list, MAX_KUBELET_SKEW, v->facts->wanted);
}

static int parse(const char *what, const char *text, struct cu_semver *out, struct cu_err *err)
{
    if (text && cu_semver_parse(text, out, NULL) == 0)
        return 0;
    return cu_fail(err, CU_E_INVALID, "the version %s is not known: \"%s\"", what, cu_or(text, ""));
}

int cfg_upgrade_check(const struct cfg_upgrade_facts *f, struct cu_strlist *mandatory,
                      struct cu_strlist *skippable, struct cu_err *err)
{
    struct versions v = { .facts = f };
    int r = parse("to upgrade to", f->wanted, &v.wanted, err);
    if (r == 0)
        r = parse("of the API server", f->server, &v.server, err);
    if (r == 0)
        r = parse("of kubeadm", f->kubeadm, &v.kubeadm, err);
    for (size_t i = 0; r == 0 && i < CU_LEN(rules); i++) {
        if (!rules[i].broken(&v))
            continue;
        bool hard = rules[i].weight == MANDATORY || (rules[i].weight == BY_RELEASE && !*v.wanted.pre);
        cu_strlist_take(hard ? mandatory : skippable, text_of(&rules[i], f));
    }
    if (r == 0)
        check_kubelets(&v, skippable);
    return r;
}

/* ---- what is offered ---- */

void cfg_offers_clear(struct cfg_offers *o)
{
    for (size_t i = 0; i < o->n; i++) {
        free(o->v[i].description);
        free(o->v[i].kubernetes);
        free(o->v[i].kubeadm);
    }
    free(o->series);
    *o = (struct cfg_offers)CFG_OFFERS_INIT;
}

static void offer(struct cfg_offers *o, char *description, const char *kubernetes, const char *kubeadm)
{
    o->v[o->n++] = (struct cfg_offer){ description, cu_strdup(kubernetes), cu_strdup(kubeadm) };
}

/* Like strcmp. A text that is no version is older than all. */
static int compare(const char *a, const char *b)
{
    struct cu_semver x, y;
    bool good_a = cu_semver_parse(a, &x, NULL) == 0, good_b = cu_semver_parse(b, &y, NULL) == 0;
    return good_a && good_b ? cu_semver_cmp(&x, &y) : (int)good_a - (int)good_b;
}

/* *out stays NULL when the label is not known. */
static int resolve(const struct cfg_offer_facts *f, const char *label, char **out, struct cu_err *err)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = f->resolve(f->arg, label, out, &e);
    if (r < 0 && r != -CU_E_NOTFOUND) {
        cu_err_move(err, &e);
        return r;
    }
    return 0;
}

static int offer_patch(const struct cfg_offer_facts *f, const struct cu_semver *cluster,
                       struct cfg_offers *out, struct cu_err *err)
{
    cu_autofree char *series = cu_asprintf("v%d.%d", cluster->major, cluster->minor),
                     *label = cu_asprintf("stable-%s", series + 1);
    if (compare(f->stable, f->cluster) < 0)
        return 0;
    int r = resolve(f, label, &out->series, err);
    if (r == 0 && out->series && compare(f->cluster, out->series) < 0)
        offer(out, cu_asprintf("version in the %s series", series), out->series,
              compare(f->kubeadm, out->series) >= 0 ? f->kubeadm : out->series);
    return r;
}

static int offer_unstable(const struct cfg_offer_facts *f, struct cfg_offers *out, struct cu_err *err)
{
    cu_autofree char *latest = NULL, *previous = NULL;
    struct cu_semver l = { 0 }, p = { 0 };
    int r = resolve(f, "latest", &latest, err);
    if (r < 0 || !latest || cu_semver_parse(latest, &l, NULL) < 0)
        return r;
    cu_autofree char *label = cu_asprintf("latest-%d.%d", l.major, l.minor - 1);
    r = resolve(f, label, &previous, err);
    if (r < 0)
        return r;
    bool parsed = previous && cu_semver_parse(previous, &p, NULL) == 0;
    if (f->allow_rc && parsed && cu_has_prefix(p.pre, "rc") && compare(f->cluster, previous) < 0)
        offer(out, cu_strdup("release candidate version"), previous, previous);
    if (f->allow_experimental && compare(f->cluster, latest) < 0) {
        const char *to = cu_streq(l.pre, "alpha.0") && parsed ? previous : latest; /* nobody built that one */
        offer(out, cu_strdup("experimental version"), to, to);
    }
    return 0;
}

int cfg_upgrade_offers(const struct cfg_offer_facts *f, struct cfg_offers *out, struct cu_err *err)
{
    struct cu_semver cluster = { 0 };
    int r = parse("of the cluster", f->cluster, &cluster, err);
    if (r == 0)
        r = offer_patch(f, &cluster, out, err);
    if (r == 0 && compare(out->series ? out->series : f->cluster, f->stable) < 0)
        offer(out, cu_strdup("stable version"), f->stable, f->stable);
    if (r == 0 && (f->allow_rc || f->allow_experimental))
        r = offer_unstable(f, out, err);
    return r;
}
