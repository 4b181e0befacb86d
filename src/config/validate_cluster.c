/* Validation of ClusterConfiguration (spec config 12.2).
 * Must not know how a configuration was loaded. */
#include "base/str.h"
#include "base/timefmt.h"
#include "config/constants.h"
#include "config/gates.h"
#include "config/load.h"
#include "config/net.h"
#include "config/rule.h"
#include "config/validate.h"
#include "config/version.h"
#include <limits.h>

#define MIN_SERVICE_ADDRESSES 10
#define MIN_POD_ADDRESSES 14
#define MAX_SERVICE_HOST_BITS 20
#define MAX_NODE_MASK_DISTANCE 16

static void rule_repository(const char *repo, const char *field, struct cfg_errors *e)
{
    if (!cfg_is_repository(cu_or(repo, "")))
        cfg_rule_invalid(e, field, repo,
                         "is not the name of an image repository, such as \"registry.example.org/mirror\"");
}

static void rule_sans(const struct cu_strlist *sans, const char *field, struct cfg_errors *e)
{
    for (size_t i = 0; i < sans->n; i++) {
        const char *s = sans->v[i];
        const char *name = cu_has_prefix(s, "*.") ? s + 2 : s;
        struct cu_ip ip;
        if (!cu_is_dns_subdomain(name) && !cu_ip_parse_sloppy(s, &ip))
            cfg_rule_invalid(e, field, s, "is neither a DNS name nor an IP address");
    }
}

/* --- networks --- */

/* Addresses by upstream's count: widest networks count as none (spec config 12.2). */
static int host_bits(const struct cu_cidr *c)
{
    return (c->ip.v6 ? 128 : 32) - c->bits;
}

static bool is_too_small(const struct cu_cidr *c, int64_t minimum)
{
    int bits = host_bits(c);

    if (c->bits <= 1)
        return true;
    return bits < 62 && (INT64_C(1) << bits) < minimum;
}

struct subnets {
    struct cu_cidr *v;
    size_t n, cap;
};

static void subnets_clear(struct subnets *s)
{
    free(s->v);
}
#define auto_subnets __attribute__((cleanup(subnets_clear)))

/* Splits a subnet field. Wrong families leave the CIDRs to further rules, an unparsable one leaves none. */
static void parse_subnets(const char *text, const char *field, struct subnets *out, struct cfg_errors *e)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;

    cu_strlist_split(&parts, cu_or(text, ""), ',');
    for (size_t i = 0; i < parts.n; i++) {
        struct cu_cidr c;
        if (!cu_cidr_parse_sloppy(parts.v[i], &c)) {
            cfg_rule_invalid(e, field, text,
                             "is not one CIDR, or two joined by \",\", such as \"10.96.0.0/12\"");
            out->n = 0;
            return;
        }
        cu_grow(&out->v, &out->cap, out->n + 1, sizeof(*out->v));
        out->v[out->n++] = c;
    }
    if (out->n == 0)
        cfg_rule_invalid(e, field, text, "must not be empty");
    if (out->n > 2 || (out->n == 2 && out->v[0].ip.v6 == out->v[1].ip.v6))
        cfg_rule_invalid(e, field, text, "at most one CIDR of each IP family is possible");
}

static void rule_size(const struct subnets *s, const char *field, int64_t least, struct cfg_errors *e)
{
    char shown[CU_CIDR_MAX];

    for (size_t i = 0; i < s->n; i++) {
        cu_autofree char *quoted = NULL;
        cu_cidr_format(&s->v[i], shown);
        quoted = cfg_quote(shown);
        if (is_too_small(&s->v[i], least))
            cfg_errors_add(e, CFG_ERR_INVALID, field, quoted,
                           "holds too few addresses; at least %lld are needed", (long long)least);
    }
}

static void rule_service_subnet(const char *text, struct cfg_errors *e)
{
    static const char field[] = "networking.serviceSubnet";
    auto_subnets struct subnets s = { NULL, 0, 0 };
    char shown[CU_CIDR_MAX];

    parse_subnets(text, field, &s, e);
    rule_size(&s, field, MIN_SERVICE_ADDRESSES, e);
    for (size_t i = 0; i < s.n; i++) {
        cu_cidr_format(&s.v[i], shown);
        if (host_bits(&s.v[i]) > MAX_SERVICE_HOST_BITS)
            cfg_rule_invalid(e, field, shown, "is too large; at most /12 for IPv4 and /108 for IPv6");
    }
}

/* Node CIDRs must fit into the Pod CIDR, and not too many of them. */
static void rule_node_mask(const struct cfg_cluster *c, const struct cu_cidr *pods, struct cfg_errors *e)
{
    static const char field[] = "networking.podSubnet";
    const char *flag = pods->ip.v6 ? "node-cidr-mask-size-ipv6" : "node-cidr-mask-size-ipv4";
    const char *given = cfg_args_last(&c->controller_manager.extra_args, flag);
    int64_t mask = pods->ip.v6 ? 64 : 24;
    char shown[CU_CIDR_MAX];
    cu_autofree char *quoted = NULL;

    cu_cidr_format(pods, shown);
    quoted = cfg_quote(shown);
    if (given && cu_parse_i64(given, INT_MIN, INT_MAX, &mask, NULL) < 0)
        cfg_errors_add(e, CFG_ERR_INVALID, field, quoted, "%s=%s of the controller manager is not a number",
                       flag, given);
    else if (pods->bits > mask)
        cfg_errors_add(e, CFG_ERR_INVALID, field, quoted, "is smaller than the part of one node, /%lld",
                       (long long)mask);
    else if (mask - pods->bits > MAX_NODE_MASK_DISTANCE)
        cfg_errors_add(
            e, CFG_ERR_INVALID, field, quoted,
            "is more than %d bits wider than the part of one node, /%lld; set %s of the controller manager",
            MAX_NODE_MASK_DISTANCE, (long long)mask, flag);
}

static void rule_pod_subnet(const struct cfg_cluster *c, struct cfg_errors *e)
{
    static const char field[] = "networking.podSubnet";
    const char *allocate = cfg_args_last(&c->controller_manager.extra_args, "allocate-node-cidrs");
    auto_subnets struct subnets pods = { NULL, 0, 0 };

    if (cu_is_empty(c->networking.pod_subnet))
        return;
    parse_subnets(c->networking.pod_subnet, field, &pods, e);
    rule_size(&pods, field, MIN_POD_ADDRESSES, e);
    for (size_t i = 0; i < pods.n && !cu_streq(allocate, "false"); i++)
        rule_node_mask(c, &pods.v[i], e);
}

/* --- etcd --- */

static void rule_urls(const struct cu_strlist *urls, const char *field, bool https, struct cfg_errors *e)
{
    for (size_t i = 0; i < urls->n; i++) {
        cu_autofree char *scheme = cfg_url_scheme(urls->v[i]);
        if (!scheme) {
            cfg_rule_invalid(e, field, urls->v[i], "is not a URL");
            continue;
        }
        if (https && !cu_streq(scheme, "https"))
            cfg_rule_invalid(e, field, urls->v[i], "must begin with https:// when certificates are given");
        if (!*scheme)
            cfg_rule_invalid(e, field, urls->v[i], "must begin with https:// or http://");
    }
}

static void rule_external(const struct cfg_etcd_external *x, struct cfg_errors *e)
{
    const struct {
        const char *field, *path;
    } files[] = {
        { "etcd.external.caFile", x->ca_file },
        { "etcd.external.certFile", x->cert_file },
        { "etcd.external.keyFile", x->key_file },
    };
    bool cert = !cu_is_empty(x->cert_file), key = !cu_is_empty(x->key_file), ca = !cu_is_empty(x->ca_file);

    if (cert != key)
        cfg_errors_add(e, CFG_ERR_INVALID, "etcd.external", "\"\"", "certFile and keyFile belong together");
    if (cert && key && !ca)
        cfg_errors_add(e, CFG_ERR_INVALID, "etcd.external", "\"\"", "certFile and keyFile need caFile");
    if (x->endpoints.n == 0)
        cfg_errors_add(e, CFG_ERR_INVALID, "etcd.external.endpoints", "[]",
                       "at least one endpoint is needed");
    for (size_t i = 0; x->endpoints.n > 1 && i < x->endpoints.n; i++)
        if (cu_has_prefix(x->endpoints.v[i], CFG_SQLITE_SCHEME))
            cfg_rule_invalid(e, "etcd.external.endpoints", x->endpoints.v[i], "a SQLite store stands alone");
    rule_urls(&x->endpoints, "etcd.external.endpoints", cert || key || ca, e);
    rule_urls(&x->http_endpoints, "etcd.external.httpEndpoints", false, e);
    for (size_t i = 0; i < CU_LEN(files); i++)
        if (!cu_is_empty(files[i].path))
            cfg_rule_absolute(files[i].path, files[i].field, e);
}

static void rule_etcd(const struct cfg_etcd *etcd, struct cfg_errors *e)
{
    if (!etcd->local == !etcd->external) {
        cfg_errors_add(e, CFG_ERR_INVALID, "etcd", "\"\"",
                       etcd->local ? "local and external exclude each other"
                                   : "local or external must be given");
        return;
    }
    if (etcd->local) {
        cfg_rule_absolute(etcd->local->data_dir, "etcd.local.dataDir", e);
        rule_sans(&etcd->local->server_cert_sans, "etcd.local.serverCertSANs", e);
        rule_sans(&etcd->local->peer_cert_sans, "etcd.local.peerCertSANs", e);
        if (!cu_is_empty(etcd->local->image_repository))
            rule_repository(etcd->local->image_repository, "etcd.local.imageRepository", e);
        cfg_rule_args(&etcd->local->extra_args, "etcd.local.extraArgs", e);
    } else {
        rule_external(etcd->external, e);
    }
}

/* --- the rest --- */

static void rule_gates(const struct cfg_cluster *c, struct cfg_errors *e)
{
    cu_autoval struct val *all = val_new_map();
    int minor = cfg_minor(c->kubernetes_version);

    for (size_t i = 0; i < c->feature_gates.n; i++)
        val_set_bool(all, c->feature_gates.v[i].name, c->feature_gates.v[i].on);
    cu_autofree char *text = val_dump_json(all, VAL_JSON_COMPACT);
    for (size_t i = 0; i < c->feature_gates.n; i++) {
        if (!cfg_gate_known(c->feature_gates.v[i].name, minor))
            cfg_errors_add(e, CFG_ERR_INVALID, "featureGates", text, "there is no feature gate \"%s\"",
                           c->feature_gates.v[i].name);
    }
}

static void rule_algorithm(const char *name, struct cfg_errors *e)
{
    static const char *const known[] = { "ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096" };

    for (size_t i = 0; i < CU_LEN(known); i++)
        if (cu_streq(name, known[i]))
            return;
    cfg_rule_invalid(e, "encryptionAlgorithm", name,
                     "must be one of [ECDSA-P256 ECDSA-P384 RSA-2048 RSA-3072 RSA-4096]");
}

void cfg_rule_cluster(const struct cfg_cluster *c, struct cfg_errors *e)
{
    cu_autofree char *host = NULL;
    int port;

    if (!cu_is_empty(c->dns.image_repository))
        rule_repository(c->dns.image_repository, "dns.imageRepository", e);
    if (!cu_is_dns_subdomain(cu_or(c->networking.dns_domain, "")))
        cfg_rule_invalid(e, "networking.dnsDomain", c->networking.dns_domain,
                         "must be a DNS name in lower case (RFC 1123)");
    rule_service_subnet(c->networking.service_subnet, e);
    rule_pod_subnet(c, e);
    rule_sans(&c->api_server.cert_sans, "apiServer.certSANs", e);
    cfg_rule_args(&c->api_server.extra_args, "apiServer.extraArgs", e);
    cfg_rule_args(&c->controller_manager.extra_args, "controllerManager.extraArgs", e);
    cfg_rule_args(&c->scheduler.extra_args, "scheduler.extraArgs", e);
    cfg_rule_absolute(c->certificates_dir, "certificatesDir", e);
    rule_gates(c, e);
    if (!cu_is_empty(c->control_plane_endpoint) &&
        cfg_parse_endpoint(c->control_plane_endpoint, &host, &port, NULL) < 0)
        cfg_rule_invalid(e, "controlPlaneEndpoint", c->control_plane_endpoint,
                         "must have the form host or host:port");
    rule_repository(c->image_repository, "imageRepository", e);
    rule_etcd(&c->etcd, e);
    rule_algorithm(c->encryption_algorithm, e);
}

static void warn_period(const char *field, struct cfg_duration d, const char *limit_name, int64_t limit,
                        struct cu_strlist *warnings)
{
    cu_autofree char *have = cu_format_duration(d.ns);
    cu_autofree char *most = cu_format_duration(limit);

    if (d.ns > limit)
        cu_strlist_addf(warnings, "%s: %s is longer than %s, %s", field, have, limit_name, most);
}

static void warn_site_local(const char *field, const char *text, struct cu_strlist *warnings)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    struct cu_cidr old, c;

    if (!cu_cidr_parse("fec0::/10", &old))
        return;
    cu_strlist_split(&parts, cu_or(text, ""), ',');
    for (size_t i = 0; i < parts.n; i++)
        if (cu_cidr_parse_sloppy(parts.v[i], &c) &&
            (cu_cidr_contains(&old, &c.ip) || cu_cidr_contains(&c, &old.ip)))
            cu_strlist_addf(warnings, "%s: %s overlaps the deprecated site-local range fec0::/10", field,
                            parts.v[i]);
}

/* Fields of v1beta4 that the cluster of an older minor cannot store (spec versions 17, trap 9). */
static void warn_not_stored(const struct cfg_cluster *c, struct cu_strlist *warnings)
{
    const int64_t hour = INT64_C(3600000000000);
    const struct {
        const char *field;
        bool lost;
    } fields[] = {
        { "encryptionAlgorithm", !cu_streq(c->encryption_algorithm, "RSA-2048") },
        { "certificateValidityPeriod", c->certificate_validity_period.ns != 8760 * hour },
        { "caCertificateValidityPeriod", c->ca_certificate_validity_period.ns != 87600 * hour },
        { "apiServer.extraEnvs", c->api_server.extra_envs.n > 0 },
        { "controllerManager.extraEnvs", c->controller_manager.extra_envs.n > 0 },
        { "scheduler.extraEnvs", c->scheduler.extra_envs.n > 0 },
        { "etcd.local.extraEnvs", c->etcd.local && c->etcd.local->extra_envs.n > 0 },
        { "dns.disabled", c->dns.disabled },
        { "proxy.disabled", c->proxy.disabled },
    };

    for (size_t i = 0; cfg_stored_version(c->kubernetes_version) == CFG_V1BETA3 && i < CU_LEN(fields); i++)
        if (fields[i].lost)
            cu_strlist_addf(
                warnings, "%s takes effect here, but %s stores its configuration in v1beta3, which lacks it",
                fields[i].field, c->kubernetes_version);
}

void cfg_validate_warn(const struct cfg_cluster *c, struct cu_strlist *warnings)
{
    const int64_t hour = INT64_C(3600000000000);
    const struct cfg_duration leaf = c->certificate_validity_period, ca = c->ca_certificate_validity_period;

    warn_period("certificateValidityPeriod", leaf, "the recommended longest validity of certificates",
                8760 * hour, warnings);
    warn_period("caCertificateValidityPeriod", ca, "the recommended longest validity of CA certificates",
                87600 * hour, warnings);
    warn_period("certificateValidityPeriod", leaf, "caCertificateValidityPeriod", ca.ns, warnings);
    warn_site_local("networking.serviceSubnet", c->networking.service_subnet, warnings);
    warn_site_local("networking.podSubnet", c->networking.pod_subnet, warnings);
    warn_not_stored(c, warnings);
}
