/* Evaluates and prints JSONPath templates.
 * Must not know their text. */
#include "codec/jsonpath.h"
#include "codec/internal.h"
#include <string.h>

#define MAX_RESULTS 1000000 /* values one expression may give: ".." over ".." multiplies */

struct set { /* borrowed values */
    const struct val **v;
    size_t n, cap;
};

struct run {
    const struct val *root;
    bool missing_fails;
    struct cu_buf *out; /* NULL: collect */
    struct val *list;
};

static void set_clear(struct set *s)
{
    free(s->v);
}

static void put(struct set *s, const struct val *v)
{
    cu_grow(&s->v, &s->cap, s->n + 1, sizeof *s->v);
    s->v[s->n++] = v;
}

static void put_all(struct set *s, const struct val *v)
{
    struct val *child;
    struct val_iter it = VAL_ITER_INIT;
    for (size_t i = 0; val_is_list(v) && i < val_len(v); i++)
        put(s, val_at(v, i));
    while (val_is_map(v) && val_next(v, &it, NULL, &child))
        put(s, child);
}

static void put_recursive(struct set *s, const struct val *v)
{
    struct set below = { NULL, 0, 0 };
    put(s, v);
    put_all(&below, v);
    for (size_t i = 0; i < below.n && s->n <= MAX_RESULTS; i++)
        put_recursive(s, below.v[i]);
    set_clear(&below);
}

static int evaluate(const struct run *r, const struct path *p, const struct val *at, struct set *out,
                    struct cu_err *err);

/* The value of one side; NULL when its path leads nowhere. */
static int side(const struct run *r, const struct operand *o, const struct val *at, const struct val **out,
                struct cu_err *err)
{
    struct run lenient = *r;
    struct set found = { NULL, 0, 0 };
    *out = o->literal;
    if (!o->path)
        return 0;
    lenient.missing_fails = false;
    int rc = evaluate(&lenient, o->path, at, &found, err);
    *out = rc == 0 && found.n > 0 ? found.v[0] : NULL;
    set_clear(&found);
    return rc;
}

static bool is_number(const struct val *v)
{
    return val_kind(v) == VAL_INT || val_kind(v) == VAL_REAL;
}

static bool compare(const struct val *a, const char *op, const struct val *b)
{
    int order;
    if (!a || !b)
        return false;
    if (is_number(a) && is_number(b)) {
        double x = val_real(a, 0), y = val_real(b, 0);
        order = x < y ? -1 : x > y;
    } else if (val_str(a) && val_str(b)) {
        order = strcmp(val_str(a), val_str(b));
    } else {
        bool equal = val_equal(a, b);
        return op[0] == '=' ? equal : op[0] == '!' && !equal;
    }
    switch (op[0]) {
    case '=': return order == 0;
    case '!': return order != 0;
    case '<': return order < 0 || (op[1] && order == 0);
    default: return order > 0 || (op[1] && order == 0);
    }
}

static int filter(const struct run *r, const struct filter *f, const struct val *v, struct set *out,
                  struct cu_err *err)
{
    struct set items = { NULL, 0, 0 };
    int rc = 0;
    put_all(&items, v);
    for (size_t i = 0; rc == 0 && i < items.n; i++) {
        const struct val *left, *right = NULL;
        rc = side(r, &f->left, items.v[i], &left, err);
        if (rc == 0 && f->op[0])
            rc = side(r, &f->right, items.v[i], &right, err);
        if (rc == 0 && (f->op[0] ? compare(left, f->op, right) : left != NULL))
            put(out, items.v[i]);
    }
    set_clear(&items);
    return rc;
}

static int indexes(const struct run *r, const struct step *s, const struct val *v, bool lenient,
                   struct set *out, struct cu_err *err)
{
    int64_t len = (int64_t)val_len(v);
    for (size_t i = 0; i < s->n; i++) {
        int64_t at = s->indexes[i] < 0 ? s->indexes[i] + len : s->indexes[i];
        if (val_is_list(v) && at >= 0 && at < len)
            put(out, val_at(v, (size_t)at));
        else if (val_is_list(v) && !lenient)
            return cu_fail(err, CU_E_INVALID, "jsonpath: index %lld of a list of %lld",
                           (long long)s->indexes[i], (long long)len);
        else if (r->missing_fails && !lenient)
            return cu_fail(err, CU_E_INVALID, "jsonpath: index of a %s", val_kind_name(v));
    }
    return 0;
}

/* Elements from..to-1; both must lie in the list, unless they are the same and ask for nothing. */
static int slice(const struct step *s, const struct val *v, bool lenient, struct set *out, struct cu_err *err)
{
    int64_t len = (int64_t)val_len(v), from = s->has_from ? s->from : 0, to = s->has_to ? s->to : len;

    if (!val_is_list(v))
        return 0;
    from += from < 0 ? len : 0;
    to += to < 0 ? len : 0;
    if (from != to && (from < 0 || from > to || to > len)) {
        return lenient ? 0
                       : cu_fail(err, CU_E_INVALID, "jsonpath: elements %lld to %lld of a list of %lld",
                                 (long long)from, (long long)to, (long long)len);
    }
    for (int64_t i = from; i < to; i += s->by)
        put(out, val_at(v, (size_t)i));
    return 0;
}

static int apply(const struct run *r, const struct step *s, const struct val *v, bool lenient,
                 struct set *out, struct cu_err *err)
{
    switch (s->kind) {
    case STEP_ROOT: put(out, r->root); return 0;
    case STEP_ALL: put_all(out, v); return 0;
    case STEP_RECURSE: put_recursive(out, v); return 0;
    case STEP_FILTER: return filter(r, s->filter, v, out, err);
    case STEP_INDEXES: return indexes(r, s, v, lenient, out, err);
    case STEP_SLICE: return slice(s, v, lenient, out, err);
    case STEP_FIELDS: break;
    }
    for (size_t i = 0; i < s->n; i++) {
        const struct val *child = val_get(v, s->names[i]);
        if (child)
            put(out, child);
        else if (r->missing_fails && !lenient)
            return cu_fail(err, CU_E_INVALID, "jsonpath: %s is not found", s->names[i]);
    }
    return 0;
}

static int evaluate(const struct run *r, const struct path *p, const struct val *at, struct set *out,
                    struct cu_err *err)
{
    struct set now = { NULL, 0, 0 };
    bool lenient = false; /* below "..": what is missing in one place may be in another */
    put(&now, at);
    for (size_t i = 0; i < p->n; i++) {
        struct set next = { NULL, 0, 0 };
        int rc = 0;
        for (size_t k = 0; rc == 0 && k < now.n; k++) {
            rc = apply(r, &p->steps[i], now.v[k], lenient, &next, err);
            if (rc == 0 && next.n > MAX_RESULTS)
                rc = cu_fail(err, CU_E_INVALID, "jsonpath: more than %d results", MAX_RESULTS);
        }
        set_clear(&now);
        now = next;
        if (rc < 0) {
            set_clear(&now);
            return rc;
        }
        lenient = lenient || p->steps[i].kind == STEP_RECURSE;
    }
    *out = now;
    return 0;
}

static void print_value(struct cu_buf *b, const struct val *v)
{
    cu_autofree char *text = val_str(v) ? NULL : val_dump_json(v, VAL_JSON_COMPACT);
    cu_buf_add(b, text ? text : val_str(v));
}

static int run_parts(struct run *r, const struct codec_path *t, size_t from, size_t to, const struct val *at,
                     struct cu_err *err)
{
    for (size_t i = from; i < to; i++) {
        const struct part *part = &t->parts[i];
        struct set found = { NULL, 0, 0 };
        int rc = 0;
        if (part->kind == PART_TEXT && r->out)
            cu_buf_add(r->out, part->text);
        if (part->kind == PART_PATH || part->kind == PART_RANGE)
            rc = evaluate(r, part->path, at, &found, err);
        for (size_t k = 0; rc == 0 && k < found.n; k++) {
            if (part->kind == PART_RANGE) {
                rc = run_parts(r, t, i + 1, part->end, found.v[k], err);
            } else if (r->out) {
                if (k > 0)
                    cu_buf_addc(r->out, ' ');
                print_value(r->out, found.v[k]);
            } else {
                val_append(r->list, val_ref(found.v[k]));
            }
        }
        set_clear(&found);
        if (rc < 0)
            return rc;
        if (part->kind == PART_RANGE)
            i = part->end;
    }
    return 0;
}

int codec_path_print(const struct codec_path *p, const struct val *v, bool missing_fails, struct cu_buf *out,
                     struct cu_err *err)
{
    struct run r = { v, missing_fails, out, NULL };
    return run_parts(&r, p, 0, p->n, v, err);
}

int codec_path_list(const struct codec_path *p, const struct val *v, bool missing_fails, struct val **out,
                    struct cu_err *err)
{
    struct run r = { v, missing_fails, NULL, val_new_list() };
    int rc = run_parts(&r, p, 0, p->n, v, err);
    if (rc < 0)
        val_unref(r.list);
    else
        *out = r.list;
    return rc;
}
