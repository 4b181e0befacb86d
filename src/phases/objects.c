/* phases/objects.c - storing the objects that a phase brings.
 * Must not know what they are for. */
#include "phases/objects.h"

#include "config/types.h"
#include "kube/client.h"

int64_t ph_api_timeout(const struct ph_ctx *c)
{
    return cfg_ms(c->init->timeouts.kubernetes_api_call);
}

int ph_store(struct ph_ctx *c, const struct val *object, struct cu_err *err)
{
    struct kube_client *kube = NULL;
    int r = ph_ctx_kube(c, &kube, err);
    return r < 0 ? r : kube_create_or_update(kube, object, ph_api_timeout(c), err);
}

int ph_store_all(struct ph_ctx *c, struct val *objects, struct cu_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < val_len(objects); i++)
        r = ph_store(c, val_at(objects, i), err);
    val_unref(objects);
    return r;
}
