/* YAML events (libyaml) to value trees with the position of every node.
 * Must not know what the documents mean. */
#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/map.h"
#include "codec/internal.h"
#include "codec/yaml_marks.h"
#include <errno.h>
#include <string.h>
#include <yaml.h>

#define MAX_ALIAS_WEIGHT                                                                                     \
    200000 /* values (and sixteenths of text bytes) that all aliases of a document expand to */

#define NO_MARKS (1u << 31) /* behind the public read flags: positions are not wanted afterwards */

/* A finished value and what copying it would cost. */
struct node {
    struct val *v;
    size_t weight;
    unsigned height;
    bool open; /* anchored, but its end was not read yet */
};

struct reader {
    yaml_parser_t parser;
    struct codec_doc *doc;
    struct cu_map *anchors; /* name -> struct node, values owned */
    struct cu_buf path;
    size_t alias_weight;
    bool refuse_dups;
};

static int fail_at(const struct reader *r, struct codec_mark at, struct cu_err *err, const char *fmt, ...)
    CU_PRINTF(4, 5);

static int fail_at(const struct reader *r, struct codec_mark at, struct cu_err *err, const char *fmt, ...)
{
    (void)r;
    cu_autobuf struct cu_buf b = CU_BUF_INIT(4096);
    va_list ap;
    va_start(ap, fmt);
    cu_buf_vaddf(&b, fmt, ap);
    va_end(ap);
    return cu_fail(err, CU_E_INVALID, "line %u, column %u: %s", at.line, at.column, cu_buf_str(&b));
}

static struct codec_mark mark_of(const struct reader *r, yaml_mark_t m)
{
    struct codec_mark at = { r->doc->first_line + (unsigned)m.line, (unsigned)m.column + 1 };
    return at;
}

static int next_event(struct reader *r, yaml_event_t *ev, struct cu_err *err)
{
    if (yaml_parser_parse(&r->parser, ev))
        return 0;
    yaml_mark_t at = r->parser.error == YAML_READER_ERROR ? r->parser.mark : r->parser.problem_mark;
    const char *problem = r->parser.problem ? r->parser.problem : "cannot be read";
    if (r->parser.context)
        return fail_at(r, mark_of(r, at), err, "bad YAML: %s (%s)", problem, r->parser.context);
    return fail_at(r, mark_of(r, at), err, "bad YAML: %s", problem);
}

static void path_key(struct reader *r, const char *key)
{
    if (r->path.len > 0)
        cu_buf_addc(&r->path, '.');
    cu_buf_add(&r->path, key);
}

static void path_cut(struct reader *r, size_t len)
{
    if (r->path.data) {
        r->path.data[len] = 0;
        r->path.len = len;
    }
}

static void note(struct reader *r, struct codec_mark key, struct codec_mark value)
{
    if (r->doc->marks && !r->path.failed)
        codec_marks_set(r->doc->marks, cu_buf_str(&r->path), key, value);
}

/* ---- scalars ---- */

static int binary(struct reader *r, const char *text, struct codec_mark at, struct val **out,
                  struct cu_err *err)
{
    cu_autofree uint8_t *bytes = NULL;
    size_t n;
    if (cu_unbase64(text, &bytes, &n, err) < 0)
        return fail_at(r, at, err, "!!binary value is not base64");
    *out = val_new_strn((const char *)bytes, n);
    return 0;
}

/* A number without a fraction is an integer, whatever its spelling ("1e3", "6443.0"): JSON, through which upstream
 * reads YAML, has one way to write both. */
static struct val *plain_number(double d)
{
    char text[CODEC_REAL_MAX], *end;
    codec_format_real(d, text);
    errno = 0;
    long long whole = strtoll(text, &end, 10);
    return *end || errno ? val_new_real(d) : val_new_int(whole);
}

static struct val *typed(const struct codec_scalar *s, const char *text)
{
    switch (s->kind) {
    case VAL_NULL: return val_new_null();
    case VAL_BOOL: return val_new_bool(s->b);
    case VAL_INT: return val_new_int(s->i);
    case VAL_REAL: return plain_number(s->d);
    case VAL_STRING:
    case VAL_LIST:
    case VAL_MAP: break;
    }
    return val_new_str(text);
}

static int tagged(struct reader *r, const char *tag, const char *text, struct codec_mark at, struct val **out,
                  struct cu_err *err)
{
    static const struct {
        const char *tag;
        enum val_kind kind;
    } kinds[] = { { YAML_NULL_TAG, VAL_NULL },
                  { YAML_BOOL_TAG, VAL_BOOL },
                  { YAML_INT_TAG, VAL_INT },
                  { YAML_FLOAT_TAG, VAL_REAL } };
    if (strcmp(tag, "tag:yaml.org,2002:binary") == 0)
        return binary(r, text, at, out, err);
    struct codec_scalar s = codec_yaml_resolve(text);
    for (size_t i = 0; i < CU_LEN(kinds); i++) {
        if (strcmp(tag, kinds[i].tag) != 0)
            continue;
        if (s.kind == VAL_INT && kinds[i].kind == VAL_REAL)
            s.kind = VAL_REAL, s.d = (double)s.i;
        if (s.kind != kinds[i].kind || s.infinite)
            return fail_at(r, at, err, "`%.40s` does not fit its tag !!%s", text, strrchr(tag, ':') + 1);
        *out = typed(&s, text);
        return 0;
    }
    *out = val_new_str(text);
    return 0;
}

static int scalar(struct reader *r, const yaml_event_t *ev, struct val **out, struct cu_err *err)
{
    const char *text = (const char *)ev->data.scalar.value;
    struct codec_mark at = mark_of(r, ev->start_mark);
    if (strlen(text) != ev->data.scalar.length)
        return fail_at(r, at, err, "text holds a NUL character");
    if (ev->data.scalar.tag)
        return tagged(r, (const char *)ev->data.scalar.tag, text, at, out, err);
    if (ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        *out = val_new_str(text);
        return 0;
    }
    struct codec_scalar s = codec_yaml_resolve(text);
    if (s.infinite)
        return fail_at(r, at, err, "%s has no JSON form; quote it if text is meant", text);
    *out = typed(&s, text);
    return 0;
}

/* ---- anchors ---- */

static void free_anchor(void *p)
{
    struct node *n = p;
    val_unref(n->v);
    free(n);
}

static void anchor_open(struct reader *r, const char *name)
{
    struct node *n = cu_calloc(1, sizeof *n);
    n->open = true;
    cu_map_set(r->anchors, name, n);
}

static void anchor_close(struct reader *r, const char *name, const struct node *done)
{
    struct node *n = cu_calloc(1, sizeof *n);
    *n = *done;
    n->v = val_ref(done->v);
    cu_map_set(r->anchors, name, n);
}

/* Copied, so that changing one use does not change the others; bounded, because aliases of aliases multiply. */
static int alias(struct reader *r, const yaml_event_t *ev, unsigned depth, struct node *out,
                 struct cu_err *err)
{
    const char *name = (const char *)ev->data.alias.anchor;
    struct codec_mark at = mark_of(r, ev->start_mark);
    const struct node *n = cu_map_get(r->anchors, name);
    if (!n)
        return fail_at(r, at, err, "alias *%s has no anchor &%s before it", name, name);
    if (n->open)
        return fail_at(r, at, err, "anchor &%s contains itself", name);
    r->alias_weight += n->weight;
    if (r->alias_weight > MAX_ALIAS_WEIGHT)
        return fail_at(r, at, err, "aliases expand to more than %d values", MAX_ALIAS_WEIGHT);
    if (depth + n->height > LIM_NESTING)
        return fail_at(r, at, err, "nested deeper than %d levels", LIM_NESTING);
    *out = *n;
    out->v = val_copy(n->v);
    return 0;
}

/* ---- maps and lists ---- */

static int read_node(struct reader *r, yaml_event_t *ev, unsigned depth, struct node *out,
                     struct cu_err *err);

static void grow_node(struct node *parent, const struct node *child)
{
    parent->weight += child->weight;
    if (parent->height < child->height + 1)
        parent->height = child->height + 1;
}

static char *key_text(const struct val *v)
{
    char number[CODEC_REAL_MAX];
    switch (val_kind(v)) {
    case VAL_STRING: return cu_strdup(val_str(v));
    case VAL_INT: return cu_asprintf("%lld", (long long)val_int(v, 0));
    case VAL_BOOL: return cu_strdup(val_bool(v, false) ? "true" : "false");
    case VAL_REAL: codec_format_real_yaml(val_real(v, 0), number); return cu_strdup(number);
    case VAL_NULL:
    case VAL_LIST:
    case VAL_MAP: break;
    }
    return NULL;
}

static bool is_merge_key(const yaml_event_t *ev)
{
    return ev->type == YAML_SCALAR_EVENT && ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           strcmp((const char *)ev->data.scalar.value, "<<") == 0;
}

static void note_dup(struct reader *r, const char *key, struct codec_mark at)
{
    struct codec_doc *d = r->doc;
    d->dups = cu_reallocarray(d->dups, d->n_dups + 1, sizeof *d->dups);
    d->dups[d->n_dups++] = (struct codec_dup){ .key = cu_strdup(key),
                                               .path = cu_strdup(cu_buf_str(&r->path)),
                                               .at = at,
                                               .line_in_doc = at.line - d->first_line + 1 };
}

struct merging {
    struct val *v;      /* the map that is read */
    struct val *merged; /* its keys that came by "<<" */
};

/* "<<" takes effect where it stands, as in Go's yaml.v2: it overwrites the keys before it, and the keys behind it
 * overwrite it; of several merged maps the first wins. Each key met twice counts as a duplicate all the same. */
static int merge_into(struct reader *r, struct merging *map, const struct val *from, struct codec_mark at,
                      struct cu_err *err)
{
    const char *key;
    struct val *child;
    struct val_iter it = VAL_ITER_INIT;
    size_t len = r->path.len;
    if (val_is_list(from)) {
        for (size_t i = val_len(from); i > 0; i--) {
            int rc = val_is_map(val_at(from, i - 1))
                         ? merge_into(r, map, val_at(from, i - 1), at, err)
                         : fail_at(r, at, err, "<< wants a map or a list of maps");
            if (rc < 0)
                return rc;
        }
        return 0;
    }
    if (!val_is_map(from))
        return fail_at(r, at, err, "<< wants a map or a list of maps");
    while (val_next(from, &it, &key, &child)) {
        path_key(r, key);
        if (val_get(map->v, key))
            note_dup(r, key, at);
        path_cut(r, len);
        val_set(map->v, key, val_ref(child));
        val_set(map->merged, key, val_new_null());
    }
    return 0;
}

/* One "key: value" of a map; `ev` is the key's event. */
static int read_entry(struct reader *r, yaml_event_t *ev, unsigned depth, struct node *map,
                      struct merging *into, struct cu_err *err)
{
    struct codec_mark key_at = mark_of(r, ev->start_mark);
    bool merge = is_merge_key(ev);
    struct node key = { .v = NULL }, value = { .v = NULL };
    size_t len = r->path.len;
    int rc = read_node(r, ev, depth, &key, err);
    cu_autofree char *name = rc < 0 ? NULL : key_text(key.v);
    if (rc == 0 && !name)
        rc = fail_at(r, key_at, err, "a map key cannot be %s", val_kind_name(key.v));
    val_unref(key.v);
    if (rc < 0)
        return rc;
    path_key(r, name);
    bool twice = !merge && val_get(map->v, name);
    if (twice && r->refuse_dups && !val_get(into->merged, name))
        return fail_at(r, key_at, err, "key \"%.100s\" already set in map", name);
    if (twice)
        note_dup(r, name, key_at);
    yaml_event_t next;
    rc = next_event(r, &next, err);
    if (rc < 0)
        return rc;
    struct codec_mark value_at = mark_of(r, next.start_mark);
    rc = read_node(r, &next, depth, &value, err);
    if (rc < 0)
        return rc;
    grow_node(map, &value);
    note(r, key_at, value_at);
    path_cut(r, len);
    if (!merge) {
        val_set(map->v, name, value.v);
        return 0;
    }
    rc = merge_into(r, into, value.v, key_at, err);
    val_unref(value.v);
    return rc;
}

static int read_map(struct reader *r, unsigned depth, struct node *out, struct cu_err *err)
{
    cu_autoval struct val *map = val_new_map(), *merged = val_new_map();
    struct merging into = { map, merged };
    struct node n = { .v = map, .weight = 1 };
    for (;;) {
        yaml_event_t ev;
        int rc = next_event(r, &ev, err);
        if (rc < 0)
            return rc;
        if (ev.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&ev);
            break;
        }
        rc = read_entry(r, &ev, depth + 1, &n, &into, err);
        if (rc < 0)
            return rc;
    }
    *out = n;
    out->v = cu_steal(&map);
    return 0;
}

static int read_list(struct reader *r, unsigned depth, struct node *out, struct cu_err *err)
{
    cu_autoval struct val *list = val_new_list();
    struct node n = { .v = list, .weight = 1 };
    size_t len = r->path.len;
    for (;;) {
        yaml_event_t ev;
        int rc = next_event(r, &ev, err);
        if (rc < 0)
            return rc;
        if (ev.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&ev);
            break;
        }
        struct node item = { .v = NULL };
        struct codec_mark at = mark_of(r, ev.start_mark);
        cu_buf_addf(&r->path, "[%zu]", val_len(list));
        rc = read_node(r, &ev, depth + 1, &item, err);
        if (rc < 0)
            return rc;
        grow_node(&n, &item);
        note(r, at, at);
        path_cut(r, len);
        val_append(list, item.v);
    }
    *out = n;
    out->v = cu_steal(&list);
    return 0;
}

/* Reads the node that starts with `ev`, which is deleted. */
static int read_node(struct reader *r, yaml_event_t *ev, unsigned depth, struct node *out, struct cu_err *err)
{
    struct codec_mark at = mark_of(r, ev->start_mark);
    cu_autofree char *anchor = NULL;
    struct node n = { .v = NULL, .weight = 1 };
    int rc;
    if (depth > LIM_NESTING) {
        yaml_event_delete(ev);
        return fail_at(r, at, err, "nested deeper than %d levels", LIM_NESTING);
    }
    yaml_event_type_t type = ev->type;
    const yaml_char_t *name = type == YAML_SCALAR_EVENT           ? ev->data.scalar.anchor
                              : type == YAML_MAPPING_START_EVENT  ? ev->data.mapping_start.anchor
                              : type == YAML_SEQUENCE_START_EVENT ? ev->data.sequence_start.anchor
                                                                  : NULL;
    anchor = cu_strdup((const char *)name);
    if (anchor)
        anchor_open(r, anchor);
    if (type == YAML_SCALAR_EVENT) {
        n.weight += ev->data.scalar.length / 16;
        rc = scalar(r, ev, &n.v, err);
    } else if (type == YAML_ALIAS_EVENT) {
        rc = alias(r, ev, depth, &n, err);
    } else if (type == YAML_MAPPING_START_EVENT) {
        rc = read_map(r, depth, &n, err);
    } else if (type == YAML_SEQUENCE_START_EVENT) {
        rc = read_list(r, depth, &n, err);
    } else {
        rc = fail_at(r, at, err, "bad YAML: a value was expected");
    }
    yaml_event_delete(ev);
    if (rc < 0)
        return rc;
    if (anchor)
        anchor_close(r, anchor, &n);
    *out = n;
    return 0;
}

/* ---- documents ---- */

static int expect(struct reader *r, yaml_event_type_t want, struct cu_err *err)
{
    yaml_event_t ev;
    int rc = next_event(r, &ev, err);
    if (rc < 0)
        return rc;
    struct codec_mark at = mark_of(r, ev.start_mark);
    yaml_event_type_t got = ev.type;
    yaml_event_delete(&ev);
    if (got == want)
        return 0;
    return fail_at(r, at, err, "a second document must begin with a line \"---\"");
}

static int read_root(struct reader *r, struct node *root, struct cu_err *err)
{
    yaml_event_t ev;
    int rc = expect(r, YAML_STREAM_START_EVENT, err);
    if (rc < 0 || (rc = next_event(r, &ev, err)) < 0)
        return rc;
    yaml_event_type_t type = ev.type;
    yaml_event_delete(&ev);
    if (type == YAML_STREAM_END_EVENT) {
        root->v = val_new_null();
        return 0;
    }
    if ((rc = next_event(r, &ev, err)) < 0)
        return rc;
    struct codec_mark at = mark_of(r, ev.start_mark);
    rc = read_node(r, &ev, 0, root, err);
    if (rc < 0)
        return rc;
    note(r, at, at);
    if ((rc = expect(r, YAML_DOCUMENT_END_EVENT, err)) < 0)
        return rc;
    return expect(r, YAML_STREAM_END_EVENT, err);
}

static void doc_clear(struct codec_doc *doc)
{
    val_unref(doc->root);
    codec_marks_free(doc->marks);
    for (size_t i = 0; i < doc->n_dups; i++) {
        free(doc->dups[i].key);
        free(doc->dups[i].path);
    }
    free(doc->dups);
}

/* doc->first_line and doc->marks are set by the caller; doc is cleared on failure. */
static int read_doc(const char *text, size_t n, bool refuse_dups, struct codec_doc *doc, struct cu_err *err)
{
    struct reader r = { .doc = doc, .path = CU_BUF_INIT(LIM_TEXT), .refuse_dups = refuse_dups };
    struct node root = { .v = NULL };
    if (!yaml_parser_initialize(&r.parser))
        codec_oom();
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
    r.anchors = cu_map_new(free_anchor);
    int rc = read_root(&r, &root, err);
    yaml_parser_delete(&r.parser);
    cu_map_free(r.anchors);
    cu_buf_clear(&r.path);
    if (rc < 0) {
        val_unref(root.v);
        doc_clear(doc);
        return rc;
    }
    doc->root = root.v;
    return 0;
}

void codec_docs_clear(struct codec_docs *docs)
{
    for (size_t i = 0; i < docs->n; i++)
        doc_clear(&docs->v[i]);
    free(docs->v);
    docs->v = NULL;
    docs->n = 0;
}

static int add_doc(const char *text, size_t n, unsigned flags, unsigned first_line, struct codec_docs *out,
                   struct cu_err *err)
{
    struct codec_doc doc = { .first_line = first_line };
    if (!(flags & NO_MARKS))
        doc.marks = codec_marks_new();
    int rc = read_doc(text, n, flags & CODEC_YAML_NO_DUPS, &doc, err);
    if (rc < 0)
        return rc;
    out->v = cu_reallocarray(out->v, out->n + 1, sizeof *out->v);
    out->v[out->n++] = doc;
    return 0;
}

/* A line that begins with three dashes ends a document, unless nothing came before it: then it opens one. */
int codec_yaml_read(const char *text, size_t n, unsigned flags, struct codec_docs *out, struct cu_err *err)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors put it in front */
    size_t skip = n >= sizeof mark - 1 && memcmp(text, mark, sizeof mark - 1) == 0 ? sizeof mark - 1 : 0;
    const char *end = text + n, *doc = text + skip, *line = doc;
    unsigned number = 1, first = 1;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop ? stop + 1 : end;
        if (stop - line >= 3 && memcmp(line, "---", 3) == 0) {
            const char *rest = line + 3;
            while (rest < stop && strchr(" \t\r\n\v\f", *rest) && *rest)
                rest++;
            if (rest < stop && *rest != '#')
                return cu_fail(err, CU_E_INVALID,
                               "line %u, column %u: text behind the document separator ---", number,
                               (unsigned)(rest - line) + 1);
            if (line > doc) {
                int rc = add_doc(doc, (size_t)(line - doc), flags, first, out, err);
                if (rc < 0)
                    return rc;
                doc = stop;
                first = number + 1;
            }
        }
        line = stop;
        number++;
    }
    return end > doc ? add_doc(doc, (size_t)(end - doc), flags, first, out, err) : 0;
}

int codec_yaml_parse(const char *text, size_t n, struct val **out, struct cu_err *err)
{
    codec_autodocs struct codec_docs docs = CODEC_DOCS_INIT;
    int rc = codec_yaml_read(text, n, CODEC_YAML_NO_DUPS | NO_MARKS, &docs, err);
    if (rc < 0)
        return rc;
    if (docs.n > 1)
        return cu_fail(err, CU_E_INVALID, "line %u, column 1: a second document, where one was expected",
                       docs.v[1].first_line);
    *out = docs.n == 1 ? val_ref(docs.v[0].root) : val_new_null();
    return 0;
}
