/* HTTP/1.1 message syntax. Must not know sockets or who the requests are for. */
#include "http/parse.h"
#include "base/limits.h"
#include <string.h>
#include <strings.h>

#define MAX_FIELDS 1000
#define MAX_CHUNK_LINE 256

static bool is_token(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return n > 0;
}

const char *http_head_get(const struct http_head *h, const char *name)
{
    for (size_t i = 0; i < h->n_fields; i++)
        if (strcasecmp(h->fields[i].name, name) == 0)
            return h->fields[i].value;
    return NULL;
}

void http_head_clear(struct http_head *h)
{
    if (h->text)
        cu_wipe(h->text, h->text_len); /* may hold a token */
    free(h->text);
    free(h->fields);
    memset(h, 0, sizeof(*h));
}

static int parse_request_line(struct http_head *h, char *line, const char **why)
{
    *why = "malformed request line";
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version || strchr(version + 1, ' '))
        return 400;
    *target++ = '\0';
    *version++ = '\0';
    if (strncmp(version, "HTTP/", 5) != 0 || !is_token(line, strlen(line)))
        return 400;
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0) {
        *why = "HTTP version not supported";
        return 505;
    }
    h->http10 = version[7] == '0';
    for (const unsigned char *p = (const unsigned char *)target; *p; p++)
        if (*p <= ' ' || *p >= 0x7f)
            return 400;
    char *scheme = *target != '/' ? strstr(target, "://") : NULL;
    if (scheme) {
        target = strchr(scheme + 3, '/');
        if (!target)
            return 400;
    }
    if (*target != '/')
        return 400;
    h->method = line;
    h->path = target;
    char *query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    h->query = query ? query : target + strlen(target);
    return 0;
}

static int parse_field(struct http_head *h, char *line, const char **why)
{
    *why = "malformed header line";
    char *colon = strchr(line, ':');
    if (!colon || !is_token(line, (size_t)(colon - line)))
        return 400;
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t n = strlen(value);
    while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        value[--n] = '\0';
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)value[i] < ' ' && value[i] != '\t')
            return 400;
    if (h->n_fields == MAX_FIELDS) {
        *why = "too many header lines";
        return 431;
    }
    cu_grow(&h->fields, &h->cap_fields, h->n_fields + 1, sizeof(*h->fields));
    h->fields[h->n_fields++] = (struct http_field){ line, value };
    return 0;
}

/* Is `word` one of the comma separated words of `list`? */
static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = list; p && *p;) {
        p += strspn(p, " \t,");
        size_t n = strcspn(p, ",");
        size_t end = n;
        while (end > 0 && (p[end - 1] == ' ' || p[end - 1] == '\t'))
            end--;
        if (end == len && strncasecmp(p, word, len) == 0)
            return true;
        p += n;
    }
    return false;
}

static int parse_length(const char *s, uint64_t *out)
{
    if (!*s)
        return -1;
    uint64_t v = 0;
    for (; *s; s++) {
        if (*s < '0' || *s > '9' || v > (UINT64_MAX - 9) / 10)
            return -1;
        v = v * 10 + (uint64_t)(*s - '0');
    }
    *out = v;
    return 0;
}

/* The fields that say how long the body is and what becomes of the connection. */
static int read_framing(struct http_head *h, const char **why)
{
    bool have_length = false, have_encoding = false, close = false, keep = false;
    for (size_t i = 0; i < h->n_fields; i++) {
        const char *name = h->fields[i].name, *value = h->fields[i].value;
        if (strcasecmp(name, "Content-Length") == 0) {
            uint64_t v = 0;
            *why = "bad Content-Length";
            if (parse_length(value, &v) < 0 || (have_length && v != h->content_length))
                return 400;
            h->content_length = v;
            have_length = true;
        } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
            *why = "unsupported Transfer-Encoding";
            if (have_encoding || h->http10)
                return 400;
            if (strcasecmp(value, "chunked") != 0)
                return 501;
            have_encoding = h->chunked = true;
        } else if (strcasecmp(name, "Connection") == 0) {
            close = close || has_word(value, "close");
            keep = keep || has_word(value, "keep-alive");
        } else if (strcasecmp(name, "Expect") == 0) {
            *why = "unknown expectation";
            if (strcasecmp(value, "100-continue") != 0)
                return 417;
            h->expect_continue = !h->http10;
        }
    }
    *why = "both Content-Length and Transfer-Encoding";
    if (have_length && have_encoding)
        return 400;
    h->keep_alive = !close && (!h->http10 || keep);
    return 0;
}

int http_head_parse(const char *bytes, size_t n, struct http_head *h, const char **why)
{
    *why = "unexpected byte in the head of the request";
    if (memchr(bytes, '\0', n))
        return 400;
    h->text = cu_strndup(bytes, n);
    h->text_len = n;
    bool first = true;
    for (char *line = h->text; *line;) {
        char *end = strpbrk(line, "\r\n");
        if (!end || end[0] != '\r' || end[1] != '\n')
            return 400;
        *end = '\0';
        if (line == end && !first)
            return read_framing(h, why);
        int code = 0;
        if (first && line != end) {
            code = parse_request_line(h, line, why);
            first = false;
        } else if (!first) {
            code = parse_field(h, line, why);
        }
        if (code)
            return code;
        *why = "unexpected byte in the head of the request";
        line = end + 2;
    }
    return 400;
}

void http_body_init(struct http_body *b, const struct http_head *h, size_t max)
{
    memset(b, 0, sizeof(*b));
    b->state = h->chunked ? HTTP_BODY_SIZE : h->content_length ? HTTP_BODY_LENGTH : HTTP_BODY_DONE;
    b->left = h->content_length;
    b->line.max = MAX_CHUNK_LINE;
    b->data.max = max;
}

void http_body_clear(struct http_body *b)
{
    cu_buf_clear(&b->line);
    cu_buf_clear_secret(&b->data);
    memset(b, 0, sizeof(*b));
}

/* The hexadecimal size at the start of a chunk line; extensions behind ';' are ignored. */
static int parse_chunk_size(const char *s, uint64_t *out)
{
    uint64_t v = 0;
    size_t n = strspn(s, "0123456789abcdefABCDEF");
    if (n == 0 || n > 15 || (s[n] && !strchr("; \t", s[n])))
        return -1;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        v = v * 16 + (uint64_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    *out = v;
    return 0;
}

/* A complete line of the chunked format, without its line end. */
static int take_line(struct http_body *b, const char **why)
{
    const char *line = cu_buf_str(&b->line);
    int code = 0;
    *why = "malformed chunk";
    if (b->state == HTTP_BODY_SIZE) {
        if (parse_chunk_size(line, &b->left) < 0)
            code = 400;
        else if (b->left > b->data.max - b->data.len)
            *why = "request body too large", code = 413;
        else
            b->state = b->left ? HTTP_BODY_DATA : HTTP_BODY_TRAILER;
    } else if (b->state == HTTP_BODY_DATA_END) {
        if (*line)
            code = 400;
        b->state = HTTP_BODY_SIZE;
    } else if (!*line) {
        b->state = HTTP_BODY_DONE;
    } else {
        b->trailer += b->line.len;
        if (b->trailer > LIM_HTTP_HEADERS)
            code = 400;
    }
    cu_buf_reset(&b->line);
    return code;
}

/* Gathers bytes up to a line end. */
static int feed_line(struct http_body *b, const char *p, size_t n, size_t *used, const char **why)
{
    const char *nl = memchr(p, '\n', n);
    size_t len = nl ? (size_t)(nl - p) : n;
    if (memchr(p, '\0', len)) {
        *why = "malformed chunk";
        return 400;
    }
    cu_buf_addn(&b->line, p, len);
    *used = nl ? len + 1 : n;
    *why = "chunk line too long";
    if (b->line.failed)
        return 400;
    if (!nl)
        return 0;
    *why = "malformed chunk";
    if (b->line.len == 0 || b->line.data[b->line.len - 1] != '\r')
        return 400;
    b->line.data[--b->line.len] = '\0';
    return take_line(b, why);
}

int http_body_feed(struct http_body *b, const char *p, size_t n, size_t *used, const char **why)
{
    size_t at = 0;
    int code = 0;
    while (!code && at < n && b->state != HTTP_BODY_DONE) {
        size_t step = n - at;
        if (b->state != HTTP_BODY_LENGTH && b->state != HTTP_BODY_DATA) {
            code = feed_line(b, p + at, n - at, &step, why);
            at += step;
            continue;
        }
        if (step > b->left)
            step = (size_t)b->left;
        cu_buf_addn(&b->data, p + at, step);
        at += step;
        b->left -= step;
        if (b->data.failed) {
            *why = "request body too large";
            code = 413;
        } else if (b->left == 0) {
            b->state = b->state == HTTP_BODY_DATA ? HTTP_BODY_DATA_END : HTTP_BODY_DONE;
        }
    }
    *used = at;
    return code;
}
