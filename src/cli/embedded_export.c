/* `kubeadm embedded export`: the objects of a cluster in one file. It must not change anything. */
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "cli/embedded.h"
#include "codec/yaml.h"
#include "config/constants.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "store/sqlite.h"
#include <inttypes.h>
#include <string.h>

#define EXPORT_MS 60000

struct export_opts { /* owned by the command engine */
    char *file, *kubeconfig, *output, *store;
    bool raw;
};

#define AT(member) .offset = offsetof(struct export_opts, member)

static const struct cli_flag flags[] = {
    { .name = "file",
      .type = CLI_STRING,
      AT(file),
      .usage = "`file` to write, readable by its owner only; without it the objects go to standard output" },
    { .name = "kubeconfig",
      .type = CLI_STRING,
      AT(kubeconfig),
      .dflt = CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF,
      .usage = "kubeconfig `file` to reach the cluster with" },
    { .name = "output",
      .shorthand = 'o',
      .type = CLI_STRING,
      AT(output),
      .dflt = "yaml",
      .usage = "`format`: yaml (one document per object) or json (one List)" },
    { .name = "raw",
      .type = CLI_BOOL,
      AT(raw),
      .usage = "every object exactly as it is stored, with UIDs, resourceVersions and status" },
    { .name = "store",
      .type = CLI_STRING,
      AT(store),
      .usage = "SQLite `file` to read instead of asking the API server; nothing may use it meanwhile" },
};

/* --- what is left out, because the control plane makes it by itself, or it is true for one cluster only --- */

static const struct left_out {
    const char *kind, *ns, *name; /* NULL: any */
} left_out[] = {
    { "Event", NULL, NULL },
    { "Lease", NULL, NULL },
    { "Node", NULL, NULL },
    { "CSINode", NULL, NULL },
    { "CertificateSigningRequest", NULL, NULL },
    { "ConfigMap", NULL, "kube-root-ca.crt" },
    { "ConfigMap", "kube-public", CFG_CM_CLUSTER_INFO },
    { "ConfigMap", CFG_NS_SYSTEM, "extension-apiserver-authentication" },
    { "ConfigMap", CFG_NS_SYSTEM, CFG_CM_KUBEADM },
    { "ConfigMap", CFG_NS_SYSTEM, CFG_CM_KUBELET },
    { "Service", "default", "kubernetes" },
    { "Endpoints", "default", "kubernetes" },
    { "EndpointSlice", "default", "kubernetes" },
    { "PriorityClass", NULL, "system-cluster-critical" },
    { "PriorityClass", NULL, "system-node-critical" },
    { "Secret", CFG_NS_SYSTEM, "kubeadm-certs" },
};

static bool is_left_out(const struct val *o)
{
    const struct val *meta = val_get(o, "metadata");
    for (size_t i = 0; i < CU_LEN(left_out); i++) {
        const struct left_out *l = &left_out[i];
        if (cu_streq(l->kind, val_get_str(o, "kind")) &&
            (!l->ns || cu_streq(l->ns, val_get_str(meta, "namespace"))) &&
            (!l->name || cu_streq(l->name, val_get_str(meta, "name"))))
            return true;
    }
    return val_len(val_get(meta, "ownerReferences")) > 0 || /* its owner makes it again */
           cu_streq(val_get_str(val_get(meta, "labels"), "kubernetes.io/bootstrapping"), "rbac-defaults") ||
           cu_streq(val_get_str(o, "type"), "bootstrap.kubernetes.io/token");
}

/* Without what the server sets. Caller owns. */
static struct val *cleaned(const struct val *o)
{
    static const char *const set_by_server[] = {
        "uid",           "resourceVersion", "creationTimestamp", "generation",
        "managedFields", "selfLink",        "deletionTimestamp", "deletionGracePeriodSeconds"
    };
    struct val *v = val_copy(o), *meta = val_need_map(v, "metadata");
    for (size_t i = 0; i < CU_LEN(set_by_server); i++)
        val_del(meta, set_by_server[i]);
    val_del(v, "status");
    return v;
}

/* What others need comes first: `kubectl apply` goes through the file in order. */
static int rank(const struct val *o)
{
    static const char *const first[] = { "Namespace",  "PriorityClass", "ServiceAccount",     "Secret",
                                         "ConfigMap",  "ClusterRole",   "ClusterRoleBinding", "Role",
                                         "RoleBinding" };
    const char *kind = val_get_str(o, "kind");
    for (size_t i = 0; i < CU_LEN(first); i++)
        if (cu_streq(kind, first[i]))
            return (int)i;
    return (int)CU_LEN(first);
}

/* The objects to be written. Caller owns. */
static struct val *selected(const struct val *items, bool raw)
{
    struct val *out = val_new_list();
    for (int pass = 0; pass <= 9; pass++)
        for (size_t i = 0; i < val_len(items); i++) {
            struct val *o = val_at(items, i);
            if (rank(o) == pass && (raw || !is_left_out(o)))
                val_append(out, raw ? val_ref(o) : cleaned(o));
        }
    return out;
}

/* --- where they come from --- */

static int ask_server(const struct export_opts *o, struct val **list, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    const struct kube_options ko = { .timeout_ms = EXPORT_MS };
    struct kube_client *client = NULL;
    char *body = NULL;
    int r = kube_config_load(o->kubeconfig, &config, err);
    if (r == 0)
        r = kube_client_new(config, &ko, &client, err);
    if (r < 0)
        return cu_wrap(
            err, "run this on a control plane, or name an administrator's kubeconfig (--kubeconfig) or the "
                 "file the objects are in (--store)");
    r = kube_get_raw(client, "/cubeadm/export", &body, NULL, err);
    if (r == -CU_E_NOTFOUND)
        cu_wrap(err, "the API server at %s is none of cubeadm's: only those export",
                kube_client_server(client));
    if (r == 0)
        r = val_parse_json(body, strlen(body), list, err);
    cu_free_secret(body);
    kube_client_free(client);
    return r;
}

struct reading {
    struct val *items;
    struct cu_err *err;
};

static int read_one(void *arg, const struct store_kv *kv)
{
    struct reading *r = arg;
    struct val *v = NULL;
    int failed = val_parse_json(kv->value, kv->n, &v, r->err);
    if (failed < 0)
        return cu_wrap(r->err, "%s", kv->key);
    val_set_strf(val_need_map(v, "metadata"), "resourceVersion", "%" PRId64, kv->mod_rev);
    val_append(r->items, v);
    return 0;
}

static int read_store(const char *path, struct val **list, struct cu_err *err)
{
    struct store *s = NULL;
    int64_t rev = 0;
    if (!cu_exists(path)) /* opening would make an empty one */
        return cu_fail(err, CU_E_NOTFOUND, "there is no \"%s\"", path);
    int r = store_sqlite_open(path, &s, err);
    if (r == -CU_E_EXISTS)
        return cu_wrap(err, "leave --store out while the API server runs");
    cu_autoval struct val *out = val_new_map();
    struct reading reading = { val_need_list(out, "items"), err };
    if (r == 0)
        r = store_list(s, "/registry/", read_one, &reading, &rev, err);
    store_close(s);
    if (r < 0)
        return r;
    val_set_strf(val_need_map(out, "metadata"), "resourceVersion", "%" PRId64, rev);
    *list = cu_steal(&out);
    return 0;
}

/* --- how they are written --- */

static void put_yaml(struct cu_buf *b, const struct val *items)
{
    for (size_t i = 0; i < val_len(items); i++) {
        cu_autowipe char *text = codec_yaml_dump(val_at(items, i), CODEC_YAML_NO_FOLD);
        cu_buf_addf(b, "---\n%s", text);
    }
}

static void put_json(struct cu_buf *b, struct val *items, const char *rev)
{
    cu_autoval struct val *list = val_new_map();
    val_set_str(list, "kind", "List");
    val_set_str(list, "apiVersion", "v1");
    val_set_str(val_need_map(list, "metadata"), "resourceVersion", rev);
    val_set(list, "items", val_ref(items));
    cu_autowipe char *text = val_dump_json(list, VAL_JSON_INDENT);
    cu_buf_addf(b, "%s\n", text);
}

static int write_out(const struct cli_call *c, struct val *items, const char *rev, struct cu_err *err)
{
    const struct export_opts *o = c->opts;
    cu_autobuf struct cu_buf b = CU_BUF_INIT(2 * LIM_TEXT);
    cu_autowipe char *text = NULL;
    if (cu_streq(o->output, "json"))
        put_json(&b, items, o->raw ? rev : "");
    else
        put_yaml(&b, items);
    int r = cu_buf_take(&b, &text, err);
    if (r == 0 && *o->file)
        r = cu_file_write_str(o->file, text, 0600, err);
    if (r == 0 && *o->file)
        fprintf(c->out, "%zu objects of revision %s are in \"%s\"\n", val_len(items), rev, o->file);
    else if (r == 0 && (fputs(text, c->out) == EOF || fflush(c->out) == EOF))
        r = cu_fail(err, CU_E_IO, "standard output cannot be written");
    return r;
}

static int run(const struct cli_call *c, struct cu_err *err)
{
    const struct export_opts *o = c->opts;
    cu_autoval struct val *list = NULL;
    if (!cu_streq(o->output, "yaml") && !cu_streq(o->output, "json"))
        return cu_fail(err, CU_E_INVALID, "--output takes yaml or json, not \"%s\"", o->output);
    int r = *o->store ? read_store(o->store, &list, err) : ask_server(o, &list, err);
    if (r < 0)
        return r;
    cu_autoval struct val *items = selected(val_get(list, "items"), o->raw);
    return write_out(c, items, cu_or(val_find_str(list, "metadata", "resourceVersion", NULL), ""), err);
}

const struct cli_command cli_embedded_export = {
    .name = "export",
    .brief = "Write the objects of the cluster to a file",
    .doc = "Writes the objects of the cluster, as they are at one moment, in a form that `kubectl apply -f` "
           "takes, in this\n"
           "cluster or in another one. What every control plane makes by itself, and what is true for this "
           "cluster only\n"
           "(nodes, leases, events, tokens), is left out; --raw leaves out nothing.\n"
           "\n"
           "There are Secrets among the objects: keep the file safe.",
    .example = "  kubeadm embedded export --file backup.yaml\n"
               "  # from the store of a control plane that does not run\n"
               "  kubeadm embedded export --store /var/lib/cubeadm/state.db --file backup.yaml",
    .flags = flags,
    .n_flags = CU_LEN(flags),
    .opts_size = sizeof(struct export_opts),
    .run = run,
};
