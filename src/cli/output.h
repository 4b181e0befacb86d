/* cli/output.h - what commands with structured output (-o) share (spec operations 3). */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli/flag.h"
#include "codec/print.h"

/* Member of an options struct, and its three flags; `at`: offset of the member. */
struct cli_output {
    char *format;
    bool allow_missing_template_keys, show_managed_fields;
};
#define CLI_OUTPUT_FLAGS(at)                                                                                 \
    { .name = "output",                                                                                      \
      .shorthand = 'o',                                                                                      \
      .type = CLI_STRING,                                                                                    \
      .offset = (at) + offsetof(struct cli_output, format),                                                  \
      .dflt = "text",                                                                                        \
      .offers = codec_printer_formats,                                                                       \
      .usage = "`format`: text|json|yaml|kyaml|go-template|go-template-file|template|templatefile|jsonpath|" \
               "jsonpath-as-json|jsonpath-file" },                                                           \
        { .name = "allow-missing-template-keys",                                                             \
          .type = CLI_BOOL,                                                                                  \
          .offset = (at) + offsetof(struct cli_output, allow_missing_template_keys),                         \
          .dflt = "true",                                                                                    \
          .usage = "templates: a missing field or key is no error" },                                        \
    {                                                                                                        \
        .name = "show-managed-fields", .type = CLI_BOOL,                                                     \
        .offset = (at) + offsetof(struct cli_output, show_managed_fields),                                   \
        .usage = "json and yaml: keep managedFields; there are none here"                                    \
    }

/* As codec_printer_new(), with the wrapping upstream gives its error. *out: free with codec_printer_free. */
int cli_output_printer(const struct cli_output *o, struct codec_printer **out, struct cu_err *err);
/* Prints one object; the printer is none for text. */
int cli_output_print(struct codec_printer *p, const struct val *object, FILE *out, struct cu_err *err);
/* An object of output.kubeadm.k8s.io/v1alpha3. Caller owns. */
struct val *cli_output_object(const char *kind);

#endif
