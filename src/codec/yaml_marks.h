/* codec/yaml_marks.h - the table of positions behind struct codec_doc; filled by the reader alone. */
#ifndef CODEC_YAML_MARKS_H
#define CODEC_YAML_MARKS_H

#include "codec/yaml.h"

struct codec_marks *codec_marks_new(void);
void codec_marks_free(struct codec_marks *m); /* NULL is fine */
/* Copies path; a later call for the same path replaces. */
void codec_marks_set(struct codec_marks *m, const char *path, struct codec_mark key, struct codec_mark value);

#endif
