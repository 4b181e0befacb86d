/* kube/kubeconfig.c - kubeconfig files as value trees that know their shape.
 * Must not know how connections are made. */
#include "kube/kubeconfig.h"

#include "base/encode.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/yaml.h"

#include <string.h>

void kube_config_free(struct kube_config *c)
{
    if (!c)
        return;
    val_unref(c->doc);
    free(c->path);
    free(c);
}

void kube_config_cleanup(struct kube_config **c)
{
    kube_config_free(*c);
}

static struct kube_config *config_new(struct val *doc, const char *path)
{
    struct kube_config *c = cu_calloc(1, sizeof(*c));
    c->doc = doc;
    c->path = cu_strdup(path);
    return c;
}

/* The lists of a kubeconfig hold maps with a "name" and one map named after the list. */
static int check_list(const struct val *doc, const char *list, const char *item, struct cu_err *err)
{
    const struct val *entries = val_get(doc, list);
    if (!entries || val_kind(entries) == VAL_NULL)
        return 0;
    if (!val_is_list(entries))
        return cu_fail(err, CU_E_INVALID, "\"%s\" is a %s, not a list", list, val_kind_name(entries));
    for (size_t i = 0; i < val_len(entries); i++) {
        const struct val *e = val_at(entries, i), *inner = val_get(e, item);
        if (!val_is_map(e))
            return cu_fail(err, CU_E_INVALID, "%s[%zu] is a %s, not a map", list, i, val_kind_name(e));
        if (inner && val_kind(inner) != VAL_NULL && !val_is_map(inner))
            return cu_fail(err, CU_E_INVALID, "%s[%zu].%s is a %s, not a map", list, i, item,
                           val_kind_name(inner));
    }
    return 0;
}

int kube_config_parse(const char *text, size_t n, struct kube_config **out, struct cu_err *err)
{
    cu_autoval struct val *doc = NULL;
    int r = codec_yaml_parse(text, n, &doc, err);
    if (r < 0)
        return r;
    if (!val_is_map(doc))
        return cu_fail(err, CU_E_INVALID, "not a kubeconfig: the document is a %s, not a map",
                       val_kind_name(doc));
    const char *kind = val_get_str(doc, "kind");
    if (kind && !cu_streq(kind, "Config"))
        return cu_fail(err, CU_E_INVALID, "not a kubeconfig: its kind is \"%s\", not \"Config\"", kind);
    static const char *const lists[][2] = { { "clusters", "cluster" },
                                            { "contexts", "context" },
                                            { "users", "user" } };
    for (size_t i = 0; i < CU_LEN(lists); i++)
        if (check_list(doc, lists[i][0], lists[i][1], err) < 0)
            return cu_wrap(err, "not a kubeconfig");
    *out = config_new(cu_steal(&doc), NULL);
    return 0;
}

int kube_config_load(const char *path, struct kube_config **out, struct cu_err *err)
{
    cu_autowipe char *text = NULL;
    size_t n = 0;
    struct kube_config *c = NULL;
    int r = cu_file_read(path, LIM_KUBECONFIG, &text, &n, err);
    if (r < 0)
        return r;
    if (kube_config_parse(text, n, &c, err) < 0 || !c)
        return cu_wrap(err, "kubeconfig \"%s\"", path);
    c->path = cu_strdup(path);
    *out = c;
    return 0;
}

char *kube_config_dump(const struct kube_config *c)
{
    return codec_yaml_dump(c->doc, CODEC_YAML_SORT);
}

int kube_config_save(const struct kube_config *c, const char *path, struct cu_err *err)
{
    cu_autowipe char *text = kube_config_dump(c);
    return cu_file_write_str(path, text, 0600, err);
}

static void set_base64(struct val *map, const char *key, const char *text)
{
    if (!text)
        return;
    cu_autowipe char *coded = cu_base64(text, strlen(text));
    val_set_str(map, key, coded);
}

/* Appends {<item>: inner, name: name} to a list of the document; returns the inner map, borrowed. */
static struct val *add_entry(struct val *doc, const char *list, const char *item, const char *name)
{
    struct val *entry = val_new_map(), *inner = val_new_map();
    val_set(entry, item, inner);
    val_set_str(entry, "name", name);
    val_append(val_need_list(doc, list), entry);
    return inner;
}

struct kube_config *kube_config_build(const struct kube_config_spec *s)
{
    struct val *doc = val_new_map();
    cu_autofree char *made = s->context ? NULL : cu_asprintf("%s@%s", s->user, s->cluster);
    const char *context = s->context ? s->context : made;
    val_set_str(doc, "apiVersion", "v1");
    struct val *cluster = add_entry(doc, "clusters", "cluster", s->cluster);
    set_base64(cluster, "certificate-authority-data", s->ca_pem);
    val_set_str(cluster, "server", s->server);
    struct val *ctx = add_entry(doc, "contexts", "context", context);
    val_set_str(ctx, "cluster", s->cluster);
    val_set_str(ctx, "user", s->user);
    val_set_str(doc, "current-context", context);
    val_set_str(doc, "kind", "Config");
    struct val *user = add_entry(doc, "users", "user", s->user);
    val_set_str(user, "client-certificate", s->cert_file);
    set_base64(user, "client-certificate-data", s->cert_pem);
    val_set_str(user, "client-key", s->key_file);
    set_base64(user, "client-key-data", s->key_pem);
    val_set_str(user, "token", s->token);
    return config_new(doc, NULL);
}

/* The inner map of the last entry with that name, as upstream's map would hold it. */
static struct val *find_entry(const struct kube_config *c, const char *list, const char *item,
                              const char *name)
{
    struct val *found = NULL;
    const struct val *entries = val_get(c->doc, list);
    for (size_t i = 0; name && i < val_len(entries); i++)
        if (cu_streq(cu_or(val_get_str(val_at(entries, i), "name"), ""), name))
            found = val_get(val_at(entries, i), item);
    return found;
}

struct val *kube_config_current_context(const struct kube_config *c)
{
    return find_entry(c, "contexts", "context", val_get_str(c->doc, "current-context"));
}

struct val *kube_config_default_cluster(const struct kube_config *c)
{
    struct val *unnamed = find_entry(c, "clusters", "cluster", "");
    if (unnamed)
        return unnamed;
    return find_entry(c, "clusters", "cluster", val_get_str(kube_config_current_context(c), "cluster"));
}

struct val *kube_config_current_user(const struct kube_config *c)
{
    return find_entry(c, "users", "user", val_get_str(kube_config_current_context(c), "user"));
}

const char *kube_config_server(const struct kube_config *c)
{
    return val_get_str(kube_config_default_cluster(c), "server");
}

int kube_config_ca(const struct kube_config *c, char **pem, struct cu_err *err)
{
    const struct val *cluster = kube_config_default_cluster(c);
    const char *data = val_get_str(cluster, "certificate-authority-data");
    const char *file = val_get_str(cluster, "certificate-authority");
    const char *where = cu_or(c->path, "kubeconfig");
    if (!cu_is_empty(data)) {
        uint8_t *raw = NULL;
        size_t n = 0;
        int r = cu_unbase64(data, &raw, &n, err);
        if (r < 0)
            return cu_wrap(err, "%s: certificate-authority-data", where);
        *pem = (char *)raw;
        return 0;
    }
    if (!cu_is_empty(file))
        return cu_file_read(file, LIM_PEM_FILE, pem, NULL, err);
    return cu_fail(err, CU_E_NOTFOUND, "%s names no certificate authority for its cluster", where);
}

void kube_config_set_server(struct kube_config *c, const char *server)
{
    const struct val *clusters = val_get(c->doc, "clusters");
    for (size_t i = 0; i < val_len(clusters); i++)
        val_set_str(val_need_map(val_at(clusters, i), "cluster"), "server", server);
}

bool kube_config_has_credentials(const struct kube_config *c)
{
    const struct val *u = kube_config_current_user(c);
#define HAS(key) (!cu_is_empty(val_get_str(u, key)))
    return HAS("token") || HAS("tokenFile") || (HAS("username") && HAS("password")) ||
           ((HAS("client-certificate") || HAS("client-certificate-data")) &&
            (HAS("client-key") || HAS("client-key-data"))) ||
           !cu_is_empty(val_find_str(u, "exec", "command", NULL)) ||
           !cu_is_empty(val_find_str(u, "auth-provider", "name", NULL));
#undef HAS
}
