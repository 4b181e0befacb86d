/* controllers/bootstrap.c - keeps the signatures in kube-public/cluster-info and removes expired bootstrap tokens (spec
 * apiserver 6.3). */
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "controllers/tokens.h"
#include "kube/client.h"
#include "kube/informer.h"

#define SECRETS "/api/v1/namespaces/kube-system/secrets"
#define OF_TOKENS "fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken"
#define CONFIG_MAPS "/api/v1/namespaces/kube-public/configmaps"
#define INFO_KEY "kube-public/cluster-info"

struct signer {
    struct ctl *c;
    struct ctl_watch *secrets, *config_maps;
    struct ctl_queue *queue;
};

static int sign(void *arg, const char *key, struct cu_err *err)
{
    struct signer *s = arg;
    const struct val *found = kube_informer_get(ctl_watch_informer(s->config_maps), key);
    if (!found || !ctl_watch_synced(s->secrets))
        return 0;
    cu_autoval struct val *info = val_copy(found), *tokens = val_new_list();
    size_t pos = 0;
    struct val *secret;
    while (kube_informer_next(ctl_watch_informer(s->secrets), &pos, &secret))
        val_append(tokens, val_ref(secret));
    int64_t next = INT64_MAX, now = cu_now_ms();
    bool changed = ctl_sign_cluster_info(info, tokens, now, &next);
    if (next < INT64_MAX)
        ctl_queue_add_after(s->queue, key, next - now + 1);
    if (!changed)
        return 0;
    struct kube_client *k = NULL;
    int r = ctl_as(s->c, "bootstrap-signer", &k, err);
    if (r == 0)
        r = kube_update(k, CONFIG_MAPS "/cluster-info", info, NULL, err);
    if (r == 0)
        cu_log_debug(2, "signatures of cluster-info brought up to date");
    return r;
}

static void on_change(void *arg, const struct val *obj, const struct val *old)
{
    (void)obj;
    (void)old;
    struct signer *s = arg;
    ctl_queue_add(s->queue, INFO_KEY);
}

static void on_synced(void *arg)
{
    on_change(arg, NULL, NULL);
}

static void *start_signer(struct ctl *c)
{
    struct signer *s = cu_calloc(1, sizeof(*s));
    s->c = c;
    s->queue = ctl_queue_new(c, "bootstrap signer", sign, s);
    s->secrets = ctl_watch(c, SECRETS, OF_TOKENS);
    s->config_maps = ctl_watch(c, CONFIG_MAPS, "fieldSelector=metadata.name%3Dcluster-info");
    ctl_watch_listen(s->secrets, on_change, on_synced, s);
    ctl_watch_listen(s->config_maps, on_change, on_synced, s);
    return s;
}

/* --- token cleaner --- */

static int clean(void *arg, const char *key, struct cu_err *err)
{
    struct signer *s = arg;
    const struct val *secret = kube_informer_get(ctl_watch_informer(s->secrets), key);
    if (!secret)
        return 0;
    struct ctl_token t;
    ctl_token_read(secret, &t);
    int64_t left = t.expires_ms == INT64_MAX ? INT64_MAX : t.expires_ms - cu_now_ms();
    ctl_token_clear(&t);
    if (left > 0) {
        if (left < INT64_MAX)
            ctl_queue_add_after(s->queue, key, left + 1);
        return 0;
    }
    struct kube_client *k = NULL;
    cu_autofree char *path = cu_asprintf(SECRETS "/%s", ctl_name(secret));
    cu_autoval struct val *options = val_new_map();
    val_set_str(options, "apiVersion", "v1");
    val_set_str(options, "kind", "DeleteOptions");
    val_set_str(val_need_map(options, "preconditions"), "uid", val_find_str(secret, "metadata", "uid", NULL));
    int r = ctl_as(s->c, "token-cleaner", &k, err);
    if (r == 0)
        r = kube_delete(k, path, options, err);
    if (r == 0)
        cu_log_info("expired bootstrap token removed: secret %s", key);
    return r == -CU_E_NOTFOUND ? 0 : r;
}

static void on_secret(void *arg, const struct val *obj, const struct val *old)
{
    (void)old;
    struct signer *s = arg;
    cu_autofree char *key = obj ? ctl_key(obj) : NULL;
    if (key)
        ctl_queue_add(s->queue, key);
}

static void *start_cleaner(struct ctl *c)
{
    struct signer *s = cu_calloc(1, sizeof(*s));
    s->c = c;
    s->queue = ctl_queue_new(c, "token cleaner", clean, s);
    s->secrets = ctl_watch(c, SECRETS, OF_TOKENS);
    ctl_watch_listen(s->secrets, on_secret, NULL, s);
    return s;
}

const struct ctl_controller ctl_bootstrap_signer = { "bootstrap-signer-controller", "bootstrapsigner", false,
                                                     start_signer, free };
const struct ctl_controller ctl_token_cleaner = { "token-cleaner-controller", "tokencleaner", false,
                                                  start_cleaner, free };
