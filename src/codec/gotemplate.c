/* Evaluates Go templates over value trees.
 * Must not know their text. */
#include "codec/gotemplate.h"
#include "base/limits.h"
#include <string.h>

#define MAX_STEPS 5000000 /* nodes one template may execute: nested ranges multiply */
#define MAX_CALLS 1000    /* templates that run one another */

struct variable {
    const char *name; /* borrowed from the template */
    struct val *value;
};

enum flow { FLOW_ON = 0, FLOW_BREAK = 1, FLOW_CONTINUE = 2 };

struct run {
    const struct codec_template *t;
    bool missing_fails;
    struct cu_buf *out;
    struct variable *vars;
    size_t n, cap;
    size_t steps, calls;
};

static void push(struct run *r, const char *name, struct val *value)
{
    cu_grow(&r->vars, &r->cap, r->n + 1, sizeof *r->vars);
    r->vars[r->n++] = (struct variable){ name, value };
}

static void pop_to(struct run *r, size_t n)
{
    while (r->n > n)
        val_unref(r->vars[--r->n].value);
}

static struct variable *find(struct run *r, const char *name)
{
    for (size_t i = r->n; i > 0; i--)
        if (strcmp(r->vars[i - 1].name, name) == 0)
            return &r->vars[i - 1];
    return NULL;
}

/* Takes over *v and leaves the field's value in it; NULL when there is none, of which every field is none again. */
static int descend(const struct run *r, struct val **v, char *const *fields, size_t n, struct cu_err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct val *child = val_get(*v, fields[i]);
        if (*v && !val_is_map(*v))
            return cu_fail(err, CU_E_INVALID, "go-template: field %s of a %s", fields[i], val_kind_name(*v));
        if (!child && r->missing_fails)
            return cu_fail(err, CU_E_INVALID, "go-template: map has no entry for key \"%s\"", fields[i]);
        child = val_ref(child);
        val_unref(*v);
        *v = child;
    }
    return 0;
}

static int eval(struct run *r, const struct pipeline *p, const struct val *dot, struct val **out,
                struct cu_err *err);

/* Value of a term that is not called with arguments. */
static int eval_term(struct run *r, const struct term *t, const struct val *dot, struct val **out,
                     struct cu_err *err)
{
    cu_autoval struct val *v = NULL;
    const struct variable *var;
    int rc = 0;
    switch (t->kind) {
    case TERM_DOT: v = val_ref(dot); break;
    case TERM_LITERAL: v = val_ref(t->literal); break;
    case TERM_FUNCTION: rc = tmpl_call(t->name, NULL, 0, &v, err); break;
    case TERM_PAREN: rc = eval(r, t->paren, dot, &v, err); break;
    case TERM_VARIABLE:
        var = find(r, t->name);
        if (!var)
            return cu_fail(err, CU_E_INVALID, "go-template: undefined variable \"%s\"", t->name);
        v = val_ref(var->value);
        break;
    }
    if (rc == 0)
        rc = descend(r, &v, t->fields, t->n_fields, err);
    if (rc == 0)
        *out = cu_steal(&v);
    return rc;
}

/* One command; *piped (piped NULL: none) is the result of the one before it and becomes the last argument. */
static int eval_command(struct run *r, const struct command *c, const struct val *dot,
                        struct val *const *piped, struct val **out, struct cu_err *err)
{
    struct val *args[TMPL_MAX_ARGS + 1];
    const struct term *called = &c->terms[0];
    size_t n = 0;
    int rc = 0;
    bool decided = false;
    if (called->kind != TERM_FUNCTION) {
        if (c->n > 1 || piped)
            return cu_fail(err, CU_E_INVALID,
                           "go-template: a value that is no function cannot take arguments");
        if (called->kind == TERM_LITERAL && !called->literal)
            return cu_fail(err, CU_E_INVALID, "go-template: nil is not a command");
        return eval_term(r, called, dot, out, err);
    }
    for (size_t i = 1; rc == 0 && i < c->n && !decided; i++) {
        args[n] = NULL;
        rc = eval_term(r, &c->terms[i], dot, &args[n], err);
        decided = rc == 0 && tmpl_is_decided(called->name, args[n]);
        n += rc == 0;
    }
    if (rc == 0 && piped && !decided)
        args[n++] = val_ref(*piped);
    if (rc == 0)
        rc = tmpl_call(called->name, args, n, out, err);
    while (n > 0)
        val_unref(args[--n]);
    return rc;
}

/* Runs the commands; variables are the caller's business. */
static int eval(struct run *r, const struct pipeline *p, const struct val *dot, struct val **out,
                struct cu_err *err)
{
    cu_autoval struct val *v = NULL;
    for (size_t i = 0; i < p->n; i++) {
        struct val *next = NULL;
        if (++r->steps > MAX_STEPS)
            return cu_fail(err, CU_E_INVALID, "go-template: runs for too long");
        int rc = eval_command(r, &p->commands[i], dot, i > 0 ? &v : NULL, &next, err);
        if (rc < 0)
            return rc;
        val_unref(v);
        v = next;
    }
    *out = cu_steal(&v);
    return 0;
}

/* "$x := value" or "$x = value"; `name` is the variable. */
static int set_variable(struct run *r, const struct pipeline *p, const char *name, const struct val *value,
                        struct cu_err *err)
{
    if (!p->assign) {
        push(r, name, val_ref(value));
        return 0;
    }
    struct variable *var = find(r, name);
    if (!var)
        return cu_fail(err, CU_E_INVALID, "go-template: undefined variable \"%s\"", name);
    val_unref(var->value);
    var->value = val_ref(value);
    return 0;
}

static int walk(struct run *r, const struct nodes *l, const struct val *dot, struct cu_err *err);

static int walk_if_with(struct run *r, const struct node *n, const struct val *dot, struct cu_err *err)
{
    cu_autoval struct val *v = NULL;
    size_t mark = r->n;
    int rc = eval(r, n->pipeline, dot, &v, err);
    if (rc == 0 && n->pipeline->n_vars > 0)
        rc = set_variable(r, n->pipeline, n->pipeline->vars[0], v, err);
    if (rc == 0 && tmpl_truth(v))
        rc = walk(r, n->body, n->kind == NODE_WITH ? v : dot, err);
    else if (rc == 0 && n->otherwise)
        rc = walk(r, n->otherwise, dot, err);
    pop_to(r, mark);
    return rc;
}

static int walk_item(struct run *r, const struct node *n, struct val *key, const struct val *item,
                     struct cu_err *err)
{
    const struct pipeline *p = n->pipeline;
    size_t mark = r->n;
    int rc = 0;
    if (p->n_vars == 2)
        rc = set_variable(r, p, p->vars[0], key, err);
    if (rc == 0 && p->n_vars > 0)
        rc = set_variable(r, p, p->vars[p->n_vars - 1], item, err);
    val_unref(key);
    if (rc == 0)
        rc = ++r->steps > MAX_STEPS ? cu_fail(err, CU_E_INVALID, "go-template: runs for too long")
                                    : walk(r, n->body, item, err);
    pop_to(r, mark);
    return rc;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int walk_numbers(struct run *r, const struct node *n, const struct val *dot, int64_t end,
                        struct cu_err *err)
{
    int rc = end <= 0 && n->otherwise ? walk(r, n->otherwise, dot, err) : 0;
    for (int64_t i = 0; rc == 0 && i < end; i++) {
        cu_autoval struct val *item = val_new_int(i);
        rc = walk_item(r, n, val_new_int(i), item, err);
        if (rc == FLOW_CONTINUE)
            rc = 0;
    }
    return rc < 0 ? rc : 0;
}

/* Maps are walked in key order. */
static int walk_range(struct run *r, const struct node *n, const struct val *dot, struct cu_err *err)
{
    cu_autoval struct val *v = NULL;
    int rc = eval(r, n->pipeline, dot, &v, err);
    if (rc < 0)
        return rc;
    if (val_kind(v) == VAL_INT && n->pipeline->n_vars < 2)
        return walk_numbers(r, n, dot, val_int(v, 0), err);
    if (v && !val_is_list(v) && !val_is_map(v) && val_kind(v) != VAL_NULL)
        return cu_fail(err, CU_E_INVALID, "go-template: range cannot walk over a %s", val_kind_name(v));
    size_t len = val_len(v);
    if (len == 0)
        return n->otherwise ? walk(r, n->otherwise, dot, err) : 0;
    cu_autofree const char **keys = cu_calloc(len + 1, sizeof *keys);
    struct val_iter it = VAL_ITER_INIT;
    for (size_t i = 0; val_is_map(v) && val_next(v, &it, &keys[i], NULL); i++)
        ;
    if (val_is_map(v))
        qsort(keys, len, sizeof *keys, by_text);
    for (size_t i = 0; i < len; i++) {
        bool map = val_is_map(v);
        rc = walk_item(r, n, map ? val_new_str(keys[i]) : val_new_int((int64_t)i),
                       map ? val_get(v, keys[i]) : val_at(v, i), err);
        if (rc < 0 || rc == FLOW_BREAK)
            break;
    }
    return rc < 0 ? rc : 0;
}

/* {{template "name" value}}: the value is its dot and its $, and the caller's variables are not seen. */
static int walk_template(struct run *r, const struct node *n, const struct val *dot, struct cu_err *err)
{
    cu_autoval struct val *v = NULL;
    const struct nodes *body = NULL;
    int rc = n->pipeline ? eval(r, n->pipeline, dot, &v, err) : 0;
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < r->t->n_named; i++)
        if (strcmp(r->t->named[i].name, n->text) == 0)
            body = r->t->named[i].body;
    if (!body)
        return cu_fail(err, CU_E_INVALID, "go-template: template \"%s\" not defined", n->text);
    if (++r->calls > MAX_CALLS)
        return cu_fail(err, CU_E_INVALID, "go-template: templates run one another more than %d deep",
                       MAX_CALLS);
    struct run inner = *r;
    inner.vars = NULL;
    inner.n = inner.cap = 0;
    push(&inner, "$", val_ref(v));
    rc = walk(&inner, body, v, err);
    pop_to(&inner, 0);
    free(inner.vars);
    r->steps = inner.steps;
    r->calls--;
    return rc < 0 ? rc : 0;
}

static int walk_action(struct run *r, const struct node *n, const struct val *dot, struct cu_err *err)
{
    cu_autoval struct val *v = NULL;
    int rc = eval(r, n->pipeline, dot, &v, err);
    if (rc < 0)
        return rc;
    if (n->pipeline->n_vars > 0)
        return set_variable(r, n->pipeline, n->pipeline->vars[0], v, err);
    tmpl_print(v, r->out);
    return 0;
}

/* 0, a negative code, or FLOW_BREAK and FLOW_CONTINUE on their way to the range. */
static int walk(struct run *r, const struct nodes *l, const struct val *dot, struct cu_err *err)
{
    size_t mark = r->n;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->n; i++) {
        const struct node *n = &l->v[i];
        switch (n->kind) {
        case NODE_TEXT: cu_buf_add(r->out, n->text); break;
        case NODE_ACTION: rc = walk_action(r, n, dot, err); break;
        case NODE_IF:
        case NODE_WITH: rc = walk_if_with(r, n, dot, err); break;
        case NODE_RANGE: rc = walk_range(r, n, dot, err); break;
        case NODE_BREAK: rc = FLOW_BREAK; break;
        case NODE_CONTINUE: rc = FLOW_CONTINUE; break;
        case NODE_TEMPLATE: rc = walk_template(r, n, dot, err); break;
        }
    }
    pop_to(r, mark);
    return rc;
}

int codec_template_print(const struct codec_template *t, const struct val *v, bool missing_fails,
                         struct cu_buf *out, struct cu_err *err)
{
    struct run r = { .t = t, .missing_fails = missing_fails, .out = out };
    push(&r, "$", val_ref(v));
    int rc = walk(&r, t->root, v, err);
    pop_to(&r, 0);
    free(r.vars);
    return rc < 0 ? rc : 0;
}
