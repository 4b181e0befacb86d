/* codec/strict.h - checks a value tree against a table of fields: unknown fields and wrong types, all of them
 * gathered with path and position. Filling structs stays with the caller, who can rely on the kinds checked here. */
#ifndef CODEC_STRICT_H
#define CODEC_STRICT_H

#include "codec/yaml.h"

enum codec_type {
    CODEC_ANY = 0,
    CODEC_STRING,
    CODEC_BOOL,
    CODEC_INT, /* 64 bit */
    CODEC_INT32,
    CODEC_UINT,     /* 0 and above */
    CODEC_NUMBER,   /* integer or real */
    CODEC_DURATION, /* text of Go's time.ParseDuration */
    CODEC_TIME,     /* RFC 3339 text */
    CODEC_OBJECT,   /* map with the fields of `fields`; any map when that is NULL */
};

enum codec_shape { CODEC_ONE = 0, CODEC_LIST /* of that type */, CODEC_MAP /* text to that type */ };

/* A table ends with a row whose name is NULL. A null value is right for every type, as in Go. */
struct codec_field {
    const char *name;
    enum codec_type type;
    enum codec_shape shape;
    const struct codec_field *fields;
};

enum codec_fault { CODEC_UNKNOWN_FIELD, CODEC_WRONG_TYPE };

struct codec_problem {
    enum codec_fault fault;
    char *path;           /* "networking.podSubnet", "apiServer.extraArgs[0].name" */
    char *text;           /* unknown field "apiServer.foo" | field "x.y": want string, got integer */
    struct codec_mark at; /* {0, 0} when no document was given */
};

struct codec_problems {
    struct codec_problem *v;
    size_t n, cap;
};

#define CODEC_PROBLEMS_INIT                                                                                  \
    {                                                                                                        \
        NULL, 0, 0                                                                                           \
    }
#define codec_autoproblems __attribute__((cleanup(codec_problems_clear)))

/* Adds every problem of `v` to `out`, depth first in sorted key order (spec config-api 11.2), at most 100. Field
 * names are case sensitive. `doc` gives positions and may be NULL; `path` is the path of v in it ("" for the root).
 * Returns the number of problems added. */
size_t codec_strict_check(const struct val *v, const struct codec_field *fields, const struct codec_doc *doc,
                          const char *path, struct codec_problems *out);
void codec_problems_clear(struct codec_problems *problems);

/* True when some problem is of that sort. */
bool codec_problems_has(const struct codec_problems *problems, enum codec_fault fault);

#endif
