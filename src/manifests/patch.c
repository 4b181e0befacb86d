/* Patches of the user on generated objects (spec init 8, config 20.2).
 * Must not know how the patches were found. */
#include "codec/patch.h"
#include "base/str.h"
#include "manifests/pod_parts.h"
#include <string.h>

/* Fields the Pod type leaves out when they hold their zero value; all others keep it. */
static const char *const omitted_when_zero[] = {
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "readOnly",
    "stdin",
    "stdinOnce",
    "tty",
    "initialDelaySeconds",
    "periodSeconds",
    "timeoutSeconds",
    "failureThreshold",
    "successThreshold",
    "hostPort",
    "value",
    "host",
    "path",
    "scheme",
    "image",
    "imagePullPolicy",
    "priorityClassName",
    "restartPolicy",
    "dnsPolicy",
    "serviceAccountName",
    "nodeName",
    "hostname",
    "subdomain",
    "schedulerName",
    "workingDir",
    "subPath",
    "protocol",
    "hostIP",
};

static bool is_zero(const struct val *v)
{
    switch (val_kind(v)) {
    case VAL_NULL: return true;
    case VAL_BOOL: return !val_bool(v, true);
    case VAL_INT: return val_int(v, 1) == 0;
    case VAL_STRING: return *val_str(v) == 0;
    case VAL_LIST: return val_len(v) == 0;
    case VAL_REAL:
    case VAL_MAP: break;
    }
    return false;
}

static bool leave_out(const char *key, const struct val *v)
{
    if (val_kind(v) == VAL_NULL || (val_is_list(v) && val_len(v) == 0))
        return true;
    for (size_t i = 0; i < CU_LEN(omitted_when_zero); i++)
        if (strcmp(omitted_when_zero[i], key) == 0)
            return is_zero(v);
    return false;
}

static struct val *tidied(const struct val *v)
{
    if (val_is_map(v)) {
        struct val *map = val_new_map(), *child;
        const char *key;
        struct val_iter it = VAL_ITER_INIT;
        while (val_next(v, &it, &key, &child))
            if (!leave_out(key, child))
                val_set(map, key, tidied(child));
        return map;
    }
    if (val_is_list(v)) {
        struct val *list = val_new_list();
        for (size_t i = 0; i < val_len(v); i++)
            val_append(list, tidied(val_at(v, i)));
        return list;
    }
    return val_ref(v);
}

/* Containers always show their resources, a Pod its status. */
static struct val *as_pod(const struct val *v)
{
    static const char *const lists[] = { "containers", "initContainers" };
    struct val *pod = tidied(v);
    for (size_t k = 0; k < CU_LEN(lists); k++) {
        const struct val *containers = val_find(pod, "spec", lists[k], NULL);
        for (size_t i = 0; i < val_len(containers); i++)
            val_need_map(val_at(containers, i), "resources");
    }
    val_need_map(pod, "status");
    return pod;
}

static int apply(const struct val *object, const struct cfg_patch *p, struct val **out, struct cu_err *err)
{
    switch (p->type) {
    case CFG_PATCH_JSON: return codec_patch_json(object, p->doc, out, err);
    case CFG_PATCH_MERGE: codec_patch_merge(object, p->doc, out); return 0;
    case CFG_PATCH_STRATEGIC: break;
    }
    return codec_patch_strategic(
        object, p->doc, codec_merge_lookup(val_get_str(object, "apiVersion"), val_get_str(object, "kind")),
        out, err);
}

int mf_apply_patches(struct val **object, const char *target, const struct cfg_patch_set *patches,
                     struct cu_strlist *applied, struct cu_err *err)
{
    cu_autoval struct val *result = val_ref(*object);
    bool pod = cu_streq(val_get_str(*object, "kind"), "Pod"), any = false;
    for (size_t i = 0; patches && i < patches->n; i++) {
        const struct cfg_patch *p = &patches->v[i];
        struct val *next = NULL;
        if (!cu_streq(p->target, target))
            continue;
        if (apply(result, p, &next, err) < 0)
            return cu_wrap(err, "patch %s of type %s on %s", p->path, cfg_patch_type_name(p->type), target);
        val_unref(result);
        result = next;
        any = true;
        if (applied)
            cu_strlist_add(applied, cfg_patch_type_name(p->type));
    }
    if (!any)
        return 0;
    if (!val_is_map(result))
        return cu_fail(err, CU_E_INVALID, "the patches for %s leave a %s instead of an object", target,
                       val_kind_name(result));
    struct val *done = val_copy(result);
    if (pod) {
        int r = mf_pod_shape(done, err);
        if (r < 0) {
            val_unref(done);
            (void)cu_wrap(err, "the patched manifest of %s is no Pod", target);
            return r;
        }
        val_unref(result);
        result = done;
        done = as_pod(result);
    }
    val_unref(*object);
    *object = done;
    return 0;
}
