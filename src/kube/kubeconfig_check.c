/* kube/kubeconfig_check.c - is a whole kubeconfig sound, as kubectl asks it? (spec join 6.2 step 2)
 * Must not know which part of the file will be used. */
#include "kube/kubeconfig.h"

#include "base/str.h"

#include <unistd.h>

static bool has(const struct val *map, const char *key)
{
    return !cu_is_empty(val_get_str(map, key));
}

/* A file and its contents exclude each other, and the file can be read. */
static int check_pair(const struct val *map, const char *key, const char *where, struct cu_err *err)
{
    cu_autofree char *data = cu_asprintf("%s-data", key);
    if (!has(map, key))
        return 0;
    if (has(map, data))
        return cu_fail(err, CU_E_INVALID, "%s has both %s and %s", where, key, data);
    if (access(val_get_str(map, key), R_OK) < 0)
        return cu_fail(err, CU_E_INVALID, "%s: %s \"%s\" cannot be read", where, key, val_get_str(map, key));
    return 0;
}

static int check_cluster(const struct kube_config *c, const struct val *cluster, const char *where,
                         struct cu_err *err)
{
    (void)c;
    if (!has(cluster, "server"))
        return cu_fail(err, CU_E_INVALID, "%s has no server", where);
    return check_pair(cluster, "certificate-authority", where, err);
}

static bool named(const struct kube_config *c, const char *list, const char *name)
{
    const struct val *entries = val_get(c->doc, list);
    for (size_t i = 0; i < val_len(entries); i++)
        if (cu_streq(cu_or(val_get_str(val_at(entries, i), "name"), ""), name))
            return true;
    return false;
}

static int check_context(const struct kube_config *c, const struct val *context, const char *where,
                         struct cu_err *err)
{
    static const char *const refs[][2] = { { "cluster", "clusters" }, { "user", "users" } };
    for (size_t i = 0; i < CU_LEN(refs); i++) {
        const char *name = cu_or(val_get_str(context, refs[i][0]), "");
        if (!*name)
            return cu_fail(err, CU_E_INVALID, "%s names no %s", where, refs[i][0]);
        if (!named(c, refs[i][1], name))
            return cu_fail(err, CU_E_INVALID, "%s names %s \"%s\", which is not there", where, refs[i][0],
                           name);
    }
    return 0;
}

static int check_user(const struct kube_config *c, const struct val *user, const char *where,
                      struct cu_err *err)
{
    (void)c;
    const struct val *exec = val_get(user, "exec");
    bool cert = has(user, "client-certificate") || has(user, "client-certificate-data");
    bool key = has(user, "client-key") || has(user, "client-key-data");
    if ((has(user, "token") || has(user, "tokenFile")) && (has(user, "username") || has(user, "password")))
        return cu_fail(err, CU_E_INVALID, "%s has both a token and a user name with password; keep one",
                       where);
    if (cert && !key)
        return cu_fail(err, CU_E_INVALID, "%s has a client certificate without its key", where);
    if (val_is_map(exec) && (!has(exec, "command") || !has(exec, "apiVersion")))
        return cu_fail(err, CU_E_INVALID, "%s: exec needs a command and an apiVersion", where);
    int r = check_pair(user, "client-certificate", where, err);
    return r < 0 ? r : check_pair(user, "client-key", where, err);
}

int kube_config_validate(const struct kube_config *c, struct cu_err *err)
{
    static const struct {
        const char *list, *item;
        int (*check)(const struct kube_config *c, const struct val *part, const char *where,
                     struct cu_err *err);
    } parts[] = { { "clusters", "cluster", check_cluster },
                  { "users", "user", check_user },
                  { "contexts", "context", check_context } };
    const char *current = val_get_str(c->doc, "current-context");
    for (size_t k = 0; k < CU_LEN(parts); k++) {
        const struct val *entries = val_get(c->doc, parts[k].list);
        for (size_t i = 0; i < val_len(entries); i++) {
            const struct val *e = val_at(entries, i);
            cu_autofree char *where =
                cu_asprintf("%s \"%s\"", parts[k].item, cu_or(val_get_str(e, "name"), ""));
            int r = parts[k].check(c, val_get(e, parts[k].item), where, err);
            if (r < 0)
                return r;
        }
    }
    if (!cu_is_empty(current) && !named(c, "contexts", current))
        return cu_fail(err, CU_E_INVALID, "its current-context \"%s\" is not there", current);
    return 0;
}
