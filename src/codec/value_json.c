/* JSON text to value tree and back (RFC 8259), written as Go's encoding/json writes it.
 * Must not know what the values mean. */
#include "base/buf.h"
#include "base/limits.h"
#include "codec/internal.h"
#include "codec/value.h"
#include <jansson.h>
#include <string.h>

/* jansson limits nesting only by its own, larger constant, so depth is measured on the text first. */
static int check_depth(const char *text, size_t n, struct cu_err *err)
{
    size_t depth = 0, line = 1, column = 0;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        column++;
        if (c == '\n')
            line++, column = 0;
        else if (c == '"')
            quoted = !quoted;
        else if (quoted && c == '\\')
            i++, column++;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > LIM_NESTING)
            return cu_fail(err, CU_E_INVALID, "line %zu, column %zu: JSON is nested deeper than %d levels",
                           line, column, LIM_NESTING);
    }
    return 0;
}

int val_parse_json(const char *text, size_t n, struct val **out, struct cu_err *err)
{
    json_error_t fault;
    int r = check_depth(text, n, err);
    if (r < 0)
        return r;
    json_t *j = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (!j)
        return cu_fail(err, CU_E_INVALID, "line %d, column %d: bad JSON: %s", fault.line > 0 ? fault.line : 1,
                       fault.column > 0 ? fault.column : 1, fault.text);
    *out = (struct val *)j;
    return 0;
}

/* Go escapes <, > and & too, and the two line separators U+2028 and U+2029. */
static void dump_text(struct cu_buf *b, const char *s)
{
    const char *from = s;
    cu_buf_addc(b, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        bool separator = c == 0xE2 && (unsigned char)s[1] == 0x80 && ((unsigned char)s[2] & 0xFE) == 0xA8;
        if (c >= 0x20 && !strchr("\"\\<>&", c) && !separator)
            continue;
        cu_buf_addn(b, from, (size_t)(s - from));
        switch (c) {
        case '"': cu_buf_add(b, "\\\""); break;
        case '\\': cu_buf_add(b, "\\\\"); break;
        case '\b': cu_buf_add(b, "\\b"); break;
        case '\f': cu_buf_add(b, "\\f"); break;
        case '\n': cu_buf_add(b, "\\n"); break;
        case '\r': cu_buf_add(b, "\\r"); break;
        case '\t': cu_buf_add(b, "\\t"); break;
        default:
            if (separator) {
                cu_buf_addf(b, "\\u202%c", (unsigned char)s[2] == 0xA8 ? '8' : '9');
                s += 2;
            } else {
                cu_buf_addf(b, "\\u%04x", c);
            }
        }
        from = s + 1;
    }
    cu_buf_addn(b, from, (size_t)(s - from));
    cu_buf_addc(b, '"');
}

static void new_line(struct cu_buf *b, unsigned flags, int level)
{
    if (!(flags & VAL_JSON_INDENT))
        return;
    cu_buf_addc(b, '\n');
    for (int i = 0; i < level; i++)
        cu_buf_add(b, "    ");
}

struct entry {
    const char *key;
    const struct val *value;
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static void dump(struct cu_buf *b, const struct val *v, unsigned flags, int level);

static void dump_map(struct cu_buf *b, const struct val *v, unsigned flags, int level)
{
    size_t n = 0;
    cu_autofree struct entry *entries = cu_calloc(val_len(v) + 1, sizeof *entries);
    struct val_iter it = VAL_ITER_INIT;
    struct val *child;
    while (val_next(v, &it, &entries[n].key, &child))
        entries[n++].value = child;
    if (flags & VAL_JSON_SORT)
        qsort(entries, n, sizeof *entries, by_key);
    cu_buf_addc(b, '{');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            cu_buf_addc(b, ',');
        new_line(b, flags, level + 1);
        dump_text(b, entries[i].key);
        cu_buf_add(b, flags & VAL_JSON_INDENT ? ": " : ":");
        dump(b, entries[i].value, flags, level + 1);
    }
    if (n > 0)
        new_line(b, flags, level);
    cu_buf_addc(b, '}');
}

static void dump_list(struct cu_buf *b, const struct val *v, unsigned flags, int level)
{
    size_t n = val_len(v);
    cu_buf_addc(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            cu_buf_addc(b, ',');
        new_line(b, flags, level + 1);
        dump(b, val_at(v, i), flags, level + 1);
    }
    if (n > 0)
        new_line(b, flags, level);
    cu_buf_addc(b, ']');
}

static void dump(struct cu_buf *b, const struct val *v, unsigned flags, int level)
{
    char number[CODEC_REAL_MAX];
    switch (val_kind(v)) {
    case VAL_NULL: cu_buf_add(b, "null"); break;
    case VAL_BOOL: cu_buf_add(b, val_bool(v, false) ? "true" : "false"); break;
    case VAL_INT: cu_buf_addf(b, "%lld", (long long)val_int(v, 0)); break;
    case VAL_REAL:
        codec_format_real(val_real(v, 0), number);
        cu_buf_add(b, number);
        break;
    case VAL_STRING: dump_text(b, val_str(v)); break;
    case VAL_LIST: dump_list(b, v, flags, level); break;
    case VAL_MAP: dump_map(b, v, flags, level); break;
    }
}

char *val_dump_json(const struct val *v, unsigned flags)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(SIZE_MAX);
    char *text = NULL;
    dump(&b, v, flags, 0);
    if (cu_buf_take(&b, &text, NULL) < 0)
        return NULL;
    return text;
}
