/* Validation of InitConfiguration, JoinConfiguration, ResetConfiguration and UpgradeConfiguration (spec config 12).
 * Must not know how a configuration was loaded. */
#include "config/validate.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/net.h"
#include "config/rule.h"
#include <string.h>

void cfg_rule_invalid(struct cfg_errors *e, const char *field, const char *value, const char *detail)
{
    cu_autofree char *quoted = cfg_quote(value);
    cfg_errors_add(e, CFG_ERR_INVALID, field, quoted, "%s", detail);
}

void cfg_rule_invalid_secret(struct cfg_errors *e, const char *field, const char *detail)
{
    cfg_errors_add(e, CFG_ERR_INVALID, field, "(not shown)", "%s", detail);
}

/* A list as JSON, for messages. */
static char *list_text(const struct cu_strlist *l)
{
    cu_autoval struct val *v = val_new_list();
    for (size_t i = 0; i < l->n; i++)
        val_append_str(v, l->v[i]);
    return val_dump_json(v, VAL_JSON_COMPACT);
}

void cfg_rule_absolute(const char *path, const char *field, struct cfg_errors *e)
{
    if (*cu_or(path, "") != '/')
        cfg_rule_invalid(e, field, path, "must be an absolute path");
}

void cfg_rule_cri_socket(const char *socket, const char *field, struct cfg_errors *e)
{
    cu_autofree char *scheme = cfg_url_scheme(cu_or(socket, ""));

    if (cu_is_empty(socket))
        cfg_rule_invalid(e, field, socket, "must not be empty; name the socket of the container runtime");
    else if (!scheme)
        cfg_rule_invalid(e, field, socket, "is not a URL such as \"" CFG_CRI_CONTAINERD "\"");
    else if (!cu_streq(scheme, "unix"))
        cfg_rule_invalid(e, field, socket, "only URLs with the scheme \"unix\" are supported");
}

void cfg_rule_pull_policy(const char *policy, const char *field, struct cfg_errors *e)
{
    static const char *const known[] = { "", "Always", "IfNotPresent", "Never" };

    for (size_t i = 0; i < CU_LEN(known); i++)
        if (cu_streq(cu_or(policy, ""), known[i]))
            return;
    cfg_rule_invalid(e, field, policy, "must be Always, IfNotPresent or Never");
}

void cfg_rule_args(const struct cfg_args *a, const char *field, struct cfg_errors *e)
{
    for (size_t i = 0; i < a->n; i++) {
        cu_autofree char *index = cu_asprintf("\"index %zu\"", i);
        if (cu_is_empty(a->v[i].name))
            cfg_errors_add(e, CFG_ERR_INVALID, field, index, "an argument needs a name");
    }
}

void cfg_rule_certificate_key(const char *key, const char *field, struct cfg_errors *e)
{
    cu_autofree uint8_t *bytes = NULL;
    size_t n = 0;

    if (cu_is_empty(key))
        return;
    if (cu_unhex(key, &bytes, &n, NULL) < 0)
        cfg_rule_invalid_secret(e, field, "must be hexadecimal");
    else if (n != CFG_CERT_KEY_BYTES)
        cfg_errors_add(e, CFG_ERR_INVALID, field, "(not shown)",
                       "must be %d bytes (%d hexadecimal digits), got %zu bytes; `kubeadm certs "
                       "certificate-key` makes one",
                       CFG_CERT_KEY_BYTES, 2 * CFG_CERT_KEY_BYTES, n);
    if (bytes)
        cu_wipe(bytes, n);
}

void cfg_rule_endpoint(const struct cfg_endpoint *a, const char *field, struct cfg_errors *e)
{
    cu_autofree char *address = cu_asprintf("%s.advertiseAddress", field);
    cu_autofree char *port = cu_asprintf("%s.bindPort", field);
    cu_autofree char *number = cu_asprintf("%d", (int)a->bind_port);
    struct cu_ip ip;

    if (!cu_ip_parse_sloppy(a->advertise_address, &ip))
        cfg_rule_invalid(e, address, a->advertise_address, "must be an IP address");
    if (a->bind_port < 1 || a->bind_port > 65535)
        cfg_errors_add(e, CFG_ERR_INVALID, port, number, "must be a port from 1 to 65535");
}

void cfg_rule_node(const struct cfg_node *n, const char *field, struct cfg_errors *e)
{
    cu_autofree char *name = cu_asprintf("%s.name", field);
    cu_autofree char *socket = cu_asprintf("%s.criSocket", field);
    cu_autofree char *args = cu_asprintf("%s.kubeletExtraArgs", field);
    cu_autofree char *policy = cu_asprintf("%s.imagePullPolicy", field);

    if (cu_is_empty(n->name))
        cfg_errors_add(e, CFG_ERR_REQUIRED, field, NULL, "a node needs a name");
    if (!cu_is_dns_subdomain(cu_or(n->name, "")))
        cfg_rule_invalid(e, name, n->name,
                         "must be lower-case letters, digits, \"-\" and \".\", beginning and ending with a "
                         "letter or digit "
                         "(RFC 1123); rename with --node-name");
    cfg_rule_cri_socket(n->cri_socket, socket, e);
    cfg_rule_args(&n->kubelet_extra_args, args, e);
    cfg_rule_pull_policy(n->image_pull_policy, policy, e);
}

static void rule_usages(const struct cfg_token *t, const char *field, struct cfg_errors *e)
{
    cu_autostrlist struct cu_strlist bad = CU_STRLIST_INIT;
    cu_autofree char *all = list_text(&t->usages);

    for (size_t i = 0; i < t->usages.n; i++)
        if (!cu_streq(t->usages.v[i], "signing") && !cu_streq(t->usages.v[i], "authentication"))
            cu_strlist_add_unique(&bad, t->usages.v[i]);
    if (!bad.n)
        return;
    cu_strlist_sort(&bad);
    cu_autofree char *list = cu_strlist_join(&bad, ",");
    cfg_errors_add(e, CFG_ERR_INVALID, field, all, "unknown usages: %s; there are signing and authentication",
                   list);
}

static void rule_token(const struct cfg_token *t, size_t index, struct cfg_errors *e)
{
    cu_autofree char *field = cu_asprintf("bootstrapTokens.%zu", index);
    cu_autofree char *token = cu_asprintf("%s.token", field);
    cu_autofree char *usages = cu_asprintf("%s.usages", field);
    cu_autofree char *groups = cu_asprintf("%s.groups", field);
    cu_autofree char *list = list_text(&t->groups);

    if (!cfg_is_token(cu_or(t->token, "")))
        cfg_rule_invalid_secret(e, token, "must have the form [a-z0-9]{6}.[a-z0-9]{16}");
    rule_usages(t, usages, e);
    if (t->groups.n && !cu_strlist_has(&t->usages, "authentication"))
        cfg_errors_add(e, CFG_ERR_INVALID, groups, list, "groups need the usage \"authentication\"");
    for (size_t i = 0; i < t->groups.n; i++)
        if (!cfg_is_token_group(t->groups.v[i]))
            cfg_errors_add(e, CFG_ERR_INVALID, groups, list,
                           "group \"%s\" must begin with \"system:bootstrappers:\" and go on in lower-case "
                           "letters, digits, "
                           "\":\" and \"-\"",
                           t->groups.v[i]);
    if (t->expires && t->ttl.set)
        cfg_errors_add(e, CFG_ERR_INVALID, field, "\"\"", "expires and ttl exclude each other");
}

void cfg_validate_init(const struct cfg_init *c, struct cfg_errors *e)
{
    cfg_rule_node(&c->node, "nodeRegistration", e);
    for (size_t i = 0; i < c->bootstrap_tokens.n; i++)
        rule_token(&c->bootstrap_tokens.v[i], i, e);
    cfg_rule_cluster(&c->cluster, e);
    cfg_rule_endpoint(&c->local_api_endpoint, "localAPIEndpoint", e);
    cfg_rule_certificate_key(c->certificate_key, "certificateKey", e);
}

static void rule_discovery_token(const struct cfg_discovery_token *d, struct cfg_errors *e)
{
    cu_autofree char *host = NULL;
    const char *port;
    bool ok = cfg_split_host_port(cu_or(d->api_server_endpoint, ""), &host, &port);

    if (cu_is_empty(d->api_server_endpoint))
        cfg_errors_add(e, CFG_ERR_REQUIRED, "discovery.bootstrapToken", NULL,
                       "apiServerEndpoint must be given");
    if (!d->ca_cert_hashes.n && !d->unsafe_skip_ca_verification)
        cfg_errors_add(
            e, CFG_ERR_INVALID, "discovery.bootstrapToken.caCertHashes", "\"\"",
            "without the hash of the CA (--discovery-token-ca-cert-hash) the cluster cannot be told from an "
            "impostor; set unsafeSkipCAVerification to go without");
    if (!cfg_is_token(cu_or(d->token, "")))
        cfg_rule_invalid_secret(e, "discovery.bootstrapToken.token",
                                "must have the form [a-z0-9]{6}.[a-z0-9]{16}");
    if (!ok)
        cfg_rule_invalid(e, "discovery.bootstrapToken.apiServerEndpoint", d->api_server_endpoint,
                         "must have the form host:port");
}

static void rule_discovery_file(const struct cfg_discovery_file *d, struct cfg_errors *e)
{
    static const char field[] = "discovery.file.kubeConfigPath";
    const char *path = cu_or(d->kube_config_path, "");
    cu_autofree char *scheme = cfg_url_scheme(path);

    if (!scheme)
        cfg_rule_invalid(e, field, path, "is neither a path nor a URL");
    else if (!*scheme && !cu_exists(path))
        cfg_rule_invalid(e, field, path, "there is no such file");
    else if (*scheme && !cu_streq(scheme, "https"))
        cfg_rule_invalid(e, field, path, "a URL must begin with https://");
}

static void rule_discovery(const struct cfg_discovery *d, struct cfg_errors *e)
{
    bool tls = !cu_is_empty(d->tls_bootstrap_token);

    if (!d->bootstrap_token && !d->file)
        cfg_errors_add(e, CFG_ERR_INVALID, "discovery", "\"\"",
                       "bootstrapToken or file must be given: name the cluster, as `kubeadm token create "
                       "--print-join-command` prints it");
    if (d->bootstrap_token && d->file)
        cfg_errors_add(e, CFG_ERR_INVALID, "discovery", "\"\"", "bootstrapToken and file exclude each other");
    if (d->bootstrap_token)
        rule_discovery_token(d->bootstrap_token, e);
    if ((d->bootstrap_token || (d->file && tls)) && !cfg_is_token(cu_or(d->tls_bootstrap_token, "")))
        cfg_rule_invalid_secret(e, "discovery.tlsBootstrapToken",
                                "must have the form [a-z0-9]{6}.[a-z0-9]{16}");
    if (d->file)
        rule_discovery_file(d->file, e);
}

void cfg_validate_join(const struct cfg_join *c, struct cfg_errors *e)
{
    rule_discovery(&c->discovery, e);
    cfg_rule_node(&c->node, "nodeRegistration", e);
    if (c->control_plane) {
        cfg_rule_endpoint(&c->control_plane->local_api_endpoint, "controlPlane.localAPIEndpoint", e);
        cfg_rule_certificate_key(c->control_plane->certificate_key, "controlPlane.certificateKey", e);
    }
    if (*cu_or(c->ca_cert_path, "") != '/' || !cu_has_suffix(c->ca_cert_path, ".crt"))
        cfg_rule_invalid(e, "caCertPath", c->ca_cert_path, "must be an absolute path ending in \".crt\"");
}

void cfg_validate_reset(const struct cfg_reset *c, struct cfg_errors *e)
{
    static const char *const flags[] = { "MNT_FORCE", "MNT_DETACH", "MNT_EXPIRE", "UMOUNT_NOFOLLOW" };

    cfg_rule_cri_socket(c->cri_socket, "criSocket", e);
    cfg_rule_absolute(c->certificates_dir, "certificatesDir", e);
    for (size_t i = 0; i < c->unmount_flags.n; i++) {
        cu_autofree char *index = cu_asprintf("\"index %zu\"", i);
        bool known = false;
        for (size_t k = 0; k < CU_LEN(flags); k++)
            known = known || cu_streq(flags[k], c->unmount_flags.v[i]);
        if (!known)
            cfg_errors_add(
                e, CFG_ERR_INVALID, "unmountFlags", index,
                "unknown flag \"%s\"; there are MNT_FORCE, MNT_DETACH, MNT_EXPIRE and UMOUNT_NOFOLLOW",
                c->unmount_flags.v[i]);
    }
}

void cfg_validate_upgrade(const struct cfg_upgrade *c, struct cfg_errors *e)
{
    if (c->apply.patches)
        cfg_rule_absolute(c->apply.patches->directory, "apply.patches.directory", e);
    if (c->node.patches)
        cfg_rule_absolute(c->node.patches->directory, "node.patches.directory", e);
    cfg_rule_pull_policy(c->apply.image_pull_policy, "apply.imagePullPolicy", e);
    cfg_rule_pull_policy(c->node.image_pull_policy, "node.imagePullPolicy", e);
}

int cfg_ignored_preflight(const struct cu_strlist *flag, const struct cu_strlist *config,
                          struct cu_strlist *out, struct cu_err *err)
{
    const struct cu_strlist *const lists[] = { flag, config };

    for (size_t k = 0; k < CU_LEN(lists); k++) {
        for (size_t i = 0; lists[k] && i < lists[k]->n; i++) {
            cu_autofree char *lower = cu_lower(lists[k]->v[i]);
            cu_strlist_add_unique(out, lower);
        }
    }
    cu_strlist_sort(out);
    if (out->n > 1 && cu_strlist_has(out, "all")) {
        cu_autofree char *list = cu_strlist_join(out, ",");
        return cu_fail(
            err, CU_E_INVALID,
            "ignore-preflight-errors: Invalid value: \"%s\": \"all\" covers everything and stands alone",
            list);
    }
    return 0;
}

int cfg_check_mixed_flags(const struct cu_strlist *names, struct cu_err *err)
{
    static const char *const fine[] = {
        "config",
        "ignore-preflight-errors",
        "dry-run",
        "kubeconfig",
        "node-name",
        "kubeconfig-dir",
        "upload-certs",
        "print-manifest",
        "allow-missing-template-keys",
        "output",
        "show-managed-fields",
        "print-join-command",
        "rootfs",
        "v",
        "log-file",
        "yes",
        /* ours: they say how to run, not what the cluster is */
        "embedded",
        "component-dir",
        "events",
        "fix-preflight",
    };
    cu_autostrlist struct cu_strlist bad = CU_STRLIST_INIT;

    if (!cu_strlist_has(names, "config"))
        return 0;
    for (size_t i = 0; i < names->n; i++) {
        bool ok = cu_has_prefix(names->v[i], "skip-");
        for (size_t k = 0; k < CU_LEN(fine); k++)
            ok = ok || cu_streq(fine[k], names->v[i]);
        if (!ok)
            cu_strlist_add_unique(&bad, names->v[i]);
    }
    if (!bad.n)
        return 0;
    cu_strlist_sort(&bad);
    cu_autofree char *list = cu_strlist_join(&bad, " ");
    return cu_fail(err, CU_E_INVALID, "can not mix '--config' with arguments [%s]", list);
}
