/* controllers/account.c - clients that act as the service account of one controller. Must not know what the
 * controllers do. */
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "controllers/parts.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"

#define TOKEN_S 3600
#define ACCOUNTS "/api/v1/namespaces/kube-system/serviceaccounts"

struct ctl_account {
    struct ctl_account *next;
    char *name;
    struct kube_client *client;
    int64_t renew_ms; /* monotonic: from then on a new token is taken */
};

char *ctl_user_agent(const struct ctl *c)
{
    return cu_asprintf("%s/cubeadm-" CUBEADM_VERSION, c->component);
}

static int make_account(struct ctl *c, const char *name, struct cu_err *err)
{
    cu_autoval struct val *sa = val_new_map();
    val_set_str(sa, "apiVersion", "v1");
    val_set_str(sa, "kind", "ServiceAccount");
    val_set_str(val_need_map(sa, "metadata"), "name", name);
    val_set_str(val_need_map(sa, "metadata"), "namespace", "kube-system");
    int r = kube_create(c->client, ACCOUNTS, sa, NULL, err);
    if (r == -CU_E_EXISTS) {
        cu_err_clear(err);
        return 0;
    }
    return r;
}

/* A token for the account, which is made when it is not there. *out: secret, owned by the caller. */
static int get_token(struct ctl *c, const char *name, char **out, struct cu_err *err)
{
    cu_autofree char *path = cu_asprintf(ACCOUNTS "/%s/token", name);
    cu_autoval struct val *q = val_new_map(), *answer = NULL;
    val_set_str(q, "apiVersion", "authentication.k8s.io/v1");
    val_set_str(q, "kind", "TokenRequest");
    val_set_int(val_need_map(q, "spec"), "expirationSeconds", TOKEN_S);
    int r = kube_create(c->client, path, q, &answer, err);
    if (r == -CU_E_NOTFOUND) {
        cu_err_clear(err);
        r = make_account(c, name, err);
        if (r == 0)
            r = kube_create(c->client, path, q, &answer, err);
    }
    if (r < 0)
        return cu_wrap(err, "token for service account kube-system/%s", name);
    const char *token = val_find_str(answer, "status", "token", NULL);
    if (cu_is_empty(token))
        return cu_fail(err, CU_E_SERVER, "token for service account kube-system/%s: the answer holds none",
                       name);
    *out = cu_strdup(token);
    return 0;
}

static int make_client(struct ctl *c, struct ctl_account *a, struct cu_err *err)
{
    cu_autowipe char *token = NULL;
    cu_autofree char *ca = NULL;
    int r = get_token(c, a->name, &token, err);
    if (r == 0)
        r = kube_config_ca(c->config, &ca, err);
    if (r == -CU_E_NOTFOUND) { /* plain HTTP or a public authority */
        cu_err_clear(err);
        r = 0;
    }
    if (r < 0)
        return r;
    struct kube_config_spec spec = {
        .cluster = "c", .server = kube_client_server(c->client), .ca_pem = ca, .user = a->name, .token = token
    };
    kube_autoconfig struct kube_config *config = kube_config_build(&spec);
    cu_autofree char *base = ctl_user_agent(c);
    cu_autofree char *agent = cu_asprintf("%s/%s", base, a->name);
    struct kube_client *client = NULL;
    r = kube_client_new(config, &(struct kube_options){ .user_agent = agent }, &client, err);
    if (r < 0)
        return r;
    kube_client_free(a->client);
    a->client = client;
    a->renew_ms = cu_mono_ms() + TOKEN_S * 800;
    return 0;
}

int ctl_as(struct ctl *c, const char *name, struct kube_client **out, struct cu_err *err)
{
    if (!c->o->own_accounts) {
        *out = c->client;
        return 0;
    }
    struct ctl_account *a = c->accounts;
    while (a && !cu_streq(a->name, name))
        a = a->next;
    if (!a) {
        a = cu_calloc(1, sizeof(*a));
        a->name = cu_strdup(name);
        a->next = c->accounts;
        c->accounts = a;
    }
    if (!a->client || cu_mono_ms() >= a->renew_ms) {
        int r = make_client(c, a, err);
        if (r < 0)
            return r;
    }
    *out = a->client;
    return 0;
}

void ctl_accounts_renew(struct ctl *c)
{
    for (struct ctl_account *a = c->accounts; a; a = a->next)
        a->renew_ms = 0;
}

void ctl_accounts_free(struct ctl *c)
{
    for (struct ctl_account *a = c->accounts, *next; a; a = next) {
        next = a->next;
        kube_client_free(a->client);
        free(a->name);
        free(a);
    }
    c->accounts = NULL;
}
