/* The subresource scale: a view of replicas that is the same for every kind (autoscaling/v1 Scale). */
#include "apiserver/strategy.h"
#include "apiserver/table_cells.h"

#include "base/str.h"

struct val *api_scale_of(const struct api_resource *r, const struct val *obj)
{
    static const char *const copied[] = { "name", "namespace", "uid", "resourceVersion",
                                          "creationTimestamp" };
    struct val *scale = val_new_map();
    val_set_str(scale, "kind", "Scale");
    val_set_str(scale, "apiVersion", "autoscaling/v1");
    struct val *meta = val_need_map(scale, "metadata");
    for (size_t i = 0; i < CU_LEN(copied); i++)
        val_set_str(meta, copied[i], val_find_str(obj, "metadata", copied[i], NULL));
    val_set_int(val_need_map(scale, "spec"), "replicas", val_int(val_find(obj, "spec", "replicas", NULL), 0));
    struct val *status = val_need_map(scale, "status");
    val_set_int(status, "replicas", val_int(val_find(obj, "status", "replicas", NULL), 0));
    const struct val *selector = val_find(obj, "spec", "selector", NULL);
    cu_autoval struct val *text = cu_streq(r->resource, "replicationcontrollers")
                                      ? api_cell_labels(selector)
                                      : api_cell_selector(selector);
    if (val_len(selector) > 0)
        val_set_str(status, "selector", val_str(text));
    return scale;
}

int api_scale_apply(const struct api_write *w, const struct val *scale, struct val *obj, struct api_status *s)
{
    const struct val *wanted = val_find(scale, "spec", "replicas", NULL);
    const char *version = val_find_str(scale, "metadata", "resourceVersion", NULL);
    int64_t n = val_int(wanted, 0);

    if (wanted && (val_kind(wanted) != VAL_INT || n < 0 || n > INT32_MAX)) {
        struct api_invalid e = API_INVALID_INIT;
        api_invalid_add(&e, "FieldValueInvalid", "spec.replicas",
                        "Invalid value: %lld: must be greater than or equal to 0", (long long)n);
        return api_invalid_finish(&e, s, "Scale", "autoscaling", w->name);
    }
    val_set_int(val_need_map(obj, "spec"), "replicas", n);
    val_set_str(val_need_map(obj, "metadata"), "resourceVersion", version);
    return 0;
}
