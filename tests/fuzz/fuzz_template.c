/* Input: a template, a NUL byte, JSON. Templates of both kinds must end, whatever they say. */
#include "codec/print.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void run(const char *kind, const char *text, const struct val *v)
{
    cu_autofree char *format = cu_asprintf("%s=%s", kind, text);
    cu_autobuf struct cu_buf b = CU_BUF_INIT(1 << 20);
    struct codec_printer *p = NULL;
    if (codec_printer_new(format, NULL, &p, NULL) < 0)
        return;
    (void)codec_print(p, v, &b, NULL);
    codec_printer_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const uint8_t *end = memchr(data, 0, n);
    cu_autoval struct val *v = NULL;
    if (!end || val_parse_json((const char *)end + 1, n - (size_t)(end - data) - 1, &v, NULL) < 0)
        return 0;
    run("jsonpath", (const char *)data, v);
    run("go-template", (const char *)data, v);
    return 0;
}
