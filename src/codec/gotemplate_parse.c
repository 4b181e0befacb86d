/* Go templates (text/template) from text to nodes: texts, actions, if, range, with, variables, pipelines.
 * Must not know how they are evaluated. */
#include "base/limits.h"
#include "base/str.h"
#include "codec/gotemplate.h"
#include "codec/internal.h"
#include <ctype.h>
#include <string.h>

struct cursor {
    const char *p;
    unsigned depth;
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
    free(t);
}

/* ---- inside actions ---- */

static void blanks(struct cursor *c)
{
    c->p += strspn(c->p, " \t\r\n");
}

static bool at_end(const struct cursor *c)
{
    return cu_has_prefix(c->p, "}}") || (cu_has_prefix(c->p, "-}}"));
}

static char *identifier(struct cursor *c)
{
    const char *from = c->p;
    while (isalnum((unsigned char)*c->p) || *c->p == '_')
        c->p++;
    return cu_strndup(from, (size_t)(c->p - from));
}

/* "text" with Go's escapes, or `text` as it is. */
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
    while (*end && *end != '"' && *end != '\n')
        end += *end == '\\' && end[1] ? 2 : 1;
    if (*end != '"')
        return bad(c, err, "unterminated \"");
    /* The escapes in use are those of JSON. */
    if (val_parse_json(c->p, (size_t)(end + 1 - c->p), out, NULL) < 0)
        return bad(c, err, "bad escape in text");
    c->p = end + 1;
    return 0;
}

static bool number(struct cursor *c, struct val **out)
{
    size_t n = strcspn(c->p, " \t\r\n)|},");
    cu_autofree char *text = cu_strndup(c->p, n);
    struct codec_scalar s = codec_yaml_resolve(text);
    if (s.kind != VAL_INT && (s.kind != VAL_REAL || s.infinite))
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

static int term(struct cursor *c, struct term *t, struct cu_err *err)
{
    if (*c->p == '.') {
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
        return fields(c, t, err);
    }
    if (*c->p == '(')
        return paren(c, t, err);
    if (isalpha((unsigned char)*c->p) || *c->p == '_')
        return word(c, t, err);
    t->kind = TERM_LITERAL;
    if (*c->p == '"' || *c->p == '`')
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
    p->vars[0] = names[0];
    p->vars[1] = names[1];
    p->n_vars = n;
    p->assign = assign;
    ahead.p += declare ? 2 : 1;
    *c = ahead;
    return 0;
}

static int commands(struct cursor *c, struct pipeline *p, struct cu_err *err)
{
    blanks(c);
    int rc = declaration(c, p, err);
    while (rc == 0) {
        cu_grow(&p->commands, &p->cap, p->n + 1, sizeof *p->commands);
        p->commands[p->n] = (struct command){ NULL, 0, 0 };
        rc = command(c, &p->commands[p->n++], err);
        if (rc < 0 || *c->p != '|')
            break;
        c->p++;
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
static int control(struct cursor *c, struct node *node, bool *trim, struct cu_err *err)
{
    enum stop stop = AT_EOF;
    int rc = pipeline(c, &node->pipeline, err);
    if (rc == 0)
        rc = close_action(c, trim, err);
    if (rc == 0)
        rc = block(c, &node->body, trim, &stop, err);
    if (rc < 0 || stop == AT_END)
        return rc;
    if (stop == AT_EOF)
        return bad(c, err, "{{end}} missing");
    blanks(c);
    bool again = keyword(c, "if"), with = !again && keyword(c, "with");
    if (again || with) { /* "else if": a block of its own that shares our end */
        node->otherwise = cu_calloc(1, sizeof *node->otherwise);
        cu_grow(&node->otherwise->v, &node->otherwise->cap, 1, sizeof *node->otherwise->v);
        node->otherwise->v[0] = (struct node){ .kind = again ? NODE_IF : NODE_WITH };
        node->otherwise->n = 1;
        if (++c->depth > LIM_NESTING)
            return bad(c, err, "nested too deep");
        rc = control(c, &node->otherwise->v[0], trim, err);
        c->depth--;
        return rc;
    }
    rc = close_action(c, trim, err);
    if (rc == 0)
        rc = block(c, &node->otherwise, trim, &stop, err);
    return rc < 0 || stop == AT_END ? rc : bad(c, err, "{{end}} missing");
}

/* One action behind "{{". *stop is set for end and else, whose closing braces are left to the caller of block(). */
static int action(struct cursor *c, struct nodes *l, bool *trim, enum stop *stop, struct cu_err *err)
{
    static const struct {
        const char *word;
        int kind;
    } blocks[] = { { "if", NODE_IF }, { "range", NODE_RANGE }, { "with", NODE_WITH } },
      jumps[] = { { "break", NODE_BREAK }, { "continue", NODE_CONTINUE } };
    if (cu_has_prefix(c->p, "/*")) {
        const char *end = strstr(c->p, "*/");
        c->p = end ? end + 2 : c->p;
        return close_action(c, trim, err);
    }
    if (keyword(c, "end") || keyword(c, "else")) {
        *stop = c->p[-1] == 'd' ? AT_END : AT_ELSE;
        return 0;
    }
    cu_grow(&l->v, &l->cap, l->n + 1, sizeof *l->v);
    struct node *node = &l->v[l->n++];
    *node = (struct node){ .kind = NODE_ACTION };
    for (size_t i = 0; i < CU_LEN(blocks); i++)
        if (keyword(c, blocks[i].word)) {
            node->kind = blocks[i].kind;
            return control(c, node, trim, err);
        }
    for (size_t i = 0; i < CU_LEN(jumps); i++)
        if (keyword(c, jumps[i].word)) {
            node->kind = jumps[i].kind;
            return close_action(c, trim, err);
        }
    int rc = pipeline(c, &node->pipeline, err);
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
        blanks(c);
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
    struct cursor c = { source, 0 };
    enum stop stop = AT_EOF;
    bool trim = false;
    int rc = block(&c, &t->root, &trim, &stop, err);
    if (rc == 0 && stop != AT_EOF)
        rc = cu_fail(err, CU_E_INVALID, "go-template: {{%s}} without a block",
                     stop == AT_END ? "end" : "else");
    if (rc < 0)
        codec_template_free(t);
    else
        *out = t;
    return rc;
}
