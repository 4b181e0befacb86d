/* JSONPath templates as kubectl has them, from text to parts.
 * Must not know how they are evaluated. */
#include "base/limits.h"
#include "base/str.h"
#include "codec/jsonpath.h"
#include <ctype.h>
#include <string.h>

struct cursor {
    const char *text, *p;
    unsigned depth;
};

static int bad(const struct cursor *c, struct cu_err *err, const char *what)
{
    return cu_fail(err, CU_E_INVALID, "jsonpath: %s at \"%.40s\"", what, c->p);
}

static void path_free(struct path *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++) {
        struct step *s = &p->steps[i];
        for (size_t k = 0; s->names && k < s->n; k++)
            free(s->names[k]);
        free(s->names);
        free(s->indexes);
        if (s->filter) {
            path_free(s->filter->left.path);
            path_free(s->filter->right.path);
            val_unref(s->filter->left.literal);
            val_unref(s->filter->right.literal);
            free(s->filter);
        }
    }
    free(p->steps);
    free(p);
}

void codec_path_free(struct codec_path *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++) {
        free(p->parts[i].text);
        path_free(p->parts[i].path);
    }
    free(p->parts);
    free(p);
}

static struct step *add_step(struct path *p, enum step_kind kind)
{
    cu_grow(&p->steps, &p->cap, p->n + 1, sizeof *p->steps);
    p->steps[p->n] = (struct step){ .kind = kind, .by = 1 };
    return &p->steps[p->n++];
}

static void add_name(struct step *s, char *name)
{
    s->names = cu_reallocarray(s->names, s->n + 1, sizeof *s->names);
    s->names[s->n++] = name;
}

static void blanks(struct cursor *c)
{
    c->p += strspn(c->p, " \t\r\n");
}

/* 'text' or "text" with \n, \t, \r, \\, \' and \"; *out owned by the caller. */
static int quoted(struct cursor *c, char **out, struct cu_err *err)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    char quote = *c->p++;
    while (*c->p && *c->p != quote) {
        char ch = *c->p++;
        if (ch == '\\' && *c->p) {
            ch = *c->p++;
            ch = ch == 'n' ? '\n' : ch == 't' ? '\t' : ch == 'r' ? '\r' : ch;
        }
        cu_buf_addc(&b, ch);
    }
    if (*c->p != quote)
        return bad(c, err, "unterminated quoted text");
    c->p++;
    return cu_buf_take(&b, out, err);
}

static bool integer(struct cursor *c, int64_t *out)
{
    char *end;
    if (!isdigit((unsigned char)*c->p) && !(*c->p == '-' && isdigit((unsigned char)c->p[1])))
        return false;
    *out = strtoll(c->p, &end, 10);
    c->p = end;
    return true;
}

/* A bare field name; a backslash takes the next character as it is. */
static char *bare_name(struct cursor *c)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    while (*c->p && !strchr(" \t\r\n.[]{}()=!<>,$@&|*'\"", *c->p)) {
        if (*c->p == '\\' && c->p[1])
            c->p++;
        cu_buf_addc(&b, *c->p++);
    }
    char *out = NULL;
    return cu_buf_take(&b, &out, NULL) < 0 ? cu_strdup("") : out;
}

static int parse_path(struct cursor *c, struct path **out, struct cu_err *err);

static int operand(struct cursor *c, struct operand *o, struct cu_err *err)
{
    char *text = NULL;
    blanks(c);
    if (*c->p == '@' || *c->p == '$' || *c->p == '.')
        return parse_path(c, &o->path, err);
    if (*c->p == '\'' || *c->p == '"') {
        int rc = quoted(c, &text, err);
        if (rc == 0)
            o->literal = val_new_str(text);
        free(text);
        return rc;
    }
    size_t n = strcspn(c->p, " \t)=!<>&|]");
    if (n == 0 || val_parse_json(c->p, n, &o->literal, NULL) < 0)
        return bad(c, err, "a path, number, true, false or quoted text expected");
    c->p += n;
    return 0;
}

/* Behind "[?(": up to and with ")". */
static int parse_filter(struct cursor *c, struct filter *f, struct cu_err *err)
{
    static const char *const ops[] = { "==", "!=", "<=", ">=", "<", ">" };
    int rc = operand(c, &f->left, err);
    if (rc < 0)
        return rc;
    blanks(c);
    for (size_t i = 0; i < CU_LEN(ops) && !f->op[0]; i++)
        if (cu_has_prefix(c->p, ops[i])) {
            snprintf(f->op, sizeof f->op, "%s", ops[i]);
            c->p += strlen(ops[i]);
        }
    if (f->op[0] && (rc = operand(c, &f->right, err)) < 0)
        return rc;
    blanks(c);
    if (*c->p != ')')
        return bad(c, err, "operator or ) expected");
    c->p++;
    return 0;
}

static int index_or_slice(struct cursor *c, struct path *p, struct cu_err *err)
{
    struct step *s = add_step(p, STEP_INDEXES);
    int64_t i;
    s->has_from = integer(c, &s->from);
    if (*c->p == ':') {
        s->kind = STEP_SLICE;
        c->p++;
        s->has_to = integer(c, &s->to);
        if (*c->p == ':' && (c->p++, integer(c, &i)))
            s->by = i;
        return s->by > 0 ? 0 : bad(c, err, "a slice's step must be above 0");
    }
    if (!s->has_from)
        return bad(c, err, "an index, slice, quoted name, * or filter expected");
    i = s->from;
    for (;;) {
        s->indexes = cu_reallocarray(s->indexes, s->n + 1, sizeof *s->indexes);
        s->indexes[s->n++] = i;
        blanks(c);
        if (*c->p != ',')
            return 0;
        c->p++;
        blanks(c);
        if (!integer(c, &i))
            return bad(c, err, "an index expected");
    }
}

static int quoted_names(struct cursor *c, struct path *p, struct cu_err *err)
{
    struct step *s = add_step(p, STEP_FIELDS);
    for (;;) {
        char *name = NULL;
        if (*c->p != '\'' && *c->p != '"')
            return bad(c, err, "a quoted name expected");
        int rc = quoted(c, &name, err);
        if (rc < 0)
            return rc;
        add_name(s, name);
        blanks(c);
        if (*c->p != ',')
            return 0;
        c->p++;
        blanks(c);
    }
}

static int bracket(struct cursor *c, struct path *p, struct cu_err *err)
{
    int rc = 0;
    c->p++;
    blanks(c);
    if (*c->p == '*') {
        add_step(p, STEP_ALL);
        c->p++;
    } else if (c->p[0] == '?' && c->p[1] == '(') {
        struct step *s = add_step(p, STEP_FILTER);
        s->filter = cu_calloc(1, sizeof *s->filter);
        c->p += 2;
        rc = parse_filter(c, s->filter, err);
    } else if (*c->p == '\'' || *c->p == '"') {
        rc = quoted_names(c, p, err);
    } else {
        rc = index_or_slice(c, p, err);
    }
    if (rc < 0)
        return rc;
    blanks(c);
    if (*c->p != ']')
        return bad(c, err, "] expected");
    c->p++;
    return 0;
}

static int dot(struct cursor *c, struct path *p, struct cu_err *err)
{
    c->p++;
    if (*c->p == '.') {
        add_step(p, STEP_RECURSE);
        c->p++;
    }
    if (*c->p == '*') {
        add_step(p, STEP_ALL);
        c->p++;
        return 0;
    }
    if (*c->p == '[' || (p->n == 0 && (!*c->p || strchr(" \t}", *c->p))))
        return 0; /* "..[0]"; "." alone is the current value */
    char *name = bare_name(c);
    if (!*name) {
        free(name);
        return bad(c, err, "a field name expected");
    }
    add_name(add_step(p, STEP_FIELDS), name);
    return 0;
}

static int path_steps(struct cursor *c, struct path *p, struct cu_err *err)
{
    if (*c->p == '$') {
        add_step(p, STEP_ROOT);
        c->p++;
    } else if (*c->p == '@') {
        c->p++;
    }
    while (*c->p == '.' || *c->p == '[') {
        int rc = *c->p == '.' ? dot(c, p, err) : bracket(c, p, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int parse_path(struct cursor *c, struct path **out, struct cu_err *err)
{
    if (++c->depth > LIM_NESTING)
        return bad(c, err, "nested too deep");
    struct path *p = cu_calloc(1, sizeof *p);
    int rc = path_steps(c, p, err);
    c->depth--;
    if (rc < 0)
        path_free(p);
    else
        *out = p;
    return rc;
}

static struct part *add_part(struct codec_path *t, int kind)
{
    cu_grow(&t->parts, &t->cap, t->n + 1, sizeof *t->parts);
    t->parts[t->n] = (struct part){ .kind = kind };
    return &t->parts[t->n++];
}

static bool word(struct cursor *c, const char *w)
{
    size_t n = strlen(w);
    if (!cu_has_prefix(c->p, w) || isalnum((unsigned char)c->p[n]))
        return false;
    c->p += n;
    return true;
}

/* One thing inside braces; several may follow one another. */
static int action(struct cursor *c, struct codec_path *t, struct cu_err *err)
{
    struct part *part;
    if (*c->p == '"' || *c->p == '\'') {
        part = add_part(t, PART_TEXT);
        return quoted(c, &part->text, err);
    }
    if (word(c, "end")) {
        add_part(t, PART_END);
        return 0;
    }
    bool range = word(c, "range");
    blanks(c);
    if (!*c->p || !strchr("$@.[", *c->p)) {
        char *name = bare_name(c); /* {name} is {.name} */
        if (!*name || range) {
            free(name);
            return bad(c, err, "a path, quoted text, range or end expected");
        }
        part = add_part(t, PART_PATH);
        part->path = cu_calloc(1, sizeof *part->path);
        add_name(add_step(part->path, STEP_FIELDS), name);
        return path_steps(c, part->path, err);
    }
    size_t at = t->n;
    add_part(t, range ? PART_RANGE : PART_PATH);
    struct path *p = NULL;
    int rc = parse_path(c, &p, err);
    t->parts[at].path = p;
    return rc;
}

static int braces(struct cursor *c, struct codec_path *t, struct cu_err *err)
{
    c->p++;
    blanks(c);
    if (*c->p == '}') {
        c->p++;
        return 0;
    }
    do {
        int rc = action(c, t, err);
        if (rc < 0)
            return rc;
        blanks(c);
    } while (*c->p && *c->p != '}');
    if (*c->p != '}')
        return bad(c, err, "} expected");
    c->p++;
    return 0;
}

/* Finds the end of every range. */
static int pair_up(struct codec_path *t, struct cu_err *err)
{
    cu_autofree size_t *open = cu_calloc(t->n + 1, sizeof *open);
    size_t depth = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (t->parts[i].kind == PART_RANGE)
            open[depth++] = i;
        else if (t->parts[i].kind == PART_END && depth == 0)
            return cu_fail(err, CU_E_INVALID, "jsonpath: {end} without {range}");
        else if (t->parts[i].kind == PART_END)
            t->parts[open[--depth]].end = i;
        if (depth > LIM_NESTING)
            return cu_fail(err, CU_E_INVALID, "jsonpath: ranges nested deeper than %d levels", LIM_NESTING);
    }
    return depth ? cu_fail(err, CU_E_INVALID, "jsonpath: {range} without {end}") : 0;
}

int codec_path_parse(const char *text, struct codec_path **out, struct cu_err *err)
{
    struct codec_path *t = cu_calloc(1, sizeof *t);
    struct cursor c = { text, text, 0 };
    int rc = 0;
    while (rc == 0 && *c.p) {
        size_t n = strcspn(c.p, "{");
        if (n > 0)
            add_part(t, PART_TEXT)->text = cu_strndup(c.p, n);
        c.p += n;
        if (*c.p == '{')
            rc = braces(&c, t, err);
    }
    if (rc == 0)
        rc = pair_up(t, err);
    if (rc < 0)
        codec_path_free(t);
    else
        *out = t;
    return rc;
}
