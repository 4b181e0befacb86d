/* controllers/options.c - the flags of both components as one table. Must not open files or sockets. */
#include "controllers/options.h"

#include "base/str.h"
#include "base/timefmt.h"

#include <stddef.h>
#include <string.h>

enum kind { TEXT, LIST, NUMBER, BOOL, DURATION, IGNORE };

struct flag {
    const char *name;
    enum kind kind;
    size_t at; /* offset in struct ctl_options */
    const char *preset;
};

#define AT(field) offsetof(struct ctl_options, field)

static const struct flag flags[] = {
    { "kubeconfig", TEXT, AT(kubeconfig), NULL },
    { "bind-address", TEXT, AT(bind_address), "127.0.0.1" },
    { "secure-port", NUMBER, AT(secure_port), NULL },
    { "root-ca-file", TEXT, AT(root_ca_file), NULL },
    { "cluster-signing-cert-file", TEXT, AT(signing_cert), NULL },
    { "cluster-signing-key-file", TEXT, AT(signing_key), NULL },
    { "cluster-signing-duration", DURATION, AT(signing_duration_ms), "8760h0m0s" },
    { "controllers", LIST, AT(controllers), NULL },
    { "cluster-cidr", LIST, AT(cluster_cidr), NULL },
    { "use-service-account-credentials", BOOL, AT(own_accounts), "false" },
    { "leader-elect", BOOL, AT(leader_elect), "true" },
    { "leader-elect-lease-duration", DURATION, AT(lease_ms), "15s" },
    { "leader-elect-renew-deadline", DURATION, AT(renew_ms), "10s" },
    { "leader-elect-retry-period", DURATION, AT(retry_ms), "2s" },
    { "allocate-node-cidrs", BOOL, AT(allocate_cidrs), "false" },
    { "node-cidr-mask-size", NUMBER, AT(mask), "0" },
    { "node-cidr-mask-size-ipv4", NUMBER, AT(mask_v4), "0" },
    { "node-cidr-mask-size-ipv6", NUMBER, AT(mask_v6), "0" },
    { "node-monitor-period", DURATION, AT(monitor_period_ms), "5s" },
    { "node-monitor-grace-period", DURATION, AT(monitor_grace_ms), "50s" },
    { "node-startup-grace-period", DURATION, AT(startup_grace_ms), "60s" },
    { "v", NUMBER, AT(verbosity), "0" },
    { "authentication-kubeconfig", IGNORE, 0, NULL },
    { "authentication-skip-lookup", IGNORE, 0, NULL },
    { "authentication-tolerate-lookup-failure", IGNORE, 0, NULL },
    { "authorization-always-allow-paths", IGNORE, 0, NULL },
    { "authorization-kubeconfig", IGNORE, 0, NULL },
    { "cert-dir", IGNORE, 0, NULL },
    { "client-ca-file", IGNORE, 0, NULL },
    { "cluster-name", IGNORE, 0, NULL },
    { "concurrent-gc-syncs", IGNORE, 0, NULL },
    { "feature-gates", IGNORE, 0, NULL },
    { "kube-api-burst", IGNORE, 0, NULL },
    { "kube-api-qps", IGNORE, 0, NULL },
    { "logging-format", IGNORE, 0, NULL },
    { "profiling", IGNORE, 0, NULL },
    { "requestheader-allowed-names", IGNORE, 0, NULL },
    { "requestheader-client-ca-file", IGNORE, 0, NULL },
    { "requestheader-extra-headers-prefix", IGNORE, 0, NULL },
    { "requestheader-group-headers", IGNORE, 0, NULL },
    { "requestheader-username-headers", IGNORE, 0, NULL },
    { "service-account-private-key-file", IGNORE, 0, NULL },
    { "service-cluster-ip-range", IGNORE, 0, NULL },
    { "terminated-pod-gc-threshold", IGNORE, 0, NULL },
    { "tls-cert-file", IGNORE, 0, NULL },
    { "tls-cipher-suites", IGNORE, 0, NULL },
    { "tls-min-version", IGNORE, 0, NULL },
    { "tls-private-key-file", IGNORE, 0, NULL },
    { "vmodule", IGNORE, 0, NULL },
};

static void *field(struct ctl_options *o, const struct flag *f)
{
    return (char *)o + f->at;
}

static int set(struct ctl_options *o, const struct flag *f, const char *value, struct cu_err *err)
{
    int r = 0;
    int64_t ns = 0;
    char **text = field(o, f);
    switch (f->kind) {
    case TEXT:
        free(*text);
        *text = cu_strdup(value);
        break;
    case LIST: cu_strlist_split(field(o, f), value, ','); break;
    case NUMBER: r = cu_parse_i64(value, 0, 65535, field(o, f), err); break;
    case BOOL: r = cu_parse_bool(value, field(o, f), err); break;
    case DURATION:
        r = cu_parse_duration(value, &ns, err);
        if (r == 0)
            *(int64_t *)field(o, f) = ns / 1000000;
        break;
    case IGNORE: break;
    }
    return r < 0 ? cu_wrap(err, "flag --%s", f->name) : 0;
}

static const struct flag *find(const char *name, size_t n)
{
    for (size_t i = 0; i < CU_LEN(flags); i++)
        if (strlen(flags[i].name) == n && strncmp(flags[i].name, name, n) == 0)
            return &flags[i];
    return NULL;
}

int ctl_options_parse(int argc, char *const argv[], int64_t port, struct ctl_options *out, struct cu_err *err)
{
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < CU_LEN(flags); i++)
        if (flags[i].preset && set(out, &flags[i], flags[i].preset, err) < 0)
            return -CU_E_INVALID;
    out->secure_port = port;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        size_t dashes = strspn(arg, "-");
        if (dashes == 0 || dashes > 2 || !arg[dashes])
            return cu_fail(err, CU_E_INVALID, "unexpected argument \"%s\"", arg);
        arg += dashes;
        size_t n = strcspn(arg, "=");
        const struct flag *f = find(arg, n);
        const char *value = arg[n] ? arg + n + 1 : NULL;
        bool bare = !value && (!f || f->kind == BOOL || i + 1 == argc || argv[i + 1][0] == '-');
        if (!value && !bare)
            value = argv[++i];
        if (!f) {
            cu_strlist_addf(&out->unknown, "--%.*s", (int)n, arg);
            continue;
        }
        if (!value && f->kind != BOOL && f->kind != IGNORE)
            return cu_fail(err, CU_E_INVALID, "flag --%s needs a value", f->name);
        int r = set(out, f, value ? value : "true", err);
        if (r < 0)
            return r;
    }
    return 0;
}

void ctl_options_clear(struct ctl_options *o)
{
    for (size_t i = 0; i < CU_LEN(flags); i++) {
        if (flags[i].kind == TEXT)
            free(*(char **)field(o, &flags[i]));
        else if (flags[i].kind == LIST)
            cu_strlist_clear(field(o, &flags[i]));
    }
    cu_strlist_clear(&o->unknown);
    memset(o, 0, sizeof(*o));
}
