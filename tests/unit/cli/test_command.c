/* Finding, helping, completing and calling commands, on a small tree. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "cli/command.h"

struct options {
    char *config;
    bool dry_run;
    char *kubeconfig;
};

static int run(const struct cli_call *c, struct cu_err *err)
{
    const struct options *o = c->opts;
    cu_autofree char *args = cu_strlist_join(c->args, "|");
    if (cu_streq(o->config, "bad"))
        return cu_fail(err, CU_E_INVALID, "bad config");
    if (cu_streq(o->config, "full") || cu_streq(o->config, "readonly"))
        return cu_fail_errno(err, cu_streq(o->config, "full") ? ENOSPC : EROFS, "write x");
    fprintf(c->out, "%s phase=%s config=%s dry=%d kubeconfig=%s args=%s v=%d given=%d has=%d\n", c->path,
            c->phase ? c->phase : "-", o->config, o->dry_run, o->kubeconfig, args, c->globals->v,
            cli_call_given(c, "config"), cli_call_has(c, "config"));
    return 0;
}

static int nothing(struct ph_ctx *c, struct cu_err *err)
{
    (void)c;
    (void)err;
    return 0;
}

#define AT(member) .offset = offsetof(struct options, member)
static const struct cli_flag flags[] = {
    { .name = "config", .type = CLI_STRING, AT(config), .usage = "the `file` to read" },
    { .name = "dry-run", .type = CLI_BOOL, AT(dry_run), .persistent = true, .usage = "change nothing" },
    { .name = "old", .type = CLI_BOOL, AT(dry_run), .deprecated = "it is gone", .usage = "not shown" },
};
static const struct cli_flag phase_flags[] = {
    { .name = "kubeconfig", .type = CLI_STRING, AT(kubeconfig), .dflt = "/admin.conf", .usage = "where" },
};
static const struct wf_phase certs[] = {
    { .name = "all", .all = true, .brief = "All certs", .flags = (const char *const[]){ "config", NULL } },
    { .name = "ca",
      .run = nothing,
      .brief = "The CA",
      .flags = (const char *const[]){ "config", "kubeconfig", NULL } },
};
static const struct wf_phase phases[] = {
    { .name = "certs", .brief = "Certs", .children = certs, .n_children = CU_LEN(certs) },
    { .name = "upload", .alias = "up", .run = nothing, .brief = "Upload", .takes_arg = true },
    { .name = "secret-step", .run = nothing, .brief = "Hidden", .hidden = true },
};
static const struct wf_tree tree = { phases, CU_LEN(phases) };

static const struct cli_command make = {
    .name = "make",
    .aliases = (const char *const[]){ "build", NULL },
    .args = "[thing]",
    .brief = "Make it",
    .flags = flags,
    .n_flags = CU_LEN(flags),
    .opts_size = sizeof(struct options),
    .max_args = 1,
    .phases = &tree,
    .phase_flags = phase_flags,
    .n_phase_flags = CU_LEN(phase_flags),
    .run = run,
};
static const struct cli_command group = {
    .name = "group",
    .brief = "A group",
    .strict = true,
    .children = (const struct cli_command *const[]){ &make, NULL },
};
static const struct cli_command loose = { .name = "loose", .brief = "Loose" };
static const struct cli_flag globals[] = {
    { .name = "v",
      .shorthand = 'v',
      .type = CLI_LEVEL,
      .offset = offsetof(struct cli_globals, v),
      .dflt = "0",
      .persistent = true,
      .usage = "loudness" },
    { .name = "vmodule",
      .type = CLI_STRING,
      .offset = offsetof(struct cli_globals, vmodule),
      .persistent = true,
      .usage = "levels" },
    { .name = "rootfs",
      .type = CLI_STRING,
      .offset = offsetof(struct cli_globals, rootfs),
      .persistent = true,
      .usage = "root" },
};
static const struct cli_command root = {
    .name = "tool",
    .brief = "A tool",
    .flags = globals,
    .n_flags = CU_LEN(globals),
    .opts_size = sizeof(struct cli_globals),
    .children = (const struct cli_command *const[]){ &make, &group, &loose, NULL },
};

struct answer {
    int code;
    char *out, *err;
};

static struct answer call(const char *line)
{
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    cu_strlist_add(&words, "tool");
    cu_strlist_split(&words, line, ' ');
    struct answer a = { 0, NULL, NULL };
    size_t n, m;
    FILE *out = open_memstream(&a.out, &n), *err = open_memstream(&a.err, &m);
    a.code = cli_main(&root, (int)words.n, words.v, out, err);
    fclose(out);
    fclose(err);
    return a;
}

static void answer_clear(struct answer *a)
{
    free(a->out);
    free(a->err);
}

#define HINT "To see the stack trace of this error execute with --v=5 or higher\n"
#define SEE(path) "See \"" path " --help\".\n" HINT

static void test_calls(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int code;
        const char *out, *err; /* what each begins with */
    } rows[] = {
        { "make x", 0, "tool make phase=- config= dry=0 kubeconfig=/admin.conf args=x v=0 given=0 has=1\n",
          "" },
        { "build --config c -v 3", 0,
          "tool make phase=- config=c dry=0 kubeconfig=/admin.conf args= v=3 given=1", "" },
        { "--v=1 make", 0, "tool make phase=- config= dry=0 kubeconfig=/admin.conf args= v=1", "" },
        { "-v 1 group make", 0, "tool group make phase=-", "" },
        { "make phase certs ca --kubeconfig k", 0,
          "tool make phase certs ca phase=certs/ca config= dry=0 kubeconfig=k", "" },
        { "make phase up x", 0,
          "tool make phase upload phase=upload config= dry=0 kubeconfig=/admin.conf args=x", "" },
        { "make phase certs ca x", 1, "",
          "error: unknown command \"x\" for \"tool make phase certs ca\"\n" SEE("tool make phase certs ca") },
        { "make phase upload --config c", 1, "",
          "error: unknown flag: --config\n" SEE("tool make phase upload") },
        { "make phase", 1, "Runs one phase",
          "error: \nerror: subcommand is required\n" SEE("tool make phase") },
        { "make phase certs", 1, "Certs\n",
          "error: \nerror: subcommand is required\n" SEE("tool make phase certs") },
        { "make phase nosuch", 1, "",
          "error: unknown command \"nosuch\" for \"tool make phase\"\n" SEE("tool make phase") },
        { "make phase secret-step", 1, "",
          "error: unknown command \"secret-step\" for \"tool make phase\"\n" SEE("tool make phase") },
        { "make a b", 1, "", "error: accepts at most 1 arg(s), received 2\n" SEE("tool make") },
        { "make --nosuch", 1, "", "error: unknown flag: --nosuch\n" SEE("tool make") },
        { "make --nosuch --help", 0, "Make it\n", "" },
        { "make --config", 1, "", "error: flag needs an argument: --config\n" SEE("tool make") },
        { "make --config bad", 1, "", "error: bad config\n" HINT },
        { "make --config bad -v=5", 1, "", "error: bad config\nno stack trace\n" },
        { "make --old", 0, "tool make phase=-", "Flag --old has been deprecated, it is gone\n" },
        { "make --vmodule=x", 1, "", "error: invalid argument \"x\" for \"--vmodule\" flag" },
        { "make --rootfs /nosuchroot", 1, "", "error: cannot make /nosuchroot the root folder (--rootfs)" },
        { "make phase certs c", 1, "",
          "error: unknown command \"c\" for \"tool make phase certs\"\n\nDid you mean this?\n\tca\n" },
        { "mak", 1, "", "error: unknown command \"mak\" for \"tool\"\n\nDid you mean this?\n\tmake\n" },
        { "--make", 1, "",
          "error: unknown flag: --make\n\nDid you mean this?\n\ttool make\n\nSee \"tool --help\".\n" },
        { "make --config full", 1, "", "error: write x: No space left on device; make room there" },
        { "make --config readonly", 1, "", "error: write x: Read-only file system; that file system is" },
        { "zzzzzz", 1, "", "error: unknown command \"zzzzzz\" for \"tool\"\n" SEE("tool") },
        { "group", 1, "A group\n", "error: \nerror: subcommand is required\n" SEE("tool group") },
        { "group x", 1, "", "error: unknown command \"x\" for \"tool group\"\n" SEE("tool group") },
        { "loose", 0, "Loose\n", "" },
        { "loose x", 0, "Loose\n", "" },
        { "-h", 0, "A tool\n", "" },
        { "-z", 1, "", "error: unknown shorthand flag: 'z' in -z\n" SEE("tool") },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct answer a = call(rows[i].line);
        assert_int_equal(a.code, rows[i].code);
        assert_string_equal(cu_has_prefix(a.out, rows[i].out) ? rows[i].out : a.out, rows[i].out);
        assert_string_equal(cu_has_prefix(a.err, rows[i].err) ? rows[i].err : a.err, rows[i].err);
        if (!rows[i].out[0])
            assert_string_equal(a.out, "");
        answer_clear(&a);
    }
}

static void test_flags_before_the_phase(void **state)
{
    (void)state;
    struct answer a = call("make --config c phase certs all");
    assert_int_equal(a.code, 0);
    assert_true(cu_has_prefix(a.out, "tool make phase certs all phase=certs/all config=c"));
    answer_clear(&a);
}

static void test_help(void **state)
{
    (void)state;
    struct answer a = call("make --help");
    assert_string_equal(a.out, "Make it\n"
                               "\n"
                               "\"make\" runs these phases, in this order:\n"
                               "```\n"
                               "certs   Certs\n"
                               "  /ca  The CA\n"
                               "upload  Upload\n"
                               "```\n"
                               "\n"
                               "Usage:\n"
                               "  tool make [thing] [flags]\n"
                               "  tool make [command]\n"
                               "\n"
                               "Aliases:\n"
                               "  make, build\n"
                               "\n"
                               "Available Commands:\n"
                               "  phase       Run one phase alone\n"
                               "\n"
                               "Flags:\n"
                               "      --config file   the file to read\n"
                               "      --dry-run       change nothing\n"
                               "  -h, --help          show this help\n"
                               "\n"
                               "Global Flags:\n"
                               "      --rootfs string    root\n"
                               "  -v, --v Level          loudness\n"
                               "      --vmodule string   levels\n"
                               "\n"
                               "Use \"tool make [command] --help\" for more about a command.\n");
    answer_clear(&a);
}

static void test_completion(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "__complete ", "make\tMake it\ngroup\tA group\n:4\n" },
        { "__completeNoDesc ma", "make\n:4\n" },
        { "__completeNoDesc make phase c", "certs\n:4\n" },
        { "__completeNoDesc make phase certs ", "all\nca\n:4\n" },
        { "__completeNoDesc make --", "--config\n--dry-run\n--help\n--rootfs\n--v\n--vmodule\n:4\n" },
        { "__completeNoDesc make --config ", ":0\n" },
        { "__completeNoDesc make --config=x", ":0\n" },
        { "__completeNoDesc make phase certs ca --k", "--kubeconfig\n:4\n" },
        { "__completeNoDesc", "make\ngroup\n:4\n" },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct answer a = call(rows[i][0]);
        assert_int_equal(a.code, 0);
        assert_string_equal(a.out, rows[i][1]);
        answer_clear(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_flags_before_the_phase),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_completion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
