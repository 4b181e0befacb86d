/* codec/jsonpath.h - the parsed form of JSONPath templates; for jsonpath_parse.c and jsonpath.c alone. */
#ifndef CODEC_JSONPATH_H
#define CODEC_JSONPATH_H

#include "codec/print_parts.h"

enum step_kind {
    STEP_FIELD,   /* .name; also ['name'] */
    STEP_ALL,     /* .* */
    STEP_SLICE,   /* [0], [-1], [from:to:by], [*] */
    STEP_RECURSE, /* .. */
    STEP_FILTER,  /* [?(...)] */
    STEP_UNION,   /* [a,b]: the results of every part one after another */
    STEP_TEXT,    /* "text": replaces all results */
    STEP_VALUE,   /* number, true, false: replaces each result */
    STEP_RANGE,   /* the action opens a loop over its results */
    STEP_END,
};

struct filter;

struct step {
    enum step_kind kind;
    char *name;                    /* STEP_FIELD */
    struct val *value;             /* STEP_TEXT, STEP_VALUE */
    bool has_from, has_to, has_by; /* STEP_SLICE */
    bool one;                      /* a single index: to is from + 1 */
    int64_t from, to, by;
    struct filter *filter;
    struct path *parts; /* STEP_UNION */
    size_t n_parts;
};

struct path { /* each step works on all results of the one before it */
    struct step *steps;
    size_t n, cap;
};

struct filter {
    struct path left, right;
    char op[3]; /* "==", "!=", "<", "<=", ">", ">="; "" asks whether left gives anything */
};

struct part {
    char *text; /* NULL: an action */
    struct path path;
    bool range, end;
};

struct codec_path {
    struct part *parts;
    size_t n, cap;
};

#endif
