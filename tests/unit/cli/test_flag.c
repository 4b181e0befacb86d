/* Reading flags as upstream's flag library does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "cli/flag.h"

struct options {
    bool dry_run, force;
    int32_t port;
    char *name;
    struct cu_strlist sans, pairs;
    int64_t ttl;
};
#define AT(member) .offset = offsetof(struct options, member)

static const struct cli_flag flags[] = {
    { .name = "dry-run", .type = CLI_BOOL, AT(dry_run) },
    { .name = "force", .shorthand = 'f', .type = CLI_BOOL, AT(force) },
    { .name = "port", .shorthand = 'p', .type = CLI_INT32, AT(port), .dflt = "6443" },
    { .name = "name", .shorthand = 'n', .type = CLI_STRING, AT(name), .dflt = "box" },
    { .name = "sans", .type = CLI_STRINGS, AT(sans), .dflt = "a,b" },
    { .name = "pairs", .type = CLI_PAIRS, AT(pairs), .deprecated = "use patches" },
    { .name = "ttl", .type = CLI_DURATION, AT(ttl), .dflt = "24h0m0s" },
};

/* Reads one line of words; returns all values as text, or the error. */
static char *read_line(const char *line)
{
    struct options o = { 0 };
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT, args = CU_STRLIST_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_strlist_split(&words, line, ' ');
    struct cli_flagset *s = cli_flagset_new();
    for (size_t i = 0; i < CU_LEN(flags); i++)
        cli_flagset_add(s, &flags[i], &o);
    cli_flags_defaults(flags, CU_LEN(flags), &o);
    char *notice = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&notice, &n);
    char *out;
    if (cli_flagset_parse(s, (const char *const *)words.v, words.n, &args, f, &err) < 0) {
        out = cu_strdup(cu_err_text(&err));
        fclose(f);
    } else {
        fclose(f);
        cu_autofree char *sans = cu_strlist_join(&o.sans, "|"), *pairs = cu_strlist_join(&o.pairs, "|");
        cu_autofree char *rest = cu_strlist_join(&args, "|");
        out = cu_asprintf("%d %d %d %s %s %s %llds %s%s", o.dry_run, o.force, o.port, o.name, sans, pairs,
                          (long long)(o.ttl / 1000000000), rest, notice);
    }
    free(notice);
    cli_flags_clear(flags, CU_LEN(flags), &o);
    cli_flagset_free(s);
    return out;
}

static void test_lines(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "", "0 0 6443 box a|b  86400s " },
        { "--dry-run x --port 1 y", "1 0 1 box a|b  86400s x|y" },
        { "--dry-run=false -f", "0 1 6443 box a|b  86400s " },
        { "-fp 0x10 -n=q", "0 1 16 q a|b  86400s " },
        { "-fp17", "0 1 17 box a|b  86400s " },
        { "--name= --sans c --sans d,e", "0 0 6443  c|d|e  86400s " },
        { "--sans \"x,y\",z", "0 0 6443 box x,y|z  86400s " },
        { "--sans=", "0 0 6443 box   86400s " },
        { "--ttl 1h30m -- --port - -p", "0 0 6443 box a|b  5400s --port|-|-p" },
        { "--pairs a=1,b=2 --pairs c=3",
          "0 0 6443 box a|b a=1|b=2|c=3 86400s Flag --pairs has been deprecated, "
          "use patches\n" },
        { "--nosuch", "unknown flag: --nosuch" },
        { "--nosuch=1", "unknown flag: --nosuch" },
        { "--dry_run", "unknown flag: --dry_run\n\nDid you mean this?\n\t--dry-run\n" },
        { "--dry=1", "unknown flag: --dry\n\nDid you mean this?\n\t--dry-run\n" },
        { "-fz", "unknown shorthand flag: 'z' in -z" },
        { "--port", "flag needs an argument: --port" },
        { "-fp", "flag needs an argument: 'p' in -p" },
        { "--=x", "bad flag syntax: --=x" },
        { "---x", "bad flag syntax: ---x" },
        { "--dry-run=maybe", "invalid argument \"maybe\" for \"--dry-run\" flag: " },
        { "--port abc", "invalid argument \"abc\" for \"-p, --port\" flag: not a whole number" },
        { "--port 99999999999", "invalid argument \"99999999999\" for \"-p, --port\" flag: out of range" },
        { "--port=", "invalid argument \"\" for \"-p, --port\" flag: not a whole number" },
        { "--port=--5", "invalid argument \"--5\" for \"-p, --port\" flag: not a whole number" },
        { "--ttl 5x", "invalid argument \"5x\" for \"--ttl\" flag: " },
        { "--pairs a=b=c", "invalid argument \"a=b=c\" for \"--pairs\" flag: \"a=b=c\" is not key=value" },
        { "--pairs a", "invalid argument \"a\" for \"--pairs\" flag: \"a\" is not key=value" },
        { "--sans \"x",
          "invalid argument \"\"x\" for \"--sans\" flag: a quoted value does not end with its quote" },
        { "--sans x\"y", "invalid argument \"x\"y\" for \"--sans\" flag: a quote inside an unquoted value" },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autofree char *got = read_line(rows[i][0]);
        if (cu_has_suffix(rows[i][1], " flag: ")) /* the reason is the parser's */
            got[strlen(rows[i][1])] = '\0';
        assert_string_equal(got, rows[i][1]);
    }
}

static void test_required(void **state)
{
    (void)state;
    static const struct cli_flag need[] = {
        { .name = "client", .type = CLI_BOOL, AT(dry_run), .required = true },
        { .name = "other", .type = CLI_BOOL, AT(force), .required = true },
    };
    struct options o = { 0 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct cli_flagset *s = cli_flagset_new();
    cli_flagset_add(s, &need[1], &o);
    cli_flagset_add(s, &need[0], &o);
    assert_int_equal(cli_flagset_check_required(s, &err), -CU_E_INVALID);
    assert_string_equal(cu_err_text(&err), "required flag(s) \"client\", \"other\" not set");
    cli_flagset_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_required),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
