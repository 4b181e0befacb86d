/* Finds the command a line names, reads its flags, checks its arguments, calls it and reports its error. It must
 * not know what commands do. */
#include "cli/command.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "cli/node.h"
#include <errno.h>
#include <string.h>

/* The last line of upstream's errors, which scripts cut off (spec init 1.5). */
#define TRACE_HINT "To see the stack trace of this error execute with --v=5 or higher"
enum { TRACE_LEVEL = 5 };

bool cli_call_given(const struct cli_call *c, const char *flag)
{
    return cli_flagset_given(c->flags, flag);
}

bool cli_call_has(const struct cli_call *c, const char *flag)
{
    return cli_flagset_find(c->flags, flag) != NULL;
}

/* One command line on its way. */
struct line {
    struct cli_path path;
    struct cli_options options;
    struct cli_flagset *flags;
    struct cu_strlist args;
    bool help, called; /* called: the line itself is right, the command has begun */
    FILE *out, *err;
};

static const struct cli_globals *globals(const struct line *l)
{
    return l->options.v[0];
}

static bool asks_help(const struct cu_strlist *words)
{
    for (size_t i = 0; i < words->n && !cu_streq(words->v[i], "--"); i++)
        if (cu_streq(words->v[i], "--help") || cu_streq(words->v[i], "-h"))
            return true;
    return false;
}

static int unknown_command(const struct line *l, struct cu_err *err)
{
    cu_autofree char *path = cli_path_text(&l->path);
    cu_autobuf struct cu_buf hint = CU_BUF_INIT(4096);
    cli_suggest(cli_path_last(&l->path), l->args.v[0], &hint);
    return cu_fail(err, CU_E_INVALID, "unknown command \"%s\" for \"%s\"%s", l->args.v[0], path,
                   cu_buf_str(&hint));
}

/* "kubeadm config validate my.yaml": the file belongs behind a flag. */
static int stray_argument(const struct line *l, struct cu_err *err)
{
    const char *word = l->args.v[0];
    int r = unknown_command(l, err);
    if (!cli_flagset_find(l->flags, "config") || !cu_exists(word))
        return r;
    cu_err_clear(err);
    cu_autofree char *path = cli_path_text(&l->path);
    return cu_fail(err, r < 0 ? -r : CU_E_INVALID,
                   "\"%s\" takes no \"%s\"; a file is given with  --config %s", path, word, word);
}

/* "--version": there is no such flag, but a command of that name. */
static int unknown_flag(const struct line *l, const struct cu_strlist *words, int r, struct cu_err *err)
{
    struct cli_node n = cli_path_last(&l->path), child;
    for (size_t k = 0; k < words->n && !cu_streq(words->v[k], "--"); k++) {
        const char *name = cu_has_prefix(words->v[k], "--") ? words->v[k] + 2 : "";
        for (size_t i = 0; *name && !cli_flagset_find(l->flags, name) && cli_node_child(n, i, &child); i++) {
            if (!cli_node_named(child, name))
                continue;
            cu_autofree char *path = cli_path_text(&l->path), *text = cu_strdup(cu_err_text(err));
            cu_err_clear(err);
            return cu_fail(err, -r, "%s\n\nDid you mean this?\n\t%s %s\n", text, path, cli_node_name(child));
        }
    }
    return r;
}

static int run_group(const struct line *l, struct cu_err *err)
{
    struct cli_node n = cli_path_last(&l->path);
    bool strict = n.phase || n.phase_word || n.command->strict;
    if (l->args.n && (strict || l->path.n == 1))
        return unknown_command(l, err);
    cli_help_print(&l->path, l->out);
    return strict ? cu_fail(err, CU_E_INVALID, "\nerror: subcommand is required") : 0;
}

static int check_args(const struct line *l, struct cu_err *err)
{
    struct cli_node n = cli_path_last(&l->path);
    bool takes = !n.phase || n.phase->takes_arg;
    int min = n.phase ? 0 : n.command->min_args, max = takes ? n.command->max_args : 0;
    int have = (int)l->args.n;
    if (max == 0 && have)
        return stray_argument(l, err);
    if (have < min)
        return cu_fail(err, CU_E_INVALID, "requires at least %d arg(s), only received %d", min, have);
    if (max != CLI_ARGS_ANY && have > max)
        return cu_fail(err, CU_E_INVALID, "accepts at most %d arg(s), received %d", max, have);
    return 0;
}

static int apply_globals(const struct cli_globals *g, struct cu_err *err)
{
    cu_log_set_verbosity(g->v);
    if (*g->vmodule && !cu_log_set_vmodule(g->vmodule))
        return cu_fail(err, CU_E_INVALID,
                       "invalid argument \"%s\" for \"--vmodule\" flag: not a list of pattern=N", g->vmodule);
    if (!*g->rootfs)
        return 0;
    if (chroot(g->rootfs) < 0)
        return cu_fail_errno(err, errno, "cannot make %s the root folder (--rootfs)", g->rootfs);
    return chdir("/") < 0 ? cu_fail_errno(err, errno, "cannot enter the root folder %s", g->rootfs) : 0;
}

static int run_command(struct line *l, struct cu_err *err)
{
    struct cli_node n = cli_path_last(&l->path);
    if (cli_node_is_group(n))
        return run_group(l, err);
    int r = check_args(l, err);
    if (r == 0)
        r = apply_globals(globals(l), err);
    if (r == 0)
        r = cli_flagset_check_required(l->flags, err);
    if (r < 0)
        return r;
    cu_autofree char *path = cli_path_text(&l->path), *phase = cli_path_phase(&l->path);
    const struct cli_call call = { .root = l->path.v[0].command,
                                   .command = n.command,
                                   .path = path,
                                   .phase = phase,
                                   .word = n.word.name,
                                   .opts = cli_options_of(&l->options, l->path.n - 1),
                                   .flags = l->flags,
                                   .globals = globals(l),
                                   .args = &l->args,
                                   .out = l->out,
                                   .err = l->err };
    l->called = true;
    return n.command->run(&call, err);
}

static int run_line(struct line *l, const struct cu_strlist *words, struct cu_err *err)
{
    int r = cli_flagset_parse(l->flags, (const char *const *)words->v, words->n, &l->args, l->err, err);
    if (l->help || (r < 0 && asks_help(words))) {
        cli_help_print(&l->path, l->out);
        return 0;
    }
    r = r == 0 ? run_command(l, err) : unknown_flag(l, words, r, err);
    if (r == 0 && (fflush(l->out) != 0 || ferror(l->out)))
        r = cu_fail_errno(err, errno, "cannot write the output");
    return r;
}

/* What mends a refusal of the operating system, whatever was being done; a server's refusal is worded otherwise. */
static const char *mend(const struct cu_err *err)
{
    const char *text = cu_err_text(err);
    if (err->code == CU_E_FORBIDDEN && geteuid() != 0 &&
        (strstr(text, strerror(EACCES)) || strstr(text, strerror(EPERM))))
        return "; this user is not root: run it with sudo";
    if (cu_has_suffix(text, strerror(ENOSPC)))
        return "; make room there (df -h; df -i) and run the same command again";
    if (cu_has_suffix(text, strerror(EROFS)))
        return "; that file system is mounted read-only:  mount -o remount,rw MOUNT-POINT  and the same "
               "command again";
    return "";
}

static int report(const struct line *l, const struct cu_err *err)
{
    cu_autofree char *path = cli_path_text(&l->path);
    fflush(l->out);
    fprintf(l->err, "error: %s%s\n", cu_err_text(err), mend(err));
    if (!l->called)
        fprintf(l->err, "See \"%s --help\".\n", path);
    fprintf(l->err, "%s\n", globals(l)->v >= TRACE_LEVEL ? "no stack trace" : TRACE_HINT);
    return 1;
}

int cli_main(const struct cli_command *root, int argc, char **argv, FILE *out, FILE *errout)
{
    const char *const *words = (const char *const *)argv + (argc > 0);
    size_t n = argc > 0 ? (size_t)argc - 1 : 0;
    if (n && cu_has_prefix(words[0], "__complete")) {
        cli_complete(root, words + 1, n - 1, cu_streq(words[0], "__complete"), out);
        return 0;
    }
    struct line l = { .path = { .v = { { .command = root } }, .n = 1 }, .out = out, .err = errout };
    cu_autostrlist struct cu_strlist rest = CU_STRLIST_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cli_path_resolve(&l.path, words, n, &rest);
    cli_options_new(&l.path, &l.options);
    l.flags = cli_path_flags(&l.path, &l.options, &l.help);
    int code = run_line(&l, &rest, &err) < 0 ? report(&l, &err) : 0;
    cli_flagset_free(l.flags);
    cli_options_clear(&l.path, &l.options);
    cu_strlist_clear(&l.args);
    return code;
}
