/* node/toml.c - a line reader for TOML files of container runtimes.
 * Must not know their keys. */
#include "node/toml.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

/* Reads a key such as a."b.c".'d' up to `stop`, appends its parts to `path`; NULL when it is no key. */
static const char *read_key(const char *p, char stop, struct cu_buf *path)
{
    for (;;) {
        p += strspn(p, " \t");
        char quote = *p == '"' || *p == '\'' ? *p++ : 0;
        const char cut[] = { quote ? quote : '.', '\n', quote ? '\0' : stop, quote ? '\0' : ' ',
                             quote ? '\0' : '\t', '\0' };
        size_t n = strcspn(p, cut);
        if ((n == 0 && !quote) || (quote && p[n] != quote))
            return NULL;
        if (path->len)
            cu_buf_addc(path, '\n');
        cu_buf_addn(path, p, n);
        p += n + (quote ? 1 : 0);
        p += strspn(p, " \t");
        if (*p == stop)
            return p + 1;
        if (*p++ != '.')
            return NULL;
    }
}

/* Behind the value that starts at p: strings are skipped whole, arrays over several lines, comments end it. */
static const char *value_end(const char *p)
{
    int depth = 0;
    for (; *p; p++) {
        if (*p == '"' || *p == '\'') {
            const char *end = strchr(p + 1, *p);
            if (!end)
                return p + strlen(p);
            p = end;
        } else if (*p == '#') {
            if (depth == 0)
                return p;
            p += strcspn(p, "\n");
            if (!*p)
                return p;
        } else if (*p == '[') {
            depth++;
        } else if (*p == ']') {
            depth--;
        } else if (*p == '\n' && depth <= 0) {
            return p;
        }
    }
    return p;
}

static char *plain_value(const char *from, const char *to)
{
    cu_autofree char *raw = cu_strndup(from, (size_t)(to - from)), *text = cu_trim(raw);
    size_t n = strlen(text);
    bool quoted = n >= 2 && (*text == '"' || *text == '\'') && text[n - 1] == *text;
    return quoted ? cu_strndup(text + 1, n - 2) : cu_steal(&text);
}

void node_toml_read(const char *text, struct cu_map *into)
{
    cu_autobuf struct cu_buf table = CU_BUF_INIT(LIM_PROC_FILE), path = CU_BUF_INIT(LIM_PROC_FILE);
    for (const char *p = text; *p;) {
        p += strspn(p, " \t\r\n");
        if (*p == '[') {
            cu_buf_reset(&table);
            if (!read_key(p + 1 + (p[1] == '['), ']', &table))
                cu_buf_reset(&table);
        } else if (*p && *p != '#') {
            cu_buf_reset(&path);
            cu_buf_add(&path, cu_buf_str(&table));
            const char *value = read_key(p, '=', &path);
            if (value) {
                value += strspn(value, " \t");
                const char *end = value_end(value);
                cu_map_set(into, cu_buf_str(&path), plain_value(value, end));
                p = end;
            }
        }
        p += strcspn(p, "\n");
    }
}
