/* base/err.c - error objects: set, wrap, move, free.
 * Must not log or print; the text travels to whoever reports it. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static char *format(const char *fmt, va_list ap) CU_PRINTF(1, 0);

static char *format(const char *fmt, va_list ap)
{
    char *s = NULL;
    if (vasprintf(&s, fmt, ap) < 0)
        return cu_strdup("(error text could not be formatted)");
    return s;
}

static void set(struct cu_err *err, enum cu_code code, char *msg)
{
    free(err->msg);
    err->msg = msg;
    err->code = code;
}

int cu_fail(struct cu_err *err, enum cu_code code, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        char *msg = format(fmt, ap);
        va_end(ap);
        set(err, code, msg);
    }
    return -(int)code;
}

static enum cu_code code_of_errno(int errnum)
{
    static const struct {
        int errnum;
        enum cu_code code;
    } map[] = {
        { ENOENT, CU_E_NOTFOUND },          { EEXIST, CU_E_EXISTS },
        { EACCES, CU_E_FORBIDDEN },         { EPERM, CU_E_FORBIDDEN },
        { ECONNREFUSED, CU_E_REFUSED },     { ETIMEDOUT, CU_E_UNREACHABLE },
        { EHOSTUNREACH, CU_E_UNREACHABLE }, { ENETUNREACH, CU_E_UNREACHABLE },
    };
    for (size_t i = 0; i < CU_LEN(map); i++)
        if (map[i].errnum == errnum)
            return map[i].code;
    return CU_E_IO;
}

int cu_fail_errno(struct cu_err *err, int errnum, const char *fmt, ...)
{
    enum cu_code code = code_of_errno(errnum);
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        cu_autofree char *text = format(fmt, ap);
        va_end(ap);
        char buf[128];
        set(err, code, cu_asprintf("%s: %s", text, strerror_r(errnum, buf, sizeof buf)));
    }
    return -(int)code;
}

int cu_wrap(struct cu_err *err, const char *fmt, ...)
{
    if (!err)
        return -CU_E_IO; /* the code went nowhere; any failure will do */
    va_list ap;
    va_start(ap, fmt);
    cu_autofree char *text = format(fmt, ap);
    va_end(ap);
    enum cu_code code = err->code ? err->code : CU_E_IO;
    set(err, code, cu_asprintf("%s: %s", text, cu_err_text(err)));
    return -(int)code;
}

void cu_err_clear(struct cu_err *err)
{
    if (err)
        set(err, CU_OK, NULL);
}

void cu_err_move(struct cu_err *to, struct cu_err *from)
{
    if (to == from)
        return;
    if (!to) {
        cu_err_clear(from);
        return;
    }
    set(to, from->code, from->msg);
    *from = (struct cu_err)CU_ERR_INIT;
}

const char *cu_err_text(const struct cu_err *err)
{
    return err && err->msg ? err->msg : "unknown error";
}
