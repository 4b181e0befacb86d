/* apiserver/schema.h - the fields of every served type: JSON name, protobuf number, kind. Generated at build time
 * from src/apiserver/data/schema.json (facts recorded from upstream). Protobuf decoding and the checks of fields
 * read this one table. */
#ifndef APISERVER_SCHEMA_H
#define APISERVER_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum api_field_kind {
    API_F_STRING,
    API_F_BYTES, /* base64 in JSON */
    API_F_BOOL,
    API_F_INT32,
    API_F_INT64,
    API_F_MSG, /* `type` says which */
    API_F_TIME,
    API_F_MICROTIME,
    API_F_QUANTITY,
    API_F_INTORSTRING,
    API_F_RAW,        /* any JSON value */
    API_F_FIELDSV1,   /* a JSON object */
    API_F_STRINGLIST, /* a message that is a list of strings in JSON */
};

enum api_field_flag {
    API_F_REPEATED = 1 << 0,
    API_F_MAP = 1 << 1,       /* map with string keys; kind and type describe the values */
    API_F_POINTER = 1 << 2,   /* optional: zero values count as given */
    API_F_OMITEMPTY = 1 << 3, /* zero scalars are left out of JSON */
    API_F_INLINE = 1 << 4,    /* the sub-message's fields belong to this level of JSON */
};

struct api_type;

struct api_field {
    const char *json;            /* "" for inline fields */
    const struct api_type *type; /* of API_F_MSG, else NULL */
    uint16_t number;             /* in protobuf, 1.. */
    uint8_t kind;                /* enum api_field_kind */
    uint8_t flags;               /* enum api_field_flag */
};

struct api_type {
    const char *name; /* "api.core.v1.PodSpec" */
    const struct api_field *fields;
    size_t n_fields;
};

/* The type of a top-level kind ("", "v1", "Pod"); "DeleteOptions" and "Status" are known in every group
 * version. NULL when unknown. */
const struct api_type *api_type_of_kind(const char *group, const char *version, const char *kind);
/* The field with this JSON name, looked for in inline parts too; NULL when the type has none. */
const struct api_field *api_type_field(const struct api_type *t, const char *json);
/* The field with this protobuf number; NULL when unknown. */
const struct api_field *api_type_number(const struct api_type *t, uint32_t number);

#endif
