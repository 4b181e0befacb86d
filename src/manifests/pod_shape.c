/* What upstream's Pod type asks of a patched manifest: values of the right kind, and quantities in their canonical form
 * (spec init 8). A table of what patches touch, not all of the type. It must not know where the values came from. */
#include "base/str.h"
#include "codec/quantity.h"
#include "manifests/pod_parts.h"
#include <string.h>

enum shape { MAP, LIST, TEXT, NUMBER, FLAG, QUANTITY };

/* Path below the Pod: "*" stands for every entry of a map and every element of a list. Parents stand before children. */
static const struct row {
    const char *path;
    enum shape shape;
} rows[] = {
    { "metadata", MAP },
    { "metadata/name", TEXT },
    { "metadata/namespace", TEXT },
    { "metadata/labels", MAP },
    { "metadata/labels/*", TEXT },
    { "metadata/annotations", MAP },
    { "metadata/annotations/*", TEXT },
    { "spec", MAP },
    { "spec/hostNetwork", FLAG },
    { "spec/hostPID", FLAG },
    { "spec/hostIPC", FLAG },
    { "spec/priority", NUMBER },
    { "spec/priorityClassName", TEXT },
    { "spec/restartPolicy", TEXT },
    { "spec/dnsPolicy", TEXT },
    { "spec/nodeName", TEXT },
    { "spec/terminationGracePeriodSeconds", NUMBER },
    { "spec/nodeSelector", MAP },
    { "spec/nodeSelector/*", TEXT },
    { "spec/securityContext", MAP },
    { "spec/securityContext/runAsUser", NUMBER },
    { "spec/securityContext/runAsGroup", NUMBER },
    { "spec/tolerations", LIST },
    { "spec/tolerations/*", MAP },
    { "spec/hostAliases", LIST },
    { "spec/hostAliases/*", MAP },
    { "spec/volumes", LIST },
    { "spec/volumes/*", MAP },
    { "spec/volumes/*/name", TEXT },
    { "spec/volumes/*/hostPath", MAP },
    { "spec/volumes/*/hostPath/path", TEXT },
    { "spec/volumes/*/hostPath/type", TEXT },
    { "spec/volumes/*/emptyDir", MAP },
    { "spec/volumes/*/emptyDir/sizeLimit", QUANTITY },
    { "spec/containers", LIST },
    { "spec/initContainers", LIST },
};

/* The same below each container. */
static const struct row container_rows[] = {
    { "name", TEXT },
    { "image", TEXT },
    { "imagePullPolicy", TEXT },
    { "workingDir", TEXT },
    { "command", LIST },
    { "command/*", TEXT },
    { "args", LIST },
    { "args/*", TEXT },
    { "env", LIST },
    { "env/*", MAP },
    { "env/*/name", TEXT },
    { "env/*/value", TEXT },
    { "ports", LIST },
    { "ports/*", MAP },
    { "ports/*/containerPort", NUMBER },
    { "ports/*/hostPort", NUMBER },
    { "volumeMounts", LIST },
    { "volumeMounts/*", MAP },
    { "volumeMounts/*/name", TEXT },
    { "volumeMounts/*/mountPath", TEXT },
    { "volumeMounts/*/readOnly", FLAG },
    { "securityContext", MAP },
    { "securityContext/privileged", FLAG },
    { "securityContext/runAsUser", NUMBER },
    { "livenessProbe", MAP },
    { "livenessProbe/*Seconds", NUMBER },
    { "livenessProbe/*Threshold", NUMBER },
    { "readinessProbe", MAP },
    { "readinessProbe/*Seconds", NUMBER },
    { "readinessProbe/*Threshold", NUMBER },
    { "startupProbe", MAP },
    { "startupProbe/*Seconds", NUMBER },
    { "startupProbe/*Threshold", NUMBER },
    { "resources", MAP },
    { "resources/requests", MAP },
    { "resources/requests/*", QUANTITY },
    { "resources/limits", MAP },
    { "resources/limits/*", QUANTITY },
};

static const char *const shape_names[] = { "map", "list", "string", "integer", "bool", "quantity" };

/* Where the walk stands: the whole path for messages, and what holds the value, to replace it. */
struct place {
    const char *path;   /* of the row, from here on */
    const char *so_far; /* names gone down, "spec.containers[0]" */
    enum shape shape;
};

/* A number is a quantity too: "cpu: 0.5". */
static char *quantity(const struct val *v)
{
    cu_autofree char *text = val_kind(v) == VAL_INT || val_kind(v) == VAL_REAL ? val_dump_json(v, 0) : NULL;
    const char *given = text ? text : val_str(v);
    return given ? codec_quantity(given) : NULL;
}

static bool fits(const struct val *v, enum shape shape)
{
    switch (shape) {
    case MAP: return val_is_map(v);
    case LIST: return val_is_list(v);
    case TEXT: return val_kind(v) == VAL_STRING;
    case NUMBER: return val_kind(v) == VAL_INT;
    case FLAG: return val_kind(v) == VAL_BOOL;
    case QUANTITY: break;
    }
    cu_autofree char *canonical = quantity(v);
    return canonical != NULL;
}

static int walk(struct val *at, const struct place *p, struct cu_err *err);

/* A value the row may name: the row's last word checks it, the others go on below it. */
static int step(struct val *child, const struct place *p, const char *name, struct cu_err *err)
{
    const char *rest = strchr(p->path, '/');
    cu_autofree char *here = cu_asprintf("%s%s%s", p->so_far, *p->so_far && *name != '[' ? "." : "", name);
    if (val_kind(child) == VAL_NULL)
        return 0; /* as if it were absent */
    if (rest)
        return walk(child, &(struct place){ rest + 1, here, p->shape }, err);
    if (fits(child, p->shape))
        return 0;
    return cu_fail(err, CU_E_INVALID, "the patches leave a %s in %s, which must be a %s",
                   val_kind_name(child), here, shape_names[p->shape]);
}

/* "*" is every name, "*Seconds" every one that ends so, any other word itself. */
static bool matches(const char *word, size_t n, const char *name)
{
    if (*word != '*')
        return strlen(name) == n && strncmp(word, name, n) == 0;
    size_t len = strlen(name);
    return len >= n - 1 && strncmp(name + len - (n - 1), word + 1, n - 1) == 0;
}

static int walk(struct val *at, const struct place *p, struct cu_err *err)
{
    size_t n = strcspn(p->path, "/");
    struct val_iter it = VAL_ITER_INIT;
    const char *name;
    struct val *child;
    int r = 0;
    while (r == 0 && val_next(at, &it, &name, &child))
        if (matches(p->path, n, name))
            r = step(child, p, name, err);
    for (size_t i = 0; r == 0 && val_is_list(at) && i < val_len(at); i++) {
        cu_autofree char *index = cu_asprintf("[%zu]", i);
        r = step(val_at(at, i), p, index, err);
    }
    return r;
}

static int walk_rows(struct val *at, const struct row *v, size_t n, const char *so_far, struct cu_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = walk(at, &(struct place){ v[i].path, so_far, v[i].shape }, err);
    return r;
}

static void canonical_resources(struct val *container)
{
    static const char *const lists[] = { "requests", "limits" };
    for (size_t k = 0; k < CU_LEN(lists); k++) {
        struct val *old = val_find(container, "resources", lists[k], NULL), *child;
        struct val_iter it = VAL_ITER_INIT;
        const char *name;
        struct val *now = val_new_map();
        while (val_next(old, &it, &name, &child)) {
            cu_autofree char *text = quantity(child);
            val_set_str(now, name, text);
        }
        if (val_len(now))
            val_set(val_get(container, "resources"), lists[k], now);
        else
            val_unref(now);
    }
}

int mf_pod_shape(struct val *pod, struct cu_err *err)
{
    static const char *const lists[] = { "containers", "initContainers" };
    int r = walk_rows(pod, rows, CU_LEN(rows), "", err);
    for (size_t k = 0; r == 0 && k < CU_LEN(lists); k++) {
        struct val *containers = val_find(pod, "spec", lists[k], NULL);
        for (size_t i = 0; r == 0 && i < val_len(containers); i++) {
            cu_autofree char *where = cu_asprintf("spec.%s[%zu]", lists[k], i);
            struct val *container = val_at(containers, i);
            if (!val_is_map(container))
                return cu_fail(err, CU_E_INVALID, "after the patches %s is of kind %s and must be a map",
                               where, val_kind_name(container));
            r = walk_rows(container, container_rows, CU_LEN(container_rows), where, err);
            if (r == 0)
                canonical_resources(container);
        }
    }
    return r;
}
