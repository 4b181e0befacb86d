/* PEM blocks, read and written without OpenSSL's BIO layer.
 * Must not know what the blocks hold. */
#include "pki/pem.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"
#include <string.h>

#define LINE_CHARS 64

void pki_pem_clear(struct pki_pem *b)
{
    if (b->der) {
        cu_wipe(b->der, b->n);
    }
    free(b->der);
    free(b->type);
    *b = (struct pki_pem)PKI_PEM_INIT;
}

/* Length of the line at s, without its end; *next is set behind the line feed. */
static size_t line_len(const char *s, const char *end, const char **next)
{
    const char *nl = memchr(s, '\n', (size_t)(end - s));
    const char *stop = nl ? nl : end;

    *next = nl ? nl + 1 : end;
    while (stop > s && (stop[-1] == '\r' || stop[-1] == ' ' || stop[-1] == '\t')) {
        stop--;
    }
    return (size_t)(stop - s);
}

/* Does the line read "-----<word> <type>-----"? Then type and its length. */
static bool boundary(const char *s, size_t n, const char *word, const char **type, size_t *type_n)
{
    size_t w = strlen(word);

    if (n < w + 5 || memcmp(s, word, w) != 0 || memcmp(s + n - 5, "-----", 5) != 0) {
        return false;
    }
    *type = s + w;
    *type_n = n - w - 5;
    return true;
}

/* Reads header and body lines up to the matching end. True when a block was read; *next is behind its end
 * line. */
static bool read_body(const char *s, const char *end, const char *type, size_t type_n, const char **next,
                      struct pki_pem *out)
{
    struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    bool ok = false, headers = false;

    for (const char *line = s; line < end;) {
        const char *end_type;
        size_t end_n, n = line_len(line, end, next);

        if (boundary(line, n, "-----END ", &end_type, &end_n)) {
            ok = end_n == type_n && memcmp(end_type, type, type_n) == 0 && !b.failed &&
                 cu_unbase64(cu_buf_str(&b), &out->der, &out->n, NULL) == 0;
            break;
        }
        if (n >= 11 && memcmp(line, "-----BEGIN ", 11) == 0) {
            *next = line; /* a block that never ended: the new one counts */
            break;
        }
        if (memchr(line, ':', n)) {
            headers = true;
        } else {
            cu_buf_addn(&b, line, n);
        }
        line = *next;
    }
    cu_buf_clear_secret(&b);
    if (ok) {
        out->type = cu_strndup(type, type_n);
        out->has_headers = headers;
    }
    return ok;
}

int pki_pem_next(const char *text, size_t n, size_t *pos, struct pki_pem *out)
{
    const char *end = text + n, *next;

    pki_pem_clear(out);
    for (const char *line = text + *pos; line < end; line = next) {
        const char *type;
        size_t type_n, len = line_len(line, end, &next);

        if (!boundary(line, len, "-----BEGIN ", &type, &type_n)) {
            continue;
        }
        if (read_body(next, end, type, type_n, &next, out)) {
            *pos = (size_t)(next - text);
            return 1;
        }
    }
    *pos = n;
    return 0;
}

char *pki_pem_dump(const char *type, const uint8_t *der, size_t n)
{
    struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    char *b64 = cu_base64(der, n), *out = NULL;
    size_t len = strlen(b64);

    cu_buf_addf(&b, "-----BEGIN %s-----\n", type);
    for (size_t i = 0; i < len; i += LINE_CHARS) {
        cu_buf_addn(&b, b64 + i, len - i < LINE_CHARS ? len - i : LINE_CHARS);
        cu_buf_addc(&b, '\n');
    }
    cu_buf_addf(&b, "-----END %s-----\n", type);
    cu_free_secret(b64);
    if (cu_buf_take(&b, &out, NULL) < 0) {
        abort(); /* DER of this size cannot come from OpenSSL */
    }
    return out;
}
