/* config/error.h - findings about a configuration: field path, kind, value, detail; gathered, then told
 * together. */
#ifndef CONFIG_ERROR_H
#define CONFIG_ERROR_H

#include "base/err.h"
#include <stdbool.h>

enum cfg_error_kind {
    CFG_ERR_INVALID,  /* Invalid value */
    CFG_ERR_REQUIRED, /* Required value */
    CFG_ERR_UNKNOWN_FIELD,
    CFG_ERR_DUPLICATE_KEY,
    CFG_ERR_TYPE,         /* a number where a text belongs, and so on */
    CFG_ERR_SYNTAX,       /* not YAML */
    CFG_ERR_NO_KIND,      /* apiVersion or kind missing */
    CFG_ERR_TWICE,        /* one kind in two documents */
    CFG_ERR_OLD_VERSION,  /* an API version no longer read */
    CFG_ERR_UNKNOWN_KIND, /* no such apiVersion and kind */
    CFG_ERR_VERSION,      /* kubernetesVersion is neither a version nor a label */
    CFG_ERR_TOO_OLD,      /* kubernetesVersion below the bound */
    CFG_ERR_OTHER,        /* found while defaulting: address, token, endpoint, CRI socket */
};

struct cfg_error {
    enum cfg_error_kind kind;
    char *field; /* dotted path; "" when the finding has none */
    char *text;  /* the whole sentence */
};
struct cfg_errors {
    struct cfg_error *v;
    size_t n, cap;
};
#define CFG_ERRORS_INIT                                                                                      \
    {                                                                                                        \
        NULL, 0, 0                                                                                           \
    }
#define cfg_autoerrors __attribute__((cleanup(cfg_errors_clear)))

/* Adds "<field>: Invalid value: <value>: <detail>"; value already printed (cfg_quote for text, JSON for
 * others), cut behind 4096 bytes with "...". For CFG_ERR_REQUIRED value is NULL. An exact repetition is dropped, and
 * what comes behind the two hundredth. */
void cfg_errors_add(struct cfg_errors *e, enum cfg_error_kind kind, const char *field, const char *value,
                    const char *detail, ...) CU_PRINTF(5, 6);
/* Adds a sentence of its own. */
void cfg_errors_say(struct cfg_errors *e, enum cfg_error_kind kind, const char *field, const char *fmt, ...)
    CU_PRINTF(4, 5);
char *cfg_quote(const char *s); /* "text" with quotes and escapes as Go writes literals; caller frees */
/* 0 when empty; else -CU_E_INVALID and the texts: one alone as it is, several as "[a, b]". */
int cfg_errors_report(const struct cfg_errors *e, struct cu_err *err);
void cfg_errors_move(struct cfg_errors *to, struct cfg_errors *from); /* appends; to may be NULL: dropped */
void cfg_errors_clear(struct cfg_errors *e);

#endif
