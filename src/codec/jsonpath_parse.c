/* JSONPath templates as kubectl and kubeadm take them for -o jsonpath=, from text to parts.
 * Must not know how they are evaluated. */
#include "base/limits.h"
#include "base/str.h"
#include "base/strlist.h"
#include "codec/gofmt.h"
#include "codec/jsonpath.h"
#include <ctype.h>
#include <errno.h>
#include <string.h>

/* What stands inside braces, brackets or a filter: the text ends with it. */
struct cursor {
    const char *p;
    bool braces; /* ends with "}" */
    unsigned depth;
};

static int bad(const struct cursor *c, struct cu_err *err, const char *what)
{
    return cu_fail(err, CU_E_INVALID, "jsonpath: %s at \"%.40s\"", what, c->p);
}

static void path_clear(struct path *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct step *s = &p->steps[i];
        free(s->name);
        val_unref(s->value);
        for (size_t k = 0; k < s->n_parts; k++)
            path_clear(&s->parts[k]);
        free(s->parts);
        if (s->filter) {
            path_clear(&s->filter->left);
            path_clear(&s->filter->right);
            free(s->filter);
        }
    }
    free(p->steps);
}

void codec_path_free(struct codec_path *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++) {
        free(p->parts[i].text);
        path_clear(&p->parts[i].path);
    }
    free(p->parts);
    free(p);
}

static struct step *add_step(struct path *p, enum step_kind kind)
{
    cu_grow(&p->steps, &p->cap, p->n + 1, sizeof *p->steps);
    p->steps[p->n] = (struct step){ .kind = kind };
    return &p->steps[p->n++];
}

static int parse_steps(struct cursor *c, struct path *out, struct cu_err *err);

/* Steps in a text of its own; before: put in front of it. */
static int parse_inner(const struct cursor *c, const char *before, const char *text, size_t n,
                       struct path *out, struct cu_err *err)
{
    cu_autofree char *copy = cu_asprintf("%s%.*s", before, (int)n, text);
    struct cursor inner = { copy, false, c->depth + 1 };
    return inner.depth > LIM_NESTING ? bad(&inner, err, "nested too deep") : parse_steps(&inner, out, err);
}

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Up to a blank, the end of a line or one of .,[]$@{} */
static const char *word_end(const char *p, bool escapes)
{
    while (*p && !strchr(" \t\r\n.,[]$@{}", *p))
        p += escapes && *p == '\\' && p[1] ? 2 : 1;
    return p;
}

/* Behind the dot: a name, in which a backslash takes the next character as it is; "*" stands for all. */
static int field(struct cursor *c, struct path *out)
{
    const char *end = word_end(c->p, true);
    if (end - c->p == 1 && *c->p == '*') {
        add_step(out, STEP_ALL);
    } else {
        char *name = cu_strndup(c->p, (size_t)(end - c->p)), *to = name;
        for (const char *from = name; *from; from++)
            if (*from != '\\')
                *to++ = *from;
        *to = 0;
        add_step(out, STEP_FIELD)->name = name;
    }
    c->p = end;
    return 0;
}

static int recurse(struct cursor *c, struct path *out, struct cu_err *err)
{
    if (out->n > 0 && out->steps[out->n - 1].kind == STEP_RECURSE)
        return bad(c, err, "two \"..\" in a row");
    add_step(out, STEP_RECURSE);
    c->p += 2;
    return is_letter(*c->p) ? field(c, out) : 0;
}

/* A quote ends the text unless a backslash stands right before it. */
static int quoted(struct cursor *c, struct path *out, struct cu_err *err)
{
    const char *end = c->p + 1;
    while (*end && *end != '\n' && (*end != *c->p || end[-1] == '\\'))
        end++;
    if (*end != *c->p)
        return bad(c, err, "unterminated quoted text");
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    if (!codec_go_unquote(c->p + 1, (size_t)(end - c->p - 1), *c->p, &b))
        return bad(c, err, "bad escape in quoted text");
    add_step(out, STEP_TEXT)->value = val_new_strn(cu_buf_str(&b), b.len);
    c->p = end + 1;
    return 0;
}

static bool integer(const char *s, size_t n, int64_t *out)
{
    cu_autofree char *text = cu_strndup(s, n);
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return n > 0 && !*end && errno == 0;
}

static int number(struct cursor *c, struct path *out, struct cu_err *err)
{
    const char *from = c->p, *end = from + (*from == '-' || *from == '+');
    end += strspn(end, "0123456789.");
    cu_autofree char *text = cu_strndup(from, (size_t)(end - from));
    char *rest;
    int64_t whole;
    if (integer(text, strlen(text), &whole)) {
        add_step(out, STEP_VALUE)->value = val_new_int(whole);
    } else {
        double d = strtod(text, &rest);
        if (*rest || rest == text)
            return bad(c, err, "not a number");
        add_step(out, STEP_VALUE)->value = val_new_real(d);
    }
    c->p = end;
    return 0;
}

static int word(struct cursor *c, struct path *out, struct cu_err *err)
{
    const char *end = word_end(c->p, false);
    cu_autofree char *text = cu_strndup(c->p, (size_t)(end - c->p));
    if (cu_streq(text, "range"))
        add_step(out, STEP_RANGE);
    else if (cu_streq(text, "end"))
        add_step(out, STEP_END);
    else if (cu_streq(text, "true") || cu_streq(text, "false"))
        add_step(out, STEP_VALUE)->value = val_new_bool(*text == 't');
    else
        return bad(c, err, "unknown word; a field is written .name");
    c->p = end;
    return 0;
}

/* ---- brackets ---- */

static int filter_parts(const struct cursor *c, const char *text, size_t n, struct filter *f,
                        struct cu_err *err)
{
    static const char *const ops[] = { "==", "!=", "<", "<=", ">", ">=" };
    size_t left = strcspn(text, "!<>="), op = strspn(text + left, "!<>=");
    if (left == 0 || op == 0 || left + op >= n)
        return parse_inner(c, "", text, n, &f->left, err);
    for (size_t i = 0; i < CU_LEN(ops); i++)
        if (strlen(ops[i]) == op && strncmp(ops[i], text + left, op) == 0)
            snprintf(f->op, sizeof f->op, "%s", ops[i]);
    if (!f->op[0])
        return bad(c, err, "unknown operator in the filter");
    int rc = parse_inner(c, "", text, left, &f->left, err);
    return rc < 0 ? rc : parse_inner(c, "", text + left + op, n - left - op, &f->right, err);
}

/* "[?(...)]": a closing parenthesis inside a quoted text does not count. */
static int filter(struct cursor *c, struct path *out, struct cu_err *err)
{
    const char *from = c->p + 3, *p = from;
    char quote = 0;
    bool closed = false;
    for (; *p && *p != '\n' && (*p != ')' || (quote && !closed)); p++) {
        if ((*p == '"' || *p == '\'') && !quote)
            quote = *p;
        else if (*p == quote && p[-1] != '\\')
            closed = true;
    }
    if (*p != ')' || p[1] != ']')
        return bad(c, err, "a filter ends with )]");
    struct step *s = add_step(out, STEP_FILTER);
    s->filter = cu_calloc(1, sizeof *s->filter);
    cu_autofree char *text = cu_strndup(from, (size_t)(p - from));
    int rc = filter_parts(c, text, strlen(text), s->filter, err);
    c->p = p + 2;
    return rc;
}

/* "N", "from:to:by"; each may be left out. */
static int slice(const struct cursor *c, const char *text, size_t n, struct path *out, struct cu_err *err)
{
    struct step *s = add_step(out, STEP_SLICE);
    struct {
        bool *known;
        int64_t *value;
    } places[] = { { &s->has_from, &s->from }, { &s->has_to, &s->to }, { &s->has_by, &s->by } };
    size_t i = 0;
    for (const char *p = text, *end = text + n; p <= end && i < CU_LEN(places); i++) {
        const char *colon = memchr(p, ':', (size_t)(end - p));
        size_t len = (size_t)((colon ? colon : end) - p);
        *places[i].known = len > 0;
        if (len > 0 && (!(isdigit((unsigned char)*p) || *p == '-') || !integer(p, len, places[i].value)))
            return bad(c, err, "an index, a slice, a name in single quotes, * or a filter expected");
        p += len + 1;
        s->one = i == 0 && !colon;
        if (i == 2 && colon)
            return bad(c, err, "too many colons in a slice");
    }
    if (s->one && s->from == INT64_MAX)
        return bad(c, err, "an index too large");
    return 0;
}

static int one_member(const struct cursor *c, const char *text, size_t n, struct path *out,
                      struct cu_err *err)
{
    if (n >= 2 && text[0] == '\'' && text[n - 1] == '\'' && !memchr(text + 1, '\'', n - 2))
        return parse_inner(c, ".", text + 1, n - 2, out, err);
    return slice(c, text, n, out, err);
}

static int many_members(const struct cursor *c, const char *text, struct path *out, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist pieces = CU_STRLIST_INIT;
    struct step *s = add_step(out, STEP_UNION);
    cu_strlist_split(&pieces, text, ',');
    s->parts = cu_calloc(pieces.n + 1, sizeof *s->parts);
    for (size_t i = 0; i < pieces.n; i++) {
        const char *piece = pieces.v[i] + strspn(pieces.v[i], " ");
        size_t n = strlen(piece);
        while (n > 0 && piece[n - 1] == ' ')
            n--;
        cu_autofree char *whole = cu_asprintf("[%.*s]", (int)n, piece);
        int rc = parse_inner(c, "", whole, strlen(whole), &s->parts[s->n_parts++], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int bracket(struct cursor *c, struct path *out, struct cu_err *err)
{
    size_t n = strcspn(c->p, "]\n");
    if (c->p[n] != ']')
        return bad(c, err, "] expected");
    cu_autofree char *text = cu_strndup(c->p + 1, n - 1);
    struct cursor here = *c;
    c->p += n + 1;
    if (strchr(text, ','))
        return many_members(&here, text, out, err);
    if (cu_streq(text, "*"))
        return slice(&here, ":", 1, out, err);
    return one_member(&here, text, n - 1, out, err);
}

/* ---- actions ---- */

static int parse_steps(struct cursor *c, struct path *out, struct cu_err *err)
{
    int rc = 0;
    while (rc == 0) {
        char ch = *c->p;
        if (!ch && !c->braces)
            return 0;
        if (!ch || ch == '\n' || ch == '\r')
            return bad(c, err, "} expected");
        if (ch == '}' && c->braces) {
            c->p++;
            return 0;
        }
        if (cu_has_prefix(c->p, "[?("))
            rc = filter(c, out, err);
        else if (cu_has_prefix(c->p, ".."))
            rc = recurse(c, out, err);
        else if (ch == ' ' || ch == '@' || ch == '$') /* the current value is where every path begins */
            c->p++;
        else if (ch == '[')
            rc = bracket(c, out, err);
        else if (ch == '"' || ch == '\'')
            rc = quoted(c, out, err);
        else if (ch == '.')
            c->p++, rc = field(c, out);
        else if (ch == '+' || ch == '-' || isdigit((unsigned char)ch))
            rc = number(c, out, err);
        else if (is_letter(ch))
            rc = word(c, out, err);
        else
            rc = bad(c, err, "unexpected character");
    }
    return rc;
}

static struct part *add_part(struct codec_path *t)
{
    cu_grow(&t->parts, &t->cap, t->n + 1, sizeof *t->parts);
    t->parts[t->n] = (struct part){ .text = NULL };
    return &t->parts[t->n++];
}

/* Loops may lack their end, but an end must have its loop. */
static int check_loops(const struct codec_path *t, struct cu_err *err)
{
    size_t depth = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (t->parts[i].end && depth == 0)
            return cu_fail(err, CU_E_INVALID, "jsonpath: {end} without {range}");
        depth = depth + t->parts[i].range - t->parts[i].end;
        if (depth > LIM_NESTING)
            return cu_fail(err, CU_E_INVALID, "jsonpath: ranges nested deeper than %d levels", LIM_NESTING);
    }
    return 0;
}

int codec_path_parse(const char *text, struct codec_path **out, struct cu_err *err)
{
    struct codec_path *t = cu_calloc(1, sizeof *t);
    struct cursor c = { text, true, 0 };
    int rc = 0;
    while (rc == 0 && *c.p) {
        size_t n = strcspn(c.p, "{");
        if (n > 0)
            add_part(t)->text = cu_strndup(c.p, n);
        c.p += n;
        if (*c.p != '{')
            break;
        c.p++;
        struct part *part = add_part(t);
        rc = parse_steps(&c, &part->path, err);
        for (size_t i = 0; i < part->path.n; i++) {
            part->range |= part->path.steps[i].kind == STEP_RANGE;
            part->end |= part->path.steps[i].kind == STEP_END;
        }
    }
    if (rc == 0)
        rc = check_loops(t, err);
    if (rc < 0)
        codec_path_free(t);
    else
        *out = t;
    return rc;
}
