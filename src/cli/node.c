/* Commands and phases as one tree: names, children, flags, options. It must not know what any command does. */
#include "cli/node.h"
#include "base/str.h"
#include <string.h>

static const struct cli_flag help_flag = {
    .name = "help", .shorthand = 'h', .type = CLI_BOOL, .usage = "show this help"
};

struct cli_node cli_path_last(const struct cli_path *p)
{
    return p->v[p->n - 1];
}

const char *cli_node_name(struct cli_node n)
{
    if (n.word.name)
        return n.word.name;
    return n.phase ? n.phase->name : n.phase_word ? "phase" : n.command->name;
}

const char *cli_node_brief(struct cli_node n)
{
    if (n.word.name)
        return n.word.brief;
    return n.phase ? n.phase->brief : n.phase_word ? "Run one phase alone" : n.command->brief;
}

const char *cli_node_doc(struct cli_node n)
{
    if (n.word.name)
        return n.command->doc;
    if (n.phase)
        return n.phase->doc ? n.phase->doc : n.phase->brief;
    if (n.phase_word)
        return "Runs one phase, or one group of phases, alone.";
    return n.command->doc ? n.command->doc : n.command->brief;
}

bool cli_node_hidden(struct cli_node n)
{
    return n.phase ? n.phase->hidden : !n.phase_word && n.command->hidden;
}

bool cli_node_shown(struct cli_node n)
{
    struct cli_node child;
    return !cli_node_hidden(n) && (!cli_node_is_group(n) || cli_node_child(n, 0, &child));
}

bool cli_node_is_group(struct cli_node n)
{
    if (n.word.name)
        return false;
    return n.phase ? n.phase->n_children > 0 : n.phase_word || n.command->word || n.command->run == NULL;
}

bool cli_node_named(struct cli_node n, const char *word)
{
    if (cu_streq(cli_node_name(n), word))
        return true;
    if (n.phase)
        return n.phase->alias && cu_streq(n.phase->alias, word);
    if (n.phase_word || n.word.name)
        return false;
    for (const char *const *a = n.command->aliases; a && *a; a++)
        if (cu_streq(*a, word))
            return true;
    return false;
}

static bool phase_child(struct cli_node n, const struct wf_phase *v, size_t count, size_t i,
                        struct cli_node *child)
{
    for (size_t k = 0; k < count; k++) {
        if (v[k].hidden)
            continue;
        if (i-- == 0) {
            *child = (struct cli_node){ .command = n.command, .phase = &v[k] };
            return true;
        }
    }
    return false;
}

bool cli_node_child(struct cli_node n, size_t i, struct cli_node *child)
{
    if (n.phase)
        return phase_child(n, n.phase->children, n.phase->n_children, i, child);
    if (n.phase_word)
        return phase_child(n, n.command->phases->v, n.command->phases->n, i, child);
    if (n.word.name)
        return false;
    if (n.command->word) {
        *child = (struct cli_node){ .command = n.command };
        return n.command->word(i, &child->word);
    }
    const struct cli_command *const *c = n.command->children;
    for (; c && *c && i > 0; i--)
        c++;
    if (c && *c) {
        *child = (struct cli_node){ .command = *c };
        return true;
    }
    if (i == 0 && n.command->phases) {
        *child = (struct cli_node){ .command = n.command, .phase_word = true };
        return true;
    }
    return false;
}

char *cli_path_text(const struct cli_path *p)
{
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    for (size_t i = 0; i < p->n; i++)
        cu_strlist_add(&words, cli_node_name(p->v[i]));
    return cu_strlist_join(&words, " ");
}

char *cli_path_phase(const struct cli_path *p)
{
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].phase)
            cu_strlist_add(&words, p->v[i].phase->name);
    return words.n ? cu_strlist_join(&words, "/") : NULL;
}

/* The command a node of the path begins; NULL for "phase", phases and words, which belong to one further up. */
static const struct cli_command *own_command(struct cli_node n)
{
    return n.phase || n.phase_word || n.word.name ? NULL : n.command;
}

void cli_options_new(const struct cli_path *p, struct cli_options *o)
{
    *o = (struct cli_options){ { NULL } };
    for (size_t i = 0; i < p->n; i++) {
        const struct cli_command *c = own_command(p->v[i]);
        if (!c)
            continue;
        if (c->opts_size)
            o->v[i] = cu_calloc(1, c->opts_size);
        cli_flags_defaults(c->flags, c->n_flags, cli_options_of(o, i));
        cli_flags_defaults(c->phase_flags, c->n_phase_flags, cli_options_of(o, i));
    }
}

void cli_options_clear(const struct cli_path *p, struct cli_options *o)
{
    for (size_t i = p->n; i-- > 0;) {
        const struct cli_command *c = own_command(p->v[i]);
        if (!c)
            continue;
        cli_flags_clear(c->flags, c->n_flags, cli_options_of(o, i));
        cli_flags_clear(c->phase_flags, c->n_phase_flags, cli_options_of(o, i));
    }
    for (size_t i = 0; i < p->n; i++)
        free(o->v[i]);
}

void *cli_options_of(const struct cli_options *o, size_t depth)
{
    for (size_t i = depth + 1; i-- > 0;)
        if (o->v[i])
            return o->v[i];
    return NULL;
}

static const struct cli_flag *find_row(const struct cli_flag *v, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (cu_streq(v[i].name, name))
            return &v[i];
    return NULL;
}

static void add_phase_flags(struct cli_flagset *s, struct cli_node n, void *base)
{
    const struct cli_command *c = n.command;
    for (const char *const *name = n.phase->flags; name && *name; name++) {
        const struct cli_flag *f = find_row(c->flags, c->n_flags, *name);
        if (!f)
            f = find_row(c->phase_flags, c->n_phase_flags, *name);
        if (!f)
            abort(); /* the tree names a flag no table has; the unit test walks all of them */
        cli_flagset_add(s, f, base);
    }
}

struct cli_flagset *cli_path_flags(const struct cli_path *p, const struct cli_options *o, bool *help)
{
    struct cli_flagset *s = cli_flagset_new();
    cli_flagset_add(s, &help_flag, help);
    for (size_t i = 0; i < p->n; i++) {
        struct cli_node n = p->v[i];
        void *base = cli_options_of(o, i);
        const struct cli_command *c = own_command(n);
        bool last = i == p->n - 1;
        for (size_t k = 0; c && k < c->n_flags; k++)
            if (last || c->flags[k].persistent)
                cli_flagset_add(s, &c->flags[k], base);
        if (n.phase && last)
            add_phase_flags(s, n, base);
        for (size_t k = 0; n.word.name && last && k < n.command->n_phase_flags; k++)
            cli_flagset_add(s, &n.command->phase_flags[k], base);
    }
    return s;
}

bool cli_flag_is_local(const struct cli_path *p, const struct cli_flag *f)
{
    for (size_t i = 0; i + 1 < p->n; i++) {
        const struct cli_command *c = own_command(p->v[i]);
        if (c && f->persistent && f >= c->flags && f < c->flags + c->n_flags)
            return false;
    }
    return true;
}

static bool find_child(struct cli_node n, const char *word, struct cli_node *child)
{
    for (size_t i = 0; cli_node_child(n, i, child); i++)
        if (cli_node_named(*child, word))
            return true;
    return false;
}

/* Does this flag word take the next word as its value? */
static bool eats_next(const struct cli_flagset *s, const char *arg)
{
    if (strchr(arg, '='))
        return false;
    const struct cli_flag *f = NULL;
    if (arg[1] == '-')
        f = cli_flagset_find(s, arg + 2);
    else if (arg[1] && !arg[2])
        f = cli_flagset_find_short(s, arg[1]);
    else
        return false;
    return !f || cli_flag_needs_value(f);
}

/* Index of the next word that may name a sub-command, from `at` on; n when there is none. */
static size_t next_word(const struct cli_path *p, const char *const argv[], size_t at, size_t n)
{
    struct cli_options o;
    bool help = false;
    cli_options_new(p, &o);
    struct cli_flagset *s = cli_path_flags(p, &o, &help);
    for (; at < n; at++) {
        const char *arg = argv[at];
        if (cu_streq(arg, "--")) {
            at = n;
            break;
        }
        if (arg[0] != '-' || !arg[1]) {
            if (arg[0])
                break;
            continue;
        }
        if (eats_next(s, arg))
            at++;
    }
    cli_flagset_free(s);
    cli_options_clear(p, &o);
    return at < n ? at : n;
}

void cli_path_resolve(struct cli_path *p, const char *const argv[], size_t n, struct cu_strlist *rest)
{
    size_t from = 0; /* words before it were looked at */
    while (p->n < CLI_DEPTH) {
        size_t at = next_word(p, argv, from, n);
        struct cli_node child;
        if (at == n || !find_child(cli_path_last(p), argv[at], &child))
            break;
        for (; from < at; from++)
            cu_strlist_add(rest, argv[from]);
        from = at + 1;
        p->v[p->n++] = child;
    }
    for (; from < n; from++)
        cu_strlist_add(rest, argv[from]);
}
