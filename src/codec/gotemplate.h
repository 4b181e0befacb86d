/* codec/gotemplate.h - the parsed form of Go templates; for the gotemplate_*.c alone. */
#ifndef CODEC_GOTEMPLATE_H
#define CODEC_GOTEMPLATE_H

#include "codec/print_parts.h"

#define TMPL_MAX_ARGS 32

struct pipeline;

struct term {
    enum { TERM_DOT, TERM_VARIABLE, TERM_LITERAL, TERM_FUNCTION, TERM_PAREN } kind;
    char *name;          /* of the variable (with $) or function */
    struct val *literal; /* TERM_LITERAL; NULL is nil */
    struct pipeline *paren;
    char **fields; /* .a.b behind the term */
    size_t n_fields;
};

struct command {
    struct term *terms; /* the first is called when it is a function */
    size_t n, cap;
};

struct pipeline {
    char *vars[2]; /* "$i", "$v" of "$i, $v := ..." */
    size_t n_vars;
    bool assign; /* "=" instead of ":=" */
    struct command *commands;
    size_t n, cap;
};

struct node {
    enum {
        NODE_TEXT,
        NODE_ACTION,
        NODE_IF,
        NODE_RANGE,
        NODE_WITH,
        NODE_BREAK,
        NODE_CONTINUE,
        NODE_TEMPLATE
    } kind;
    char *text; /* NODE_TEMPLATE: whose name this is, run with the pipeline's value (NULL: nothing) */
    struct pipeline *pipeline;
    struct nodes *body, *otherwise; /* otherwise may be NULL */
};

struct nodes {
    struct node *v;
    size_t n, cap;
};

struct codec_template {
    struct nodes *root;
    struct template_named { /* {{define}} and {{block}} */
        char *name;
        struct nodes *body;
    } * named;
    size_t n_named, cap_named;
};

/* gotemplate_func.c: calls a function on values (NULL: no value); *out owned by the caller. CU_E_INVALID: unknown
 * function, wrong number or kind of arguments. */
int tmpl_call(const char *name, struct val *const *args, size_t n, struct val **out, struct cu_err *err);
bool tmpl_is_function(const char *name);
bool tmpl_truth(const struct val *v);
/* Whether `and` and `or` look no further behind this argument; false for other functions. */
bool tmpl_is_decided(const char *name, const struct val *arg);
/* As Go's fmt prints a value with %v; "<no value>" for NULL and null. */
void tmpl_print(const struct val *v, struct cu_buf *out);

/* gotemplate_text.c: base64decode; print and println; printf; html, js and urlquery. */
int tmpl_decode(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err);
int tmpl_join(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err);
int tmpl_format(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err);
int tmpl_escape(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err);

#endif
