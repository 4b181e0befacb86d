/* The tables of commands and flags against those recorded from upstream (CUBEADM_REFERENCE/cli/commands.json).
 * Commands that do not exist here are passed over; flags and the command of our own are named below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/node.h"
#include "codec/value.h"
#include "reference.h"

static const char own_command[] = "embedded"; /* of the root */
static const char *const own_flags[] = { "embedded", "component-dir", "events", "fix-preflight", "output" };

struct found {
    struct cli_path path;
    struct cli_options options;
    struct cli_flagset *flags;
    bool help;
};

/* "kubeadm init phase certs" in our tree; false when some word is not there. */
static bool find_command(const char *words, struct found *f)
{
    cu_autostrlist struct cu_strlist list = CU_STRLIST_INIT, rest = CU_STRLIST_INIT;
    *f = (struct found){ .path = { .v = { { .command = &cli_root } }, .n = 1 } };
    cu_strlist_split(&list, words, ' ');
    cli_path_resolve(&f->path, (const char *const *)list.v + 1, list.n - 1, &rest);
    if (rest.n)
        return false;
    cli_options_new(&f->path, &f->options);
    f->flags = cli_path_flags(&f->path, &f->options, &f->help);
    return true;
}

static const char *type_text(const struct cli_flag *f)
{
    switch (f->type) {
    case CLI_BOOL: return "bool";
    case CLI_INT32: return "int32";
    case CLI_STRING: return cu_streq(f->name, "vmodule") ? "string (pattern=N list)" : "string";
    case CLI_STRINGS: return "stringSlice";
    case CLI_DURATION: return "duration";
    case CLI_PAIRS: return "key=value list";
    case CLI_LEVEL: return "int (log level)";
    }
    return "";
}

static bool is_own(const char *name)
{
    for (size_t i = 0; i < CU_LEN(own_flags); i++)
        if (cu_streq(own_flags[i], name))
            return true;
    return false;
}

/* Caller frees. */
static char *default_text(const struct cli_flag *f)
{
    if (f->type == CLI_STRINGS)
        return cu_asprintf("[%s]", f->dflt ? f->dflt : "");
    return cu_strdup(f->dflt ? f->dflt : f->type == CLI_BOOL ? "false" : "");
}

static void check_flag(const char *command, const struct val *want, const struct cli_flag *f)
{
    const char *type = type_text(f), *shorthand = val_get_str(want, "short");
    cu_autofree char *dflt = default_text(f);
    char ours[2] = { f->shorthand, '\0' };
    if (cu_streq(val_get_str(want, "type"), "int") && f->type == CLI_INT32)
        type = "int";
    if (!cu_streq(val_get_str(want, "type"), type) || !cu_streq(shorthand ? shorthand : "", ours) ||
        !cu_streq(val_get_str(want, "default"), dflt) ||
        val_get_bool(want, "deprecated", false) != (f->deprecated != NULL) ||
        val_get_bool(want, "hidden", false) != f->hidden ||
        val_get_bool(want, "required", false) != f->required)
        fail_msg("%s --%s differs: type %s, default '%s', shorthand '%s'", command, f->name, type, dflt,
                 ours);
}

/* Does upstream's command have the flag? One of ours may be there elsewhere ("output"). */
static bool has_flag(const struct val *want, const char *name)
{
    for (size_t i = 0; i < val_len(want); i++)
        if (cu_streq(val_get_str(val_at(want, i), "long"), name))
            return true;
    return false;
}

static void check_flags(const char *command, struct found *f, const struct val *want, bool local)
{
    size_t ours = 0;
    const struct cli_flag *flag;
    for (size_t i = 0; i < val_len(want); i++) {
        const char *name = val_get_str(val_at(want, i), "long");
        flag = cli_flagset_find(f->flags, name);
        if (!flag)
            fail_msg("%s lacks --%s", command, name);
        check_flag(command, val_at(want, i), flag);
    }
    for (size_t i = 0; (flag = cli_flagset_next(f->flags, &i));)
        ours +=
            (!is_own(flag->name) || has_flag(want, flag->name)) && cli_flag_is_local(&f->path, flag) == local;
    if (ours != val_len(want))
        fail_msg("%s has %zu %s flags instead of %zu", command, ours, local ? "own" : "inherited",
                 val_len(want));
}

static void check_names(const char *command, struct found *f, const struct val *want)
{
    struct cli_node n = cli_path_last(&f->path);
    const struct val *aliases = val_get(want, "aliases");
    for (size_t i = 0; i < val_len(aliases); i++)
        if (!cli_node_named(n, val_str(val_at(aliases, i))))
            fail_msg("%s lacks the alias %s", command, val_str(val_at(aliases, i)));
    assert_int_equal(cli_node_hidden(n), val_get_bool(want, "hidden", false));
    const char *line = val_get_str(want, "useLine");
    cu_autofree char *ours = cli_use_line(&f->path);
    assert_string_equal(ours, line);
}

/* Sub-commands we have must be upstream's. */
static void check_children(const char *command, struct found *f, const struct val *want)
{
    struct cli_node child;
    for (size_t i = 0; cli_node_child(cli_path_last(&f->path), i, &child); i++) {
        bool known = cu_streq(command, "kubeadm") && cu_streq(cli_node_name(child), own_command);
        for (size_t k = 0; k < val_len(want); k++)
            known = known || cu_streq(val_str(val_at(want, k)), cli_node_name(child));
        if (!known)
            fail_msg("%s %s is no command of upstream's", command, cli_node_name(child));
    }
}

static void test_commands(void **state)
{
    const struct val *all = *state;
    size_t checked = 0;
    for (size_t i = 0; i < val_len(all); i++) {
        const struct val *want = val_at(all, i);
        const char *command = val_get_str(want, "command");
        struct found f;
        if (!find_command(command, &f))
            continue;
        check_names(command, &f, want);
        check_flags(command, &f, val_get(want, "flags"), true);
        check_flags(command, &f, val_get(want, "inheritedFlags"), false);
        check_children(command, &f, val_get(want, "subcommands"));
        cli_flagset_free(f.flags);
        cli_options_clear(&f.path, &f.options);
        checked++;
    }
    print_message("%zu of %zu commands compared\n", checked, val_len(all));
    assert_true(checked >= 4);
}

/* Every flag of ours can be completed and told about: its row has a usage. */
static void check_usage(struct cli_node n)
{
    struct cli_node child;
    assert_true(cli_node_brief(n) && *cli_node_brief(n));
    for (size_t i = 0; !n.phase && !n.phase_word && i < n.command->n_flags; i++)
        assert_true(!cu_is_empty(n.command->flags[i].usage));
    for (size_t i = 0; cli_node_child(n, i, &child); i++)
        check_usage(child);
}

static void test_texts(void **state)
{
    (void)state;
    check_usage((struct cli_node){ .command = &cli_root });
}

int main(void)
{
    cu_autofree char *path = cu_path_join(reference_dir(), "cli/commands.json");
    cu_autofree char *text = NULL;
    size_t n = 0;
    struct val *all = NULL;
    if (cu_file_read(path, 16 << 20, &text, &n, NULL) < 0 || val_parse_json(text, n, &all, NULL) < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_commands, all),
        cmocka_unit_test(test_texts),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    val_unref(all);
    return r;
}
