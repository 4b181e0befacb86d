/* Sub-commands out of a table elsewhere (cli_command.word). */
#include "../cmocka_all.h"
#include "base/str.h"
#include "cli/command.h"
#include <string.h>

struct options {
    char *where;
};

static const struct cli_word words[] = { { "all", "Everything" },
                                         { "one.conf", "The first" },
                                         { "two", "The second" } };

static bool word(size_t i, struct cli_word *out)
{
    if (i >= CU_LEN(words))
        return false;
    *out = words[i];
    return true;
}

static int run(const struct cli_call *c, struct cu_err *err)
{
    const struct options *o = c->opts;
    (void)err;
    fprintf(c->out, "%s word=%s where=%s given=%d\n", c->path, c->word, o->where, cli_call_given(c, "where"));
    return 0;
}

static const struct cli_flag flags[] = {
    { .name = "where",
      .type = CLI_STRING,
      .offset = offsetof(struct options, where),
      .dflt = "/here",
      .usage = "place" },
};
static const struct cli_command renew = { .name = "renew",
                                          .brief = "Renew",
                                          .doc = "Renews.",
                                          .opts_size = sizeof(struct options),
                                          .phase_flags = flags,
                                          .n_phase_flags = CU_LEN(flags),
                                          .word = word,
                                          .strict = true,
                                          .run = run };
static const struct cli_flag globals[] = {
    { .name = "v",
      .shorthand = 'v',
      .type = CLI_LEVEL,
      .offset = offsetof(struct cli_globals, v),
      .usage = "loudness" },
    { .name = "vmodule",
      .type = CLI_STRING,
      .offset = offsetof(struct cli_globals, vmodule),
      .usage = "levels" },
    { .name = "rootfs", .type = CLI_STRING, .offset = offsetof(struct cli_globals, rootfs), .usage = "root" },
};
static const struct cli_command root = { .name = "tool",
                                         .brief = "A tool",
                                         .flags = globals,
                                         .n_flags = CU_LEN(globals),
                                         .opts_size = sizeof(struct cli_globals),
                                         .children = (const struct cli_command *const[]){ &renew, NULL } };

static void says(const char *line, int code, const char *in_out, const char *in_err)
{
    cu_autostrlist struct cu_strlist argv = CU_STRLIST_INIT;
    cu_autofree char *out = NULL, *errout = NULL;
    size_t n, m;
    FILE *o = open_memstream(&out, &n), *e = open_memstream(&errout, &m);
    cu_strlist_add(&argv, "tool");
    cu_strlist_split(&argv, line, ' ');
    int got = cli_main(&root, (int)argv.n, argv.v, o, e);
    fclose(o);
    fclose(e);
    assert_int_equal(got, code);
    if (!strstr(out, in_out) || !strstr(errout, in_err))
        fail_msg("%s prints \"%s\" and \"%s\", without \"%s\" or \"%s\"", line, out, errout, in_out, in_err);
}

static void test_words(void **state)
{
    (void)state;
    says("renew one.conf", 0, "tool renew one.conf word=one.conf where=/here given=0\n", "");
    says("renew two --where=x", 0, "tool renew two word=two where=x given=1\n", "");
    says("renew --where x all", 0, "tool renew all word=all where=x given=1\n", "");
    says("renew --where x", 1, "", "unknown flag: --where"); /* the group has none */
    says("renew", 1, "  one.conf    The first\n", "subcommand is required");
    says("renew three", 1, "", "unknown command \"three\" for \"tool renew\"");
    says("renew two three", 1, "", "unknown command \"three\" for \"tool renew two\"");
    says("renew two --help", 0, "Renews.\n\nUsage:\n  tool renew two [flags]\n", "");
    says("renew two --help", 0, "--where string   place (default \"/here\")\n", "");
    says("__complete renew ", 0, "all\tEverything\none.conf\tThe first\ntwo\tThe second\n:4\n", "");
    says("__completeNoDesc renew two --w", 0, "--where\n:4\n", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_words) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
