/* Static and dynamic defaults of the kinds (spec config 7 and 8).
 * Must not know the machine but through struct cfg_host. */
#include "base/str.h"
#include "config/component.h"
#include "config/constants.h"
#include "config/default.h"
#include "config/field.h"
#include "config/net.h"
#include "config/validate.h"
#include <limits.h>
#include <string.h>

/* A finding while defaulting ends loading at once. */
static int stop(const struct cfg_load_options *o, enum cfg_error_kind kind, const char *field,
                struct cu_err *err)
{
    if (o->errors)
        cfg_errors_say(o->errors, kind, field, "%s", cu_err_text(err));
    return -CU_E_INVALID;
}

static void default_kind(enum cfg_kind_id id, enum cfg_version version, void *object)
{
    cfg_default_object(cfg_kinds[id].object, version, object);
}

void cfg_default_cluster(struct cfg_cluster *c, enum cfg_version version)
{
    if (!c->etcd.local && !c->etcd.external)
        c->etcd.local = cu_calloc(1, sizeof(*c->etcd.local));
    default_kind(CFG_KIND_CLUSTER, version, c);
    if (c->etcd.external && c->etcd.external->http_endpoints.n == 0)
        cu_strlist_copy(&c->etcd.external->http_endpoints, &c->etcd.external->endpoints);
}

void cfg_default_init_node(struct cfg_init *c)
{
    struct cfg_tokens *t = &c->bootstrap_tokens;

    if (t->n == 0) {
        cu_grow(&t->v, &t->cap, 1, sizeof(*t->v));
        t->v[t->n++] = (struct cfg_token){ 0 };
    }
    default_kind(CFG_KIND_INIT, CFG_V1BETA4, c);
}

void cfg_default_init_static(struct cfg_init *c)
{
    cfg_default_init_node(c);
    cfg_default_cluster(&c->cluster, CFG_V1BETA4);
}

void cfg_default_join_static(struct cfg_join *c)
{
    struct cfg_discovery *d = &c->discovery;

    if (d->bootstrap_token && cu_is_empty(d->tls_bootstrap_token)) {
        cu_free_secret(d->tls_bootstrap_token);
        d->tls_bootstrap_token = cu_strdup(d->bootstrap_token->token);
    }
    cu_autofree char *path = d->file ? cfg_file_url_path(cu_or(d->file->kube_config_path, "")) : NULL;
    if (path)
        cfg_set_str(&d->file->kube_config_path, path);
    default_kind(CFG_KIND_JOIN, CFG_V1BETA4, c);
}

void cfg_default_reset_static(struct cfg_reset *c)
{
    default_kind(CFG_KIND_RESET, CFG_V1BETA4, c);
}

void cfg_default_upgrade_static(struct cfg_upgrade *c)
{
    default_kind(CFG_KIND_UPGRADE, CFG_V1BETA4, c);
}

static int default_name(char **name, const struct cfg_load_options *o, struct cu_err *err)
{
    char own[HOST_NAME_MAX + 1] = "";
    const char *host = o->host.hostname;

    if (!host && gethostname(own, sizeof(own) - 1) == 0)
        host = own;
    cu_autofree char *text = cu_trim(cu_is_empty(*name) ? cu_or(host, "") : *name);
    if (!*text) {
        cu_fail(err, CU_E_INVALID,
                "nodeRegistration.name: this machine has no host name; give one with --node-name");
        return stop(o, CFG_ERR_OTHER, "nodeRegistration.name", err);
    }
    free(*name);
    *name = cu_lower(text);
    return 0;
}

static int default_cri_socket(char **socket, const struct cfg_load_options *o, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist found = CU_STRLIST_INIT;

    if (!cu_is_empty(*socket)) {
        if (cu_has_prefix(*socket, "unix"))
            return 0;
        if (o->warnings)
            cu_strlist_addf(o->warnings,
                            "the CRI socket \"%s\" lacks a URL scheme, which is deprecated; \"unix://\" is "
                            "put before it: write "
                            "\"unix://%s\" in criSocket",
                            *socket, *socket);
        char *url = cu_asprintf("unix://%s", *socket);
        free(*socket);
        *socket = url;
        return 0;
    }
    if (o->detect_cri && o->host.find_cri)
        o->host.find_cri(o->host.arg, &found);
    if (found.n > 1) {
        cu_autofree char *list = cu_strlist_join(&found, ", ");
        cu_fail(err, CU_E_INVALID,
                "several container runtimes answer on this machine: %s; choose one with --cri-socket or "
                "criSocket in the configuration",
                list);
        return stop(o, CFG_ERR_OTHER, "nodeRegistration.criSocket", err);
    }
    cfg_set_str(socket, found.n ? found.v[0] : CFG_CRI_CONTAINERD);
    return 0;
}

static int default_node(struct cfg_node *n, bool control_plane, const struct cfg_load_options *o,
                        struct cu_err *err)
{
    int r = default_name(&n->name, o, err);

    if (r < 0)
        return r;
    if (control_plane && !n->taints.set)
        cfg_taints_add(&n->taints, CFG_LABEL_CONTROL_PLANE, NULL, "NoSchedule");
    return default_cri_socket(&n->cri_socket, o, err);
}

/* Spec config 8.4; `field` names the address in findings. */
static int default_address(struct cfg_endpoint *e, const char *field, const struct cfg_load_options *o,
                           struct cu_err *err)
{
    struct cu_ip ip = { 0 };
    char text[CU_IP_MAX];
    cu_autofree char *chosen = NULL;
    bool given = !cu_is_empty(e->advertise_address);

    if (given && !cu_ip_parse_sloppy(e->advertise_address, &ip)) {
        cu_fail(err, CU_E_INVALID, "%s: \"%s\" is not an IP address", field, e->advertise_address);
        return stop(o, CFG_ERR_OTHER, field, err);
    }
    if (given)
        cu_ip_format(&ip, text);
    if (given && !cu_ip_is_loopback(&ip) && !cu_ip_is_unspecified(&ip)) {
        cfg_set_str(&e->advertise_address, text);
        return 0;
    }
    if (!o->host.choose_address) {
        cfg_set_str(&e->advertise_address, given ? text : "0.0.0.0");
        return 0;
    }
    if (o->host.choose_address(o->host.arg, given ? text : "", &chosen, err) < 0) {
        cu_wrap(err,
                "%s: could not find an address of this machine; name one with --apiserver-advertise-address",
                field);
        return stop(o, CFG_ERR_OTHER, field, err);
    }
    if (cu_streq(chosen, "0.0.0.0") && o->warnings)
        cu_strlist_add(o->warnings,
                       "this machine has no default route; name the address of its API server with "
                       "--apiserver-advertise-address");
    free(e->advertise_address);
    e->advertise_address = cu_steal(&chosen);
    return 0;
}

static int default_endpoint_port(struct cfg_init *c, const struct cfg_load_options *o, struct cu_err *err)
{
    cu_autofree char *host = NULL;
    int port;

    if (cu_is_empty(c->cluster.control_plane_endpoint))
        return 0;
    if (cfg_parse_endpoint(c->cluster.control_plane_endpoint, &host, &port, err) < 0) {
        cu_wrap(err, "controlPlaneEndpoint: \"%s\" is not \"host\" or \"host:port\"",
                c->cluster.control_plane_endpoint);
        return stop(o, CFG_ERR_OTHER, "controlPlaneEndpoint", err);
    }
    if (port < 0) {
        free(c->cluster.control_plane_endpoint);
        c->cluster.control_plane_endpoint = cu_host_port(host, c->local_api_endpoint.bind_port);
    }
    return 0;
}

static void lower_all(struct cu_strlist *l)
{
    for (size_t i = 0; i < l->n; i++) {
        char *lower = cu_lower(l->v[i]);
        free(l->v[i]);
        l->v[i] = lower;
    }
}

static int default_version(struct cfg_init *c, const struct cfg_load_options *o, struct cu_err *err)
{
    if (cfg_resolve_cluster_version(&c->cluster, o, err) < 0)
        return stop(o, CFG_ERR_VERSION, "kubernetesVersion", err);
    if (cfg_check_version(c->cluster.kubernetes_version, o->upstream_versions, err) < 0)
        return stop(o, cfg_minor(c->cluster.kubernetes_version) < 0 ? CFG_ERR_VERSION : CFG_ERR_TOO_OLD,
                    "kubernetesVersion", err);
    return 0;
}

int cfg_default_init_dynamic(struct cfg_init *c, const struct cfg_load_options *o, struct cu_err *err)
{
    int r;

    for (size_t i = 0; i < c->bootstrap_tokens.n; i++) {
        struct cfg_token *t = &c->bootstrap_tokens.v[i];
        if (cu_is_empty(t->token)) {
            free(t->token);
            t->token = cfg_new_token();
        }
    }
    r = default_node(&c->node, true, o, err);
    if (r == 0)
        r = default_address(&c->local_api_endpoint, "localAPIEndpoint.advertiseAddress", o, err);
    if (r == 0)
        r = default_version(c, o, err);
    if (r < 0)
        return r;
    cfg_default_components(c, o->warnings);
    r = default_endpoint_port(c, o, err);
    if (r == 0)
        lower_all(&c->cluster.api_server.cert_sans);
    return r;
}

int cfg_default_join_dynamic(struct cfg_join *c, const struct cfg_load_options *o, struct cu_err *err)
{
    int r = default_node(&c->node, c->control_plane != NULL, o, err);

    if (r == 0 && c->control_plane)
        r = default_address(&c->control_plane->local_api_endpoint,
                            "controlPlane.localAPIEndpoint.advertiseAddress", o, err);
    return r;
}

int cfg_default_reset_dynamic(struct cfg_reset *c, const struct cfg_load_options *o, struct cu_err *err)
{
    return default_cri_socket(&c->cri_socket, o, err);
}

void cfg_set_embedded(struct cfg_init *c)
{
    struct cfg_etcd *etcd = &c->cluster.etcd;

    if (etcd->local || etcd->external)
        return;
    etcd->external = cu_calloc(1, sizeof(*etcd->external));
    cu_strlist_add(&etcd->external->endpoints, CFG_SQLITE_STORE);
}

bool cfg_is_embedded_store(const struct cfg_cluster *c)
{
    return c->etcd.external && c->etcd.external->endpoints.n == 1 &&
           cu_has_prefix(c->etcd.external->endpoints.v[0], CFG_SQLITE_SCHEME);
}

void cfg_couple_addons(struct cfg_cluster *c, struct cu_strlist *skip)
{
    bool all = cu_strlist_has(skip, "addon");

    if (all || cu_strlist_has(skip, "addon/coredns"))
        c->dns.disabled = true;
    if (all || cu_strlist_has(skip, "addon/kube-proxy"))
        c->proxy.disabled = true;
    if (c->dns.disabled && !all)
        cu_strlist_add_unique(skip, "addon/coredns");
    if (c->proxy.disabled && !all)
        cu_strlist_add_unique(skip, "addon/kube-proxy");
}
