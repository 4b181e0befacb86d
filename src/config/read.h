/* config/read.h - a configuration file as its documents: which kind each is, and its checks before decoding.
 * Internal to config. */
#ifndef CONFIG_READ_H
#define CONFIG_READ_H

#include "config/field.h"

struct cfg_source {
    const struct codec_doc *doc; /* borrowed from docs */
    char *group, *version, *kind;
    char *gvk;            /* "<group>/<version>, Kind=<kind>" */
    enum cfg_kind_id id;  /* by kind name, whatever the version; CFG_KIND_COUNT: none of ours */
    bool known;           /* this group, version and kind is read */
    enum cfg_version api; /* kubeadm kinds that are known */
};
struct cfg_file {
    char *text;
    struct codec_docs docs;
    struct cfg_source *v; /* sorted by gvk */
    size_t n;
};
#define CFG_FILE_INIT                                                                                        \
    {                                                                                                        \
        NULL, CODEC_DOCS_INIT, NULL, 0                                                                       \
    }
#define cfg_autofile __attribute__((cleanup(cfg_file_clear)))

/* Reads the file at `path`, or takes `text` when that is not NULL. Findings: no YAML, no kind, a kind twice. -code with err set when the
 * file cannot be read; 0 otherwise, also when there are findings. */
int cfg_file_open(const char *path, const char *text, struct cfg_file *f, struct cfg_errors *e,
                  struct cu_err *err);
void cfg_file_clear(struct cfg_file *f);

/* The document of a kind name; NULL when there is none. */
const struct cfg_source *cfg_file_find(const struct cfg_file *f, enum cfg_kind_id id);

/* An API version that was read once and no more: v1alpha1 to v1beta2. */
bool cfg_is_old_version(const struct cfg_source *s);
/* A kind of the kubelet's group that is no configuration, such as CredentialProviderConfig: known, and read by nobody. */
bool cfg_is_foreign_kind(const struct cfg_source *s);

/* Old API versions, unknown kinds, duplicate and unknown fields, wrong types (spec config 11). Unless strict all of it
 * is one warning; an unknown kind and a wrong type are errors too when the document is used. */
void cfg_source_check(const struct cfg_source *s, bool used, const struct cfg_load_options *o,
                      struct cfg_errors *e);

/* The pipelines on an opened file (load.c). */
int cfg_load_init_file(const struct cfg_file *f, const struct cfg_load_options *o, struct cfg_init **out,
                       struct cu_err *err);
int cfg_load_join_file(const struct cfg_file *f, const struct cfg_load_options *o, struct cfg_join **out,
                       struct cu_err *err);
int cfg_load_reset_file(const struct cfg_file *f, const struct cfg_load_options *o, struct cfg_reset **out,
                        struct cu_err *err);
int cfg_load_upgrade_file(const struct cfg_file *f, const struct cfg_load_options *o,
                          struct cfg_upgrade **out, struct cu_err *err);

#endif
