/* `kubeadm token create`: tokens from flags or a configuration file into the cluster (spec operations 5.2). */
#include "base/log.h"
#include "base/str.h"
#include "cli/token.h"
#include "config/constants.h"
#include "config/load.h"
#include "config/validate.h"
#include "kube/kubeconfig.h"
#include "phases/bootstrap_secret.h"
#include "phases/options.h"

/* One token from the flags, as an InitConfiguration would name it. */
static struct cfg_init *from_flags(const struct cli_token_opts *o, const char *token)
{
    struct cfg_init *init = cfg_init_new();
    cu_grow(&init->bootstrap_tokens.v, &init->bootstrap_tokens.cap, 1, sizeof(struct cfg_token));
    init->bootstrap_tokens.n = 1;
    init->bootstrap_tokens.set = true;
    struct cfg_token *t = &init->bootstrap_tokens.v[0];
    *t = (struct cfg_token){ .ttl = { .ns = o->ttl, .set = true } };
    t->token = cu_strdup(token);
    if (*o->description)
        t->description = cu_strdup(o->description);
    cu_strlist_copy(&t->usages, &o->usages);
    cu_strlist_copy(&t->groups, &o->groups);
    cfg_set_str(&init->cluster.kubernetes_version, CFG_KUBERNETES_VERSION);
    return init;
}

static int load(const struct cli_call *c, const char *token, struct cfg_init **out, struct cu_err *err)
{
    const struct cli_token_opts *o = c->opts;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    struct cfg_init *flags = from_flags(o, token);
    struct cfg_load_options options = { .init_flags = *o->config ? NULL : flags, .warnings = &warnings };
    int r = cfg_load_init(*o->config ? o->config : NULL, &options, out, err);
    for (size_t i = 0; i < warnings.n; i++)
        cu_log_warning("%s", warnings.v[i]);
    cfg_init_free(flags);
    return r;
}

/* With --config only flags that the file cannot hold may be given (spec init 2.4 step 2). */
static int check_mixed(const struct cli_call *c, struct cu_err *err)
{
    static const char *const excluded[] = { "certificate-key", "description", "groups", "ttl", "usages" };
    cu_autostrlist struct cu_strlist mixed = CU_STRLIST_INIT;
    for (size_t i = 0; cli_call_given(c, "config") && i < CU_LEN(excluded); i++)
        if (cli_call_given(c, excluded[i]))
            cu_strlist_add(&mixed, excluded[i]);
    cu_autofree char *names = cu_strlist_join(&mixed, " ");
    return mixed.n ? cu_fail(err, CU_E_INVALID, "can not mix '--config' with arguments [%s]", names) : 0;
}

static int print_result(const struct cli_call *c, const struct kube_config *config, const char *token,
                        struct cu_err *err)
{
    const struct cli_token_opts *o = c->opts;
    if (!o->print_join_command) {
        fprintf(c->out, "%s\n", token);
        if (*o->certificate_key)
            return cu_fail(
                err, CU_E_INVALID,
                "--certificate-key has no effect without --print-join-command; the token was created");
        return 0;
    }
    cu_autowipe char *line = NULL;
    struct ph_join_command join = { .token = token,
                                    .control_plane = *o->certificate_key != '\0',
                                    .certificate_key = *o->certificate_key ? o->certificate_key : NULL };
    int r = ph_join_command(config, &join, &line, err);
    if (r == 0)
        fprintf(c->out, "%s\n", line);
    return r;
}

int cli_token_create(const struct cli_call *c, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    struct kube_client *client = NULL;
    struct cfg_init *init = NULL;
    const char *token = c->args->n ? c->args->v[0] : NULL;
    int r = check_mixed(c, err);
    if (r == 0 && token && !cfg_is_token(token))
        r = cu_fail(err, CU_E_INVALID,
                    "the bootstrap token is not of the form abcdef.0123456789abcdef (6 and 16 characters of "
                    "a-z, 0-9); "
                    "make one with  kubeadm token generate");
    if (r == 0)
        r = cli_token_kubeconfig(c, &config, err);
    if (r == 0)
        r = load(c, token, &init, err);
    if (r == 0)
        r = cli_token_client(c, config, &client, err);
    if (r == 0)
        r = ph_tokens_store(client, &init->bootstrap_tokens, true, cfg_ms(init->timeouts.kubernetes_api_call),
                            err);
    if (r == 0)
        r = print_result(c, config, init->bootstrap_tokens.v[0].token, err);
    kube_client_free(client);
    cfg_init_free(init);
    return r;
}
