/* http/parse.h - HTTP/1.1 message syntax (RFC 9112), strict where leniency lets requests be smuggled. Pure
 * functions on bytes, no sockets. Used inside this folder and by its tests. */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H

#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

struct http_field {
    char *name, *value; /* borrowed from the head's text */
};
struct http_head {
    char *text; /* owned; cut into the pieces below */
    size_t text_len;
    char *method, *path, *query;
    struct http_field *fields; /* owned array */
    size_t n_fields, cap_fields;
    bool http10;
    bool chunked; /* body in chunks */
    bool keep_alive;
    bool expect_continue;
    uint64_t content_length; /* 0 when absent */
};

/* Parses a complete head: n bytes up to and with the empty line. Returns 0, or the HTTP status to refuse it with
 * (400, 417, 431, 501, 505), *why (static text) saying what is wrong. h must be zeroed; free with http_head_clear()
 * in every case. */
int http_head_parse(const char *bytes, size_t n, struct http_head *h, const char **why);
void http_head_clear(struct http_head *h);
const char *http_head_get(const struct http_head *h, const char *name); /* first field of that name or NULL */

/* Decoder of a body. */
enum http_body_state {
    HTTP_BODY_LENGTH,
    HTTP_BODY_SIZE,
    HTTP_BODY_DATA,
    HTTP_BODY_DATA_END,
    HTTP_BODY_TRAILER,
    HTTP_BODY_DONE
};
struct http_body {
    enum http_body_state state;
    uint64_t left;      /* bytes still due of the body or chunk */
    size_t trailer;     /* bytes of trailers seen */
    struct cu_buf line; /* chunk size or trailer line under way */
    struct cu_buf data; /* the decoded body */
};
void http_body_init(struct http_body *b, const struct http_head *h, size_t max);
/* Takes as many of n bytes as belong to the body; *used says how many. Returns 0 or a status (400, 413); see
 * b->state for the end. */
int http_body_feed(struct http_body *b, const char *p, size_t n, size_t *used, const char **why);
void http_body_clear(struct http_body *b);

#endif
