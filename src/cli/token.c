/* `kubeadm token`: its tables of flags and sub-commands, and the two short ones, generate and delete (spec operations
 * 5). Creating and listing have files of their own. */
#include "cli/token.h"

#include "base/file.h"
#include "base/str.h"
#include "cli/commands.h"
#include "config/constants.h"
#include "config/validate.h"
#include "kube/dry_run.h"
#include "kube/kubeconfig.h"
#include "phases/bootstrap_secret.h"

#define ADMIN_CONF CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF

static void candidates(struct cu_strlist *found)
{
    const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");
    if (!cu_is_empty(list))
        cu_strlist_split(found, list, ':');
    else if (!cu_is_empty(home))
        cu_strlist_addf(found, "%s/.kube/config", home);
    cu_strlist_add(found, ADMIN_CONF);
}

int cli_token_kubeconfig(const struct cli_call *c, struct kube_config **out, struct cu_err *err)
{
    const struct cli_token_opts *o = c->opts;
    cu_autostrlist struct cu_strlist found = CU_STRLIST_INIT;
    const char *path = cli_call_given(c, "kubeconfig") ? o->kubeconfig : NULL;
    candidates(&found);
    if (cu_is_empty(path)) {
        path = found.v[0];
        for (size_t i = found.n; i-- > 0;)
            if (cu_exists(found.v[i]))
                path = found.v[i];
    }
    if (kube_config_load(path, out, err) < 0)
        return cu_wrap(
            err,
            "tokens live in the cluster, which is reached with an administrator's kubeconfig (--kubeconfig)");
    return 0;
}

int cli_token_client(const struct cli_call *c, const struct kube_config *config, struct kube_client **out,
                     struct cu_err *err)
{
    const struct cli_token_opts *o = c->opts;
    struct kube_client *real = NULL;
    int r = kube_client_new(config, NULL, &real, err);
    if (r < 0)
        return r;
    struct kube_dry_run_options dry = { .out = c->out, .real = real };
    *out = o->dry_run ? kube_client_new_dry_run(&dry) : real;
    return 0;
}

static int generate(const struct cli_call *c, struct cu_err *err)
{
    (void)err;
    cu_autowipe char *token = cfg_new_token();
    fprintf(c->out, "%s\n", token);
    return 0;
}

static int delete_one(const struct cli_call *c, struct kube_client *client, const char *token,
                      struct cu_err *err)
{
    cu_autofree char *path = ph_token_secret_path(token);
    if (kube_delete(client, path, NULL, err) < 0)
        return cu_wrap(err, "failed to delete bootstrap token \"%.6s\"", token);
    fprintf(c->out, "bootstrap token \"%.6s\" deleted\n", token);
    return 0;
}

static int delete_tokens(const struct cli_call *c, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    struct kube_client *client = NULL;
    if (c->args->n == 0)
        return cu_fail(
            err, CU_E_INVALID,
            "missing argument: name the tokens to delete, each by its id, such as abcdef, or whole; "
            "see them with  kubeadm token list");
    for (size_t i = 0; i < c->args->n; i++)
        if (!cfg_is_token_id(c->args->v[i]) && !cfg_is_token(c->args->v[i]))
            return cu_fail(
                err, CU_E_INVALID,
                "argument %zu is neither the id of a token, such as abcdef, nor a whole one, such as "
                "abcdef.0123456789abcdef; see them with  kubeadm token list",
                i + 1);
    int r = cli_token_kubeconfig(c, &config, err);
    if (r == 0)
        r = cli_token_client(c, config, &client, err);
    for (size_t i = 0; r == 0 && i < c->args->n; i++)
        r = delete_one(c, client, c->args->v[i], err);
    kube_client_free(client);
    return r;
}

#define AT(member) offsetof(struct cli_token_opts, member)

static const struct cli_flag create_flags[] = {
    { .name = "config",
      .type = CLI_STRING,
      .offset = AT(config),
      .usage = "kubeadm configuration `file` whose bootstrapTokens are created" },
    { .name = "certificate-key",
      .type = CLI_STRING,
      .offset = AT(certificate_key),
      .usage = "with --print-join-command: the key of the uploaded certificates, for the command that joins "
               "a control plane" },
    { .name = "description",
      .type = CLI_STRING,
      .offset = AT(description),
      .usage = "what the token is for, in words" },
    { .name = "groups",
      .type = CLI_STRINGS,
      .offset = AT(groups),
      .dflt = CFG_GROUP_TOKEN,
      .usage = "groups a node that shows this token belongs to; each begins with system:bootstrappers:" },
    { .name = "usages",
      .type = CLI_STRINGS,
      .offset = AT(usages),
      .dflt = "signing,authentication",
      .usage = "what the token may be used for: signing, authentication" },
    { .name = "ttl",
      .type = CLI_DURATION,
      .offset = AT(ttl),
      .dflt = "24h0m0s",
      .usage = "how long it is valid (1s, 2m, 3h); 0 for ever" },
    { .name = "print-join-command",
      .type = CLI_BOOL,
      .offset = AT(print_join_command),
      .usage = "print the whole command that joins a node, not only the token" },
};

static const struct cli_flag list_flags[] = { CLI_OUTPUT_FLAGS(offsetof(struct cli_token_opts, output)) };

static const struct cli_command token_create = {
    .name = "create",
    .args = "[token]",
    .brief = "Create a bootstrap token in the cluster",
    .doc = "Creates a bootstrap token, with which nodes join: a random one, the one given as [token], or "
           "those of a\n"
           "configuration file. With --print-join-command it prints the line to run on the new node.",
    .flags = create_flags,
    .n_flags = CU_LEN(create_flags),
    .max_args = CLI_ARGS_ANY,
    .run = cli_token_create,
    .use_without_flags = true,
};
static const struct cli_command token_list = {
    .name = "list",
    .brief = "List the bootstrap tokens of the cluster",
    .flags = list_flags,
    .n_flags = CU_LEN(list_flags),
    .run = cli_token_list,
};
static const struct cli_command token_delete = {
    .name = "delete",
    .args = "[token-value] ...",
    .brief = "Delete bootstrap tokens from the cluster",
    .doc = "Deletes bootstrap tokens, each named by its id (abcdef) or as a whole (abcdef.0123456789abcdef).",
    .max_args = CLI_ARGS_ANY,
    .run = delete_tokens,
    .use_without_flags = true,
};
static const struct cli_command token_generate = {
    .name = "generate",
    .brief = "Print a random bootstrap token without creating it",
    .doc = "Prints a random token, for configuration files that are written before there is a cluster. Give "
           "it to\n"
           "`kubeadm init --token` or as bootstrapTokens of InitConfiguration.",
    .run = generate,
};

static const struct cli_command *const children[] = { &token_create, &token_delete, &token_generate,
                                                      &token_list, NULL };

static const struct cli_flag token_flags[] = {
    { .name = "kubeconfig",
      .type = CLI_STRING,
      .offset = AT(kubeconfig),
      .persistent = true,
      .dflt = ADMIN_CONF,
      .usage =
          "`file` with the administrator's access to the cluster; without it $KUBECONFIG, then the default" },
    { .name = "dry-run",
      .type = CLI_BOOL,
      .offset = AT(dry_run),
      .persistent = true,
      .usage = "only say what would be done" },
};

const struct cli_command cli_token = {
    .name = "token",
    .brief = "Manage bootstrap tokens, with which nodes join",
    .doc = "A bootstrap token is a shared secret of the form abcdef.0123456789abcdef. A node that joins "
           "proves with it that\n"
           "it may, and verifies with it (and the pin of the cluster's CA) that the cluster is the right "
           "one. Tokens are\n"
           "Secrets in kube-system and expire.",
    .flags = token_flags,
    .n_flags = CU_LEN(token_flags),
    .opts_size = sizeof(struct cli_token_opts),
    .children = children,
    .strict = true,
};
