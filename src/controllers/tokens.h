/* controllers/tokens.h - bootstrap tokens in Secrets (spec join 5): signing of cluster-info, removal of expired ones. */
#ifndef CONTROLLERS_TOKENS_H
#define CONTROLLERS_TOKENS_H

#include "controllers/control.h"

struct ctl_token {
    char *id, *secret;  /* owned; secret is wiped */
    bool signing;       /* may sign cluster-info */
    int64_t expires_ms; /* INT64_MAX: never; 0 also when the time cannot be read */
};
/* False when the Secret holds no usable token. *out is to be cleared in every case. */
bool ctl_token_read(const struct val *secret, struct ctl_token *out);
void ctl_token_clear(struct ctl_token *t);

/* The value of data.<key>, decoded; caller frees with cu_free_secret(). NULL when absent. */
char *ctl_secret_text(const struct val *secret, const char *key);

/* Brings the jws-kubeconfig-* keys of a ConfigMap's data up to date with `secrets` (a list). True when something
 * changed; nothing changes without a key "kubeconfig". *next_ms: when the first of the tokens expires (INT64_MAX). */
bool ctl_sign_cluster_info(struct val *config_map, const struct val *secrets, int64_t now_ms,
                           int64_t *next_ms);

extern const struct ctl_controller ctl_bootstrap_signer, ctl_token_cleaner;

#endif
