/* A request as it comes from the network: head, then body. However the body is cut in pieces, its bytes and the verdict
 * are the same. */
#include "http/parse.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_BODY = 4096 };

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* Feeds pieces of `step` bytes; the status, and what was used in *used. */
static int feed(struct http_body *b, const char *p, size_t n, size_t step, size_t *used)
{
    const char *why = NULL;
    int status = 0;

    for (*used = 0; status == 0 && *used < n && b->state != HTTP_BODY_DONE;) {
        size_t piece = n - *used < step ? n - *used : step, taken = 0;
        status = http_body_feed(b, p + *used, piece, &taken, &why);
        check(taken <= piece && (status == 0 || why != NULL));
        if (taken == 0)
            break;
        *used += taken;
    }
    return status;
}

static void bodies(const struct http_head *h, const char *p, size_t n)
{
    struct http_body whole, pieces;
    size_t used, used_pieces;

    http_body_init(&whole, h, MAX_BODY);
    http_body_init(&pieces, h, MAX_BODY);
    int status = feed(&whole, p, n, n, &used), status_pieces = feed(&pieces, p, n, 1, &used_pieces);
    check(status == status_pieces);
    if (status == 0) {
        check(used == used_pieces && whole.state == pieces.state && whole.data.len == pieces.data.len);
        check(!whole.data.len || memcmp(whole.data.data, pieces.data.data, whole.data.len) == 0);
        check(whole.data.len <= MAX_BODY);
    }
    http_body_clear(&whole);
    http_body_clear(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const char *text = (const char *)data, *why = NULL;
    const char *end = memmem(data, n, "\r\n\r\n", 4);
    size_t head = end ? (size_t)(end - text) + 4 : n;
    struct http_head h = { 0 };
    int status = http_head_parse(text, head, &h, &why);

    check(status == 0 || why != NULL);
    if (status == 0) {
        check(h.method && h.path && *h.method && h.n_fields <= head);
        for (size_t i = 0; i < h.n_fields; i++)
            check(http_head_get(&h, h.fields[i].name) != NULL);
        bodies(&h, text + head, n - head);
    }
    http_head_clear(&h);
    return 0;
}
