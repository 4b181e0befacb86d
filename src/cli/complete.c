/* Answers of the hidden command `__complete`, which the completion scripts ask, and "did you mean". It reads the
 * same tables as everything else and must not know what commands do. */
#include "base/str.h"
#include "cli/node.h"
#include <string.h>
#include <strings.h>

enum { FILES = 0, NO_FILES = 4, FOLDERS = 16 }; /* directives of upstream's protocol */
enum { NEAR = 2 };                              /* edits still "near" */

static void offer(FILE *out, const char *word, const char *prefix, const char *name, const char *text,
                  bool describe)
{
    if (!cu_has_prefix(name, word))
        return;
    fprintf(out, "%s%s", prefix, name);
    if (describe && text && *text)
        fprintf(out, "\t%.*s", (int)strcspn(text, "\n"), text);
    fputc('\n', out);
}

static void offer_children(struct cli_node n, const char *word, bool describe, FILE *out)
{
    struct cli_node child;
    for (size_t i = 0; cli_node_child(n, i, &child); i++)
        if (cli_node_shown(child))
            offer(out, word, "", cli_node_name(child), cli_node_brief(child), describe);
    for (const char *const *v = n.phase || n.phase_word || n.word.name ? NULL : n.command->valid_args;
         v && *v; v++)
        offer(out, word, "", *v, NULL, describe);
}

static void offer_flags(const struct cli_flagset *s, const char *word, bool describe, FILE *out)
{
    const struct cli_flag *f;
    for (size_t i = 0; (f = cli_flagset_next(s, &i));) {
        if (f->hidden || f->deprecated)
            continue;
        cu_autofree char *name = cu_asprintf("--%s", f->name), *text = cu_replace(f->usage, "`", "");
        offer(out, word, "", name, text, describe);
    }
}

/* The usage names the flag's value so. */
static bool takes(const struct cli_flag *f, const char *value)
{
    cu_autofree char *quoted = cu_asprintf("`%s`", value);
    return strstr(f->usage, quoted) != NULL;
}

static void add_phases(const struct wf_phase *v, size_t n, const char *parent, struct cu_strlist *out)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i].hidden || v[i].all)
            continue;
        cu_autofree char *name = cu_asprintf("%s%s%s", parent, *parent ? "/" : "", v[i].name);
        cu_strlist_add(out, name);
        add_phases(v[i].children, v[i].n_children, name, out);
    }
}

/* Values for a flag: of a list only its last piece is completed, and what is in it already is not offered again. */
static int offer_values(const struct cli_flag *f, const struct wf_tree *phases, const char *word, FILE *out)
{
    cu_autostrlist struct cu_strlist values = CU_STRLIST_INIT, given = CU_STRLIST_INIT;
    if (f->offers)
        f->offers(&values);
    else if (takes(f, "phases") && phases)
        add_phases(phases->v, phases->n, "", &values);
    const char *comma = f->type == CLI_STRINGS || strstr(f->usage, ",...`") ? strrchr(word, ',') : NULL;
    const char *last = comma ? comma + 1 : word;
    cu_autofree char *before = cu_strndup(word, (size_t)(last - word));
    cu_strlist_split(&given, before, ',');
    for (size_t i = 0; i < values.n; i++)
        if (!cu_strlist_has(&given, values.v[i]))
            offer(out, last, before, values.v[i], NULL, false);
    static const char *const files[] = { "file", "path", "socket" };
    for (size_t i = 0; i < CU_LEN(files); i++)
        if (takes(f, files[i]))
            return FILES;
    return takes(f, "folder") ? FOLDERS : NO_FILES;
}

/* The flag the last word is a value of: "--flag value", "--flag=value"; NULL: of none. *value: where in the word it
 * begins. */
static const struct cli_flag *value_due(const struct cli_flagset *s, const char *before, const char *word,
                                        const char **value)
{
    const char *equals = cu_has_prefix(word, "--") ? strchr(word, '=') : NULL;
    *value = equals ? equals + 1 : word;
    if (equals) {
        cu_autofree char *name = cu_strndup(word + 2, (size_t)(equals - word - 2));
        return cli_flagset_find(s, name);
    }
    if (before[0] != '-' || strchr(before, '='))
        return NULL;
    const struct cli_flag *f =
        before[1] == '-' ? cli_flagset_find(s, before + 2) : cli_flagset_find_short(s, before[1]);
    return f && cli_flag_needs_value(f) ? f : NULL;
}

void cli_complete(const struct cli_command *root, const char *const words[], size_t n, bool describe,
                  FILE *out)
{
    struct cli_path path = { .v = { { .command = root } }, .n = 1 };
    cu_autostrlist struct cu_strlist rest = CU_STRLIST_INIT;
    if (n > 1 && cu_streq(words[0], "help")) { /* it is about the commands that follow */
        words++;
        n--;
    }
    const char *word = n ? words[n - 1] : "", *before = n > 1 ? words[n - 2] : "", *value;
    cli_path_resolve(&path, words, n ? n - 1 : 0, &rest);
    struct cli_options o;
    bool help = false;
    cli_options_new(&path, &o);
    struct cli_flagset *s = cli_path_flags(&path, &o, &help);
    int directive = NO_FILES;
    const struct cli_flag *f = value_due(s, before, word, &value);
    if (f)
        directive = offer_values(f, cli_path_last(&path).command->phases, value, out);
    else if (word[0] == '-')
        offer_flags(s, word, describe, out);
    else
        offer_children(cli_path_last(&path), word, describe, out);
    fprintf(out, ":%d\n", directive);
    cli_flagset_free(s);
    cli_options_clear(&path, &o);
}

/* Levenshtein distance, upper and lower case alike; words longer than 31 bytes are never near. */
static size_t distance(const char *a, const char *b)
{
    enum { MOST = 32 };
    size_t n = strlen(a), m = strlen(b), row[MOST];
    if (n >= MOST || m >= MOST)
        return MOST;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t above = row[j];
            size_t best = diagonal + ((a[i - 1] | 0x20) != (b[j - 1] | 0x20));
            best = above + 1 < best ? above + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
        }
    }
    return row[m];
}

void cli_suggest(struct cli_node parent, const char *word, struct cu_buf *out)
{
    struct cli_node child;
    for (size_t i = 0; cli_node_child(parent, i, &child); i++) {
        const char *name = cli_node_name(child);
        if (!cli_node_shown(child) ||
            (distance(word, name) > NEAR && strncasecmp(name, word, strlen(word)) != 0))
            continue;
        cu_buf_addf(out, "%s\t%s\n", out->len ? "" : "\n\nDid you mean this?\n", name);
    }
}

/* Short names are near to everything; so at most half of the letters may be wrong. */
void cli_flagset_suggest(const struct cli_flagset *s, const char *name, struct cu_buf *out)
{
    const struct cli_flag *f;
    size_t n = strlen(name);
    for (size_t i = 0; (f = cli_flagset_next(s, &i));) {
        size_t wrong = distance(name, f->name);
        bool near = (wrong <= NEAR && 2 * wrong <= n) || (n >= 3 && cu_has_prefix(f->name, name));
        if (near && !f->hidden && !f->deprecated)
            cu_buf_addf(out, "%s\t--%s\n", out->len ? "" : "\n\nDid you mean this?\n", f->name);
    }
}
