/* phases/bootstrap_secret.h - bootstrap tokens as Secrets of kube-system (spec init 10.6, join 5), and the command
 * that uses one. */
#ifndef PHASES_BOOTSTRAP_SECRET_H
#define PHASES_BOOTSTRAP_SECRET_H

#include "config/types.h"
#include "kube/client.h"

struct kube_config;

/* Reads a token back; *out is empty before and cleared with ph_token_clear. CU_E_INVALID says which key of the Secret
 * is missing or wrong; the secret part is never in the text. */
int ph_token_from_secret(const struct val *secret, struct cfg_token *out, struct cu_err *err);
void ph_token_clear(struct cfg_token *t);

/* Stores every token. With must_be_new a token id that is there already is CU_E_EXISTS. timeout_ms: each write. */
int ph_tokens_store(struct kube_client *kube, const struct cfg_tokens *tokens, bool must_be_new,
                    int64_t timeout_ms, struct cu_err *err);

char *ph_token_secret_path(const char *token_or_id); /* of the API object; caller frees */

struct ph_join_command {
    const char *token;           /* or "<value withheld>" */
    const char *certificate_key; /* NULL: none */
    bool control_plane;
    bool multi_line; /* as init prints it (spec init 12.2); else one line (operations 5.2) */
};
/* The line a new node runs, with server and CA pins of the kubeconfig; ends without newline. Caller frees (secret). */
int ph_join_command(const struct kube_config *config, const struct ph_join_command *o, char **out,
                    struct cu_err *err);

#endif
