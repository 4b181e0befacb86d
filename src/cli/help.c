/* Help made from the tables: what a command is for, its sub-commands, its flags in columns. */
#include "base/str.h"
#include "cli/node.h"
#include "cli/wrap.h"
#include <string.h>

/* Go's spelling of the types, as upstream's help shows them; NULL: no value to name. */
static const char *type_name(const struct cli_flag *f)
{
    switch (f->type) {
    case CLI_BOOL: return NULL;
    case CLI_INT32: return "int32";
    case CLI_STRING: return "string";
    case CLI_STRINGS: return "strings";
    case CLI_DURATION: return "duration";
    case CLI_PAIRS: return "key=value,...";
    case CLI_LEVEL: return "Level";
    }
    return NULL;
}

/* Cuts the word in back quotes out of the usage: it names the value. Both results are owned by the caller. */
static void split_usage(const struct cli_flag *f, char **value, char **usage)
{
    const char *a = strchr(f->usage, '`'), *b = a ? strchr(a + 1, '`') : NULL;
    const char *type = type_name(f);
    *value = b ? cu_strndup(a + 1, (size_t)(b - a - 1)) : type ? cu_strdup(type) : NULL;
    *usage = cu_replace(f->usage, "`", "");
}

static char *flag_left(const struct cli_flag *f, const char *value)
{
    char shorthand[5] = "    ";
    if (f->shorthand)
        memcpy(shorthand, (char[]){ '-', f->shorthand, ',', ' ', '\0' }, sizeof(shorthand));
    return cu_asprintf("  %s--%s%s%s", shorthand, f->name, value ? " " : "", value ? value : "");
}

/* Usage and default of a flag; caller frees. */
static char *flag_right(const struct cli_flag *f, const char *usage)
{
    if (cu_is_empty(f->dflt) || cu_streq(f->dflt, "0") || cu_streq(f->dflt, "false"))
        return cu_strdup(usage);
    if (f->type == CLI_STRING)
        return cu_asprintf("%s (default \"%s\")", usage, f->dflt);
    if (f->type == CLI_STRINGS || f->type == CLI_PAIRS)
        return cu_asprintf("%s (default [%s])", usage, f->dflt);
    return cu_asprintf("%s (default %s)", usage, f->dflt);
}

enum {
    NARROW = 24,
    DEEPER = 10
}; /* columns a text needs at least beside its name; where it begins below it */

/* A name of a list, padded to `width`, and beside it what it is; below it where the terminal is too narrow. */
static void print_entry(FILE *out, size_t width, const char *left, const char *right)
{
    size_t columns = cli_width(out), at = width;
    if (columns && columns < width + NARROW) {
        fprintf(out, "%s\n%*s", left, DEEPER, "");
        at = DEEPER;
    } else {
        fprintf(out, "%-*s", (int)width, left);
    }
    cli_wrap(out, columns, at, at, right);
    fputc('\n', out);
}

static bool shown(const struct cli_path *p, const struct cli_flag *f, bool local)
{
    return !f->hidden && !f->deprecated && cli_flag_is_local(p, f) == local;
}

static void print_flags(const struct cli_path *p, const struct cli_flagset *s, bool local, FILE *out)
{
    size_t width = 0;
    const struct cli_flag *f;
    for (size_t i = 0; (f = cli_flagset_next(s, &i));) {
        if (!shown(p, f, local))
            continue;
        cu_autofree char *value = NULL, *usage = NULL;
        split_usage(f, &value, &usage);
        cu_autofree char *left = flag_left(f, value);
        width = strlen(left) > width ? strlen(left) : width;
    }
    if (width == 0)
        return;
    fprintf(out, "\n%s\n", local ? "Flags:" : "Global Flags:");
    for (size_t i = 0; (f = cli_flagset_next(s, &i));) {
        if (!shown(p, f, local))
            continue;
        cu_autofree char *value = NULL, *usage = NULL;
        split_usage(f, &value, &usage);
        cu_autofree char *left = flag_left(f, value), *right = flag_right(f, usage);
        print_entry(out, width + 3, left, right);
    }
}

/* In the order of names, as upstream lists them. */
static void sorted_children(struct cli_node n, struct cu_strlist *names)
{
    struct cli_node child;
    for (size_t i = 0; cli_node_child(n, i, &child); i++)
        if (cli_node_shown(child))
            cu_strlist_add(names, cli_node_name(child));
    cu_strlist_sort(names);
}

static void print_children(struct cli_node n, FILE *out)
{
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;
    sorted_children(n, &names);
    size_t width = 11;
    for (size_t i = 0; i < names.n; i++)
        width = strlen(names.v[i]) > width ? strlen(names.v[i]) : width;
    if (names.n)
        fputs("\nAvailable Commands:\n", out);
    for (size_t i = 0; i < names.n; i++) {
        struct cli_node child;
        for (size_t k = 0; cli_node_child(n, k, &child); k++)
            if (cu_streq(cli_node_name(child), names.v[i])) {
                cu_autofree char *left = cu_asprintf("  %s", names.v[i]);
                print_entry(out, width + 3, left, cli_node_brief(child));
            }
    }
}

static size_t phase_width(const struct wf_phase *v, size_t n)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++)
        if (!v[i].hidden && !v[i].all && strlen(v[i].name) > width)
            width = strlen(v[i].name);
    return width;
}

/* Two blanks per level; children are written "/name"; descriptions line up within a level (spec init 1.1). */
static void print_phases(const struct wf_phase *v, size_t n, int level, size_t width, FILE *out)
{
    size_t child_width = 0;
    for (size_t i = 0; i < n; i++) {
        size_t w = phase_width(v[i].children, v[i].n_children);
        child_width = w > child_width ? w : child_width;
    }
    for (size_t i = 0; i < n; i++) {
        if (v[i].hidden || v[i].all)
            continue;
        cu_autofree char *left = cu_asprintf("%*s%s%s", level * 2, "", level ? "/" : "", v[i].name);
        print_entry(out, (size_t)level * 2 + (level > 0) + width + 2, left, v[i].brief);
        print_phases(v[i].children, v[i].n_children, level + 1, child_width, out);
    }
}

static void print_doc(const struct cli_path *p, FILE *out)
{
    struct cli_node n = cli_path_last(p);
    cli_wrap(out, cli_width(out), 0, 0, cli_node_doc(n));
    fputc('\n', out);
    if (n.phase || n.phase_word || !n.command->phases)
        return;
    fprintf(out, "\n\"%s\" runs these phases, in this order:\n```\n", n.command->name);
    const struct wf_tree *t = n.command->phases;
    print_phases(t->v, t->n, 0, phase_width(t->v, t->n), out);
    fputs("```\n", out);
}

char *cli_use_line(const struct cli_path *p)
{
    struct cli_node n = cli_path_last(p);
    cu_autofree char *path = cli_path_text(p);
    const char *args = n.phase        ? (n.phase->takes_arg && !n.phase->hides_arg ? n.command->args : NULL)
                       : n.phase_word ? NULL
                                      : n.command->args;
    return cu_asprintf("%s%s%s%s", path, args ? " " : "", args ? args : "",
                       n.command->use_without_flags && !n.phase && !n.phase_word ? "" : " [flags]");
}

static void print_usage(const struct cli_path *p, FILE *out)
{
    struct cli_node n = cli_path_last(p), child;
    cu_autofree char *path = cli_path_text(p), *use = cli_use_line(p);
    fputs("\nUsage:\n", out);
    if (!cli_node_is_group(n))
        fprintf(out, "  %s\n", use);
    if (cli_node_child(n, 0, &child))
        fprintf(out, "  %s [command]\n", path);
    if (n.phase && n.phase->alias)
        fprintf(out, "\nAliases:\n  %s, %s\n", n.phase->name, n.phase->alias);
    if (!n.phase && !n.phase_word && n.command->aliases) {
        fprintf(out, "\nAliases:\n  %s", n.command->name);
        for (const char *const *a = n.command->aliases; *a; a++)
            fprintf(out, ", %s", *a);
        fputc('\n', out);
    }
    if (!n.phase && !n.phase_word && n.command->example)
        fprintf(out, "\nExamples:\n%s\n", n.command->example);
}

void cli_help_print(const struct cli_path *p, FILE *out)
{
    struct cli_options o;
    bool help = false;
    cli_options_new(p, &o);
    struct cli_flagset *s = cli_path_flags(p, &o, &help);
    struct cli_node n = cli_path_last(p), child;
    print_doc(p, out);
    print_usage(p, out);
    print_children(n, out);
    print_flags(p, s, true, out);
    print_flags(p, s, false, out);
    if (cli_node_child(n, 0, &child)) {
        cu_autofree char *path = cli_path_text(p);
        fprintf(out, "\nUse \"%s [command] --help\" for more about a command.\n", path);
    }
    cli_flagset_free(s);
    cli_options_clear(p, &o);
}
