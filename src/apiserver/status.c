/* apiserver/status.c - failures as metav1.Status objects, and field errors gathered into one.
 * Must not know HTTP or the handlers. */
#include "apiserver/request.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include <stdarg.h>
#include <string.h>

void api_user_clear(struct api_user *u)
{
    free(u->name);
    free(u->uid);
    cu_strlist_clear(&u->groups);
    val_unref(u->extra);
    *u = (struct api_user){ 0 };
}

void api_status_clear(struct api_status *s)
{
    val_unref(s->body);
    *s = (struct api_status)API_STATUS_INIT;
}

/* Takes details (NULL: none). */
static int fail(struct api_status *s, int code, const char *reason, const char *message, struct val *details)
{
    struct val *b = val_new_map();
    val_set_str(b, "kind", "Status");
    val_set_str(b, "apiVersion", "v1");
    val_set(b, "metadata", val_new_map());
    val_set_str(b, "status", "Failure");
    val_set_str(b, "message", message);
    if (!cu_is_empty(reason))
        val_set_str(b, "reason", reason);
    if (details)
        val_set(b, "details", details);
    val_set_int(b, "code", code);
    api_status_clear(s);
    *s = (struct api_status){ code, b };
    return -1;
}

static struct val *details_of(const char *name, const char *group, const char *kind)
{
    struct val *d = val_new_map();
    if (!cu_is_empty(name))
        val_set_str(d, "name", name);
    if (!cu_is_empty(group))
        val_set_str(d, "group", group);
    if (!cu_is_empty(kind))
        val_set_str(d, "kind", kind);
    return d;
}

/* `configmaps "a"`, `roles.rbac.authorization.k8s.io "r"`; without the name when there is none. Caller frees.
 */
static char *object_text(const char *kind, const char *group, const char *name)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    cu_buf_add(&b, kind);
    if (!cu_is_empty(group))
        cu_buf_addf(&b, ".%s", group);
    if (!cu_is_empty(name))
        cu_buf_addf(&b, " \"%s\"", name);
    return cu_strdup(cu_buf_str(&b));
}

int api_fail(struct api_status *s, int code, const char *reason, const char *fmt, ...)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    va_list ap;
    va_start(ap, fmt);
    cu_buf_vaddf(&b, fmt, ap);
    va_end(ap);
    return fail(s, code, reason, cu_buf_str(&b), NULL);
}

int api_fail_unavailable(struct api_status *s, bool again, const char *why)
{
    struct val *details = again ? val_new_map() : NULL;
    if (again)
        val_set_int(details, "retryAfterSeconds", 1); /* becomes the header Retry-After too */
    return fail(s, 503, "ServiceUnavailable", why, details);
}

int api_fail_bad_request(struct api_status *s, const char *fmt, ...)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    va_list ap;
    va_start(ap, fmt);
    cu_buf_vaddf(&b, fmt, ap);
    va_end(ap);
    return fail(s, 400, "BadRequest", cu_buf_str(&b), NULL);
}

static int fail_object(struct api_status *s, int code, const char *reason, const struct api_resource *r,
                       const char *name, const char *after)
{
    const char *kind = r ? r->resource : "", *group = r ? r->group : "";
    cu_autofree char *object = object_text(kind, group, name);
    cu_autofree char *message = cu_asprintf("%s%s", object, after);
    return fail(s, code, reason, message, details_of(name, group, kind));
}

int api_fail_not_found(struct api_status *s, const struct api_resource *r, const char *name)
{
    return fail_object(s, 404, "NotFound", r, name, " not found");
}

int api_fail_exists(struct api_status *s, const struct api_resource *r, const char *name)
{
    return fail_object(s, 409, "AlreadyExists", r, name, " already exists");
}

int api_fail_forbidden(struct api_status *s, const struct api_resource *r, const char *name, const char *text)
{
    cu_autofree char *after = cu_asprintf(" is forbidden: %s", text);
    return fail_object(s, 403, "Forbidden", r, name, after);
}

int api_fail_conflict(struct api_status *s, const struct api_resource *r, const char *name, const char *text)
{
    const char *kind = r ? r->resource : "", *group = r ? r->group : "";
    cu_autofree char *object = object_text(kind, group, name);
    cu_autofree char *message = cu_asprintf("Operation cannot be fulfilled on %s: %s", object, text);
    return fail(s, 409, "Conflict", message, details_of(name, group, kind));
}

int api_fail_denied(struct api_status *s, const struct api_attributes *a, const char *why)
{
    const char *user = a->user && a->user->name ? a->user->name : "";
    const char *colon = cu_is_empty(why) ? "" : ": ";
    if (!a->resource_request) {
        cu_autofree char *m = cu_asprintf("forbidden: User \"%s\" cannot %s path \"%s\"%s%s", user, a->verb,
                                          a->path, colon, cu_or(why, ""));
        return fail(s, 403, "Forbidden", m, val_new_map());
    }
    cu_autofree char *object = object_text(a->resource, a->group, a->name);
    cu_autofree char *where =
        *a->ns ? cu_asprintf("in the namespace \"%s\"", a->ns) : cu_strdup("at the cluster scope");
    cu_autofree char *m =
        cu_asprintf("%s is forbidden: User \"%s\" cannot %s resource \"%s%s%s\" in API group \"%s\" "
                    "%s%s%s",
                    object, user, a->verb, a->resource, *a->subresource ? "/" : "", a->subresource, a->group,
                    where, colon, cu_or(why, ""));
    return fail(s, 403, "Forbidden", m, details_of(a->name, a->group, a->resource));
}

void api_invalid_add(struct api_invalid *e, const char *reason, const char *field, const char *fmt, ...)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    va_list ap;
    va_start(ap, fmt);
    cu_buf_vaddf(&b, fmt, ap);
    va_end(ap);
    if (!e->causes)
        e->causes = val_new_list();
    struct val *c = val_new_map();
    val_set_str(c, "reason", reason);
    val_set_str(c, "message", cu_buf_str(&b));
    val_set_str(c, "field", field);
    val_append(e->causes, c);
}

int api_invalid_finish(struct api_invalid *e, struct api_status *s, const char *kind, const char *group,
                       const char *name)
{
    size_t n = val_len(e->causes);
    if (n == 0) {
        val_unref(e->causes);
        e->causes = NULL;
        return 0;
    }
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    cu_buf_add(&b, kind);
    if (!cu_is_empty(group))
        cu_buf_addf(&b, ".%s", group);
    cu_buf_addf(&b, " \"%s\" is invalid: %s", cu_or(name, ""), n > 1 ? "[" : "");
    for (size_t i = 0; i < n; i++) {
        struct val *c = val_at(e->causes, i);
        cu_buf_addf(&b, "%s%s: %s", i ? ", " : "", val_get_str(c, "field"), val_get_str(c, "message"));
    }
    if (n > 1)
        cu_buf_addc(&b, ']');
    struct val *d = details_of(name, group, kind);
    val_set(d, "causes", e->causes);
    e->causes = NULL;
    return fail(s, 422, "Invalid", cu_buf_str(&b), d);
}
