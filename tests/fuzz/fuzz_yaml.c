/* YAML that is accepted must be written and read again as the same trees; every position must be answerable. */
#include "codec/yaml.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    codec_autodocs struct codec_docs docs = CODEC_DOCS_INIT;
    if (codec_yaml_read((const char *)data, n, 0, &docs, NULL) < 0)
        return 0;
    for (size_t i = 0; i < docs.n; i++) {
        cu_autoval struct val *again = NULL;
        cu_autofree char *text = codec_yaml_dump(docs.v[i].root, CODEC_YAML_SORT);
        cu_autofree char *before = val_dump_json(docs.v[i].root, VAL_JSON_SORT);
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        if (codec_yaml_parse(text, strlen(text), &again, &err) < 0) {
            fprintf(stderr, "%s\n%s\n", cu_err_text(&err), text);
            abort();
        }
        cu_autofree char *after = val_dump_json(again, VAL_JSON_SORT);
        if (strcmp(before, after) != 0) {
            fprintf(stderr, "%s\n%s\n%s\n", before, after, text);
            abort();
        }
        codec_mark_value(&docs.v[i], "a.b[0].c");
    }
    return 0;
}
