/* Static Pod manifests of every recorded case byte for byte, and the API objects of init as data. */
#include "codec/patch.h"
#include "config/component.h"
#include "config/patches.h"
#include "config_cases.h"
#include "manifests/addons.h"
#include "manifests/objects.h"
#include "manifests/pod.h"

#define FOLDER "cases"

/* ---- the recorded machine ---- */

/* arg: the case's host.json. */
static bool recorded_exists(void *arg, const char *path)
{
    static const char *const there[] = { "/etc/ssl/certs", "/etc/ca-certificates",
                                         "/usr/share/ca-certificates", "/usr/local/share/ca-certificates" };
    const struct val *host = arg, *more = val_get(host, "dirsPresent"), *less = val_get(host, "pathsAbsent");
    bool found = false;
    for (size_t i = 0; i < CU_LEN(there); i++)
        found = found || strcmp(there[i], path) == 0;
    for (size_t i = 0; i < val_len(more); i++)
        found = found || cu_streq(val_str(val_at(more, i)), path);
    for (size_t i = 0; i < val_len(less); i++)
        found = found && !cu_streq(val_str(val_at(less, i)), path);
    return found;
}

/* Third field of the recorded passwd or group line of `who`; 0 when there is none. */
static int64_t recorded_id(const char *name, const char *file, const char *who)
{
    cu_autofree char *text = case_text(FOLDER, name, file), *start = cu_asprintf("%s:x:", who);
    const char *line = text ? strstr(text, start) : NULL;
    return line ? strtol(line + strlen(start), NULL, 10) : 0;
}

static struct mf_ids recorded_ids(const char *name, enum mf_component c)
{
    static const char *const users[] = { [MF_API_SERVER] = "kubeadm-kas",
                                         [MF_CONTROLLER_MANAGER] = "kubeadm-kcm",
                                         [MF_SCHEDULER] = "kubeadm-ks",
                                         [MF_ETCD] = "kubeadm-etcd" };
    struct mf_ids ids = {
        .uid = recorded_id(name, "expected/host/etc/passwd", users[c]),
        .gid = recorded_id(name, "expected/host/etc/group", users[c]),
        .sa_key_gid = recorded_id(name, "expected/host/etc/group", "kubeadm-sa-key-readers"),
    };
    return ids;
}

/* The phases that write manifests have none of the recorded extra arguments (args). */
static struct cfg_init *load(const char *name, struct cu_err *err)
{
    cu_autofree char *path = case_path(FOLDER, name, "config.yaml");
    struct cfg_load_options o = recorded_host(NULL, NULL);
    struct cfg_init *c = NULL;
    if (cfg_load_init(path, &o, &c, err) < 0)
        return NULL;
    cfg_couple_addons(&c->cluster, &c->skip_phases);
    return c;
}

/* The recorded folder stands at /etc/kubernetes/patches; here it lies in the case. */
static int patches_of(const char *name, const struct cfg_init *c, struct cfg_patch_set *out,
                      struct cu_err *err)
{
    cu_autofree char *dir = case_path(FOLDER, name, "patches");
    return c->patches && c->patches->directory ? cfg_patches_read(dir, out, err) : 0;
}

/* ---- manifests ---- */

static char *check_pod(const char *name, enum mf_component component, const struct cfg_init *c,
                       const struct val *host, const struct cfg_patch_set *patches)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *file = cu_asprintf("expected/manifests/%s.yaml", mf_component_name(component));
    cu_autofree char *want = case_text(FOLDER, name, file);
    struct mf_ids ids = recorded_ids(name, component);
    struct mf_host h = { .exists = recorded_exists,
                         .arg = (void *)(uintptr_t)host,
                         .ids = ids.uid ? &ids : NULL };
    if (!mf_wants(component, c))
        return want ? cu_asprintf("no %s here", mf_component_name(component)) : NULL;
    if (!want)
        return cu_asprintf("no %s recorded", mf_component_name(component));
    struct val *pod = mf_pod(component, c, &h);
    int rc = mf_apply_patches(&pod, mf_component_name(component), patches, NULL, &err);
    cu_autofree char *got = rc < 0 ? cu_strdup(cu_err_text(&err)) : mf_pod_text(pod);
    val_unref(pod);
    cu_autofree char *why = difference(want, got);
    return why ? cu_asprintf("%s: %s", mf_component_name(component), why) : NULL;
}

/* ---- objects ---- */

/* True when everything `ours` says is in `want`, too. The server may have filled in more (defaults). */
static bool within(const struct val *ours, const struct val *want)
{
    const char *key;
    struct val *child;
    struct val_iter it = VAL_ITER_INIT;
    if (val_is_map(ours)) {
        while (val_next(ours, &it, &key, &child))
            if (!(val_is_map(child) && val_len(child) == 0) && !within(child, val_get(want, key)))
                return false;
        return true;
    }
    if (val_is_list(ours)) {
        for (size_t i = 0; i < val_len(ours); i++)
            if (!within(val_at(ours, i), val_at(want, i)))
                return false;
        return val_len(ours) == val_len(want);
    }
    return val_equal(ours, want) || (val_kind(ours) == VAL_BOOL && !val_bool(ours, true) && !want);
}

static const struct val *recorded(const struct codec_docs *docs, const struct val *like)
{
    for (size_t i = 0; i < docs->n; i++) {
        const struct val *o = docs->v[i].root;
        if (cu_streq(val_get_str(o, "kind"), val_get_str(like, "kind")) &&
            cu_streq(val_find_str(o, "metadata", "name", NULL), val_find_str(like, "metadata", "name", NULL)))
            return o;
    }
    return NULL;
}

/* Compares the objects that are recorded in this case; RBAC objects and service accounts are not. */
static char *check_list(const struct codec_docs *docs, struct val *objects, size_t *compared)
{
    char *why = NULL;
    for (size_t i = 0; i < val_len(objects) && !why; i++) {
        struct val *o = val_at(objects, i);
        const struct val *want = recorded(docs, o);
        if (!want)
            continue;
        ++*compared;
        val_del(val_get(o, "metadata"), "resourceVersion"); /* set by the server */
        if (!within(o, want)) {
            cu_autofree char *a = codec_yaml_dump(want, CODEC_YAML_SORT),
                             *b = codec_yaml_dump(o, CODEC_YAML_SORT);
            cu_autofree char *line = difference(a, b);
            why = cu_asprintf("%s %s: %s", val_get_str(o, "kind"), val_find_str(o, "metadata", "name", NULL),
                              line ? line : "differs");
        }
    }
    val_unref(objects);
    return why;
}

static char *check_objects(const char *name, struct cfg_init *c, const struct cfg_patch_set *patches)
{
    cu_autofree char *text = case_text(FOLDER, name, "expected/api-objects.yaml");
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    codec_autodocs struct codec_docs docs = CODEC_DOCS_INIT;
    struct val *dns = NULL;
    size_t compared = 0;
    if (!text || codec_yaml_read(text, strlen(text), 0, &docs, &err) < 0)
        return cu_asprintf("recorded objects: %s", cu_err_text(&err));
    char *why = check_list(&docs, mf_kubeadm_config(&c->cluster), &compared);
    if (!why)
        why = check_list(&docs, mf_kubelet_config(&c->cluster), &compared);
    if (!why && mf_coredns(&c->cluster, 2, patches, NULL, &dns, &err) < 0)
        why = cu_strdup(cu_err_text(&err));
    if (!why)
        why = check_list(&docs, dns, &compared);
    if (!why)
        why = check_list(&docs, mf_kube_proxy(c, NULL), &compared);
    size_t least = c->cluster.dns.disabled && c->cluster.proxy.disabled ? 2 : 7;
    if (!why && compared < least)
        why = cu_asprintf("only %zu objects compared", compared);
    return why;
}

static char *check(const char *name)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autoval struct val *host = case_json(FOLDER, name, "host/host.json");
    cfg_autopatches struct cfg_patch_set patches = CFG_PATCH_SET_INIT;
    char *why = NULL;
    struct cfg_init *c = load(name, &err);
    if (!c || patches_of(name, c, &patches, &err) < 0) {
        cfg_init_free(c);
        return cu_strdup(cu_err_text(&err));
    }
    for (int i = 0; i < MF_COMPONENTS && !why; i++)
        why = check_pod(name, (enum mf_component)i, c, host, &patches);
    if (!why)
        why = check_objects(name, c, &patches);
    cfg_init_free(c);
    return why;
}

/* ---- RBAC and service accounts, recorded once: api/objects/created ---- */

static struct val *created(const char *file)
{
    cu_autofree char *text = case_text("api", "objects/created", file);
    struct val *v = NULL;
    return text && codec_yaml_parse(text, strlen(text), &v, NULL) == 0 ? v : NULL;
}

static void add_all(struct val *to, struct val *from)
{
    for (size_t i = 0; i < val_len(from); i++)
        val_append(to, val_ref(val_at(from, i)));
    val_unref(from);
}

static struct val *all_objects(struct cfg_init *c)
{
    struct val *all = val_new_list(), *dns = NULL;
    add_all(all, mf_cluster_admins());
    add_all(all, mf_kubeadm_config(&c->cluster));
    add_all(all, mf_kubelet_config(&c->cluster));
    add_all(all, mf_bootstrap_rbac());
    add_all(all, mf_cluster_info("https://10.88.0.41:6443", "CA"));
    if (mf_coredns(&c->cluster, 2, NULL, NULL, &dns, NULL) == 0)
        add_all(all, dns);
    add_all(all, mf_kube_proxy(c, NULL));
    return all;
}

static bool is_rbac(const struct val *o)
{
    const char *kind = val_get_str(o, "kind");
    return cu_has_prefix(kind, "Role") || cu_has_prefix(kind, "ClusterRole") ||
           cu_streq(kind, "ServiceAccount");
}

static void check_created(struct tally *t)
{
    cu_autostrlist struct cu_strlist files = CU_STRLIST_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct cfg_init *c = load("default", &err);
    cu_autoval struct val *all = c ? all_objects(c) : NULL;
    case_names("api/objects/created", &files);
    size_t next = 0;
    for (size_t i = 0; c && i < files.n; i++) {
        cu_autoval struct val *want = created(files.v[i]);
        if (!want || !is_rbac(want))
            continue;
        /* Recorded in the order they were written: ours must come in that order. */
        while (next < val_len(all) && !is_rbac(val_at(all, next)))
            next++;
        const struct val *ours = val_at(all, next++);
        tell(t, files.v[i], ours && val_equal(ours, want) ? NULL : "not as recorded");
    }
    cfg_init_free(c);
}

int main(void)
{
    struct tally t = { 0, 0 };
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;
    case_names(FOLDER, &names);
    for (size_t i = 0; i < names.n; i++) {
        cu_autofree char *why = check(names.v[i]);
        tell(&t, names.v[i], why);
    }
    check_created(&t);
    return end(&t);
}
