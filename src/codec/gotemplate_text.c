/* Functions of Go templates that make text.
 * Must not know templates. */
#include "base/encode.h"
#include "base/limits.h"
#include "codec/gofmt.h"
#include "codec/gotemplate.h"
#include "codec/internal.h"
#include <ctype.h>
#include <string.h>

static struct val *taken(struct cu_buf *b)
{
    struct val *v = val_new_strn(cu_buf_str(b), b->len);
    cu_buf_clear(b);
    return v;
}

int tmpl_decode(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    cu_autofree uint8_t *bytes = NULL;
    size_t len;
    (void)n;
    if (!val_str(a[0]))
        return cu_fail(err, CU_E_INVALID, "go-template: %s of a %s", name, val_kind_name(a[0]));
    int rc = cu_unbase64(val_str(a[0]), &bytes, &len, err);
    if (rc < 0)
        return cu_wrap(err, "go-template: %s", name);
    *out = val_new_strn((const char *)bytes, len);
    return 0;
}

/* Between two operands that are no text print puts a blank, println always. */
static void join(struct val *const *a, size_t n, bool always, struct cu_buf *b)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (always || (!val_str(a[i]) && !val_str(a[i - 1]))))
            cu_buf_addc(b, ' ');
        codec_go_print(a[i], b);
    }
}

int tmpl_join(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    bool line = strcmp(name, "println") == 0;
    (void)err;
    join(a, n, line, &b);
    if (line)
        cu_buf_addc(&b, '\n');
    *out = taken(&b);
    return 0;
}

int tmpl_format(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    if (!val_str(a[0]))
        return cu_fail(err, CU_E_INVALID, "go-template: %s wants a text first, not a %s", name,
                       val_kind_name(a[0]));
    codec_go_printf(val_str(a[0]), a + 1, n - 1, &b);
    *out = taken(&b);
    return 0;
}

/* ---- text for HTML, JavaScript, URLs ---- */

static void put_html(struct cu_buf *b, const char *s)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = {
        { '"', "&#34;" }, { '\'', "&#39;" }, { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }
    };
    for (; *s; s++) {
        size_t i = 0;
        while (i < CU_LEN(entities) && entities[i].c != *s)
            i++;
        if (i < CU_LEN(entities))
            cu_buf_add(b, entities[i].entity);
        else
            cu_buf_addc(b, *s);
    }
}

static void put_js(struct cu_buf *b, const char *s)
{
    size_t len;
    for (; *s; s += len) {
        uint32_t r = 0;
        len = codec_utf8_len(s, strlen(s), &r);
        if (len == 0)
            len = 1;
        if (strchr("\\'\"", *s))
            cu_buf_addf(b, "\\%c", *s);
        else if (strchr("<>&=", *s) || (unsigned char)*s < 0x20 || (r >= 0x80 && !codec_go_printable(r)))
            cu_buf_addf(b, "\\u%04X", r >= 0x80 ? (unsigned)r : (unsigned)*s);
        else
            cu_buf_addn(b, s, len);
    }
}

static void put_url(struct cu_buf *b, const char *s)
{
    for (; *s; s++) {
        if (isalnum((unsigned char)*s) || strchr("-_.~", *s))
            cu_buf_addc(b, *s);
        else if (*s == ' ')
            cu_buf_addc(b, '+');
        else
            cu_buf_addf(b, "%%%02X", (unsigned)(unsigned char)*s);
    }
}

int tmpl_escape(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    cu_autobuf struct cu_buf plain = CU_BUF_INIT(LIM_TEXT);
    (void)err;
    if (n == 1)
        tmpl_print(a[0], &plain);
    else
        join(a, n, false, &plain);
    if (strcmp(name, "html") == 0)
        put_html(&b, cu_buf_str(&plain));
    else if (strcmp(name, "js") == 0)
        put_js(&b, cu_buf_str(&plain));
    else
        put_url(&b, cu_buf_str(&plain));
    *out = taken(&b);
    return 0;
}
