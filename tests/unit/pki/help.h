/* Shared by the tests of this folder: a scratch folder, the openssl command, keys made once. */
#ifndef TEST_PKI_HELP_H
#define TEST_PKI_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "pki/ca.h"
#include <stdio.h>
#include <string.h>

#define HOUR INT64_C(3600000)

static inline char *scratch(void)
{
    char *dir = cu_strdup("/tmp/test-pki-XXXXXX");
    assert_non_null(mkdtemp(dir));
    return dir;
}

static inline void scratch_free(char *dir)
{
    assert_int_equal(cu_rm_rf(dir, false, NULL), 0);
    free(dir);
}

/* Standard output of `openssl ...` (NULL-terminated arguments); the command must succeed. Caller frees. */
static inline char *openssl(const char *const argv[])
{
    struct cu_proc_result r = CU_PROC_RESULT_INIT;
    struct cu_err err = CU_ERR_INIT;

    assert_int_equal(cu_run(argv, NULL, 20000, &r, &err), 0);
    if (r.status != 0) {
        fail_msg("openssl %s: %s", argv[1], r.errout);
    }
    char *out = cu_strdup(r.out);
    cu_proc_result_clear(&r);
    return out;
}

#define OPENSSL(...) openssl((const char *const[]){ "openssl", __VA_ARGS__, NULL })

static inline struct pki_key *new_key(enum pki_alg alg)
{
    struct pki_key *k = NULL;
    assert_int_equal(pki_key_generate(alg, &k, NULL), 0);
    return k;
}

static inline struct pki_ca new_ca(const char *cn, enum pki_alg alg)
{
    struct pki_ca ca = PKI_CA_INIT;
    int64_t now = cu_now_ms();
    struct pki_key *k = new_key(alg);
    assert_int_equal(pki_ca_create(cn, k, now - PKI_BACKDATE_MS, now + 87600 * HOUR, &ca, NULL), 0);
    pki_key_free(k);
    return ca;
}

#endif
