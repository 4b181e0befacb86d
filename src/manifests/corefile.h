/* manifests/corefile.h - Corefiles as data, and what CoreDNS's versions changed in them (spec init 11.2). A Corefile is a
 * list of blocks {keys: [text], plugins: [{words: [text], options: [[text]]}]}. */
#ifndef MANIFESTS_COREFILE_H
#define MANIFESTS_COREFILE_H

#include "base/err.h"
#include "codec/value.h"

/* Reads a Corefile; NULL text is an empty one. CU_E_INVALID: braces that do not match, or deeper than options. */
int mf_corefile_parse(const char *text, struct val **out, struct cu_err *err);
char *mf_corefile_text(const struct val *corefile); /* caller frees */

/* Does a Corefile of `from` ("1.6.2", a leading v is fine) need a change before CoreDNS `to` takes it? False for an empty
 * `from` and for the same version. CU_E_INVALID: a version that is not known. */
int mf_corefile_needs_migration(const char *text, const char *from, const char *to, bool *needs,
                                struct cu_err *err);
/* The Corefile as `to` wants it; *out owned by the caller. CU_E_INVALID: it cannot be read, or a rule does not fit. */
int mf_corefile_migrate(const char *text, const char *from, const char *to, char **out, struct cu_err *err);

#endif
