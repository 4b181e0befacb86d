/* agent/log_reply.c - reads container logs for `kubectl logs`, once or as they grow.
 * Must not let a name lead it out of the log folder. */
#include "agent/log_reply.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/launch.h"
#include "base/str.h"
#include "base/strlist.h"
#include "http/url.h"

#define CHUNK 65536
#define FOLLOW_MS 200
#define PENDING_MAX (1024 * 1024) /* bytes a slow reader may be behind before we wait for it */

struct follower {
    struct http_stream *stream;
    struct http_timer *timer;
    char *path;
    int fd;
    int64_t at, left; /* bytes: position, and what may still be sent */
};

static void follower_free(void *arg)
{
    struct follower *f = arg;
    http_timer_free(f->timer);
    if (f->fd >= 0)
        close(f->fd);
    free(f->path);
    free(f);
}

/* A restart moves the log away and begins a new one under the same name. */
static void reopen_if_moved(struct follower *f)
{
    struct stat open_one, named;
    if (fstat(f->fd, &open_one) < 0 || stat(f->path, &named) < 0)
        return;
    if (open_one.st_ino != named.st_ino) {
        int fd = open(f->path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return;
        close(f->fd);
        f->fd = fd;
        f->at = 0;
    } else if (named.st_size < f->at) {
        f->at = 0; /* cut for its size */
    }
}

static void follow(void *arg)
{
    struct follower *f = arg;
    char buf[CHUNK];
    while (f->left > 0 && http_stream_pending(f->stream) < PENDING_MAX) {
        size_t want = f->left < CHUNK ? (size_t)f->left : CHUNK;
        ssize_t n = pread(f->fd, buf, want, f->at);
        if (n <= 0)
            break;
        http_stream_send(f->stream, buf, (size_t)n);
        f->at += n;
        f->left -= n;
    }
    if (f->left <= 0) {
        http_stream_end(f->stream);
        follower_free(f);
        return;
    }
    reopen_if_moved(f);
    http_timer_set(f->timer, FOLLOW_MS);
}

int64_t agent_tail_offset(int fd, int64_t size, int64_t lines)
{
    char buf[CHUNK];
    int64_t end = size;
    char last;
    if (size > 0 && pread(fd, &last, 1, size - 1) == 1 && last == '\n')
        end--; /* the newline that ends the last line */
    if (lines <= 0)
        return size;
    while (end > 0) {
        int64_t from = end > CHUNK ? end - CHUNK : 0;
        ssize_t n = pread(fd, buf, (size_t)(end - from), from);
        if (n <= 0)
            return 0;
        for (ssize_t i = n - 1; i >= 0; i--)
            if (buf[i] == '\n' && --lines == 0)
                return from + i + 1;
        end = from;
    }
    return 0;
}

struct wanted {
    char *path;
    int64_t tail, limit; /* -1: no such parameter */
    bool follow;
};

static int64_t number(const struct http_query *q, const char *name)
{
    int64_t v = -1;
    const char *text = http_query_get(q, name);
    if (text)
        cu_parse_i64(text, 0, INT64_MAX, &v, NULL);
    return v;
}

static bool truth(const struct http_query *q, const char *name)
{
    bool v = false;
    const char *text = http_query_get(q, name);
    if (text)
        cu_parse_bool(text, &v, NULL);
    return v;
}

/* False when the path names no log. */
static bool read_request(const char *log_dir, const char *node, const struct http_request *req,
                         struct wanted *out)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    struct http_query q = HTTP_QUERY_INIT;
    cu_autofree char *suffix = cu_asprintf("-%s", node);
    cu_strlist_split(&parts, http_request_path(req), '/');
    if (parts.n != 5 || !cu_is_dns_label(parts.v[2]) || !cu_is_dns_subdomain(parts.v[3]) ||
        !cu_is_dns_label(parts.v[4]))
        return false;
    if (cu_has_suffix(parts.v[3], suffix))
        parts.v[3][strlen(parts.v[3]) - strlen(suffix)] = '\0';
    http_query_parse(http_request_query(req), &q);
    cu_autofree char *dir = agent_log_dir(log_dir, parts.v[2], parts.v[3]);
    out->path =
        truth(&q, "previous") ? agent_log_previous_path(dir, parts.v[4]) : agent_log_path(dir, parts.v[4]);
    out->follow = truth(&q, "follow");
    out->tail = number(&q, "tailLines");
    out->limit = number(&q, "limitBytes");
    http_query_clear(&q);
    return true;
}

static void reply_once(struct http_request *req, int fd, int64_t from, int64_t limit)
{
    static const struct http_header headers[] = { { "Content-Type", "text/plain" }, { NULL, NULL } };
    struct stat st = { .st_size = 0 };
    if (fstat(fd, &st) < 0 || st.st_size < from)
        st.st_size = from;
    int64_t size = st.st_size - from;
    size = size < limit ? size : limit;
    char *text = cu_malloc((size_t)size + 1);
    int64_t have = 0;
    while (have < size) {
        ssize_t n = pread(fd, text + have, (size_t)(size - have), from + have);
        if (n <= 0)
            break;
        have += n;
    }
    http_respond_take(req, 200, headers, text, (size_t)have);
}

void agent_log_reply(struct http_loop *loop, const char *log_dir, const char *node, struct http_request *req)
{
    struct wanted w = { .path = NULL };
    if (!read_request(log_dir, node, req, &w)) {
        http_respond_text(req, 400, "want /containerLogs/<namespace>/<pod>/<container>\n");
        return;
    }
    int fd = open(w.path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        http_respond_text(req, 404, "there is no log of that container\n");
        if (fd >= 0)
            close(fd);
        free(w.path);
        return;
    }
    int64_t from = w.tail >= 0 ? agent_tail_offset(fd, st.st_size, w.tail) : 0;
    int64_t limit = w.limit >= 0 ? w.limit : INT64_MAX;
    if (!w.follow) {
        reply_once(req, fd, from, limit);
        close(fd);
        free(w.path);
        return;
    }
    struct follower *f = cu_calloc(1, sizeof *f);
    *f = (struct follower){ .path = w.path, .fd = fd, .at = from, .left = limit };
    f->timer = http_timer_new(loop, follow, f);
    f->stream = http_stream_begin(req, 200, "text/plain", follower_free, f);
    http_timer_set(f->timer, 0);
}
