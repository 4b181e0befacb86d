/* Kubeconfig files: which there are, and their text (spec init 6, versions 10.1).
 * Must not know how the certificates in them are made. */
#include "manifests/kubeconfig.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "config/constants.h"
#include "config/load.h"
#include <string.h>

struct row {
    struct mf_kubeconfig_file file;
    int from, to; /* minor versions */
};

/* clang-format off */
#define ADMIN_TITLE "client certificate of administrators and of kubeadm, in " CFG_ADMIN_CONF
#define KUBELET_TITLE "client certificate of the kubelet, in " CFG_KUBELET_CONF
static const struct row rows[] = {
    { { "admin", CFG_ADMIN_CONF, "kubernetes-admin", CFG_GROUP_MASTERS, true,
        ADMIN_TITLE, NULL }, 0, 28 },
    { { "admin", CFG_ADMIN_CONF, "kubernetes-admin", CFG_GROUP_ADMINS, true,
        ADMIN_TITLE, NULL }, 29, INT32_MAX },
    { { "super-admin", CFG_SUPER_ADMIN_CONF, "kubernetes-super-admin", CFG_GROUP_MASTERS, true,
        "client certificate of the super-administrator, in " CFG_SUPER_ADMIN_CONF, NULL }, 29, INT32_MAX },
    { { "kubelet", CFG_KUBELET_CONF, "system:node:%s", CFG_GROUP_NODES, true,
        KUBELET_TITLE, "kubelet" }, 0, 32 },
    { { "kubelet", CFG_KUBELET_CONF, "system:node:%s", CFG_GROUP_NODES, false,
        KUBELET_TITLE, "kubelet" }, 33, INT32_MAX },
    { { "controller-manager", CFG_CONTROLLER_MANAGER_CONF, "system:kube-controller-manager", NULL, false,
        "client certificate of the controller manager, in " CFG_CONTROLLER_MANAGER_CONF, "kube-controller-manager" },
      0, INT32_MAX },
    { { "scheduler", CFG_SCHEDULER_CONF, "system:kube-scheduler", NULL, false,
        "client certificate of the scheduler, in " CFG_SCHEDULER_CONF, "kube-scheduler" }, 0, INT32_MAX },
};
/* clang-format on */

size_t mf_kubeconfig_files(int minor, struct mf_kubeconfig_file out[5])
{
    size_t n = 0;
    for (size_t i = 0; i < CU_LEN(rows); i++)
        if (minor >= rows[i].from && minor <= rows[i].to)
            out[n++] = rows[i].file;
    return n;
}

char *mf_kubeconfig_user(const struct mf_kubeconfig_file *f, const struct cfg_init *cfg)
{
    return cu_replace(f->user, "%s", cu_or(cfg->node.name, ""));
}

char *mf_kubeconfig_server(const struct mf_kubeconfig_file *f, const struct cfg_init *cfg)
{
    cu_autofree char *address =
        f->control_plane_url ? cfg_endpoint(cfg) : cfg_local_endpoint(&cfg->local_api_endpoint);
    return cu_asprintf("https://%s", address);
}

/* From the first BEGIN line to its END line, with a newline; the whole text when there is none. */
static char *first_block(const char *pem)
{
    const char *begin = strstr(pem, "-----BEGIN "), *end = begin ? strstr(begin, "-----END ") : NULL;
    const char *stop = end ? strstr(end + 9, "-----") : NULL;
    if (!stop)
        return cu_strdup(pem);
    cu_autofree char *block = cu_strndup(begin, (size_t)(stop + 5 - begin));
    return cu_asprintf("%s\n", block);
}

#define CERT_MARK "@certificate@"
#define KEY_MARK "@key@"
#define TOKEN_MARK "@token@"

static void put_secret(struct cu_buf *b, const struct mf_kubeconfig *k, const char *mark, size_t n)
{
    if (strncmp(mark, TOKEN_MARK, n) == 0) {
        cu_buf_add(b, k->token);
        return;
    }
    const char *pem = strncmp(mark, KEY_MARK, n) == 0 ? cu_or(k->key_pem, "") : cu_or(k->cert_pem, "");
    cu_autowipe char *text = cu_base64(pem, strlen(pem));
    cu_buf_add(b, text);
}

/* Secrets go from the caller's memory straight into the text, so that only the text has to be wiped: the tree carries
 * marks in their places. */
static char *fill_in(const char *text, const struct mf_kubeconfig *k)
{
    static const char *const marks[] = { "'" CERT_MARK "'", "'" KEY_MARK "'", "'" TOKEN_MARK "'" };
    struct cu_buf b = CU_BUF_INIT(LIM_KUBECONFIG);
    /* No reallocation may leave a copy behind: all is reserved at once. */
    size_t need = strlen(text) + 2 * (strlen(cu_or(k->cert_pem, "")) + strlen(cu_or(k->key_pem, ""))) +
                  strlen(cu_or(k->token, "")) + 64;
    b.data = cu_calloc(1, need);
    b.cap = need;
    while (*text) {
        size_t i = 0;
        while (i < CU_LEN(marks) && !cu_has_prefix(text, marks[i]))
            i++;
        if (i < CU_LEN(marks)) {
            put_secret(&b, k, marks[i] + 1, strlen(marks[i]) - 2);
            text += strlen(marks[i]);
        } else {
            cu_buf_addc(&b, *text++);
        }
    }
    char *out = NULL;
    if (cu_buf_take(&b, &out, NULL) < 0)
        cu_buf_clear_secret(&b);
    return out;
}

char *mf_kubeconfig_text(const struct mf_kubeconfig *k)
{
    cu_autoval struct val *v = val_new_map();
    struct val *cluster = val_new_map(), *context = val_new_map(), *user = val_new_map();
    val_set_str(v, "apiVersion", "v1");
    val_set_str(v, "kind", "Config");
    val_append(val_need_list(v, "clusters"), cluster);
    val_append(val_need_list(v, "contexts"), context);
    val_append(val_need_list(v, "users"), user);
    val_set_strf(v, "current-context", "%s@%s", k->user, k->cluster);

    struct val *body = val_need_map(cluster, "cluster");
    if (k->ca_pem) {
        cu_autofree char *ca = first_block(k->ca_pem), *data = cu_base64(ca, strlen(ca));
        val_set_str(body, "certificate-authority-data", data);
    }
    val_set_str(body, "server", k->server);
    val_set_str(cluster, "name", k->cluster);

    val_set_str(val_need_map(context, "context"), "cluster", k->cluster);
    val_set_str(val_need_map(context, "context"), "user", k->user);
    val_set_strf(context, "name", "%s@%s", k->user, k->cluster);

    body = val_need_map(user, "user");
    val_set_str(body, "client-certificate", k->cert_file);
    val_set_str(body, "client-certificate-data", k->cert_pem ? CERT_MARK : NULL);
    val_set_str(body, "client-key", k->key_file);
    val_set_str(body, "client-key-data", k->key_pem ? KEY_MARK : NULL);
    val_set_str(body, "token", k->token ? TOKEN_MARK : NULL);
    val_set_str(user, "name", k->user);

    cu_autofree char *text = codec_yaml_dump(v, CODEC_YAML_SORT | CODEC_YAML_NO_FOLD);
    return fill_in(text, k);
}
