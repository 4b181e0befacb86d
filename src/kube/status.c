/* kube/status.c - what a server says when it refuses (metav1.Status), as an error.
 * Must not know who asked, nor whether the request is worth another try. */
#include "kube/client_internal.h"

#include "base/str.h"

static const struct {
    const char *reason;
    enum cu_code code;
} by_reason[] = {
    { "NotFound", CU_E_NOTFOUND },        { "AlreadyExists", CU_E_EXISTS }, { "Conflict", CU_E_CONFLICT },
    { "Unauthorized", CU_E_AUTH },        { "Forbidden", CU_E_FORBIDDEN },  { "Invalid", CU_E_INVALID },
    { "BadRequest", CU_E_INVALID },       { "Expired", CU_E_EXPIRED },      { "Gone", CU_E_EXPIRED },
    { "MethodNotAllowed", CU_E_INVALID },
};

static enum cu_code code_of(int status)
{
    switch (status) {
    case 400:
    case 405:
    case 415:
    case 422: return CU_E_INVALID;
    case 401: return CU_E_AUTH;
    case 403: return CU_E_FORBIDDEN;
    case 404: return CU_E_NOTFOUND;
    case 409: return CU_E_CONFLICT;
    case 410: return CU_E_EXPIRED;
    default: return CU_E_SERVER;
    }
}

int kube_status_error(const struct kube_request *q, int status, const struct val *obj, const char *text,
                      struct cu_err *err)
{
    enum cu_code code = code_of(status);
    const char *message = val_get_str(obj, "message"), *reason = val_get_str(obj, "reason");
    for (size_t i = 0; i < CU_LEN(by_reason); i++)
        if (cu_streq(reason, by_reason[i].reason))
            code = by_reason[i].code;
    if (!cu_is_empty(message))
        return cu_fail(err, code, "%s", message);
    cu_autofree char *shown = text ? cu_strndup(text, 200) : NULL;
    cu_autofree char *trimmed = cu_trim(cu_or(shown, ""));
    return cu_fail(err, code, "%s %s: the server answered with HTTP status %d%s%s", q->method, q->path,
                   status, *trimmed ? ": " : "", trimmed);
}
