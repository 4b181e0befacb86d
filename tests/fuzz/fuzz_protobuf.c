/* Bodies in Kubernetes protobuf: whatever is accepted must be an object that fits its own type. */
#include "apiserver/fields.h"
#include "apiserver/protobuf.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    cu_autoval struct val *v = NULL;
    cu_autostrlist struct cu_strlist unknown = CU_STRLIST_INIT;
    if (api_protobuf_decode(data, n, &v, NULL) < 0)
        return 0;
    const char *gv = val_get_str(v, "apiVersion"), *kind = val_get_str(v, "kind");
    if (!gv || !kind)
        abort();
    cu_autofree char *json = val_dump_json(v, VAL_JSON_SORT);
    cu_autoval struct val *again = NULL;
    if (val_parse_json(json, strlen(json), &again, NULL) < 0)
        abort();
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    cu_strlist_split(&parts, gv, '/');
    /* A quantity is text on the wire and may be wrong; that alone may be refused. */
    if (api_conform(parts.n == 2 ? parts.v[0] : "", parts.n == 2 ? parts.v[1] : gv, kind, v, &unknown,
                    NULL) == 0 &&
        unknown.n > 0)
        abort();
    return 0;
}
