/* The signature that tells a generated ConfigMap from one a user changed (spec config 14.4).
 * Must not know which ConfigMaps carry one. */
#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/component.h"
#include "pki/hash.h"
#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Values in key order, one behind the other; those of binaryData decoded. */
static void add_values(struct cu_buf *out, const struct val *map, bool binary)
{
    cu_autofree const char **keys = cu_calloc(val_len(map) + 1, sizeof(*keys));
    struct val_iter it = VAL_ITER_INIT;
    struct val *child;
    size_t n = 0;

    while (val_next(map, &it, &keys[n], &child))
        n++;
    qsort(keys, n, sizeof(*keys), by_name);
    for (size_t i = 0; i < n; i++) {
        const char *text = cu_or(val_get_str(map, keys[i]), "");
        cu_autofree uint8_t *bytes = NULL;
        size_t len;

        if (!binary)
            cu_buf_add(out, text);
        else if (cu_unbase64(text, &bytes, &len, NULL) == 0)
            cu_buf_addn(out, bytes, len);
    }
}

char *cfg_config_map_hash(const struct val *config_map)
{
    cu_autobuf struct cu_buf all = CU_BUF_INIT(LIM_TEXT);

    add_values(&all, val_get(config_map, "data"), false);
    add_values(&all, val_get(config_map, "binaryData"), true);
    cu_autofree char *hex = pki_sha256_hex(cu_buf_str(&all), all.len);
    return cu_asprintf("sha256:%s", hex);
}
