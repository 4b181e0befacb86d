/* codec/print.h - the printers behind -o (spec operations 3): json, yaml, jsonpath, go-template and their variants. */
#ifndef CODEC_PRINT_H
#define CODEC_PRINT_H

#include "base/buf.h"
#include "base/strlist.h"
#include "codec/value.h"

struct codec_printer; /* opaque */

struct codec_print_options {
    bool missing_keys_fail; /* templates: an absent key is an error instead of nothing or "<no value>" */
};

/* format: the value of -o: "text", "json", "yaml", "kyaml", "jsonpath=T", "jsonpath-file=F", "jsonpath-as-json=T",
 * "go-template=T" or "template=T", "go-template-file=F" or "templatefile=F". Templates are parsed here.
 * The environment's KUBECTL_KYAML=false takes "kyaml" out.
 * CU_E_INVALID on an unknown format (naming all known ones) or a bad template; file errors as cu_file_read. */
int codec_printer_new(const char *format, const struct codec_print_options *options,
                      struct codec_printer **out, struct cu_err *err);
/* Appends the names of all formats. */
void codec_printer_formats(struct cu_strlist *out);
/* True for "text" and "": the command prints its own text, codec_print must not be called. */
bool codec_printer_is_text(const struct codec_printer *p);
/* Appends one object: json and yaml end in a newline, templates get none. YAML objects after the first are preceded
 * by a line "---". */
int codec_print(struct codec_printer *p, const struct val *v, struct cu_buf *out, struct cu_err *err);
void codec_printer_free(struct codec_printer *p); /* NULL is fine */

/* A row of cells separated by TAB to aligned columns as Go's tabwriter does with minimum width 10, padding 3 (spec
 * operations 3.2). Lines end in '\n'. Caller frees. */
char *codec_print_table(const char *tabbed_lines);

#endif
