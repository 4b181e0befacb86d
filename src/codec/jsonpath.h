/* codec/jsonpath.h - the parsed form of JSONPath templates; for jsonpath_parse.c and jsonpath.c alone. */
#ifndef CODEC_JSONPATH_H
#define CODEC_JSONPATH_H

#include "codec/print_parts.h"

enum step_kind {
    STEP_FIELDS,  /* .name, ['a','b'] */
    STEP_INDEXES, /* [0], [0,2], [-1] */
    STEP_SLICE,   /* [from:to:by] */
    STEP_ALL,     /* .* and [*] */
    STEP_RECURSE, /* .. */
    STEP_FILTER,  /* [?(...)] */
    STEP_ROOT,    /* $ */
};

struct operand {       /* one side of a comparison */
    struct path *path; /* NULL: a literal */
    struct val *literal;
};

struct filter {
    struct operand left, right;
    char op[3]; /* "==", "!=", "<", "<=", ">", ">="; "" asks whether left is there */
};

struct step {
    enum step_kind kind;
    char **names;
    int64_t *indexes;
    size_t n; /* of names or indexes */
    bool has_from, has_to;
    int64_t from, to, by;
    struct filter *filter;
};

struct path {
    struct step *steps;
    size_t n, cap;
};

struct part {
    enum { PART_TEXT, PART_PATH, PART_RANGE, PART_END } kind;
    char *text;
    struct path *path;
    size_t end; /* PART_RANGE: index of its PART_END */
};

struct codec_path {
    struct part *parts;
    size_t n, cap;
};

#endif
