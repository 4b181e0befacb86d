/* JSON that is accepted must be written and read again as the same tree. */
#include "codec/value.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    cu_autoval struct val *v = NULL, *again = NULL;
    if (val_parse_json((const char *)data, n, &v, NULL) < 0)
        return 0;
    cu_autofree char *text = val_dump_json(v, VAL_JSON_INDENT);
    if (val_parse_json(text, strlen(text), &again, NULL) < 0)
        abort();
    cu_autofree char *sorted = val_dump_json(v, VAL_JSON_SORT),
                     *sorted_again = val_dump_json(again, VAL_JSON_SORT);
    if (strcmp(sorted, sorted_again) != 0)
        abort();
    return 0;
}
