/* agent/options.c - the kubelet's command line, read leniently: it was written for the real kubelet.
 * Must not act on what it reads. */
#include "agent/options.h"

#include <stddef.h>
#include <string.h>

#include "base/file.h"
#include "base/ip.h"
#include "base/str.h"

enum kind { TEXT, BOOL, LABELS, TAINTS, VERBOSITY, ADDRESS, SKIP };

/* SKIP rows are known flags without meaning here; listing them keeps their warning away. */
static const struct flag {
    const char *name;
    enum kind kind;
    size_t at;
} flags[] = {
    { "bootstrap-kubeconfig", TEXT, offsetof(struct agent_options, bootstrap_kubeconfig) },
    { "kubeconfig", TEXT, offsetof(struct agent_options, kubeconfig) },
    { "config", TEXT, offsetof(struct agent_options, config) },
    { "hostname-override", TEXT, offsetof(struct agent_options, hostname_override) },
    { "node-ip", ADDRESS, offsetof(struct agent_options, node_ip) },
    { "component-dir", TEXT, offsetof(struct agent_options, component_dir) },
    { "cert-dir", TEXT, offsetof(struct agent_options, cert_dir) },
    { "root-dir", TEXT, offsetof(struct agent_options, root_dir) },
    { "log-dir", TEXT, offsetof(struct agent_options, log_dir) },
    { "pod-manifest-path", TEXT, offsetof(struct agent_options, static_pod_path) },
    { "register-with-taints", TAINTS, 0 },
    { "node-labels", LABELS, 0 },
    { "v", VERBOSITY, 0 },
    { "vmodule", TEXT, offsetof(struct agent_options, vmodule) },
    { "help", BOOL, offsetof(struct agent_options, help) },
    { "h", BOOL, offsetof(struct agent_options, help) },
    { "version", BOOL, offsetof(struct agent_options, version) },
    { "container-runtime-endpoint", SKIP, 0 },
    { "pod-infra-container-image", SKIP, 0 },
};

static const struct flag *find(const char *name, size_t n)
{
    for (size_t i = 0; i < CU_LEN(flags); i++)
        if (strlen(flags[i].name) == n && memcmp(flags[i].name, name, n) == 0)
            return &flags[i];
    return NULL;
}

static void set_text(struct agent_options *o, size_t at, const char *value)
{
    char **field = (char **)(void *)((char *)o + at);
    free(*field);
    *field = cu_strdup(value);
}

/* "key=value,key=value" */
static int add_labels(struct agent_options *o, const char *text, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    cu_strlist_split(&parts, text, ',');
    for (size_t i = 0; i < parts.n; i++) {
        char *equals = strchr(parts.v[i], '=');
        if (equals)
            *equals = '\0';
        if (!equals || !cu_is_qualified_name(parts.v[i]) || !cu_is_label_value(equals + 1))
            return cu_fail(err, CU_E_INVALID, "--node-labels: \"%s\" is not key=value", parts.v[i]);
        val_set_str(o->labels, parts.v[i], equals + 1);
    }
    return 0;
}

/* "key=value:Effect,key:Effect" */
static int add_taints(struct agent_options *o, const char *text, struct cu_err *err)
{
    static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute" };
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    cu_strlist_split(&parts, text, ',');
    for (size_t i = 0; i < parts.n; i++) {
        cu_autofree char *key = cu_strdup(parts.v[i]);
        char *colon = strrchr(key, ':'), *equals = strchr(key, '=');
        bool known = false;
        if (colon)
            *colon = '\0';
        if (equals)
            *equals = '\0';
        for (size_t e = 0; colon && e < CU_LEN(effects); e++)
            known = known || cu_streq(colon + 1, effects[e]);
        if (!known || !cu_is_qualified_name(key) || (equals && !cu_is_label_value(equals + 1)))
            return cu_fail(err, CU_E_INVALID, "--register-with-taints: \"%s\" is not key=value:Effect",
                           parts.v[i]);
        struct val *taint = val_new_map();
        val_set_str(taint, "key", key);
        if (equals && equals[1])
            val_set_str(taint, "value", equals + 1);
        val_set_str(taint, "effect", colon + 1);
        val_append(o->taints, taint);
    }
    return 0;
}

static int apply(struct agent_options *o, const struct flag *f, const char *value, struct cu_err *err)
{
    int64_t number;
    struct cu_ip ip;
    switch (f->kind) {
    case TEXT: set_text(o, f->at, *value ? value : NULL); return 0;
    case BOOL: return cu_parse_bool(value, (bool *)(void *)((char *)o + f->at), err);
    case LABELS: return add_labels(o, value, err);
    case TAINTS: return add_taints(o, value, err);
    case VERBOSITY:
        if (cu_parse_i64(value, 0, 1000, &number, err) < 0)
            return cu_wrap(err, "-v");
        o->verbosity = (int)number;
        return 0;
    case ADDRESS: {
        cu_autofree char *first = cu_strndup(value, strcspn(value, ",")); /* the second family is not used */
        if (!cu_ip_parse(first, &ip))
            return cu_fail(err, CU_E_INVALID, "--%s: \"%s\" is not an IP address", f->name, value);
        if (!cu_ip_is_unspecified(&ip))
            set_text(o, f->at, first);
        return 0;
    }
    case SKIP: return 0;
    }
    return 0;
}

/* One argument; *used is set when the next one was its value. */
static int one_argument(struct agent_options *o, const char *arg, const char *next, bool *used,
                        struct cu_err *err)
{
    if (arg[0] != '-' || !arg[1]) {
        cu_strlist_add(&o->unknown, arg);
        return 0;
    }
    const char *name = arg + (arg[1] == '-' ? 2 : 1);
    size_t n = strcspn(name, "=");
    const struct flag *f = find(name, n);
    if (!f) {
        cu_strlist_addf(&o->unknown, "--%.*s", (int)n, name);
        *used = name[n] != '=' && next && next[0] != '-'; /* most likely its value */
        return 0;
    }
    if (name[n] == '=')
        return apply(o, f, name + n + 1, err);
    if (f->kind == BOOL)
        return apply(o, f, "true", err);
    if (!next)
        return cu_fail(err, CU_E_INVALID, "flag needs an argument: --%s", f->name);
    *used = true;
    return apply(o, f, next, err);
}

int agent_options_parse(int argc, char *const argv[], struct agent_options *out, struct cu_err *err)
{
    struct agent_options o = { .taints = val_new_list(), .labels = val_new_map() };
    for (int i = 1; i < argc; i++) {
        bool used = false;
        int r = one_argument(&o, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used, err);
        if (r < 0) {
            agent_options_clear(&o);
            return r;
        }
        i += used;
    }
    if (!o.root_dir)
        o.root_dir = cu_strdup("/var/lib/kubelet");
    if (!o.log_dir)
        o.log_dir = cu_strdup("/var/log/cubeadm");
    if (!o.cert_dir)
        o.cert_dir = cu_path_join(o.root_dir, "pki");
    *out = o;
    return 0;
}

void agent_options_clear(struct agent_options *o)
{
    char **const texts[] = { &o->bootstrap_kubeconfig,
                             &o->kubeconfig,
                             &o->config,
                             &o->hostname_override,
                             &o->node_ip,
                             &o->component_dir,
                             &o->cert_dir,
                             &o->root_dir,
                             &o->log_dir,
                             &o->static_pod_path,
                             &o->vmodule };
    for (size_t i = 0; i < CU_LEN(texts); i++)
        free(*texts[i]);
    val_unref(o->taints);
    val_unref(o->labels);
    cu_strlist_clear(&o->unknown);
    *o = (struct agent_options){ .verbosity = 0 };
}
