/* Reads Kubernetes protobuf by the table in schema.h. Must not know any single type, nor what is done with
 * it. */
#include "apiserver/protobuf.h"

#include "apiserver/scalar.h"
#include "apiserver/schema.h"
#include "base/encode.h"
#include "base/limits.h"

#include <string.h>

struct cursor {
    const uint8_t *p, *end;
};

struct decoder {
    struct cu_err *err;
    int depth; /* messages entered */
};

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

/* One field as it stands on the wire. */
struct item {
    uint32_t number;
    unsigned wire;
    uint64_t n;          /* WIRE_VARINT */
    struct cursor bytes; /* WIRE_BYTES */
};

static bool get_varint(struct cursor *c, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70 && c->p < c->end; shift += 7) {
        uint8_t b = *c->p++;
        if (shift == 63 && b > 1)
            return false;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80) {
            *out = v;
            return true;
        }
    }
    return false;
}

/* False at bytes that are no field; the fixed-size kinds, which the schema does not use, are stepped over. */
static bool get_item(struct cursor *c, struct item *it)
{
    uint64_t tag, len;

    if (!get_varint(c, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return false;
    it->number = (uint32_t)(tag >> 3);
    it->wire = (unsigned)(tag & 7);
    switch (it->wire) {
    case WIRE_VARINT: return get_varint(c, &it->n);
    case WIRE_BYTES:
        if (!get_varint(c, &len))
            return false;
        break;
    case WIRE_64: len = 8; break;
    case WIRE_32: len = 4; break;
    default: return false;
    }
    if (len > (uint64_t)(c->end - c->p))
        return false;
    it->bytes.p = c->p;
    it->bytes.end = c->p + len;
    c->p += len;
    return true;
}

static int malformed(struct decoder *d, const char *what)
{
    return cu_fail(d->err, CU_E_INVALID, "malformed protobuf in %s", what[0] ? what : "an inline part");
}

static int decode_message(struct decoder *d, const struct api_type *t, struct cursor c, struct val *map);
static int decode_envelope(struct decoder *d, struct cursor c, struct val **out);

static struct val *new_text(const struct cursor *c)
{
    size_t n = (size_t)(c->end - c->p);
    if (n == 0)
        return val_new_str("");
    if (!api_is_text(c->p, n))
        return NULL;
    return val_new_strn((const char *)c->p, n);
}

/* Small messages that are scalars in JSON: {1: number or text, 2: number, 3: text}. */
struct small {
    int64_t n1, n2;
    struct cursor s1, s3;
    bool empty;
};

static bool get_small(struct cursor c, struct small *out)
{
    struct item it;
    memset(out, 0, sizeof(*out));
    out->empty = true;
    while (c.p < c.end) {
        if (!get_item(&c, &it))
            return false;
        out->empty = false;
        if (it.number == 1 && it.wire == WIRE_VARINT)
            out->n1 = (int64_t)it.n;
        else if (it.number == 2 && it.wire == WIRE_VARINT)
            out->n2 = (int64_t)it.n;
        else if (it.number == 1 && it.wire == WIRE_BYTES)
            out->s1 = it.bytes;
        else if (it.number == 3 && it.wire == WIRE_BYTES)
            out->s3 = it.bytes;
    }
    return true;
}

/* *out stays NULL for an empty time, which is null in JSON. */
static bool decode_time(struct cursor c, bool micro, struct val **out)
{
    const int64_t go_zero = -62135596800; /* year 1: Go's zero time */
    char text[API_TIME_MAX];
    struct small s;

    if (!get_small(c, &s) || s.n2 < 0 || s.n2 > 999999999)
        return false;
    if (s.empty || s.n1 == go_zero)
        return true;
    if (micro ? !api_microtime_text(s.n1, (uint32_t)(s.n2 / 1000), text) : !api_time_text(s.n1, text))
        return false;
    *out = val_new_str(text);
    return true;
}

static bool decode_small(const struct api_field *f, struct cursor c, struct val **out)
{
    struct small s;

    if (f->kind == API_F_TIME || f->kind == API_F_MICROTIME)
        return decode_time(c, f->kind == API_F_MICROTIME, out);
    if (!get_small(c, &s))
        return false;
    if (f->kind == API_F_INTORSTRING) {
        if (s.n1 == 0)
            *out = val_new_int((int32_t)s.n2);
        else
            *out = new_text(&s.s3);
    } else { /* API_F_QUANTITY */
        *out = s.s1.p == s.s1.end ? val_new_str("0") : new_text(&s.s1);
    }
    return *out != NULL;
}

static int decode_strings(struct decoder *d, struct cursor c, struct val **out)
{
    cu_autoval struct val *list = val_new_list();
    struct item it;
    while (c.p < c.end) {
        if (!get_item(&c, &it))
            return malformed(d, "a list of strings");
        if (it.number != 1 || it.wire != WIRE_BYTES)
            continue;
        struct val *s = new_text(&it.bytes);
        if (!s)
            return malformed(d, "a list of strings");
        val_append(list, s);
    }
    *out = cu_steal(&list);
    return 0;
}

/* RawExtension and FieldsV1: {1: bytes}, the bytes being JSON or another envelope. */
static int decode_raw(struct decoder *d, struct cursor c, struct val **out)
{
    struct small s;

    if (!get_small(c, &s))
        return malformed(d, "an embedded object");
    size_t n = (size_t)(s.s1.end - s.s1.p);
    if (n == 0)
        return 0;
    if (api_protobuf_is(s.s1.p, n))
        return decode_envelope(d, s.s1, out);
    if (val_parse_json((const char *)s.s1.p, n, out, d->err) < 0)
        return cu_wrap(d->err, "embedded object");
    return 0;
}

/* One value of the field's kind. *out stays NULL for a value that is null in JSON. */
static int decode_value(struct decoder *d, const struct api_field *f, const struct item *it, struct val **out)
{
    struct cursor c = it->bytes;
    bool scalar = f->kind == API_F_BOOL || f->kind == API_F_INT32 || f->kind == API_F_INT64;

    if (it->wire != (scalar ? WIRE_VARINT : WIRE_BYTES))
        return malformed(d, f->json);
    switch ((enum api_field_kind)f->kind) {
    case API_F_BOOL: *out = val_new_bool(it->n != 0); return 0;
    case API_F_INT32: *out = val_new_int((int32_t)it->n); return 0;
    case API_F_INT64: *out = val_new_int((int64_t)it->n); return 0;
    case API_F_STRING: *out = new_text(&c); return *out ? 0 : malformed(d, f->json);
    case API_F_BYTES: {
        cu_autofree char *text = cu_base64(c.p, (size_t)(c.end - c.p));
        *out = val_new_str(text);
        return 0;
    }
    case API_F_MSG: {
        cu_autoval struct val *map = val_new_map();
        int r = decode_message(d, f->type, c, map);
        if (r < 0)
            return r;
        *out = cu_steal(&map);
        return 0;
    }
    case API_F_TIME:
    case API_F_MICROTIME:
    case API_F_QUANTITY:
    case API_F_INTORSTRING: return decode_small(f, c, out) ? 0 : malformed(d, f->json);
    case API_F_RAW:
    case API_F_FIELDSV1: return decode_raw(d, c, out);
    case API_F_STRINGLIST: return decode_strings(d, c, out);
    }
    return malformed(d, f->json);
}

/* Map entry: message {1 key, 2 value}. */
static int decode_entry(struct decoder *d, const struct api_field *f, struct cursor c, struct val *map)
{
    cu_autoval struct val *key = NULL, *value = NULL;
    struct item it, last = { .number = 2, .wire = WIRE_BYTES, .bytes = { c.end, c.end } };

    while (c.p < c.end) {
        if (!get_item(&c, &it))
            return malformed(d, f->json);
        if (it.number == 1 && it.wire == WIRE_BYTES) {
            val_unref(key);
            key = new_text(&it.bytes);
            if (!key)
                return malformed(d, f->json);
        } else if (it.number == 2) {
            last = it;
        }
    }
    int r = decode_value(d, f, &last, &value);
    if (r < 0)
        return r;
    if (value)
        val_set(map, key ? val_str(key) : "", cu_steal(&value));
    return 0;
}

static bool is_zero(const struct val *v)
{
    switch (val_kind(v)) {
    case VAL_BOOL: return !val_bool(v, true);
    case VAL_INT: return val_int(v, 1) == 0;
    case VAL_STRING: return val_str(v)[0] == '\0';
    case VAL_NULL:
    case VAL_REAL:
    case VAL_LIST:
    case VAL_MAP: break;
    }
    return false;
}

/* Repeated scalars may come packed: many varints in one run of bytes. */
static int decode_repeated(struct decoder *d, const struct api_field *f, const struct item *it,
                           struct val *list)
{
    struct item one = { .number = it->number, .wire = WIRE_VARINT };
    struct cursor c = it->bytes;
    struct val *v = NULL;
    int r;

    if (it->wire == WIRE_BYTES &&
        (f->kind == API_F_BOOL || f->kind == API_F_INT32 || f->kind == API_F_INT64)) {
        while (c.p < c.end) {
            if (!get_varint(&c, &one.n))
                return malformed(d, f->json);
            r = decode_value(d, f, &one, &v);
            if (r < 0)
                return r;
            val_append(list, v);
        }
        return 0;
    }
    r = decode_value(d, f, it, &v);
    if (r < 0)
        return r;
    val_append(list, v ? v : val_new_null());
    return 0;
}

static int decode_field(struct decoder *d, const struct api_field *f, const struct item *it, struct val *map)
{
    struct val *v = NULL;
    int r;

    if (f->flags & (API_F_INLINE | API_F_MAP) && it->wire != WIRE_BYTES)
        return malformed(d, f->json);
    if (f->flags & API_F_INLINE)
        return decode_message(d, f->type, it->bytes, map);
    if (f->flags & API_F_MAP)
        return decode_entry(d, f, it->bytes, val_need_map(map, f->json));
    if (f->flags & API_F_REPEATED)
        return decode_repeated(d, f, it, val_need_list(map, f->json));
    if (f->kind == API_F_MSG && it->wire == WIRE_BYTES) /* a message in two pieces is one message */
        return decode_message(d, f->type, it->bytes, val_need_map(map, f->json));
    r = decode_value(d, f, it, &v);
    if (r < 0 || !v)
        return r;
    if ((f->flags & API_F_OMITEMPTY) && !(f->flags & API_F_POINTER) && f->kind != API_F_INTORSTRING &&
        is_zero(v)) {
        val_unref(v);
        return 0;
    }
    val_set(map, f->json, v);
    return 0;
}

static int decode_message(struct decoder *d, const struct api_type *t, struct cursor c, struct val *map)
{
    struct item it;
    int r = 0;

    if (d->depth >= LIM_NESTING)
        return cu_fail(d->err, CU_E_INVALID, "protobuf nested deeper than %d levels", LIM_NESTING);
    d->depth++;
    while (r == 0 && c.p < c.end) {
        if (!get_item(&c, &it)) {
            r = malformed(d, t->name);
            break;
        }
        const struct api_field *f = api_type_number(t, it.number);
        if (f)
            r = decode_field(d, f, &it, map);
    }
    d->depth--;
    return r;
}

/* runtime.Unknown: {1: {1 apiVersion, 2 kind}, 2: object, 3: contentEncoding, 4: contentType}. */
static const struct api_field type_meta_fields[] = {
    { "apiVersion", NULL, 1, API_F_STRING, 0 },
    { "kind", NULL, 2, API_F_STRING, 0 },
};
static const struct api_type type_meta = { "TypeMeta", type_meta_fields, CU_LEN(type_meta_fields) };

static int decode_envelope(struct decoder *d, struct cursor c, struct val **out)
{
    cu_autoval struct val *meta = val_new_map(), *obj = val_new_map();
    struct cursor raw = { c.end, c.end };
    struct item it;
    int r = 0;

    c.p += 4;
    while (r == 0 && c.p < c.end) {
        if (!get_item(&c, &it))
            return malformed(d, "the envelope");
        if (it.wire != WIRE_BYTES)
            continue;
        if (it.number == 1)
            r = decode_message(d, &type_meta, it.bytes, meta);
        else if (it.number == 2)
            raw = it.bytes;
        else if (it.number == 3 && it.bytes.p != it.bytes.end)
            r = cu_fail(d->err, CU_E_INVALID, "protobuf envelope with a content encoding");
    }
    if (r < 0)
        return r;

    const char *kind = val_get_str(meta, "kind"), *gv = val_get_str(meta, "apiVersion");
    const char *slash = gv ? strchr(gv, '/') : NULL;
    cu_autofree char *group = slash ? cu_strndup(gv, (size_t)(slash - gv)) : cu_strdup("");
    const struct api_type *t = kind && gv ? api_type_of_kind(group, slash ? slash + 1 : gv, kind) : NULL;
    if (!t)
        return cu_fail(d->err, CU_E_INVALID, "no kind \"%s\" is known in version \"%s\"", kind ? kind : "",
                       gv ? gv : "");
    val_set_str(obj, "kind", kind);
    val_set_str(obj, "apiVersion", gv);
    r = decode_message(d, t, raw, obj);
    if (r < 0)
        return r;
    *out = cu_steal(&obj);
    return 0;
}

bool api_protobuf_is(const void *body, size_t n)
{
    return n >= 4 && memcmp(body, "k8s\0", 4) == 0;
}

int api_protobuf_decode(const uint8_t *body, size_t n, struct val **obj, struct cu_err *err)
{
    struct decoder d = { err, 0 };
    struct cursor c = { body, body + n };

    if (!api_protobuf_is(body, n))
        return cu_fail(err, CU_E_INVALID,
                       "the body is no Kubernetes protobuf: it does not start with its four bytes");
    return decode_envelope(&d, c, obj);
}
