/* Which Kubernetes version is meant: exact versions, labels, CI builds, the lower bound (spec config 9).
 * Must not know how a label is fetched. */
#include "config/version.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/gates.h"
#include <ctype.h>
#include <string.h>

#define RELEASE_URL "https://dl.k8s.io/release"
#define CI_URL "https://storage.googleapis.com/k8s-release-dev/ci"
#define CI_PREFIX "ci/"
#define LAST_MINOR_WITH_V1BETA3 30 /* spec versions 17, trap 9 */
#define MAX_HOPS 4                 /* a label that names a label that names ... */

const char *cfg_version_name(enum cfg_version v)
{
    return v == CFG_V1BETA3 ? "kubeadm.k8s.io/v1beta3" : "kubeadm.k8s.io/v1beta4";
}

/* A decimal number without leading zeros; returns what is behind it, NULL when there is none. */
static const char *number(const char *s)
{
    if (*s == '0')
        return s + 1;
    if (!isdigit((unsigned char)*s))
        return NULL;
    while (isdigit((unsigned char)*s))
        s++;
    return s;
}

static bool is_word(const char *s) /* [-\w.+]* to the end */
{
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("-_.+", *s))
            return false;
    return true;
}

/* ^v?N\.N\.N([-\w.+]*)?$ */
static bool is_exact(const char *s)
{
    s += *s == 'v';
    for (int i = 0; i < 3; i++) {
        s = number(s);
        if (!s)
            return false;
        if (i < 2 && *s++ != '.')
            return false;
    }
    return is_word(s);
}

/* ^(latest|stable)+(-[1-9](\.[1-9](\d)?)?)?$ */
static bool is_label(const char *s)
{
    const char *start = s;

    while (cu_has_prefix(s, "latest") || cu_has_prefix(s, "stable"))
        s += strlen("latest");
    if (s == start)
        return false;
    if (*s == '-' && s[1] >= '1' && s[1] <= '9') {
        s += 2;
        if (*s == '.' && s[1] >= '1' && s[1] <= '9') {
            s += 2;
            s += isdigit((unsigned char)*s) != 0;
        }
    }
    return *s == '\0';
}

static char *with_v(const char *s)
{
    return cu_asprintf("%s%s", *s == 'v' ? "" : "v", s);
}

/* The version this program was built to behave as, when a label cannot be answered. */
static void fall_back(const char *label, const char *why, struct cu_strlist *warnings, char **out)
{
    if (warnings) {
        cu_strlist_addf(warnings, "could not look up the Kubernetes version \"%s\": %s", label, why);
        cu_strlist_addf(warnings,
                        "using the built-in version %s; name an exact kubernetesVersion to avoid this",
                        CFG_KUBERNETES_VERSION);
    }
    *out = cu_strdup(CFG_KUBERNETES_VERSION);
}

static bool is_newer_minor(const char *version)
{
    struct cu_semver v;
    return cu_semver_parse(version, &v, NULL) == 0 &&
           (v.major > 1 || (v.major == 1 && v.minor > CFG_KUBERNETES_MINOR));
}

struct resolver {
    const struct cfg_host *host;
    struct cu_strlist *warnings; /* NULL: nobody wants them */
    int hops;                    /* labels that may still lead to other labels */
};

static int resolve(const char *text, struct resolver *v, char **out, struct cu_err *err);

static int resolve_label(const char *base, const char *label, struct resolver *v, char **out,
                         struct cu_err *err)
{
    cu_autofree char *url = cu_asprintf("%s/%s.txt", base, label);
    cu_autofree char *body = NULL;
    cu_autofree char *text = NULL;
    cu_autoerr struct cu_err why = CU_ERR_INIT;

    if (!v->host || !v->host->fetch) {
        fall_back(label, "looking it up is not possible here", v->warnings, out);
        return 0;
    }
    if (v->host->fetch(v->host->arg, url, &body, &why) < 0) {
        fall_back(label, cu_err_text(&why), v->warnings, out);
        return 0;
    }
    text = cu_trim(body);
    if (is_newer_minor(text)) {
        char *own = cu_asprintf("stable-1.%d", CFG_KUBERNETES_MINOR);
        if (v->warnings)
            cu_strlist_addf(v->warnings, "\"%s\" is %s, newer than this program knows; using %s", label, text,
                            own);
        free(text);
        text = own;
    }
    if (v->hops-- == 0)
        return cu_fail(err, CU_E_INVALID, "the version label \"%s\" leads nowhere", label);
    return resolve(text, v, out, err);
}

static int resolve(const char *text, struct resolver *v, char **out, struct cu_err *err)
{
    const char *rest = text, *base = RELEASE_URL;

    if (is_exact(text)) {
        *out = with_v(text);
        return 0;
    }
    if (cu_has_prefix(text, CI_PREFIX)) {
        base = CI_URL;
        rest += strlen(CI_PREFIX);
    } else if (cu_has_prefix(text, "release/")) {
        rest += strlen("release/");
    }
    if (!*rest || !is_word(rest))
        return cu_fail(err, CU_E_INVALID, "kubernetesVersion: invalid version \"%s\"", text);
    if (is_exact(rest)) {
        *out = with_v(rest);
        return 0;
    }
    if (is_label(rest))
        return resolve_label(base, rest, v, out, err);
    return cu_fail(
        err, CU_E_INVALID,
        "kubernetesVersion: \"%s\" is neither a version such as %s nor a label such as stable-1.%d", text,
        CFG_KUBERNETES_VERSION, CFG_KUBERNETES_MINOR);
}

int cfg_resolve_version(const char *text, const struct cfg_host *host, struct cu_strlist *warnings,
                        char **out, struct cu_err *err)
{
    struct resolver v = { .host = host, .warnings = warnings, .hops = MAX_HOPS };
    return resolve(text, &v, out, err);
}

int cfg_check_version(const char *version, bool upstream_bound, struct cu_err *err)
{
    struct cu_semver v;
    cu_autofree char *oldest = cu_asprintf("v1.%d.0", CFG_OLDEST_MINOR);

    if (cu_semver_parse(version, &v, NULL) < 0)
        return cu_fail(err, CU_E_INVALID, "kubernetesVersion: \"%s\" is not a version such as %s", version,
                       CFG_KUBERNETES_VERSION);
    if (!cu_semver_at_least(&v, oldest))
        return cu_fail(err, CU_E_INVALID,
                       "kubernetesVersion: %s is older than %s, the oldest that can be deployed", version,
                       oldest);
    if (upstream_bound && !cu_semver_at_least(&v, CFG_MIN_CONTROL_PLANE_VERSION))
        return cu_fail(
            err, CU_E_INVALID,
            "kubernetesVersion: %s is older than %s, the oldest upstream's kubeadm 1.%d takes (init and join "
            "here take %s and newer)",
            version, CFG_MIN_CONTROL_PLANE_VERSION, CFG_KUBERNETES_MINOR, oldest);
    return 0;
}

enum cfg_version cfg_stored_version(const char *kubernetes_version)
{
    int minor = cfg_minor(kubernetes_version);
    return minor >= 0 && minor <= LAST_MINOR_WITH_V1BETA3 ? CFG_V1BETA3 : CFG_V1BETA4;
}

int cfg_resolve_cluster_version(struct cfg_cluster *c, const struct cfg_load_options *o, struct cu_err *err)
{
    cu_autofree char *resolved = NULL;
    bool ci = cu_has_prefix(cu_or(c->kubernetes_version, ""), CI_PREFIX);
    int r = cfg_resolve_version(cu_or(c->kubernetes_version, CFG_KUBERNETES_VERSION), &o->host, o->warnings,
                                &resolved, err);

    if (r < 0)
        return r;
    if (ci) {
        free(c->ci_kubernetes_version);
        c->ci_kubernetes_version = cu_asprintf(CI_PREFIX "%s", resolved);
        if (cu_streq(c->image_repository, CFG_IMAGE_REPOSITORY))
            cfg_set_str(&c->ci_image_repository, CFG_CI_IMAGE_REPOSITORY);
    }
    cfg_set_str(&c->kubernetes_version, resolved);
    return 0;
}

int cfg_minor(const char *version)
{
    struct cu_semver v;
    return version && cu_semver_parse(version, &v, NULL) == 0 ? v.minor : -1;
}

int cfg_patch(const char *version)
{
    struct cu_semver v;
    return version && cu_semver_parse(version, &v, NULL) == 0 ? v.patch : -1;
}
