/* codec/print_parts.h - what print.c puts together; no other folder includes it. */
#ifndef CODEC_PRINT_PARTS_H
#define CODEC_PRINT_PARTS_H

#include "base/buf.h"
#include "codec/value.h"

/* jsonpath.c: a parsed JSONPath template. */
struct codec_path;
int codec_path_parse(const char *text, struct codec_path **out, struct cu_err *err);
struct codec_path_how {
    bool missing_fails;
    bool as_json; /* the results of every text and action as a JSON list on lines of its own */
};
int codec_path_print(const struct codec_path *p, const struct val *v, const struct codec_path_how *how,
                     struct cu_buf *out, struct cu_err *err);
void codec_path_free(struct codec_path *p); /* NULL is fine */

/* gotemplate.c: a parsed Go template. */
struct codec_template;
int codec_template_parse(const char *text, struct codec_template **out, struct cu_err *err);
int codec_template_print(const struct codec_template *t, const struct val *v, bool missing_fails,
                         struct cu_buf *out, struct cu_err *err);
void codec_template_free(struct codec_template *t); /* NULL is fine */

/* print_kyaml.c: flow-style YAML, ends in a newline. */
void codec_kyaml(const struct val *v, struct cu_buf *out);

#endif
