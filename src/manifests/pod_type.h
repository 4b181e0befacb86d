/* manifests/pod_type.h - the fields of the Pod type and of all types below it, as upstream writes them in JSON. Generated at
 * build time from src/apiserver/data/schema.json (facts recorded from upstream). */
#ifndef MANIFESTS_POD_TYPE_H
#define MANIFESTS_POD_TYPE_H

#include <stddef.h>
#include <stdint.h>

enum mf_field_kind {
    MF_F_TEXT,
    MF_F_TIME,
    MF_F_BOOL,
    MF_F_INT32,
    MF_F_INT64,
    MF_F_QUANTITY,
    MF_F_INTORSTRING,
    MF_F_MSG, /* `type` says which */
    MF_F_MAP, /* any object */
};

enum mf_field_flag {
    MF_F_LIST = 1 << 0,
    MF_F_VALUES = 1 << 1,    /* map with values of the kind */
    MF_F_POINTER = 1 << 2,   /* a zero value counts as given */
    MF_F_OMITEMPTY = 1 << 3, /* zero values are left out, but for messages and quantities */
    MF_F_INLINE = 1 << 4,    /* the fields of `type` belong to this level */
};

struct mf_type;

struct mf_field {
    const char *json; /* "" for inline fields */
    const struct mf_type *type;
    uint8_t kind, flags;
};

struct mf_type {
    const struct mf_field *fields;
    size_t n_fields;
};

extern const struct mf_type *const mf_pod_type;

#endif
