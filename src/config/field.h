/* config/field.h - configuration kinds as field tables, and the engine that reads them: checking, decoding, encoding,
 * defaulting and freeing all follow the one table of a kind. Internal to config. */
#ifndef CONFIG_FIELD_H
#define CONFIG_FIELD_H

#include "codec/yaml.h"
#include "config/error.h"
#include "config/version.h"

/* Type of a field in the document and, for kinds decoded into structs, of the member at `offset`. Kinds kept as
 * documents (kubelet, kube-proxy, EnvVarSource) use the same types without a member. */
enum cfg_type {
    CFG_STRING,   /* char * */
    CFG_SECRET,   /* char *, wiped when freed */
    CFG_TOKEN,    /* char *, "id.secret", wiped */
    CFG_TIME,     /* char *, RFC 3339 */
    CFG_BOOL,     /* bool */
    CFG_OPT_BOOL, /* enum cfg_tri */
    CFG_INT32,    /* int32_t */
    CFG_INT64,    /* int64_t */
    CFG_UINT32,   /* document only, like all that follow without a member type */
    CFG_OPT_INT32,
    CFG_OPT_INT64,
    CFG_NUMBER,
    CFG_OPT_NUMBER,
    CFG_DURATION,     /* document: never null */
    CFG_OPT_DURATION, /* struct cfg_duration */
    CFG_QUANTITY,
    CFG_NANOSECONDS, /* an integer or a duration, written back as given */
    CFG_OPT_STRING,
    CFG_STRINGS, /* struct cu_strlist */
    CFG_INTS,
    CFG_STRING_MAP,
    CFG_BOOL_MAP, /* struct cfg_gates */
    CFG_STRINGS_MAP,
    CFG_QUANTITY_MAP,
    CFG_OBJECT,     /* struct of `child` */
    CFG_OPT_OBJECT, /* pointer to it; NULL when absent */
    CFG_LIST,       /* { v, n, cap, set } of it */
    CFG_DOCUMENT,   /* struct val * checked and completed by `child` */
};

enum {
    CFG_ALWAYS = 1 << 0, /* written even when empty */
    CFG_ONLY_V3 = 1 << 1,
    CFG_ONLY_V4 = 1 << 2,
    CFG_MAP_IN_V3 = 1 << 3, /* CFG_LIST of struct cfg_arg: a map from name to value in v1beta3 */
    CFG_WHEN_SET = 1 << 4,  /* CFG_OBJECT standing for a pointer: written only when a member is set */
};

#define CFG_MAX_FINDINGS 100 /* of one document, as upstream's strict decoder (spec config 11.2) */

struct cfg_object;
struct cfg_field {
    const char *name;
    enum cfg_type type;
    unsigned flags;
    size_t offset;
    const struct cfg_object *child;
    const char *fallback; /* static default: text of the value; a list joined by ","; NULL: none */
    const char *doc;      /* one sentence for docs/config.md */
    int since;            /* Kubernetes minor that first has the field in what is written; 0: any */
    int until;            /* first minor that no longer has it; 0: none */
};
struct cfg_object {
    const char *name;
    size_t size; /* of the struct; 0 for documents */
    const struct cfg_field *fields;
    size_t n;
    const char *doc;
};

/* The kinds a file may hold. */
struct cfg_kind {
    const char *kind, *group;
    const char *versions[3]; /* versions read, newest first; NULL ends */
    const struct cfg_object *object;
};
enum cfg_kind_id {
    CFG_KIND_INIT,
    CFG_KIND_CLUSTER,
    CFG_KIND_JOIN,
    CFG_KIND_RESET,
    CFG_KIND_UPGRADE,
    CFG_KIND_KUBELET,
    CFG_KIND_PROXY,
    CFG_KIND_COUNT
};
extern const struct cfg_kind cfg_kinds[CFG_KIND_COUNT];
extern const struct cfg_object cfg_object_env_source, cfg_object_logging, cfg_object_taint,
    cfg_object_kubelet, cfg_object_proxy, cfg_object_arg, cfg_object_component, cfg_object_api_server,
    cfg_object_etcd, cfg_object_node, cfg_object_endpoint, cfg_object_timeouts, cfg_object_patches,
    cfg_object_token;

#define CFG_GROUP "kubeadm.k8s.io"
#define CFG_OFF(type, member) offsetof(struct type, member)
#define CFG_OBJECT_OF(fields_, label, type, text)                                                            \
    {                                                                                                        \
        label, sizeof(struct type), fields_, CU_LEN(fields_), text                                           \
    }
#define CFG_DOCUMENT_OF(fields_, label, text)                                                                \
    {                                                                                                        \
        label, 0, fields_, CU_LEN(fields_), text                                                             \
    }

bool cfg_field_in(const struct cfg_field *f, enum cfg_version v);

/* Checks a value against a table. unknown: fields no table has; types: values of another type (fatal for decoding).
 * `doc` gives line and column; may be NULL. */
void cfg_check_object(const struct cfg_object *o, const struct val *v, enum cfg_version version,
                      const struct codec_doc *doc, struct cfg_errors *unknown, struct cfg_errors *types);

/* Fills a zeroed struct from a value that cfg_check_object found no type errors in. Unknown fields are passed over. */
void cfg_decode_object(const struct cfg_object *o, const struct val *v, enum cfg_version version, void *out);
struct val *cfg_encode_object(const struct cfg_object *o, const void *in, enum cfg_version version);
/* Every fallback of the table, at every level, of the fields that `version` has or that only a newer one has. */
void cfg_default_object(const struct cfg_object *o, enum cfg_version version, void *object);
void cfg_clear_object(const struct cfg_object *o,
                      void *object); /* frees the members, not the struct; zeroes it */

/* A time in the form upstream writes: UTC, whole seconds. Caller frees. */
char *cfg_canonical_time(const char *text);

/* A document with exactly the known fields, canonical values and everything that is always written, for the given
 * Kubernetes minor. */
struct val *cfg_complete_document(const struct cfg_object *o, const struct val *v, int minor);

#endif
