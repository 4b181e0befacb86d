/* Go templates (text/template) from text to nodes: texts, actions, if, range, with, variables, pipelines.
 * Must not know how they are evaluated. */
#include "base/limits.h"
#include "base/str.h"
#include "codec/gofmt.h"
#include "codec/gotemplate.h"
#include "codec/internal.h"
#include <ctype.h>
#include <string.h>

struct cursor {
    const char *p;
    unsigned depth;
    unsigned loops;           /* ranges around */
    bool two_vars;            /* the pipeline is that of a range */
    struct codec_template *t; /* takes what {{define}} and {{block}} name */
    const char **vars;        /* variables known here, borrowed from their pipelines */
    size_t n_vars, cap_vars;
};

static int bad(const struct cursor *c, struct cu_err *err, const char *what)
{
    return cu_fail(err, CU_E_INVALID, "go-template: %s at \"%.40s\"", what, c->p);
}

/* ---- freeing ---- */

static void pipeline_free(struct pipeline *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++) {
        for (size_t k = 0; k < p->commands[i].n; k++) {
            struct term *t = &p->commands[i].terms[k];
            free(t->name);
            val_unref(t->literal);
            pipeline_free(t->paren);
            for (size_t f = 0; f < t->n_fields; f++)
                free(t->fields[f]);
            free(t->fields);
        }
        free(p->commands[i].terms);
    }
    free(p->commands);
    free(p->vars[0]);
    free(p->vars[1]);
    free(p);
}

static void nodes_free(struct nodes *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n; i++) {
        free(l->v[i].text);
        pipeline_free(l->v[i].pipeline);
        nodes_free(l->v[i].body);
        nodes_free(l->v[i].otherwise);
    }
    free(l->v);
    free(l);
}

void codec_template_free(struct codec_template *t)
{
    if (!t)
        return;
    nodes_free(t->root);
    for (size_t i = 0; i < t->n_named; i++) {
        free(t->named[i].name);
        nodes_free(t->named[i].body);
    }
    free(t->named);
    free(t);
}

/* ---- inside actions ---- */

static void blanks(struct cursor *c)
{
    c->p += strspn(c->p, " \t\r\n");
}

static bool at_end(const struct cursor *c)
{
    return cu_has_prefix(c->p, "}}") || (cu_has_prefix(c->p, "-}}") && isspace((unsigned char)c->p[-1]));
}

static char *identifier(struct cursor *c)
{
    const char *from = c->p;
    while (isalnum((unsigned char)*c->p) || *c->p == '_')
        c->p++;
    return cu_strndup(from, (size_t)(c->p - from));
}

/* "text" with Go's escapes, `text` as it is, or 'c'. */
static int quoted(struct cursor *c, struct val **out, struct cu_err *err)
{
    char quote = *c->p;
    const char *from = c->p + 1;
    if (quote == '`') {
        size_t n = strcspn(from, "`");
        if (!from[n])
            return bad(c, err, "unterminated `");
        *out = val_new_strn(from, n);
        c->p = from + n + 1;
        return 0;
    }
    const char *end = from;
    while (*end && *end != quote && *end != '\n')
        end += *end == '\\' && end[1] ? 2 : 1;
    if (*end != quote)
        return bad(c, err, "unterminated quoted text");
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    if (!codec_go_unquote(from, (size_t)(end - from), quote, &b))
        return bad(c, err, "bad escape in text");
    c->p = end + 1;
    if (quote == '"') {
        *out = val_new_strn(cu_buf_str(&b), b.len);
        return 0;
    }
    uint32_t rune = 0; /* 'c' is the number of the character */
    if (b.len == 0 || codec_utf8_len(b.data, b.len, &rune) != b.len)
        return bad(c, err, "single quotes hold one character");
    *out = val_new_int(rune);
    return 0;
}

static bool number(struct cursor *c, struct val **out)
{
    size_t n = strcspn(c->p, " \t\r\n)|},");
    cu_autofree char *text = cu_strndup(c->p, n);
    struct codec_scalar s = codec_yaml_resolve(text);
    bool whole = !strpbrk(text, ".eE") || cu_has_prefix(text, "0x");
    if (s.kind != VAL_INT && (s.kind != VAL_REAL || s.infinite || whole)) /* whole: too large */
        return false;
    *out = s.kind == VAL_INT ? val_new_int(s.i) : val_new_real(s.d);
    c->p += n;
    return true;
}

static int fields(struct cursor *c, struct term *t, struct cu_err *err)
{
    while (*c->p == '.') {
        c->p++;
        char *name = identifier(c);
        t->fields = cu_reallocarray(t->fields, t->n_fields + 1, sizeof *t->fields);
        t->fields[t->n_fields++] = name;
        if (!*name)
            return bad(c, err, "a field name expected");
    }
    return 0;
}

static int pipeline(struct cursor *c, struct pipeline **out, struct cu_err *err);

static int paren(struct cursor *c, struct term *t, struct cu_err *err)
{
    c->p++;
    t->kind = TERM_PAREN;
    int rc = pipeline(c, &t->paren, err);
    if (rc < 0)
        return rc;
    if (*c->p != ')')
        return bad(c, err, ") expected");
    c->p++;
    return fields(c, t, err);
}

static int word(struct cursor *c, struct term *t, struct cu_err *err)
{
    t->name = identifier(c);
    t->kind = TERM_FUNCTION;
    if (strcmp(t->name, "true") == 0 || strcmp(t->name, "false") == 0 || strcmp(t->name, "nil") == 0) {
        t->kind = TERM_LITERAL;
        t->literal = *t->name == 'n' ? NULL : val_new_bool(*t->name == 't');
        return 0;
    }
    if (!tmpl_is_function(t->name))
        return cu_fail(err, CU_E_INVALID, "go-template: function \"%s\" not defined", t->name);
    return 0;
}

static bool is_known(const struct cursor *c, const char *variable)
{
    bool known = strcmp(variable, "$") == 0;
    for (size_t i = 0; i < c->n_vars && !known; i++)
        known = strcmp(c->vars[i], variable) == 0;
    return known;
}

static int term(struct cursor *c, struct term *t, struct cu_err *err)
{
    if (*c->p == '.' && !isdigit((unsigned char)c->p[1])) {
        t->kind = TERM_DOT;
        if (isalpha((unsigned char)c->p[1]) || c->p[1] == '_')
            return fields(c, t, err);
        c->p++;
        return 0;
    }
    if (*c->p == '$') {
        const char *from = c->p++;
        free(identifier(c));
        t->kind = TERM_VARIABLE;
        t->name = cu_strndup(from, (size_t)(c->p - from));
        return is_known(c, t->name) ? fields(c, t, err) : bad(c, err, "undefined variable before this");
    }
    if (*c->p == '(')
        return paren(c, t, err);
    if (isalpha((unsigned char)*c->p) || *c->p == '_')
        return word(c, t, err);
    t->kind = TERM_LITERAL;
    if (*c->p && strchr("\"`'", *c->p))
        return quoted(c, &t->literal, err);
    return number(c, &t->literal) ? 0 : bad(c, err, "a value expected");
}

static int command(struct cursor *c, struct command *cmd, struct cu_err *err)
{
    for (;;) {
        blanks(c);
        if (!*c->p || at_end(c) || *c->p == '|' || *c->p == ')')
            return cmd->n > 0 ? 0 : bad(c, err, "a command expected");
        if (cmd->n == TMPL_MAX_ARGS)
            return bad(c, err, "too many arguments");
        cu_grow(&cmd->terms, &cmd->cap, cmd->n + 1, sizeof *cmd->terms);
        struct term *t = &cmd->terms[cmd->n++];
        *t = (struct term){ .kind = TERM_DOT };
        int rc = term(c, t, err);
        if (rc < 0)
            return rc;
        if (*c->p && !strchr(" \t\r\n|)", *c->p) && !at_end(c))
            return bad(c, err, "a blank expected");
    }
}

/* "$a :=", "$a, $b :=" or "$a =" at the front, when it is there. */
static int declaration(struct cursor *c, struct pipeline *p, struct cu_err *err)
{
    struct cursor ahead = *c;
    char *names[2] = { NULL, NULL };
    size_t n = 0;
    while (n < 2 && *ahead.p == '$') {
        const char *from = ahead.p++;
        free(identifier(&ahead));
        names[n++] = cu_strndup(from, (size_t)(ahead.p - from));
        blanks(&ahead);
        if (*ahead.p != ',')
            break;
        ahead.p++;
        blanks(&ahead);
    }
    bool declare = cu_has_prefix(ahead.p, ":="), assign = *ahead.p == '=' && ahead.p[1] != '=';
    if (n == 0 || (!declare && !assign)) {
        free(names[0]);
        free(names[1]);
        return n == 2 ? bad(c, err, ":= expected behind two variables") : 0;
    }
    if (n == 2 && !c->two_vars) {
        free(names[0]);
        free(names[1]);
        return bad(c, err, "two variables are for range alone");
    }
    p->vars[0] = names[0];
    p->vars[1] = names[1];
    p->n_vars = n;
    p->assign = assign;
    for (size_t i = 0; i < n; i++) {
        cu_grow(&c->vars, &c->cap_vars, c->n_vars + 1, sizeof *c->vars);
        c->vars[c->n_vars++] = names[i];
    }
    ahead.vars = c->vars;
    ahead.n_vars = c->n_vars;
    ahead.cap_vars = c->cap_vars;
    ahead.p += declare ? 2 : 1;
    *c = ahead;
    return 0;
}

static int commands(struct cursor *c, struct pipeline *p, struct cu_err *err)
{
    blanks(c);
    int rc = declaration(c, p, err);
    c->two_vars = false;
    while (rc == 0) {
        cu_grow(&p->commands, &p->cap, p->n + 1, sizeof *p->commands);
        p->commands[p->n] = (struct command){ NULL, 0, 0 };
        rc = command(c, &p->commands[p->n++], err);
        if (rc < 0 || *c->p != '|')
            break;
        c->p++;
        blanks(c);
        if (at_end(c)) /* Go does not mind */
            break;
    }
    return rc;
}

static int pipeline(struct cursor *c, struct pipeline **out, struct cu_err *err)
{
    if (++c->depth > LIM_NESTING)
        return bad(c, err, "nested too deep");
    *out = cu_calloc(1, sizeof **out);
    int rc = commands(c, *out, err); /* on failure the owner of *out frees it */
    c->depth--;
    return rc;
}

/* ---- texts and blocks ---- */

/* "{{-" with white space behind it. */
static bool trims(const char *p)
{
    return cu_has_prefix(p, "{{-") && isspace((unsigned char)p[3]);
}

/* Up to the next action; "{{- " trims the end, and trim says that the action before trimmed the start. */
static void text(struct cursor *c, struct nodes *l, bool trim)
{
    const char *from = c->p, *end = strstr(from, "{{");
    end = end ? end : from + strlen(from);
    c->p = end;
    if (trim)
        while (from < end && isspace((unsigned char)*from))
            from++;
    if (trims(end))
        while (end > from && isspace((unsigned char)end[-1]))
            end--;
    if (end == from)
        return;
    cu_grow(&l->v, &l->cap, l->n + 1, sizeof *l->v);
    l->v[l->n++] = (struct node){ .kind = NODE_TEXT, .text = cu_strndup(from, (size_t)(end - from)) };
}

static int close_action(struct cursor *c, bool *trim, struct cu_err *err)
{
    blanks(c);
    *trim = cu_has_prefix(c->p, "-}}");
    if (!at_end(c))
        return bad(c, err, "}} expected");
    c->p += *trim ? 3 : 2;
    return 0;
}

static bool keyword(struct cursor *c, const char *w)
{
    size_t n = strlen(w);
    if (!cu_has_prefix(c->p, w) || isalnum((unsigned char)c->p[n]) || c->p[n] == '_')
        return false;
    c->p += n;
    return true;
}

enum stop { AT_EOF, AT_END, AT_ELSE };

static int block(struct cursor *c, struct nodes **out, bool *trim, enum stop *stop, struct cu_err *err);

/* Behind if, range or with: pipeline, body, else, end. */
static int control_parts(struct cursor *c, struct node *node, bool *trim, struct cu_err *err)
{
    enum stop stop = AT_EOF;
    bool loop = node->kind == NODE_RANGE;
    c->two_vars = loop;
    int rc = pipeline(c, &node->pipeline, err);
    if (rc == 0)
        rc = close_action(c, trim, err);
    c->loops += loop;
    if (rc == 0)
        rc = block(c, &node->body, trim, &stop, err);
    c->loops -= loop;
    if (rc < 0 || stop == AT_END)
        return rc;
    if (stop == AT_EOF)
        return bad(c, err, "{{end}} missing");
    blanks(c);
    bool again =
        (node->kind == NODE_IF && keyword(c, "if")) || (node->kind == NODE_WITH && keyword(c, "with"));
    if (again) { /* "else if": a block of its own that shares our end */
        node->otherwise = cu_calloc(1, sizeof *node->otherwise);
        cu_grow(&node->otherwise->v, &node->otherwise->cap, 1, sizeof *node->otherwise->v);
        node->otherwise->v[0] = (struct node){ .kind = node->kind };
        node->otherwise->n = 1;
        if (++c->depth > LIM_NESTING)
            return bad(c, err, "nested too deep");
        rc = control_parts(c, &node->otherwise->v[0], trim, err);
        c->depth--;
        return rc;
    }
    rc = close_action(c, trim, err);
    if (rc == 0)
        rc = block(c, &node->otherwise, trim, &stop, err);
    return rc < 0 || stop == AT_END ? rc : bad(c, err, "{{end}} missing");
}

/* Variables end with their block. */
static int control(struct cursor *c, struct node *node, bool *trim, struct cu_err *err)
{
    size_t known = c->n_vars;
    int rc = control_parts(c, node, trim, err);
    c->n_vars = known;
    return rc;
}

/* ---- named templates ---- */

static int template_name(struct cursor *c, char **out, struct cu_err *err)
{
    cu_autoval struct val *name = NULL;
    blanks(c);
    if (*c->p != '"' && *c->p != '`')
        return bad(c, err, "the name of a template expected, in quotes");
    int rc = quoted(c, &name, err);
    if (rc == 0)
        *out = cu_strdup(val_str(name));
    return rc;
}

static bool is_blank(const struct nodes *body)
{
    for (size_t i = 0; body && i < body->n; i++)
        if (body->v[i].kind != NODE_TEXT || body->v[i].text[strspn(body->v[i].text, " \t\r\n")])
            return false;
    return true;
}

/* Of two templates of one name one must be blank, and the other counts. Takes over both. */
static int keep_named(struct cursor *c, char *name, struct nodes *body, struct cu_err *err)
{
    struct codec_template *t = c->t;
    size_t i = 0;
    while (i < t->n_named && strcmp(t->named[i].name, name) != 0)
        i++;
    if (i == t->n_named) {
        cu_grow(&t->named, &t->cap_named, t->n_named + 1, sizeof *t->named);
        t->named[t->n_named++] = (struct template_named){ name, body };
        return 0;
    }
    free(name);
    bool fits = is_blank(t->named[i].body) || is_blank(body);
    if (fits && is_blank(t->named[i].body)) {
        struct nodes *blank = t->named[i].body;
        t->named[i].body = body;
        body = blank;
    }
    nodes_free(body);
    return fits ? 0 : bad(c, err, "a second template of this name ends");
}

/* The body of {{define}} or {{block}} up to its end; takes over `name`. */
static int named_body(struct cursor *c, char *name, bool *trim, struct cu_err *err)
{
    struct cursor inner = { .p = c->p, .depth = c->depth, .t = c->t }; /* no variables, no loop around */
    struct nodes *body = NULL;
    enum stop stop = AT_EOF;
    int rc = close_action(&inner, trim, err);
    if (rc == 0)
        rc = block(&inner, &body, trim, &stop, err);
    if (rc == 0 && stop != AT_END)
        rc = bad(&inner, err, "{{end}} missing");
    c->p = inner.p;
    free(inner.vars);
    if (rc == 0)
        return keep_named(c, name, body, err);
    nodes_free(body);
    free(name);
    return rc;
}

static int define(struct cursor *c, bool *trim, struct cu_err *err)
{
    char *name = NULL;
    if (c->depth > 1)
        return bad(c, err, "{{define}} cannot stand inside a block");
    int rc = template_name(c, &name, err);
    return rc < 0 ? rc : named_body(c, name, trim, err);
}

/* {{template "name" value}}; {{block "name" value}} defines it on the spot. */
static int call(struct cursor *c, struct node *node, bool defines, bool *trim, struct cu_err *err)
{
    node->kind = NODE_TEMPLATE;
    int rc = template_name(c, &node->text, err);
    if (rc < 0)
        return rc;
    blanks(c);
    if (defines || !at_end(c))
        rc = pipeline(c, &node->pipeline, err);
    if (rc < 0)
        return rc;
    return defines ? named_body(c, cu_strdup(node->text), trim, err) : close_action(c, trim, err);
}

/* Right behind "{{": a comment, which must end right before "}}" or " -}}". False: there is none. */
static bool comment(struct cursor *c, bool *trim, int *rc, struct cu_err *err)
{
    if (!cu_has_prefix(c->p, "/*"))
        return false;
    const char *end = strstr(c->p + 2, "*/");
    bool fits = end && (cu_has_prefix(end + 2, "}}") || (isspace((unsigned char)end[2]) && end[3] == '-'));
    if (fits)
        c->p = end + 2;
    *rc = fits ? close_action(c, trim, err) : bad(c, err, "a comment ends with */}}");
    return true;
}

/* One action behind "{{". *stop is set for end and else, whose closing braces are left to the caller of block(). */
static int action(struct cursor *c, struct nodes *l, bool *trim, enum stop *stop, struct cu_err *err)
{
    static const struct {
        const char *word;
        int kind;
    } blocks[] = { { "if", NODE_IF }, { "range", NODE_RANGE }, { "with", NODE_WITH } },
      jumps[] = { { "break", NODE_BREAK }, { "continue", NODE_CONTINUE } };
    int rc = 0;
    if (comment(c, trim, &rc, err))
        return rc;
    blanks(c);
    if (keyword(c, "end") || keyword(c, "else")) {
        *stop = c->p[-1] == 'd' ? AT_END : AT_ELSE;
        return 0;
    }
    if (keyword(c, "define"))
        return define(c, trim, err);
    cu_grow(&l->v, &l->cap, l->n + 1, sizeof *l->v);
    struct node *node = &l->v[l->n++];
    *node = (struct node){ .kind = NODE_ACTION };
    if (keyword(c, "template"))
        return call(c, node, false, trim, err);
    if (keyword(c, "block"))
        return call(c, node, true, trim, err);
    for (size_t i = 0; i < CU_LEN(blocks); i++)
        if (keyword(c, blocks[i].word)) {
            node->kind = blocks[i].kind;
            return control(c, node, trim, err);
        }
    for (size_t i = 0; i < CU_LEN(jumps); i++)
        if (keyword(c, jumps[i].word)) {
            node->kind = jumps[i].kind;
            return c->loops > 0 ? close_action(c, trim, err) : bad(c, err, "not inside {{range}}");
        }
    rc = pipeline(c, &node->pipeline, err);
    return rc < 0 ? rc : close_action(c, trim, err);
}

static int block_nodes(struct cursor *c, struct nodes *l, bool *trim, enum stop *stop, struct cu_err *err)
{
    *stop = AT_EOF;
    while (*c->p) {
        text(c, l, *trim);
        *trim = false;
        if (!*c->p)
            break;
        c->p += trims(c->p) ? 4 : 2;
        int rc = action(c, l, trim, stop, err);
        if (rc < 0)
            return rc;
        if (*stop == AT_END)
            return close_action(c, trim, err);
        if (*stop == AT_ELSE)
            return 0;
    }
    return 0;
}

static int block(struct cursor *c, struct nodes **out, bool *trim, enum stop *stop, struct cu_err *err)
{
    if (++c->depth > LIM_NESTING)
        return bad(c, err, "nested too deep");
    *out = cu_calloc(1, sizeof **out);
    int rc = block_nodes(c, *out, trim, stop, err);
    c->depth--;
    return rc;
}

int codec_template_parse(const char *source, struct codec_template **out, struct cu_err *err)
{
    struct codec_template *t = cu_calloc(1, sizeof *t);
    struct cursor c = { .p = source, .t = t };
    enum stop stop = AT_EOF;
    bool trim = false;
    int rc = block(&c, &t->root, &trim, &stop, err);
    if (rc == 0 && stop != AT_EOF)
        rc = cu_fail(err, CU_E_INVALID, "go-template: {{%s}} without a block",
                     stop == AT_END ? "end" : "else");
    free(c.vars);
    if (rc < 0)
        codec_template_free(t);
    else
        *out = t;
    return rc;
}
