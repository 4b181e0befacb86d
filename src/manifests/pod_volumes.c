/* Host folders and environment variables of static Pods (spec init 7.2, 7.3, versions 7.4).
 * Must not know about arguments and probes. */
#include "base/file.h"
#include "base/str.h"
#include "manifests/pod_parts.h"
#include <ctype.h>
#include <string.h>

#define NEWEST 1000

enum {
    API = 1 << MF_API_SERVER,
    KCM = 1 << MF_CONTROLLER_MANAGER,
    SCHEDULER = 1 << MF_SCHEDULER,
    ETCD = 1 << MF_ETCD
};

struct row {
    unsigned components;
    const char *name, *path, *type;
    bool read_only;
    bool if_there; /* only when the path exists on this machine */
    int from, to;  /* minor versions */
};

static const struct row rows[] = {
    { API | KCM, "k8s-certs", "${certsVolume}", "DirectoryOrCreate", true, false, 0, NEWEST },
    { API | KCM, "ca-certs", "/etc/ssl/certs", "DirectoryOrCreate", true, false, 0, NEWEST },
    { API | KCM, "etc-pki", "/etc/pki", "DirectoryOrCreate", true, true, 0, 30 },
    { API | KCM, "etc-pki-ca-trust", "/etc/pki/ca-trust", "DirectoryOrCreate", true, true, 31, NEWEST },
    { API | KCM, "etc-pki-tls-certs", "/etc/pki/tls/certs", "DirectoryOrCreate", true, true, 31, NEWEST },
    { API | KCM, "etc-ca-certificates", "/etc/ca-certificates", "DirectoryOrCreate", true, true, 0, NEWEST },
    { API | KCM, "usr-share-ca-certificates", "/usr/share/ca-certificates", "DirectoryOrCreate", true, true,
      0, NEWEST },
    { API | KCM, "usr-local-share-ca-certificates", "/usr/local/share/ca-certificates", "DirectoryOrCreate",
      true, true, 0, NEWEST },
    { KCM, "kubeconfig", "${conf}/controller-manager.conf", "FileOrCreate", true, false, 0, NEWEST },
    { KCM, "flexvolume-dir", "${flexVolumes}", "DirectoryOrCreate", false, false, 0, 34 },
    { SCHEDULER, "kubeconfig", "${conf}/scheduler.conf", "FileOrCreate", true, false, 0, NEWEST },
    { ETCD, "etcd-data", "${dataDir}", "DirectoryOrCreate", false, false, 0, NEWEST },
    { ETCD, "etcd-certs", "${certsVolume}/etcd", "DirectoryOrCreate", false, false, 0, NEWEST },
};

struct volume {
    char *name, *host, *mount, *type;
    bool read_only;
};
struct volumes {
    struct volume *v;
    size_t n, cap;
};

/* Keyed by name: a later one replaces an earlier one. */
static void put(struct volumes *all, const char *name, const char *host, const char *mount, const char *type,
                bool read_only)
{
    size_t i = 0;
    while (i < all->n && strcmp(all->v[i].name, name) != 0)
        i++;
    if (i == all->n) {
        cu_grow(&all->v, &all->cap, all->n + 1, sizeof *all->v);
        all->v[all->n++] = (struct volume){ .name = NULL };
    }
    struct volume *v = &all->v[i];
    free(v->name), free(v->host), free(v->mount), free(v->type);
    *v = (struct volume){ cu_strdup(name), cu_strdup(host), cu_strdup(mount), cu_strdup(type), read_only };
}

static void clear(struct volumes *all)
{
    for (size_t i = 0; i < all->n; i++)
        free(all->v[i].name), free(all->v[i].host), free(all->v[i].mount), free(all->v[i].type);
    free(all->v);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct volume *)a)->name, ((const struct volume *)b)->name);
}

/* A folder that is mounted anyway needs no volume of its own; nor does one below another that is kept. */
static void keep_dir(struct cu_strlist *kept, const char *file, const char *certs)
{
    static const char *const mounted[] = { "/etc/pki/ca-trust",
                                           "/etc/pki/tls/certs",
                                           "/etc/ca-certificates",
                                           "/usr/share/ca-certificates",
                                           "/usr/local/share/ca-certificates",
                                           "/etc/ssl/certs" };
    cu_autofree char *written = cu_path_dir(cu_or(file, "")), *dir = cu_path_clean(written);
    if (strcmp(dir, ".") == 0 || cu_has_prefix(dir, certs))
        return;
    for (size_t i = 0; i < CU_LEN(mounted); i++)
        if (cu_has_prefix(dir, mounted[i]))
            return;
    for (size_t i = 0; i < kept->n; i++)
        if (cu_has_prefix(dir, kept->v[i]))
            return;
    cu_autostrlist struct cu_strlist others = CU_STRLIST_INIT;
    for (size_t i = 0; i < kept->n; i++)
        if (!cu_has_prefix(kept->v[i], dir))
            cu_strlist_add(&others, kept->v[i]);
    cu_strlist_add(&others, dir);
    cu_strlist_clear(kept);
    cu_strlist_copy(kept, &others);
}

static void external_etcd_dirs(struct volumes *all, const struct cfg_cluster *c)
{
    const struct cfg_etcd_external *e = c->etcd.external;
    cu_autostrlist struct cu_strlist kept = CU_STRLIST_INIT;
    keep_dir(&kept, e->ca_file, c->certificates_dir);
    keep_dir(&kept, e->cert_file, c->certificates_dir);
    keep_dir(&kept, e->key_file, c->certificates_dir);
    cu_strlist_sort(&kept);
    for (size_t i = 0; i < kept.n; i++) {
        cu_autofree char *name = cu_asprintf("etcd-certs-%zu", i);
        put(all, name, kept.v[i], kept.v[i], "DirectoryOrCreate", true);
    }
}

static void collect(const struct mf_pod_input *in, struct volumes *all)
{
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        const struct row *r = &rows[i];
        if (!(r->components & 1u << in->component) || in->minor < r->from || in->minor > r->to)
            continue;
        cu_autofree char *path = mf_expand(r->path, &in->vars);
        if (r->if_there && !(in->host->exists && in->host->exists(in->host->arg, path)))
            continue;
        put(all, r->name, path, path, r->type, r->read_only);
    }
    if (in->component == MF_API_SERVER && in->cfg->cluster.etcd.external)
        external_etcd_dirs(all, &in->cfg->cluster);
    for (size_t i = 0; in->extra_volumes && i < in->extra_volumes->n; i++) {
        const struct cfg_volume *v = &in->extra_volumes->v[i];
        put(all, v->name, v->host_path, v->mount_path, cu_or(v->path_type, ""), v->read_only);
    }
}

static struct val *mount(const struct volume *v)
{
    struct val *m = val_new_map();
    val_set_str(m, "mountPath", v->mount);
    val_set_str(m, "name", v->name);
    if (v->read_only)
        val_set_bool(m, "readOnly", true);
    return m;
}

/* etcd's mounts stand in the order upstream lists them, which is the reverse of their names'. */
void mf_pod_volumes(const struct mf_pod_input *in, struct val *spec, struct val *container)
{
    struct volumes all = { NULL, 0, 0 };
    struct val *volumes = val_need_list(spec, "volumes"), *mounts = val_need_list(container, "volumeMounts");
    collect(in, &all);
    qsort(all.v, all.n, sizeof *all.v, by_name);
    for (size_t i = 0; i < all.n; i++) {
        struct val *v = val_new_map(), *host = val_need_map(v, "hostPath");
        val_set_str(host, "path", all.v[i].host);
        val_set_str(host, "type", all.v[i].type);
        val_set_str(v, "name", all.v[i].name);
        val_append(volumes, v);
        val_insert(mounts, in->component == MF_ETCD ? 0 : i, mount(&all.v[i]));
    }
    clear(&all);
}

/* ---- environment ---- */

static void insert_sorted(struct val *env, const char *name, struct val *entry)
{
    size_t i = 0;
    while (i < val_len(env) && strcmp(val_get_str(val_at(env, i), "name"), name) < 0)
        i++;
    if (i < val_len(env) && strcmp(val_get_str(val_at(env, i), "name"), name) == 0)
        val_replace(env, i, entry);
    else
        val_insert(env, i, entry);
}

static bool is_proxy(const char *entry, size_t name_len)
{
    static const char suffix[] = "_proxy";
    size_t n = sizeof suffix - 1;
    return name_len >= n && strncasecmp(entry + name_len - n, suffix, n) == 0 && entry[name_len + 1] != 0;
}

void mf_proxy_env(char *const *environment, struct val *env)
{
    for (; environment && *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        size_t n = equals ? (size_t)(equals - *environment) : 0;
        if (!equals || !is_proxy(*environment, n))
            continue;
        cu_autofree char *name = cu_strndup(*environment, n);
        struct val *entry = val_new_map();
        val_set_str(entry, "name", name);
        val_set_str(entry, "value", equals + 1);
        insert_sorted(env, name, entry);
    }
}

void mf_pod_env(const struct mf_pod_input *in, struct val *container)
{
    cu_autoval struct val *env = val_new_list();
    if (in->component != MF_ETCD)
        mf_proxy_env(in->host->environment, env);
    for (size_t i = 0; i < in->extra_envs->n; i++) {
        const struct cfg_env *e = &in->extra_envs->v[i];
        struct val *entry = val_new_map();
        val_set_str(entry, "name", e->name);
        if (!cu_is_empty(e->value))
            val_set_str(entry, "value", e->value);
        val_set(entry, "valueFrom", val_copy(e->value_from));
        insert_sorted(env, e->name, entry);
    }
    if (val_len(env) > 0)
        val_set(container, "env", cu_steal(&env));
}
