/* codec/value.h - the one tree of values that JSON and YAML are read into and written from. Reference counted
 * (thread-safe counts); treat a tree that others may hold as immutable and val_copy() it before changing it.
 * Maps keep insertion order; keys are unique. Integers are exact 64-bit; text is valid UTF-8 without NUL. */
#ifndef CODEC_VALUE_H
#define CODEC_VALUE_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct val; /* opaque */

enum val_kind { VAL_NULL, VAL_BOOL, VAL_INT, VAL_REAL, VAL_STRING, VAL_LIST, VAL_MAP };

/* Constructors return one reference owned by the caller. */
struct val *val_new_null(void);
struct val *val_new_bool(bool b);
struct val *val_new_int(int64_t i);
struct val *val_new_real(double d);
struct val *val_new_str(const char *s); /* NULL gives a null value; bad UTF-8 is replaced by '?' */
struct val *val_new_strn(const char *s, size_t n);
struct val *val_new_strf(const char *fmt, ...) CU_PRINTF(1, 2);
struct val *val_new_list(void);
struct val *val_new_map(void);

struct val *val_ref(const struct val *v); /* another reference; NULL is fine */
void val_unref(struct val *v);            /* NULL is fine */
#define cu_autoval __attribute__((cleanup(val_cleanup)))
void val_cleanup(struct val **v);

struct val *val_copy(const struct val *v);                /* deep copy, caller owns */
bool val_equal(const struct val *a, const struct val *b); /* deep; order of map keys does not matter */

/* All readers accept NULL (an absent value) and a value of another kind. */
enum val_kind val_kind(const struct val *v); /* NULL counts as VAL_NULL */
bool val_is_map(const struct val *v);
bool val_is_list(const struct val *v);
const char *
val_kind_name(const struct val *v);       /* "null", "bool", "integer", "number", "string", "list", "map" */
const char *val_str(const struct val *v); /* borrowed text, NULL unless VAL_STRING */
int64_t val_int(const struct val *v, int64_t fallback);
double val_real(const struct val *v, double fallback); /* integers too */
bool val_bool(const struct val *v, bool fallback);
size_t val_len(const struct val *v); /* elements of a list, entries of a map, else 0 */

/* Borrowed children; NULL when absent or when the parent is of another kind. */
struct val *val_get(const struct val *map, const char *key);
struct val *val_at(const struct val *list, size_t index);
struct val *val_find(const struct val *v, ...)
    __attribute__((sentinel)); /* keys, NULL: val_find(o, "metadata", "name", NULL) */
const char *val_find_str(const struct val *v, ...) __attribute__((sentinel)); /* the same, as text or NULL */
const char *val_get_str(const struct val *map, const char *key);
int64_t val_get_int(const struct val *map, const char *key, int64_t fallback);
bool val_get_bool(const struct val *map, const char *key, bool fallback);

/* Walk of a map in insertion order; the map must not change meanwhile.
 * `struct val_iter it = VAL_ITER_INIT; while (val_next(map, &it, &key, &child))` */
struct val_iter {
    void *at;
};
#define VAL_ITER_INIT                                                                                        \
    {                                                                                                        \
        NULL                                                                                                 \
    }
bool val_next(const struct val *map, struct val_iter *it, const char **key, struct val **child);

/* Changes. Every function that is handed a child takes over its reference, also on misuse; a NULL child changes
 * nothing. */
void val_set(struct val *map, const char *key, struct val *child);
void val_set_str(struct val *map, const char *key, const char *s); /* NULL s: the key is left alone */
void val_set_strf(struct val *map, const char *key, const char *fmt, ...) CU_PRINTF(3, 4);
void val_set_int(struct val *map, const char *key, int64_t i);
void val_set_bool(struct val *map, const char *key, bool b);
bool val_del(struct val *map, const char *key);
void val_clear(struct val *v);                              /* empties a list or map */
struct val *val_need_map(struct val *map, const char *key); /* borrowed child, made when absent or no map */
struct val *val_need_list(struct val *map, const char *key);
void val_append(struct val *list, struct val *child);
void val_append_str(struct val *list, const char *s);
void val_insert(struct val *list, size_t index, struct val *child); /* index <= length */
void val_replace(struct val *list, size_t index, struct val *child);
void val_remove(struct val *list, size_t index);
void val_merge_over(struct val *map, const struct val *over); /* shallow: sets every key of `over` */

/* JSON (RFC 8259). Duplicate keys, trailing text, NUL in text, more than LIM_NESTING levels are CU_E_INVALID
 * with line and column. */
int val_parse_json(const char *text, size_t n, struct val **out, struct cu_err *err);
enum val_json {
    VAL_JSON_COMPACT = 0,
    VAL_JSON_INDENT = 1 << 0 /* 4 spaces, as kubectl and kubeadm print */,
    VAL_JSON_SORT = 1 << 1
};
char *val_dump_json(const struct val *v, unsigned flags); /* caller frees; no trailing newline */

#endif
