/* kube/retry.c - writes and reads that are tried again until they succeed, time is over, or a cause is found that
 * waiting cannot mend (spec init 13.1; upstream retries those too, for the full minute: docs/differences.md).
 * Must not know how requests are sent. */
#include "kube/client.h"

#include "base/timefmt.h"
#include "base/wait.h"
#include "kube/client_internal.h"

#define INTERVAL_MS 500
#define LIMIT_MS 60000

struct attempt {
    struct kube_client *c;
    const struct val *obj;
    int (*once)(struct attempt *a, struct cu_err *err);
    int (*change)(void *arg, struct val *found, struct cu_err *err);
    void *change_arg;
    const char *path;
    struct val *got;
    int last; /* code of the last failure */
};

/* Answers that stay the same however often one asks. A Forbidden is not among them: right after init an API
 * server may not have its authorization rules yet. */
static bool is_final(int code)
{
    return code == -CU_E_INVALID || code == -CU_E_AUTH || code == -CU_E_FINAL || code == -CU_E_CANCELED;
}

static enum cu_wait_state probe(void *arg, char **missing, struct cu_err *err)
{
    struct attempt *a = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    a->last = a->once(a, &e);
    if (a->last == 0)
        return CU_WAIT_DONE;
    if (is_final(a->last)) {
        cu_err_move(err, &e);
        return CU_WAIT_FINAL;
    }
    *missing = cu_strdup(cu_err_text(&e));
    return CU_WAIT_PENDING;
}

static int attempt_until(struct attempt *a, const char *what, int64_t interval_ms, int64_t timeout_ms,
                         struct cu_err *err)
{
    struct cu_wait w = { .what = what,
                         .timeout_ms = timeout_ms ? timeout_ms : LIMIT_MS,
                         .interval_ms = interval_ms ? interval_ms : INTERVAL_MS,
                         .probe = probe,
                         .arg = a };
    return cu_wait_for(&w, err);
}

static char *describe(const char *verb, const struct val *obj)
{
    const char *name = val_find_str(obj, "metadata", "name", NULL);
    return cu_asprintf("the API server to %s %s \"%s\"", verb,
                       val_get_str(obj, "kind") ? val_get_str(obj, "kind") : "object", name ? name : "");
}

static int create_once(struct attempt *a, struct val **out, struct cu_err *err)
{
    cu_autofree char *path = kube_object_path(a->obj, false);
    if (!path)
        return cu_fail(err, CU_E_INVALID, "no resource is known for kind \"%s\"",
                       val_get_str(a->obj, "kind"));
    return kube_create(a->c, path, a->obj, out, err);
}

static int create_or_update_once(struct attempt *a, struct cu_err *err)
{
    int r = create_once(a, NULL, err);
    if (r != -CU_E_EXISTS && !(r == -CU_E_INVALID && val_find_str(a->obj, "spec", "clusterIP", NULL)))
        return r;
    /* a Service whose fixed address is taken answers Invalid, not AlreadyExists (spec apiserver 3.12) */
    cu_autofree char *path = kube_object_path(a->obj, true);
    return kube_update(a->c, path, a->obj, NULL, err);
}

int kube_create_or_update(struct kube_client *c, const struct val *obj, int64_t timeout_ms,
                          struct cu_err *err)
{
    struct attempt a = { .c = c, .obj = obj, .once = create_or_update_once };
    cu_autofree char *what = describe("store", obj);
    return attempt_until(&a, what, 0, timeout_ms, err);
}

static int create_or_retain_once(struct attempt *a, struct cu_err *err)
{
    cu_autofree char *path = kube_object_path(a->obj, true);
    int r = path ? kube_get(a->c, path, NULL, NULL, err) : 0;
    return r == -CU_E_NOTFOUND || !path ? create_once(a, NULL, err) : r;
}

int kube_create_or_retain(struct kube_client *c, const struct val *obj, int64_t timeout_ms,
                          struct cu_err *err)
{
    struct attempt a = { .c = c, .obj = obj, .once = create_or_retain_once };
    cu_autofree char *what = describe("store", obj);
    return attempt_until(&a, what, 0, timeout_ms, err);
}

static int create_or_mutate_once(struct attempt *a, struct cu_err *err)
{
    int r = create_once(a, NULL, err);
    if (r != -CU_E_EXISTS)
        return r;
    cu_autofree char *path = kube_object_path(a->obj, true);
    cu_autoval struct val *found = NULL;
    r = kube_get(a->c, path, NULL, &found, err);
    if (r == 0)
        r = a->change(a->change_arg, found, err);
    return r < 0 ? r : kube_update(a->c, path, found, NULL, err);
}

int kube_create_or_mutate(struct kube_client *c, const struct val *obj,
                          int (*change)(void *arg, struct val *found, struct cu_err *err), void *arg,
                          int64_t timeout_ms, struct cu_err *err)
{
    struct attempt a = {
        .c = c, .obj = obj, .once = create_or_mutate_once, .change = change, .change_arg = arg
    };
    cu_autofree char *what = describe("store", obj);
    return attempt_until(&a, what, 0, timeout_ms, err);
}

static int get_once(struct attempt *a, struct cu_err *err)
{
    return kube_get(a->c, a->path, NULL, &a->got, err);
}

int kube_get_retry(struct kube_client *c, const char *path, int64_t interval_ms, int64_t timeout_ms,
                   struct val **out, struct cu_err *err)
{
    struct attempt a = { .c = c, .path = path, .once = get_once };
    cu_autofree char *what = cu_asprintf("the API server to answer GET %s", path);
    int r = attempt_until(&a, what, interval_ms, timeout_ms, err);
    if (r == -CU_E_TIMEOUT && a.last) { /* callers act on why it failed, not on that time is over */
        if (err)
            err->code = (enum cu_code)(-a.last);
        return a.last;
    }
    if (r == 0)
        *out = a.got;
    return r;
}
