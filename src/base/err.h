/* base/err.h - errors with a context chain. "outer: inner: cause", one line, no trailing newline.
 *
 * Functions that can fail return 0 (or a count) on success and a negative enum cu_code on failure; the last
 * parameter is the struct cu_err the text goes to. Success leaves it alone; out-parameters are untouched on
 * failure. Every `err` may be NULL: then only the code is reported. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/mem.h"

/* A code exists only where some caller acts on it. */
enum cu_code {
    CU_OK = 0,
    CU_E_INVALID,     /* bad input: syntax, value, unknown field; HTTP 400 and 422 */
    CU_E_NOTFOUND,    /* the thing does not exist; HTTP 404 */
    CU_E_EXISTS,      /* the thing exists already; HTTP 409 AlreadyExists */
    CU_E_CONFLICT,    /* changed in between; HTTP 409 Conflict */
    CU_E_TIMEOUT,     /* a limit of time passed */
    CU_E_AUTH,        /* unauthenticated; HTTP 401, or TLS peer not trusted */
    CU_E_FORBIDDEN,   /* authenticated but not allowed; HTTP 403, EPERM, EACCES */
    CU_E_REFUSED,     /* nobody listens (ECONNREFUSED) */
    CU_E_UNREACHABLE, /* no route, name not resolved, connection timed out */
    CU_E_EXPIRED,     /* HTTP 410: resource version too old */
    CU_E_SERVER,      /* HTTP 5xx and 429 */
    CU_E_FINAL,       /* a cause was found that waiting cannot mend */
    CU_E_IO,          /* the operating system said no */
    CU_E_CANCELED,    /* interrupted by a signal */
};

struct cu_err {
    enum cu_code code;
    char *msg; /* owned; NULL when no error */
};

#define CU_ERR_INIT                                                                                          \
    {                                                                                                        \
        CU_OK, NULL                                                                                          \
    }
#define cu_autoerr __attribute__((cleanup(cu_err_clear)))

/* Sets code and text (dropping an earlier one) and returns -code. */
int cu_fail(struct cu_err *err, enum cu_code code, const char *fmt, ...) CU_PRINTF(3, 4);
/* Same with ": <strerror(errnum)>" behind the text; code chosen from errnum (ENOENT NOTFOUND, EEXIST EXISTS,
 * EACCES/EPERM FORBIDDEN, ECONNREFUSED REFUSED, ETIMEDOUT/EHOSTUNREACH/ENETUNREACH UNREACHABLE, else IO). */
int cu_fail_errno(struct cu_err *err, int errnum, const char *fmt, ...) CU_PRINTF(3, 4);
/* Prefixes "text: " to an existing error, keeps its code, returns -code. With a NULL err the code is not known:
 * -CU_E_IO; where callers may pass NULL and the code matters, return what the failed call returned. */
int cu_wrap(struct cu_err *err, const char *fmt, ...) CU_PRINTF(2, 3);

void cu_err_clear(struct cu_err *err);                    /* frees the text, code = CU_OK */
void cu_err_move(struct cu_err *to, struct cu_err *from); /* to is cleared first; from is left empty */
const char *cu_err_text(const struct cu_err *err);        /* never NULL; "unknown error" when empty */

#endif
