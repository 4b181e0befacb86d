/* Input: a selector, a NUL byte, labels or an object as JSON. A selector that strangers send must end in an answer,
 * the same for a copy of the object. */
#include "codec/selector.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void labels(const char *text, const struct val *object, const struct val *copy)
{
    struct codec_labels *s = NULL, *of = NULL;
    if (codec_labels_parse(text, &s, NULL) == 0)
        check(codec_labels_match(s, object) == codec_labels_match(s, copy));
    codec_labels_free(s);
    if (codec_labels_from_val(object, false, &of, NULL) == 0)
        (void)codec_labels_match(of, copy);
    codec_labels_free(of);
}

static void fields(const char *text, const struct val *object, const struct val *copy)
{
    struct codec_fields *s = NULL;
    const char *path, *value;
    bool negated;
    if (codec_fields_parse(text, &s, NULL) < 0)
        return;
    check(codec_fields_match(s, object) == codec_fields_match(s, copy));
    for (size_t i = 0; codec_fields_at(s, i, &path, &value, &negated); i++) {
        const char *exact = codec_fields_exact(s, path);
        check(negated || exact);
    }
    codec_fields_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const uint8_t *end = memchr(data, 0, n);
    cu_autoval struct val *v = NULL;
    if (!end || val_parse_json((const char *)end + 1, n - (size_t)(end - data) - 1, &v, NULL) < 0)
        return 0;
    cu_autoval struct val *copy = val_copy(v);
    labels((const char *)data, v, copy);
    fields((const char *)data, v, copy);
    return 0;
}
