/* Input: documents "doc" and "patch" separated by "---". No patch may change its document, and merging the same merge
 * patch twice must give what merging it once gave. */
#include "codec/patch.h"
#include "codec/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    codec_autodocs struct codec_docs docs = CODEC_DOCS_INIT;
    if (codec_yaml_read((const char *)data, n, 0, &docs, NULL) < 0 || docs.n < 2)
        return 0;
    const struct val *doc = docs.v[0].root, *patch = docs.v[1].root;
    cu_autoval struct val *before = val_copy(doc), *once = NULL, *twice = NULL, *json = NULL,
                          *strategic = NULL;
    codec_patch_merge(doc, patch, &once);
    codec_patch_merge(once, patch, &twice);
    if (!val_equal(once, twice))
        abort();
    (void)codec_patch_json(doc, patch, &json, NULL);
    (void)codec_patch_strategic(doc, patch, codec_merge_lookup("v1", "Pod"), &strategic, NULL);
    if (!val_equal(doc, before))
        abort();
    return 0;
}
