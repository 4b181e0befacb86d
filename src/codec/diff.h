/* codec/diff.h - two texts line by line in the unified format of diff(1). Hunks are found as Python's difflib finds them
 * (the longest common run of lines first, then what is before and behind it), which is what upstream prints. */
#ifndef CODEC_DIFF_H
#define CODEC_DIFF_H

#include "base/buf.h"

struct codec_diff {
    const char *from_name, *to_name; /* behind "--- " and "+++ " */
    const char *from, *to;
    size_t context; /* equal lines shown round a change */
};

/* Appends the difference; nothing when the texts are equal. Time grows with the product of the numbers of lines. */
void codec_diff_unified(const struct codec_diff *d, struct cu_buf *out);

#endif
