/* Value trees to YAML, byte for byte as sigs.k8s.io/yaml writes them (spec config-api 2.1). Line breaking and escapes
 * are libyaml's, which the Go writer was ported from; the choice of style is made here.
 * Must not know what the values mean. */
#include "base/buf.h"
#include "codec/internal.h"
#include "codec/yaml.h"
#include <ctype.h>
#include <string.h>
#include <yaml.h>

struct writer {
    yaml_emitter_t emitter;
    struct cu_buf text;
    bool sort;
};

static int append(void *data, unsigned char *bytes, size_t n)
{
    struct cu_buf *b = data;
    cu_buf_addn(b, bytes, n);
    return !b->failed;
}

static bool is_letter(unsigned char c)
{
    return isalpha(c) || c >= 0x80;
}

/* Value of the digits at s; *n their number. Wraps on overflow, as the original does. */
static uint64_t run(const char *s, uint64_t start, size_t *n)
{
    uint64_t value = start;
    for (*n = 0; isdigit((unsigned char)s[*n]); (*n)++)
        value = value * 10 + (uint64_t)(s[*n] - '0');
    return value;
}

int codec_yaml_key_cmp(const char *a, const char *b)
{
    size_t i = 0;
    while (a[i] && a[i] == b[i])
        i++;
    unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];
    if (x == y || x == 0 || y == 0)
        return x - y;
    if (is_letter(x) && is_letter(y))
        return x - y;
    if (is_letter(x) || is_letter(y))
        return is_letter(y) ? -1 : 1;
    uint64_t lead = 0;
    if (x == '0' || y == '0')
        for (size_t j = i; j > 0 && isdigit((unsigned char)a[j - 1]) && lead == 0; j--)
            lead = a[j - 1] != '0';
    size_t n, m;
    uint64_t left = run(a + i, lead, &n), right = run(b + i, lead, &m);
    if (left != right)
        return left < right ? -1 : 1;
    if (n != m)
        return n < m ? -1 : 1;
    return x - y;
}

static void emit(struct writer *w, yaml_event_t *ev)
{
    if (!yaml_emitter_emit(&w->emitter, ev))
        w->text.failed = true;
}

/* libyaml asks for changeable bytes, but copies them at once. */
static void put_scalar(struct writer *w, const char *s, size_t n, yaml_scalar_style_t style)
{
    yaml_event_t ev;
    if (n > INT32_MAX ||
        !yaml_scalar_event_initialize(&ev, NULL, NULL, codec_unconst(s), (int)n, 1, 1, style)) {
        w->text.failed = true;
        return;
    }
    emit(w, &ev);
}

static void put_text(struct writer *w, const char *s)
{
    struct codec_scalar as_plain = codec_yaml_resolve(s);
    yaml_scalar_style_t style = YAML_PLAIN_SCALAR_STYLE;
    if (as_plain.kind != VAL_STRING || as_plain.quoted)
        style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    else if (strchr(s, '\n'))
        style = strstr(s, " \n") ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_LITERAL_SCALAR_STYLE;
    put_scalar(w, s, strlen(s), style);
}

static void put(struct writer *w, const struct val *v);

static void put_plain(struct writer *w, const char *s)
{
    put_scalar(w, s, strlen(s), YAML_PLAIN_SCALAR_STYLE);
}

struct entry {
    const char *key;
    const struct val *value;
};

static int by_key(const void *a, const void *b)
{
    return codec_yaml_key_cmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static void put_map(struct writer *w, const struct val *v)
{
    size_t n = 0;
    cu_autofree struct entry *entries = cu_calloc(val_len(v) + 1, sizeof *entries);
    struct val_iter it = VAL_ITER_INIT;
    struct val *child;
    yaml_event_t ev;
    while (val_next(v, &it, &entries[n].key, &child))
        entries[n++].value = child;
    if (w->sort)
        qsort(entries, n, sizeof *entries, by_key);
    yaml_mapping_start_event_initialize(&ev, NULL, NULL, 1,
                                        n > 0 ? YAML_BLOCK_MAPPING_STYLE : YAML_FLOW_MAPPING_STYLE);
    emit(w, &ev);
    for (size_t i = 0; i < n; i++) {
        put_text(w, entries[i].key);
        put(w, entries[i].value);
    }
    yaml_mapping_end_event_initialize(&ev);
    emit(w, &ev);
}

static void put_list(struct writer *w, const struct val *v)
{
    size_t n = val_len(v);
    yaml_event_t ev;
    yaml_sequence_start_event_initialize(&ev, NULL, NULL, 1,
                                         n > 0 ? YAML_BLOCK_SEQUENCE_STYLE : YAML_FLOW_SEQUENCE_STYLE);
    emit(w, &ev);
    for (size_t i = 0; i < n; i++)
        put(w, val_at(v, i));
    yaml_sequence_end_event_initialize(&ev);
    emit(w, &ev);
}

static void put(struct writer *w, const struct val *v)
{
    char number[CODEC_REAL_MAX];
    switch (val_kind(v)) {
    case VAL_NULL: put_plain(w, "null"); break;
    case VAL_BOOL: put_plain(w, val_bool(v, false) ? "true" : "false"); break;
    case VAL_INT:
        snprintf(number, sizeof number, "%lld", (long long)val_int(v, 0));
        put_plain(w, number);
        break;
    case VAL_REAL:
        codec_format_real_yaml(val_real(v, 0), number);
        put_plain(w, number);
        break;
    case VAL_STRING: put_text(w, val_str(v)); break;
    case VAL_LIST: put_list(w, v); break;
    case VAL_MAP: put_map(w, v); break;
    }
}

/* libyaml 0.2 closes some open-ended texts with "..."; the Go writer does not. */
static void drop_end_mark(struct cu_buf *b)
{
    static const char mark[] = "\n...\n";
    size_t n = sizeof mark - 1;
    if (b->len >= n && memcmp(b->data + b->len - n, mark, n) == 0) {
        b->len -= n - 1;
        b->data[b->len] = 0;
    }
}

char *codec_yaml_dump(const struct val *v, unsigned flags)
{
    struct writer w = { .text = CU_BUF_INIT(SIZE_MAX), .sort = flags & CODEC_YAML_SORT };
    yaml_event_t ev;
    if (!yaml_emitter_initialize(&w.emitter))
        codec_oom();
    yaml_emitter_set_output(&w.emitter, append, &w.text);
    yaml_emitter_set_unicode(&w.emitter, 1);
    yaml_emitter_set_width(&w.emitter, flags & CODEC_YAML_NO_FOLD ? -1 : 80);
    yaml_stream_start_event_initialize(&ev, YAML_UTF8_ENCODING);
    emit(&w, &ev);
    yaml_document_start_event_initialize(&ev, NULL, NULL, NULL, 1);
    emit(&w, &ev);
    put(&w, v);
    yaml_document_end_event_initialize(&ev, 1);
    emit(&w, &ev);
    yaml_stream_end_event_initialize(&ev);
    emit(&w, &ev);
    yaml_emitter_delete(&w.emitter);
    drop_end_mark(&w.text);
    char *text = NULL;
    if (cu_buf_take(&w.text, &text, NULL) < 0)
        codec_oom();
    return text;
}
