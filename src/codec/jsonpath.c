/* Evaluates and prints JSONPath templates.
 * Must not know their text. */
#include "codec/jsonpath.h"
#include "base/str.h"
#include "codec/internal.h"
#include <string.h>

#define MAX_RESULTS 1000000 /* values one expression may give: ".." over ".." multiplies */
#define MAX_WORK 5000000    /* parts one template may execute: nested ranges multiply */

struct set { /* borrowed values */
    const struct val **v;
    size_t n, cap;
};

struct run {
    const struct codec_path *t;
    bool missing_fails, as_json;
    struct cu_buf *out;
    size_t work, loops, last_end;
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

/* The value and all below it, of which numbers, truths, null and what is empty do not count. */
static void put_recursive(struct set *s, const struct val *v)
{
    struct set below = { NULL, 0, 0 };
    put_all(&below, v);
    if (below.n > 0 || !cu_is_empty(val_str(v)))
        put(s, v);
    for (size_t i = 0; i < below.n && s->n <= MAX_RESULTS; i++)
        put_recursive(s, below.v[i]);
    set_clear(&below);
}

static int evaluate(const struct run *r, const struct path *p, const struct val *const *from, size_t n,
                    struct set *out, struct cu_err *err);

static int no_list(const struct val *v, struct cu_err *err)
{
    return cu_fail(err, CU_E_INVALID, "jsonpath: a %s is no list to take elements of", val_kind_name(v));
}

/* ---- filters ---- */

/* -1, 0, 1; texts, whole numbers, numbers and truths compare with their own kind alone. */
static int compare(const struct val *a, const char *op, const struct val *b, int *order, struct cu_err *err)
{
    enum val_kind kind = val_kind(a);
    if (kind != val_kind(b))
        return cu_fail(err, CU_E_INVALID, "jsonpath: a %s cannot be compared with a %s", val_kind_name(a),
                       val_kind_name(b));
    double x = val_real(a, 0), y = val_real(b, 0);
    if (kind == VAL_STRING)
        *order = strcmp(val_str(a), val_str(b));
    else if (kind == VAL_INT || kind == VAL_REAL)
        *order = x < y ? -1 : x > y;
    else if (kind == VAL_BOOL && op[1] == '=' && (op[0] == '=' || op[0] == '!'))
        *order = val_bool(a, false) != val_bool(b, false);
    else
        return cu_fail(err, CU_E_INVALID, "jsonpath: a %s cannot be compared by %s", val_kind_name(a), op);
    return 0;
}

static bool holds(const char *op, int order)
{
    switch (op[0]) {
    case '=': return order == 0;
    case '!': return order != 0;
    case '<': return order < 0 || (op[1] && order == 0);
    default: return order > 0 || (op[1] && order == 0);
    }
}

static int passes(const struct run *r, const struct filter *f, const struct val *v, bool *yes,
                  struct cu_err *err)
{
    struct set left = { NULL, 0, 0 }, right = { NULL, 0, 0 };
    int order = 0;
    int rc = evaluate(r, &f->left, &v, 1, &left, f->op[0] ? err : NULL);
    *yes = rc == 0 && left.n > 0;
    if (!f->op[0]) {
        set_clear(&left);
        return 0;
    }
    if (*yes && left.n == 1)
        rc = evaluate(r, &f->right, &v, 1, &right, err);
    if (rc == 0 && (left.n > 1 || right.n > 1))
        rc = cu_fail(err, CU_E_INVALID, "jsonpath: a filter compares single values, not several at once");
    *yes = rc == 0 && left.n == 1 && right.n == 1;
    if (*yes)
        rc = compare(left.v[0], f->op, right.v[0], &order, err);
    *yes = *yes && rc == 0 && holds(f->op, order);
    set_clear(&left);
    set_clear(&right);
    return rc;
}

static int filter(const struct run *r, const struct filter *f, const struct val *v, struct set *out,
                  struct cu_err *err)
{
    if (!val_is_list(v))
        return no_list(v, err);
    for (size_t i = 0; i < val_len(v); i++) {
        bool yes = false;
        int rc = passes(r, f, val_at(v, i), &yes, err);
        if (rc < 0)
            return rc;
        if (yes)
            put(out, val_at(v, i));
    }
    return 0;
}

/* ---- the other steps ---- */

/* Elements from..to-1; both must lie in the list, unless they are the same and ask for nothing. */
static int slice(const struct step *s, const struct val *v, struct set *out, struct cu_err *err)
{
    if (val_kind(v) == VAL_NULL)
        return 0;
    if (!val_is_list(v))
        return no_list(v, err);
    int64_t len = (int64_t)val_len(v), from = s->has_from ? s->from : 0;
    int64_t to = s->one ? s->from + 1 : s->has_to ? s->to : len;
    if (from < 0)
        from += len;
    if (to < 0 || (s->one && to == 0))
        to += len;
    if (from == to)
        return 0;
    if (from < 0 || from >= len || to < 0 || to > len || from > to)
        return cu_fail(err, CU_E_INVALID, "jsonpath: elements %lld to %lld of a list of %lld",
                       (long long)from, (long long)to - 1, (long long)len);
    if (s->has_by && s->by <= 0)
        return cu_fail(err, CU_E_INVALID, "jsonpath: a slice's step must be above 0");
    int64_t by = s->has_by ? s->by : 1;
    for (int64_t i = from; i < to; i = by < to - i ? i + by : to)
        put(out, val_at(v, (size_t)i));
    return 0;
}

static int apply_one(const struct run *r, const struct step *s, const struct val *v, struct set *out,
                     struct cu_err *err)
{
    const struct val *child;
    switch (s->kind) {
    case STEP_ALL: put_all(out, v); return 0;
    case STEP_RECURSE: put_recursive(out, v); return 0;
    case STEP_FILTER: return filter(r, s->filter, v, out, err);
    case STEP_SLICE: return slice(s, v, out, err);
    case STEP_VALUE: put(out, s->value); return 0;
    case STEP_FIELD:
        child = val_get(v, s->name);
        if (child)
            put(out, child);
        return 0;
    case STEP_RANGE:
    case STEP_END: put(out, v); return 0;
    case STEP_TEXT:
    case STEP_UNION: break; /* not value by value */
    }
    return 0;
}

static int apply(const struct run *r, const struct step *s, const struct set *now, struct set *out,
                 struct cu_err *err)
{
    int rc = 0;
    if (s->kind == STEP_TEXT)
        put(out, s->value);
    for (size_t i = 0; rc == 0 && i < s->n_parts; i++) {
        struct set part = { NULL, 0, 0 };
        rc = evaluate(r, &s->parts[i], now->v, now->n, &part, err);
        for (size_t k = 0; k < part.n; k++)
            put(out, part.v[k]);
        set_clear(&part);
    }
    for (size_t i = 0; rc == 0 && i < now->n; i++) {
        rc = apply_one(r, s, now->v[i], out, err);
        if (rc == 0 && out->n > MAX_RESULTS)
            rc = cu_fail(err, CU_E_INVALID, "jsonpath: more than %d results", MAX_RESULTS);
    }
    if (rc == 0 && s->kind == STEP_FIELD && now->n > 0 && out->n == 0 && r->missing_fails)
        rc = cu_fail(err, CU_E_INVALID, "jsonpath: %s is not found", s->name);
    return rc;
}

static int evaluate(const struct run *r, const struct path *p, const struct val *const *from, size_t n,
                    struct set *out, struct cu_err *err)
{
    struct set now = { NULL, 0, 0 };
    for (size_t i = 0; i < n; i++)
        put(&now, from[i]);
    for (size_t i = 0; i < p->n; i++) {
        struct set next = { NULL, 0, 0 };
        int rc = apply(r, &p->steps[i], &now, &next, err);
        set_clear(&now);
        now = next;
        if (rc < 0) {
            set_clear(&now);
            return rc;
        }
    }
    *out = now;
    return 0;
}

/* ---- printing ---- */

static void print_value(struct cu_buf *b, const struct val *v)
{
    char number[CODEC_REAL_MAX];
    if (val_str(v)) {
        cu_buf_add(b, val_str(v));
    } else if (val_kind(v) == VAL_REAL) {
        codec_format_real_go(val_real(v, 0), number);
        cu_buf_add(b, number);
    } else {
        cu_autofree char *text = val_dump_json(v, VAL_JSON_SORT);
        cu_buf_add(b, text);
    }
}

static void emit(const struct run *r, const struct set *found)
{
    if (r->as_json) {
        cu_autoval struct val *list = val_new_list();
        for (size_t i = 0; i < found->n; i++)
            val_append(list, val_ref(found->v[i]));
        cu_autofree char *text = val_dump_json(list, VAL_JSON_INDENT | VAL_JSON_SORT);
        cu_buf_addf(r->out, "%s\n", text);
        return;
    }
    for (size_t i = 0; i < found->n; i++) {
        if (i > 0)
            cu_buf_addc(r->out, ' ');
        print_value(r->out, found->v[i]);
    }
}

static void emit_text(const struct run *r, const char *text)
{
    cu_autoval struct val *v = val_new_str(text);
    const struct val *one = v;
    emit(r, &(struct set){ &one, 1, 1 });
}

/* The end of a loop without results is looked for, what is in it is passed over. */
static void pass_over(struct run *r, size_t from)
{
    size_t depth = 1;
    for (size_t i = from; i < r->t->n; i++) {
        depth = depth + r->t->parts[i].range - r->t->parts[i].end;
        if (depth == 0) {
            r->last_end = i;
            return;
        }
    }
}

static int run_parts(struct run *r, size_t from, const struct val *at, struct cu_err *err);

static int run_loop(struct run *r, size_t from, const struct set *found, struct cu_err *err)
{
    int rc = 0;
    if (found->n == 0)
        pass_over(r, from);
    r->loops++;
    for (size_t k = 0; rc == 0 && k < found->n; k++)
        rc = run_parts(r, from, found->v[k], err);
    r->loops--;
    return rc;
}

/* Up to the end of the loop that is open, or of the template: a loop may lack its end, and what is behind it is then
 * run once more without. */
static int run_parts(struct run *r, size_t from, const struct val *at, struct cu_err *err)
{
    for (size_t i = from; i < r->t->n; i++) {
        const struct part *part = &r->t->parts[i];
        struct set found = { NULL, 0, 0 };
        int rc = 0;
        if (++r->work > MAX_WORK)
            return cu_fail(err, CU_E_INVALID, "jsonpath: runs for too long");
        if (part->text) {
            emit_text(r, part->text);
            continue;
        }
        rc = evaluate(r, &part->path, &at, 1, &found, err);
        if (rc == 0 && part->end && r->loops > 0) {
            r->last_end = i;
            set_clear(&found);
            return 0;
        }
        if (rc == 0 && part->range)
            rc = run_loop(r, i + 1, &found, err);
        else if (rc == 0)
            emit(r, &found);
        set_clear(&found);
        if (rc < 0)
            return rc;
        if (part->range && r->last_end > i)
            i = r->last_end;
    }
    return 0;
}

int codec_path_print(const struct codec_path *p, const struct val *v, const struct codec_path_how *how,
                     struct cu_buf *out, struct cu_err *err)
{
    struct run r = { .t = p, .missing_fails = how->missing_fails, .as_json = how->as_json, .out = out };
    return run_parts(&r, 0, v, err);
}
