/* Beginning of a migration: which cluster, from where, to where; or where an interrupted one stopped. It must not change
 * anything but take the lock. */
#include "base/file.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/random.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "config/constants.h"
#include "config/encode.h"
#include "config/load.h"
#include "etcd/etcd.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "manifests/pod.h"
#include "phases/cluster_config.h"
#include "phases/host.h"
#include "phases/migrate.h"
#include "pki/ca.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#define MANIFEST CFG_MANIFESTS_DIR "/kube-apiserver.yaml"
#define ADMIN_CONF CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF

void ph_migration_free(struct ph_migration *m)
{
    if (!m)
        return;
    val_unref(m->journal);
    etcd_client_free(m->etcd);
    if (m->lock >= 0)
        close(m->lock);
    free(m);
}

int ph_migration_save(struct ph_migration *m, const char *step, struct cu_err *err)
{
    val_set_str(m->journal, "step", step);
    cu_autofree char *text = val_dump_json(m->journal, VAL_JSON_INDENT);
    return cu_file_write_str(PH_MIGRATION_JOURNAL, text, 0600, err);
}

bool ph_migration_is(const struct ph_migration *m, const char *step)
{
    return cu_streq(val_get_str(m->journal, "step"), step);
}

static int take_lock(struct ph_migration *m, struct cu_err *err)
{
    int r = cu_mkdir_p(PH_EMBEDDED_DIR, 0700, err);
    if (r < 0)
        return r;
    m->lock = open(PH_MIGRATION_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (m->lock < 0)
        return cu_fail_errno(err, errno, "open \"%s\"", PH_MIGRATION_LOCK);
    if (flock(m->lock, LOCK_EX | LOCK_NB) < 0)
        return cu_fail(err, CU_E_CONFLICT,
                       "another migration is at work on this machine; wait until it has ended");
    return 0;
}

static int load_journal(struct ph_migration *m, struct cu_err *err)
{
    cu_autofree char *text = NULL;
    size_t n = 0;
    int r = cu_file_read(PH_MIGRATION_JOURNAL, LIM_CONFIG_FILE, &text, &n, err);
    if (r == -CU_E_NOTFOUND) {
        if (err)
            cu_err_clear(err);
        return 0;
    }
    if (r == 0)
        r = val_parse_json(text, n, &m->journal, err);
    if (r < 0)
        return cu_wrap(err, "the journal of an interrupted migration");
    m->resumed = true;
    return 0;
}

/* An interrupted run is finished as it was begun. */
static int check_same_target(const struct ph_ctx *c, struct cu_err *err)
{
    const struct val *had = val_find(c->migration->journal, "cluster", "etcd", "external", "endpoints", NULL);
    bool same = c->opts->etcd_servers.n == 0 || c->opts->etcd_servers.n == val_len(had);
    for (size_t i = 0; same && i < c->opts->etcd_servers.n; i++)
        same = cu_streq(c->opts->etcd_servers.v[i], val_str(val_at(had, i)));
    return same ? 0
                : cu_fail(
                      err, CU_E_CONFLICT,
                      "a migration to another etcd was interrupted; finish it first, without --etcd-servers");
}

/* --- a new migration --- */

static int read_manifest(struct val *journal, struct cu_err *err)
{
    cu_autofree char *text = NULL, *servers = NULL, *address = NULL, *port = NULL, *prefix = NULL;
    cu_autoval struct val *pod = NULL;
    const char *name = mf_component_name(MF_API_SERVER);
    size_t n = 0;
    int64_t number = CFG_PORT_API_SERVER;
    int r = cu_file_read(MANIFEST, LIM_MANIFEST, &text, &n, err);
    if (r == -CU_E_NOTFOUND)
        return cu_wrap(err, "no control plane runs on this machine");
    if (r == 0)
        r = codec_yaml_parse(text, n, &pod, err);
    if (r == 0)
        r = mf_pod_argument(pod, name, "etcd-servers", &servers, err);
    if (r == 0)
        r = mf_pod_argument(pod, name, "advertise-address", &address, err);
    if (r == 0)
        r = mf_pod_argument(pod, name, "secure-port", &port, err);
    if (r == 0)
        r = mf_pod_argument(pod, name, "etcd-prefix", &prefix, err);
    if (r == 0 && port)
        r = cu_parse_i64(port, 1, 65535, &number, err);
    if (r < 0)
        return cu_wrap(err, MANIFEST);
    if (!cu_has_prefix(cu_or(servers, ""), CFG_SQLITE_SCHEME))
        return cu_fail(err, CU_E_EXISTS, "this cluster is on etcd already (--etcd-servers=%s in %s)",
                       cu_or(servers, ""), MANIFEST);
    if (!address)
        return cu_fail(err, CU_E_INVALID, "%s has no --advertise-address", MANIFEST);
    val_set_str(journal, "store", servers + strlen(CFG_SQLITE_SCHEME));
    val_set_strf(journal, "root", "%s/", cu_or(prefix, "/registry"));
    val_set_str(journal, "manifest", text);
    val_set_str(journal, "address", address);
    val_set_int(journal, "port", number);
    return 0;
}

static int own_client(const struct val *journal, struct kube_client **out, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    cu_autofree char *at =
                         cu_host_port(val_get_str(journal, "address"), (int)val_get_int(journal, "port", 0)),
                     *url = cu_asprintf("https://%s", at);
    int r = kube_config_load(ADMIN_CONF, &config, err);
    if (r < 0)
        return r;
    kube_config_set_server(config, url);
    return kube_client_new(config, NULL, out, err);
}

/* SQLite serves one API server; another control plane would go on with a store of its own. */
static int check_alone(struct kube_client *kube, const char *node, struct cu_err *err)
{
    cu_autofree char *path = kube_path("v1", "nodes", NULL, NULL);
    cu_autoval struct val *list = NULL;
    int r = kube_get(kube, path, "labelSelector=node-role.kubernetes.io%2Fcontrol-plane", &list, err);
    const struct val *items = val_get(list, "items");
    for (size_t i = 0; r == 0 && i < val_len(items); i++) {
        const char *name = val_find_str(val_at(items, i), "metadata", "name", NULL);
        if (!cu_streq(name, node))
            r = cu_fail(err, CU_E_CONFLICT,
                        "%s is a control plane too, and a SQLite store belongs to one API server; take it "
                        "out first:  "
                        "kubeadm reset  there, then  kubectl delete node %s",
                        name, name);
    }
    return r;
}

/* The etcd section of the new configuration. Caller owns. */
static struct val *etcd_section(const struct ph_opts *o)
{
    struct val *etcd = val_new_map(), *part = val_new_map();
    for (size_t i = 0; i < o->etcd_servers.n; i++)
        val_append_str(val_need_list(part, "endpoints"), o->etcd_servers.v[i]);
    if (o->etcd_servers.n == 0) {
        val_set_str(part, "dataDir", o->etcd_data_dir);
        val_set(etcd, "local", part);
        return etcd;
    }
    val_set_str(part, "caFile", o->etcd_cafile); /* empty ones too: upstream writes all three */
    val_set_str(part, "certFile", o->etcd_certfile);
    val_set_str(part, "keyFile", o->etcd_keyfile);
    val_set(etcd, "external", part);
    return etcd;
}

/* The cluster's configuration with another etcd in it, and which node this is. */
static int read_cluster(struct ph_ctx *c, struct val *journal, struct cu_err *err)
{
    int r = own_client(journal, &c->kube, err);
    if (r == 0)
        r = ph_cluster_config_read(c, err);
    if (r < 0)
        return cu_wrap(err, "the cluster's configuration cannot be read");
    struct val *cluster = cfg_encode_stored(&c->init->cluster);
    val_set(cluster, "etcd", etcd_section(c->opts));
    val_set(journal, "cluster", cluster);
    val_set_str(journal, "node", c->init->node.name);
    cfg_init_free(c->init); /* made anew from the journal */
    c->init = NULL;
    return check_alone(c->kube, val_get_str(journal, "node"), err);
}

/* etcd is started by the node agent, which looks beside itself and in $PATH. */
static int check_local_etcd(struct ph_ctx *c, struct cu_err *err)
{
    const char *data = c->opts->etcd_data_dir;
    int r = ph_host_component_dir(c, err);
    if (r < 0)
        return r;
    cu_autofree char *own = cu_path_join(c->component_dir, "etcd"), *found = cu_which("etcd");
    if (!found && !cu_exists(own))
        return cu_fail(
            err, CU_E_NOTFOUND,
            "there is no program etcd on this machine; install it (apt-get install etcd-server), or name an "
            "etcd that runs elsewhere with --etcd-servers");
    r = cu_dir_is_empty(data, err);
    if (r == 0)
        return cu_fail(
            err, CU_E_EXISTS,
            "%s is not empty: it holds the data of another etcd; move them away, or name another folder with "
            "--etcd-data-dir",
            data);
    return r < 0 ? r : 0;
}

static int check_external_etcd(const struct ph_opts *o, struct cu_err *err)
{
    const char *const files[] = { o->etcd_cafile, o->etcd_certfile, o->etcd_keyfile };
    for (size_t i = 0; i < CU_LEN(files); i++)
        if (*files[i] && (*files[i] != '/' || !cu_exists(files[i])))
            return cu_fail(err, CU_E_NOTFOUND, "%s: an absolute path of a file that exists is needed",
                           files[i]);
    if (!*o->etcd_certfile != !*o->etcd_keyfile)
        return cu_fail(err, CU_E_INVALID, "--etcd-certfile and --etcd-keyfile belong together");
    for (size_t i = 0; i < o->etcd_servers.n; i++)
        if (!cu_has_prefix(o->etcd_servers.v[i], "https://") &&
            !cu_has_prefix(o->etcd_servers.v[i], "http://"))
            return cu_fail(err, CU_E_INVALID, "--etcd-servers: \"%s\" is no http:// or https:// URL",
                           o->etcd_servers.v[i]);
    return 0;
}

static int begin_new(struct ph_ctx *c, struct cu_err *err)
{
    cu_autoval struct val *journal = val_new_map();
    cu_autofree char *id = cu_uuid4();
    val_set_str(journal, "id", id);
    int r = read_manifest(journal, err);
    if (r == 0)
        r = c->opts->etcd_servers.n ? check_external_etcd(c->opts, err) : check_local_etcd(c, err);
    if (r == 0)
        r = read_cluster(c, journal, err);
    if (r < 0)
        return r;
    val_set_str(journal, "step", "prepare");
    c->migration->journal = cu_steal(&journal);
    return 0;
}

/* --- both --- */

static int settle_config(struct ph_ctx *c, struct cu_err *err)
{
    const struct val *j = c->migration->journal;
    cu_autofree char *text = val_dump_json(val_get(j, "cluster"), VAL_JSON_COMPACT);
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    struct cfg_load_options o = { .warnings = &warnings, .embedded = true };
    ph_host_options(c, &o.host);
    int r = cfg_from_cluster(text, &o, &c->init, err);
    if (r < 0)
        return r;
    cfg_set_str(&c->init->node.name, val_get_str(j, "node"));
    cfg_set_str(&c->init->local_api_endpoint.advertise_address, val_get_str(j, "address"));
    c->init->local_api_endpoint.bind_port = (int32_t)val_get_int(j, "port", CFG_PORT_API_SERVER);
    r = cfg_default_init_dynamic(c->init, &o, err);
    ph_warn_all(&warnings);
    return r;
}

static void settle_paths(struct ph_ctx *c)
{
    struct ph_paths *p = &c->paths;
    p->certs_real = cu_strdup(c->init->cluster.certificates_dir);
    p->certs = cu_strdup(p->certs_real);
    p->kubeconfig_dir = cu_strdup(CFG_KUBERNETES_DIR);
    p->kubeconfig = cu_strdup(ADMIN_CONF);
    p->manifests = cu_strdup(CFG_MANIFESTS_DIR);
    p->kubelet = cu_strdup(CFG_KUBELET_DIR);
    c->external_ca = pki_ca_is_external(p->certs_real, "ca");
}

/* Only what was interrupted before it counted can be given up. */
static int begin_undo(struct ph_ctx *c, struct cu_err *err)
{
    cu_autoval struct val *journal = val_new_map();
    if (!c->migration->resumed) {
        int r = read_manifest(journal, err);
        return r < 0 ? cu_wrap(err, "there is no interrupted move to give up, and none back from etcd; "
                                    "`kubeadm embedded export` writes the objects to a file")
                     : cu_fail(err, CU_E_EXISTS, "this cluster is on SQLite already");
    }
    return ph_migration_is(c->migration, "switch")
               ? cu_fail(err, CU_E_CONFLICT,
                         "everything is in etcd already, and that counts now; finish the move with "
                         "--to etcd")
               : 0;
}

int ph_migrate_begin(struct ph_ctx *c, struct cu_err *err)
{
    bool undo = cu_streq(c->opts->to, "sqlite");
    if (!undo && !cu_streq(c->opts->to, "etcd"))
        return cu_fail(err, CU_E_INVALID, "--to takes etcd or sqlite, not \"%s\"", c->opts->to);
    if (geteuid() != 0)
        return cu_fail(err, CU_E_FORBIDDEN, "only root may move a control plane; run it with sudo");
    c->embedded = true;
    c->migration = cu_calloc(1, sizeof(*c->migration));
    c->migration->lock = -1;
    int r = take_lock(c->migration, err);
    if (r == 0)
        r = load_journal(c->migration, err);
    if (r == 0 && undo)
        r = begin_undo(c, err);
    else if (r == 0)
        r = c->migration->resumed ? check_same_target(c, err) : begin_new(c, err);
    if (r == 0)
        r = settle_config(c, err);
    if (r == 0)
        settle_paths(c);
    return r;
}
