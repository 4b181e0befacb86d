/* apiserver/options.c - the flags of kube-apiserver as one table.
 * Must not open files or sockets. */
#include "apiserver/options.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

enum kind {
    TEXT,
    LIST,   /* comma separated, adds up over repetitions; the first one replaces the default */
    REPEAT, /* whole value each time: may hold commas */
    NUMBER,
    BOOL,
    SECONDS, /* a Go duration */
    IGNORE,  /* accepted: has no effect here, and none is missed */
    REFUSE,  /* safety hangs on it and this server cannot do it */
};

struct flag {
    const char *name;
    enum kind kind;
    size_t at;          /* offset in struct api_options */
    const char *preset; /* default value; of REFUSE: why */
};

#define AT(field) offsetof(struct api_options, field)
static const char NO_OIDC[] = "OIDC and structured authentication are not built in";
static const char NO_AUDIT[] = "audit logs are not built in";
static const char NO_CRYPT[] = "encryption at rest is not built in";
static const char NO_HOOK[] = "webhooks and authorization files are not built in";
static const char NO_TOKENS[] = "token files are not built in";

static const struct flag FLAGS[] = {
    { "advertise-address", TEXT, AT(advertise_address), NULL },
    { "bind-address", TEXT, AT(bind_address), "0.0.0.0" },
    { "secure-port", NUMBER, AT(secure_port), "6443" },
    { "tls-cert-file", TEXT, AT(tls_cert_file), NULL },
    { "tls-private-key-file", TEXT, AT(tls_private_key_file), NULL },
    { "tls-min-version", TEXT, AT(tls_min_version), NULL },
    { "client-ca-file", TEXT, AT(client_ca_file), NULL },
    { "anonymous-auth", BOOL, AT(anonymous_auth), "true" },
    { "enable-bootstrap-token-auth", BOOL, AT(enable_bootstrap_token_auth), "false" },
    { "authorization-mode", LIST, AT(authorization_mode), NULL },
    { "enable-admission-plugins", LIST, AT(enable_admission_plugins), NULL },
    { "disable-admission-plugins", LIST, AT(disable_admission_plugins), NULL },
    { "service-account-issuer", REPEAT, AT(service_account_issuer), NULL },
    { "api-audiences", LIST, AT(api_audiences), NULL },
    { "service-account-key-file", REPEAT, AT(service_account_key_file), NULL },
    { "service-account-signing-key-file", TEXT, AT(service_account_signing_key_file), NULL },
    { "service-account-extend-token-expiration", BOOL, AT(service_account_extend_token_expiration), "true" },
    { "service-cluster-ip-range", LIST, AT(service_cluster_ip_range), "10.0.0.0/24" },
    { "etcd-servers", LIST, AT(etcd_servers), "sqlite:///var/lib/cubeadm/state.db" },
    { "etcd-cafile", TEXT, AT(etcd_cafile), NULL },
    { "etcd-certfile", TEXT, AT(etcd_certfile), NULL },
    { "etcd-keyfile", TEXT, AT(etcd_keyfile), NULL },
    { "etcd-prefix", TEXT, AT(etcd_prefix), "/registry" },
    { "requestheader-client-ca-file", TEXT, AT(requestheader_client_ca_file), NULL },
    { "requestheader-allowed-names", LIST, AT(requestheader_allowed_names), NULL },
    { "requestheader-username-headers", LIST, AT(requestheader_username_headers), NULL },
    { "requestheader-group-headers", LIST, AT(requestheader_group_headers), NULL },
    { "requestheader-extra-headers-prefix", LIST, AT(requestheader_extra_headers_prefix), NULL },
    { "kubelet-client-certificate", TEXT, AT(kubelet_client_certificate), NULL },
    { "kubelet-client-key", TEXT, AT(kubelet_client_key), NULL },
    { "kubelet-certificate-authority", TEXT, AT(kubelet_certificate_authority), NULL },
    { "kubelet-preferred-address-types", LIST, AT(kubelet_preferred_address_types),
      "Hostname,InternalDNS,InternalIP,ExternalDNS,ExternalIP" },
    { "event-ttl", SECONDS, AT(event_ttl_s), "1h0m0s" },
    { "v", NUMBER, AT(verbosity), "0" },
    { "ready-fd", NUMBER, AT(ready_fd), "-1" },
    { "allow-privileged", IGNORE, 0, NULL },
    { "proxy-client-cert-file", IGNORE, 0, NULL },
    { "proxy-client-key-file", IGNORE, 0, NULL },
    { "feature-gates", IGNORE, 0, NULL },
    { "profiling", IGNORE, 0, NULL },
    { "runtime-config", IGNORE, 0, NULL },
    { "max-requests-inflight", IGNORE, 0, NULL },
    { "max-mutating-requests-inflight", IGNORE, 0, NULL },
    { "min-request-timeout", IGNORE, 0, NULL },
    { "request-timeout", IGNORE, 0, NULL },
    { "tls-cipher-suites", IGNORE, 0, NULL },
    { "storage-backend", IGNORE, 0, NULL },
    { "storage-media-type", IGNORE, 0, NULL },
    { "kubelet-timeout", IGNORE, 0, NULL },
    { "endpoint-reconciler-type", IGNORE, 0, NULL },
    { "service-node-port-range", IGNORE, 0, NULL },
    { "enable-aggregator-routing", IGNORE, 0, NULL },
    { "enable-priority-and-fairness", IGNORE, 0, NULL },
    { "goaway-chance", IGNORE, 0, NULL },
    { "default-not-ready-toleration-seconds", IGNORE, 0, NULL },
    { "default-unreachable-toleration-seconds", IGNORE, 0, NULL },
    { "logging-format", IGNORE, 0, NULL },
    { "vmodule", IGNORE, 0, NULL },
    { "encryption-provider-config", REFUSE, 0, NO_CRYPT },
    { "authentication-config", REFUSE, 0, NO_OIDC },
    { "oidc-issuer-url", REFUSE, 0, NO_OIDC },
    { "oidc-client-id", REFUSE, 0, NO_OIDC },
    { "authorization-config", REFUSE, 0, NO_HOOK },
    { "authorization-webhook-config-file", REFUSE, 0, NO_HOOK },
    { "authorization-policy-file", REFUSE, 0, NO_HOOK },
    { "authentication-token-webhook-config-file", REFUSE, 0, NO_HOOK },
    { "admission-control-config-file", REFUSE, 0, NO_HOOK },
    { "token-auth-file", REFUSE, 0, NO_TOKENS },
    { "audit-policy-file", REFUSE, 0, NO_AUDIT },
    { "audit-webhook-config-file", REFUSE, 0, NO_AUDIT },
};

static char **text_of(struct api_options *o, const struct flag *f)
{
    return (char **)(void *)((char *)o + f->at);
}
static struct cu_strlist *list_of(struct api_options *o, const struct flag *f)
{
    return (struct cu_strlist *)(void *)((char *)o + f->at);
}
static int64_t *number_of(struct api_options *o, const struct flag *f)
{
    return (int64_t *)(void *)((char *)o + f->at);
}
static bool *bool_of(struct api_options *o, const struct flag *f)
{
    return (bool *)(void *)((char *)o + f->at);
}

static int set(struct api_options *o, const struct flag *f, const char *value, bool first, struct cu_err *err)
{
    int64_t ns = 0;
    switch (f->kind) {
    case TEXT:
        free(*text_of(o, f));
        *text_of(o, f) = cu_strdup(value);
        return 0;
    case LIST:
    case REPEAT:
        if (first)
            cu_strlist_clear(list_of(o, f));
        if (f->kind == LIST)
            cu_strlist_split(list_of(o, f), value, ',');
        else
            cu_strlist_add(list_of(o, f), value);
        return 0;
    case NUMBER: return cu_parse_i64(value, -1, INT64_C(1) << 40, number_of(o, f), err);
    case BOOL: return cu_parse_bool(value, bool_of(o, f), err);
    case SECONDS:
        if (cu_parse_duration(value, &ns, err) < 0)
            return -CU_E_INVALID;
        *number_of(o, f) = ns / 1000000000;
        return 0;
    case REFUSE: return cu_fail(err, CU_E_INVALID, "%s; remove the flag", f->preset);
    case IGNORE: return 0;
    }
    return 0;
}

static const struct flag *find(const char *name, size_t n)
{
    for (size_t i = 0; i < CU_LEN(FLAGS); i++)
        if (strlen(FLAGS[i].name) == n && memcmp(FLAGS[i].name, name, n) == 0)
            return &FLAGS[i];
    return NULL;
}

static int parse_args(int argc, char **argv, struct api_options *o, struct cu_err *err)
{
    bool seen[CU_LEN(FLAGS)] = { false };
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (arg[0] != '-')
            return cu_fail(err, CU_E_INVALID, "unexpected argument \"%s\"", arg);
        const char *name = arg + (arg[1] == '-' ? 2 : 1), *equals = strchr(name, '=');
        size_t n = equals ? (size_t)(equals - name) : strlen(name);
        const struct flag *f = find(name, n);
        const char *value = equals ? equals + 1 : NULL;
        if (!value && f && f->kind == BOOL)
            value = "true";
        /* an unknown flag's value may stand apart: take it along when it does not look like a flag */
        if (!value && i + 1 < argc &&
            (f ? f->kind != IGNORE || argv[i + 1][0] != '-' : argv[i + 1][0] != '-'))
            value = argv[++i];
        if (!f) {
            cu_log_warning("the flag --%.*s is not known here and has no effect", (int)n, name);
            continue;
        }
        if (!value && f->kind != IGNORE)
            return cu_fail(err, CU_E_INVALID, "flag needs an argument: --%s", f->name);
        if (set(o, f, cu_or(value, ""), !seen[f - FLAGS], err) < 0)
            return cu_wrap(err, "invalid argument \"%s\" for \"--%s\" flag", cu_or(value, ""), f->name);
        seen[f - FLAGS] = true;
    }
    return 0;
}

static bool usable(const struct ifaddrs *a, bool v6)
{
    return a->ifa_addr && (a->ifa_flags & IFF_UP) && !(a->ifa_flags & IFF_LOOPBACK) &&
           a->ifa_addr->sa_family == (v6 ? AF_INET6 : AF_INET);
}

/* The first global address of an interface that is up; the loopback address when there is none. */
static char *own_address(bool v6)
{
    struct ifaddrs *all = NULL;
    char text[CU_IP_MAX] = "";
    if (getifaddrs(&all) == 0)
        for (const struct ifaddrs *a = all; a && !*text; a = a->ifa_next) {
            struct cu_ip ip = { .v6 = v6 };
            if (!usable(a, v6))
                continue;
            if (v6)
                memcpy(ip.b, &((const struct sockaddr_in6 *)(const void *)a->ifa_addr)->sin6_addr, 16);
            else
                memcpy(ip.b, &((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr, 4);
            if (cu_ip_is_global_unicast(&ip))
                cu_ip_format(&ip, text);
        }
    freeifaddrs(all);
    return cu_strdup(*text ? text : v6 ? "::1" : "127.0.0.1");
}

static int check(struct api_options *o, struct cu_err *err)
{
    struct cu_ip ip;
    if (!cu_ip_parse_sloppy(o->bind_address, &ip))
        return cu_fail(err, CU_E_INVALID, "--bind-address \"%s\" is not an IP address", o->bind_address);
    if (cu_is_empty(o->advertise_address)) {
        free(o->advertise_address);
        o->advertise_address = cu_ip_is_unspecified(&ip) ? own_address(ip.v6) : cu_strdup(o->bind_address);
    }
    if (!cu_ip_parse_sloppy(o->advertise_address, &ip))
        return cu_fail(err, CU_E_INVALID, "--advertise-address \"%s\" is not an IP address",
                       o->advertise_address);
    if (o->secure_port < 0 || o->secure_port > 65535)
        return cu_fail(err, CU_E_INVALID, "--secure-port must be between 0 and 65535");
    if (!o->tls_cert_file || !o->tls_private_key_file)
        return cu_fail(err, CU_E_INVALID, "--tls-cert-file and --tls-private-key-file are needed");
    if (o->service_cluster_ip_range.n > 2)
        return cu_fail(err, CU_E_INVALID, "--service-cluster-ip-range takes at most two ranges");
    for (size_t i = 0; i < o->service_cluster_ip_range.n; i++)
        if (!cu_cidr_parse_sloppy(o->service_cluster_ip_range.v[i], &o->service_cidrs[o->n_service_cidrs++]))
            return cu_fail(err, CU_E_INVALID, "--service-cluster-ip-range: \"%s\" is not a CIDR block",
                           o->service_cluster_ip_range.v[i]);
    if (o->service_account_signing_key_file && o->service_account_issuer.n == 0)
        return cu_fail(err, CU_E_INVALID, "--service-account-issuer is needed to sign tokens");
    if (o->api_audiences.n == 0)
        cu_strlist_copy(&o->api_audiences, &o->service_account_issuer);
    if (o->authorization_mode.n == 0)
        cu_strlist_add(&o->authorization_mode, "AlwaysAllow");
    return 0;
}

int api_options_parse(int argc, char **argv, struct api_options *o, struct cu_err *err)
{
    *o = (struct api_options){ 0 };
    int failed = 0;
    for (size_t i = 0; failed == 0 && i < CU_LEN(FLAGS); i++)
        if (FLAGS[i].preset && FLAGS[i].kind != REFUSE)
            failed = set(o, &FLAGS[i], FLAGS[i].preset, true, err);
    if (failed == 0)
        failed = parse_args(argc, argv, o, err);
    if (failed == 0)
        failed = check(o, err);
    if (failed < 0)
        api_options_clear(o);
    return failed;
}

void api_options_clear(struct api_options *o)
{
    for (size_t i = 0; i < CU_LEN(FLAGS); i++) {
        if (FLAGS[i].kind == TEXT)
            free(*text_of(o, &FLAGS[i]));
        else if (FLAGS[i].kind == LIST || FLAGS[i].kind == REPEAT)
            cu_strlist_clear(list_of(o, &FLAGS[i]));
    }
    *o = (struct api_options){ 0 };
}
