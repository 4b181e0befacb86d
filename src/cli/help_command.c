/* `kubeadm help [command]`. */
#include "cli/commands.h"
#include "cli/node.h"

static int run(const struct cli_call *c, struct cu_err *err)
{
    (void)err; /* an unknown topic is told on the error stream and still counts as answered */
    struct cli_path p = { .v = { { .command = c->root } }, .n = 1 };
    cu_autostrlist struct cu_strlist rest = CU_STRLIST_INIT;
    cli_path_resolve(&p, (const char *const *)c->args->v, c->args->n, &rest);
    if (p.n == 1 && rest.n) {
        cu_autobuf struct cu_buf hint = CU_BUF_INIT(4096);
        cli_suggest(cli_path_last(&p), rest.v[0], &hint);
        fprintf(c->err, "Unknown help topic [`%s`]%s\n", rest.v[0], cu_buf_str(&hint));
        cli_help_print(&p, c->err);
        return 0;
    }
    cli_help_print(&p, c->out);
    return 0;
}

const struct cli_command cli_help = {
    .name = "help",
    .args = "[command]",
    .brief = "Show what a command does",
    .max_args = CLI_ARGS_ANY,
    .run = run,
};
