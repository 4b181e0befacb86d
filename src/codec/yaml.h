/* codec/yaml.h - YAML text to value trees with line and column of every node, and value trees to YAML exactly as
 * sigs.k8s.io/yaml writes them (spec config-api 2). JSON text is read by the same reader. */
#ifndef CODEC_YAML_H
#define CODEC_YAML_H

#include "codec/value.h"

struct codec_marks; /* opaque: positions by path */

struct codec_mark {
    unsigned line, column; /* from 1, within the whole text; 0 when unknown */
};

/* A key that stands twice in one map. The later value is the one kept. */
struct codec_dup {
    char *key;
    char *path;           /* of the map's field: "networking.podSubnet" */
    struct codec_mark at; /* the later key */
    unsigned line_in_doc; /* the same line counted from the start of its document, from 1 */
};

struct codec_doc {
    struct val *root; /* null value for a document without content */
    struct codec_marks *marks;
    unsigned first_line; /* line of the text this document starts at, from 1 */
    struct codec_dup *dups;
    size_t n_dups;
};

struct codec_docs {
    struct codec_doc *v;
    size_t n;
};

#define CODEC_DOCS_INIT                                                                                      \
    {                                                                                                        \
        NULL, 0                                                                                              \
    }
#define codec_autodocs __attribute__((cleanup(codec_docs_clear)))

enum codec_yaml_read { CODEC_YAML_NO_DUPS = 1 << 0 /* a duplicate key is an error */ };

/* Reads every document of a text, cut at lines that begin with "---" (spec config-api 2.2). Scalars are typed by YAML
 * 1.1 rules as Go's yaml.v2 has them: yes/no/on/off/y/n are booleans, 017 and 0o17 octal, 1_000 an integer, time
 * stamps stay text, quoted text is text; keys become text; anchors, aliases and << merges work. Out is appended to.
 * CU_E_INVALID with "line L, column C: ..." on bad syntax, bad UTF-8, infinities, aliases that expand beyond reason,
 * more than LIM_NESTING levels. */
int codec_yaml_read(const char *text, size_t n, unsigned flags, struct codec_docs *out, struct cu_err *err);
void codec_docs_clear(struct codec_docs *docs);

/* One document without positions; *out owned by the caller (null value when the text is empty). Duplicate keys and
 * a second document are CU_E_INVALID. */
int codec_yaml_parse(const char *text, size_t n, struct val **out, struct cu_err *err);

/* Position of the value (or of the key) at `path`: "a.b[0].c", "" is the root. When the path is unknown the nearest
 * known ancestor answers; {0, 0} only when there is none. */
struct codec_mark codec_mark_value(const struct codec_doc *doc, const char *path);
struct codec_mark codec_mark_key(const struct codec_doc *doc, const char *path);

enum codec_yaml_dump {
    CODEC_YAML_SORT = 1 << 0,    /* keys in sigs.k8s.io/yaml order at every level; otherwise as inserted */
    CODEC_YAML_NO_FOLD = 1 << 1, /* long texts stay on one line, as in manifests (spec init 7.1) */
};

/* Text of one document with a final newline and no "---"; caller frees. */
char *codec_yaml_dump(const struct val *v, unsigned flags);

/* Order of two keys in sorted output: alphabetic, numbers in them by value ("a9" before "a10"); like strcmp. */
int codec_yaml_key_cmp(const char *a, const char *b);

#endif
