/* kubeadm's feature gates, over all versions deployed (spec config 15, versions 4).
 * Must not know what a gate does. */
#include "config/gates.h"
#include "base/str.h"
#include "config/constants.h"
#include <string.h>

/* Sorted by name. Minors: first that has the gate, first that does not any more (0: still there). Versions upstream's
 * 1.36 deploys (35 and 36) know the gates of 1.36 only. */
static const struct gate {
    const char *name;
    bool on;
    const char *stage;
    int since, until;
} gates[] = {
    { "ControlPlaneKubeletLocalMode", true, "", 31, 35 },
    { "EtcdLearnerMode", true, "", 27, 33 },
    { "IPv6DualStack", true, "", 22, 24 },
    { "NodeLocalCRISocket", true, "", 32, 0 },
    { "PublicKeysECDSA", false, "DEPRECATED", 22, 0 },
    { "RootlessControlPlane", false, "ALPHA", 22, 0 },
    { "UnversionedKubeletConfigMap", true, "", 23, 26 },
    { "UpgradeAddonsBeforeControlPlane", false, "DEPRECATED", 28, 31 },
    { "WaitForAllControlPlaneComponents", true, "", 30, 35 },
};

static const struct gate *find(const char *name)
{
    for (size_t i = 0; i < CU_LEN(gates); i++)
        if (cu_streq(gates[i].name, name))
            return &gates[i];
    return NULL;
}

bool cfg_gate_known(const char *name, int minor)
{
    const struct gate *g = find(name);

    if (minor <= 0)
        minor = CFG_KUBERNETES_MINOR;
    return g && minor >= g->since && (!g->until || minor < g->until);
}

bool cfg_gate_on(const struct cfg_gates *set, const char *name)
{
    const struct gate *g = find(name);

    for (size_t i = 0; i < set->n; i++)
        if (cu_streq(set->v[i].name, name))
            return set->v[i].on;
    return g && g->on;
}

void cfg_gates_help(struct cu_strlist *out)
{
    for (size_t i = 0; i < CU_LEN(gates); i++)
        if (!gates[i].until)
            cu_strlist_addf(out, "%s=true|false (%s%sdefault=%s)", gates[i].name, gates[i].stage,
                            *gates[i].stage ? " - " : "", gates[i].on ? "true" : "false");
}

static int parse_one(struct cfg_gates *set, const char *piece, struct cu_strlist *warnings,
                     struct cu_err *err)
{
    const char *eq = strchr(piece, '=');
    if (!eq)
        return cu_fail(err, CU_E_INVALID, "--feature-gates: %s lacks \"=true\" or \"=false\"", piece);
    cu_autofree char *raw = cu_strndup(piece, (size_t)(eq - piece));
    cu_autofree char *name = cu_trim(raw);
    cu_autofree char *value = cu_trim(eq + 1);
    const struct gate *g = find(name);
    bool on;

    if (!g) {
        cu_autostrlist struct cu_strlist known = CU_STRLIST_INIT;
        cfg_gates_help(&known);
        cu_autofree char *list = cu_strlist_join(&known, "; ");
        return cu_fail(err, CU_E_INVALID, "--feature-gates: there is no gate \"%s\"; there are: %s", name,
                       list);
    }
    if (cu_parse_bool(value, &on, NULL) < 0)
        return cu_fail(err, CU_E_INVALID,
                       "--feature-gates: the value of %s must be true or false, not \"%s\"", name, value);
    if (cu_streq(g->stage, "DEPRECATED") && warnings)
        cu_strlist_addf(warnings, "the feature gate %s is deprecated and will be removed", name);
    cfg_gates_set(set, name, on);
    return 0;
}

int cfg_gates_parse(struct cfg_gates *set, const char *text, struct cu_strlist *warnings, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist pieces = CU_STRLIST_INIT;

    cu_strlist_split(&pieces, text, ',');
    for (size_t i = 0; i < pieces.n; i++) {
        cu_autofree char *piece = cu_trim(pieces.v[i]);
        int r = *piece ? parse_one(set, piece, warnings, err) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

void cfg_gates_notes(const struct cfg_gates *set, int minor, struct cu_strlist *out)
{
    for (size_t i = 0; i < set->n; i++) {
        const char *name = set->v[i].name, *value = set->v[i].on ? "true" : "false";
        const struct gate *g = find(name);
        if (!cfg_gate_known(name, minor))
            cu_strlist_addf(out, "there is no feature gate %s any more: %s=%s has no effect", name, name,
                            value);
        else if (cu_streq(g->stage, "DEPRECATED"))
            cu_strlist_addf(out, "the feature gate %s is deprecated and will be removed: %s=%s", name, name,
                            value);
    }
}

const char *cfg_key_algorithm(const struct cfg_cluster *c)
{
    for (size_t i = 0; i < c->feature_gates.n; i++)
        if (cu_streq(c->feature_gates.v[i].name, "PublicKeysECDSA"))
            return c->feature_gates.v[i].on ? "ECDSA-P256" : "RSA-2048";
    return cu_or(c->encryption_algorithm, "RSA-2048");
}
