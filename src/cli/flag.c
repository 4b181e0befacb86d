/* Cuts a command line into flags and arguments by upstream's rules. It must not know commands. */
#include "cli/flag.h"
#include "base/buf.h"
#include "base/str.h"
#include <string.h>

struct bound {
    const struct cli_flag *flag;
    void *base;
    bool given;
};
struct cli_flagset {
    struct bound *v; /* sorted by name */
    size_t n, cap;
};

/* What is being read. */
struct cursor {
    struct cli_flagset *set;
    const char *const *argv;
    size_t n, at;
    FILE *notice;
};

struct cli_flagset *cli_flagset_new(void)
{
    return cu_calloc(1, sizeof(struct cli_flagset));
}

void cli_flagset_free(struct cli_flagset *s)
{
    if (s)
        free(s->v);
    free(s);
}

static struct bound *find(const struct cli_flagset *s, const char *name, size_t len)
{
    for (size_t i = 0; i < s->n; i++)
        if (strlen(s->v[i].flag->name) == len && strncmp(s->v[i].flag->name, name, len) == 0)
            return &s->v[i];
    return NULL;
}

static struct bound *find_short(const struct cli_flagset *s, char c)
{
    for (size_t i = 0; i < s->n; i++)
        if (c && s->v[i].flag->shorthand == c)
            return &s->v[i];
    return NULL;
}

void cli_flagset_add(struct cli_flagset *s, const struct cli_flag *f, void *base)
{
    if (find(s, f->name, strlen(f->name)))
        return;
    cu_grow(&s->v, &s->cap, s->n + 1, sizeof(*s->v));
    size_t at = s->n++;
    for (; at > 0 && strcmp(s->v[at - 1].flag->name, f->name) > 0; at--)
        s->v[at] = s->v[at - 1];
    s->v[at] = (struct bound){ .flag = f, .base = base };
}

const struct cli_flag *cli_flagset_next(const struct cli_flagset *s, size_t *i)
{
    return *i < s->n ? s->v[(*i)++].flag : NULL;
}

const struct cli_flag *cli_flagset_find(const struct cli_flagset *s, const char *name)
{
    struct bound *b = find(s, name, strlen(name));
    return b ? b->flag : NULL;
}

const struct cli_flag *cli_flagset_find_short(const struct cli_flagset *s, char shorthand)
{
    struct bound *b = find_short(s, shorthand);
    return b ? b->flag : NULL;
}

bool cli_flagset_given(const struct cli_flagset *s, const char *name)
{
    struct bound *b = find(s, name, strlen(name));
    return b && b->given;
}

static const char *bare_value(const struct cli_flag *f)
{
    return f->bare ? f->bare : f->type == CLI_BOOL ? "true" : NULL;
}

bool cli_flag_needs_value(const struct cli_flag *f)
{
    return bare_value(f) == NULL;
}

static int assign(struct cursor *c, struct bound *b, const char *text, struct cu_err *err)
{
    const struct cli_flag *f = b->flag;
    if (cli_flag_set(f, b->base, text, !b->given, err) < 0) {
        char both[5] = { '-', f->shorthand, ',', ' ', '\0' };
        return cu_wrap(err, "invalid argument \"%s\" for \"%s--%s\" flag", text, f->shorthand ? both : "",
                       f->name);
    }
    if (f->deprecated && !b->given)
        fprintf(c->notice, "Flag --%s has been deprecated, %s\n", f->name, f->deprecated);
    b->given = true;
    return 0;
}

static int unknown_flag(const struct cli_flagset *s, const char *name, size_t len, struct cu_err *err)
{
    cu_autofree char *word = cu_strndup(name, len);
    cu_autobuf struct cu_buf hint = CU_BUF_INIT(4096);
    cli_flagset_suggest(s, word, &hint);
    return cu_fail(err, CU_E_INVALID, "unknown flag: --%s%s", word, cu_buf_str(&hint));
}

static int read_long(struct cursor *c, const char *arg, struct cu_err *err)
{
    const char *name = arg + 2, *eq = strchr(name, '=');
    size_t len = eq ? (size_t)(eq - name) : strlen(name);
    if (len == 0 || name[0] == '-')
        return cu_fail(err, CU_E_INVALID, "bad flag syntax: %s", arg);
    struct bound *b = find(c->set, name, len);
    if (!b)
        return unknown_flag(c->set, name, len, err);
    if (eq)
        return assign(c, b, eq + 1, err);
    const char *bare = bare_value(b->flag);
    if (bare)
        return assign(c, b, bare, err);
    if (c->at >= c->n)
        return cu_fail(err, CU_E_INVALID, "flag needs an argument: --%s", b->flag->name);
    return assign(c, b, c->argv[c->at++], err);
}

/* "-abc", "-ofile", "-o=file", "-o file" */
static int read_short(struct cursor *c, const char *arg, struct cu_err *err)
{
    for (const char *p = arg + 1; *p; p++) {
        struct bound *b = find_short(c->set, *p);
        if (!b)
            return cu_fail(err, CU_E_INVALID, "unknown shorthand flag: '%c' in -%s", *p, p);
        const char *bare = bare_value(b->flag);
        if (p[1] == '=')
            return assign(c, b, p + 2, err);
        if (bare) {
            int r = assign(c, b, bare, err);
            if (r < 0)
                return r;
            continue;
        }
        if (p[1])
            return assign(c, b, p + 1, err);
        if (c->at >= c->n)
            return cu_fail(err, CU_E_INVALID, "flag needs an argument: '%c' in -%s", *p, p);
        return assign(c, b, c->argv[c->at++], err);
    }
    return 0;
}

int cli_flagset_parse(struct cli_flagset *s, const char *const argv[], size_t n, struct cu_strlist *args,
                      FILE *notice, struct cu_err *err)
{
    struct cursor c = { .set = s, .argv = argv, .n = n, .notice = notice };
    while (c.at < n) {
        const char *arg = argv[c.at++];
        int r = 0;
        if (arg[0] != '-' || arg[1] == '\0') {
            cu_strlist_add(args, arg);
        } else if (cu_streq(arg, "--")) {
            while (c.at < n)
                cu_strlist_add(args, argv[c.at++]);
        } else if (arg[1] == '-') {
            r = read_long(&c, arg, err);
        } else {
            r = read_short(&c, arg, err);
        }
        if (r < 0)
            return r;
    }
    return 0;
}

int cli_flagset_check_required(const struct cli_flagset *s, struct cu_err *err)
{
    cu_autobuf struct cu_buf names = CU_BUF_INIT(4096);
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].flag->required && !s->v[i].given)
            cu_buf_addf(&names, "%s\"%s\"", names.len ? ", " : "", s->v[i].flag->name);
    return names.len ? cu_fail(err, CU_E_INVALID, "required flag(s) %s not set", names.data) : 0;
}
