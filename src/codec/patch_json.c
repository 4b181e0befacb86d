/* JSON patch (RFC 6902) and merge patch (RFC 7386).
 * Must not know about types of objects. */
#include "base/str.h"
#include "base/strlist.h"
#include "codec/internal.h"
#include "codec/patch.h"
#include <ctype.h>
#include <string.h>

/* One parsed pointer: the steps as plain keys. */
static int parse_pointer(const char *text, struct cu_strlist *steps, struct cu_err *err)
{
    if (*text == 0)
        return 0;
    if (*text != '/')
        return cu_fail(err, CU_E_INVALID, "path \"%s\" does not begin with /", text);
    if (text[1] == 0)
        cu_strlist_add(steps, ""); /* "/" names the member with the empty key */
    cu_strlist_split(steps, text + 1, '/');
    for (size_t i = 0; i < steps->n; i++) {
        char *to = steps->v[i];
        for (const char *from = to; *from; from++) {
            bool escape = *from == '~' && (from[1] == '0' || from[1] == '1'); /* another ~ is itself */
            *to++ = !escape ? *from : from[1] == '0' ? '~' : '/';
            from += escape;
        }
        *to = 0;
    }
    return 0;
}

/* A list index: decimal, negative from the end; as Go reads numbers, so "+1" and "01" too. `extra` is 1 where the
 * place behind the last element counts. */
static bool parse_index(const char *s, size_t len, size_t extra, size_t *out)
{
    const char *digits = s + (*s == '-' || *s == '+');
    if (extra && strcmp(s, "-") == 0) {
        *out = len;
        return true;
    }
    if (!*digits || strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 9)
        return false;
    size_t n = (size_t)strtoul(digits, NULL, 10), places = len + extra;
    if (*s == '-' && n > 0) {
        if (n > places)
            return false;
        n = places - n;
    }
    if (n >= places)
        return false;
    *out = n;
    return true;
}

/* The value `n` steps down; NULL when it is not there. */
static struct val *walk(struct val *v, const struct cu_strlist *steps, size_t n)
{
    for (size_t i = 0; i < n && v; i++) {
        size_t index;
        if (val_is_map(v))
            v = val_get(v, steps->v[i]);
        else if (val_is_list(v) && parse_index(steps->v[i], val_len(v), 0, &index))
            v = val_at(v, index);
        else
            v = NULL;
    }
    return v;
}

struct op {
    const char *name, *path;
    struct cu_strlist to, from;
    const struct val *value; /* borrowed */
};

static int missing(const struct op *op, struct cu_err *err)
{
    return cu_fail(err, CU_E_CONFLICT, "%s %s: no such path", op->name, op->path);
}

/* Takes over `value`. replace: a list's element must be there already; a map's member need not be, as in the library
 * upstream uses (spec apiserver 3.8). */
static int put(struct val **doc, const struct op *op, struct val *value, bool replace, struct cu_err *err)
{
    cu_autoval struct val *owned = value;
    if (op->to.n == 0) {
        if (!replace)
            return missing(op, err);
        if (!val_is_map(value) && !val_is_list(value))
            return cu_fail(err, CU_E_CONFLICT, "%s \"\": the whole document can only become a map or list",
                           op->name);
        val_unref(*doc);
        *doc = cu_steal(&owned);
        return 0;
    }
    struct val *parent = walk(*doc, &op->to, op->to.n - 1);
    const char *last = op->to.v[op->to.n - 1];
    size_t index;
    if (val_is_map(parent)) {
        val_set(parent, last, cu_steal(&owned));
        return 0;
    }
    if (!val_is_list(parent) || !parse_index(last, val_len(parent), replace ? 0 : 1, &index))
        return missing(op, err);
    if (replace)
        val_replace(parent, index, cu_steal(&owned));
    else
        val_insert(parent, index, cu_steal(&owned));
    return 0;
}

static int take_out(struct val *doc, const struct op *op, const struct cu_strlist *steps, struct cu_err *err)
{
    if (steps->n == 0)
        return missing(op, err);
    struct val *parent = walk(doc, steps, steps->n - 1);
    size_t index;
    if (val_is_map(parent) && val_del(parent, steps->v[steps->n - 1]))
        return 0;
    if (!val_is_list(parent) || !parse_index(steps->v[steps->n - 1], val_len(parent), 0, &index))
        return missing(op, err);
    val_remove(parent, index);
    return 0;
}

static bool is_below(const struct cu_strlist *path, const struct cu_strlist *top)
{
    if (path->n <= top->n)
        return false;
    for (size_t i = 0; i < top->n; i++)
        if (strcmp(path->v[i], top->v[i]) != 0)
            return false;
    return true;
}

static int move_or_copy(struct val **doc, const struct op *op, bool move, struct cu_err *err)
{
    const struct val *found = op->from.n > 0 ? walk(*doc, &op->from, op->from.n) : NULL;
    const struct val *parent = op->from.n > 0 ? walk(*doc, &op->from, op->from.n - 1) : NULL;
    if (!found && (move || !val_is_map(parent))) /* a member that is absent is copied as null */
        return missing(op, err);
    if (move && is_below(&op->to, &op->from))
        return cu_fail(err, CU_E_CONFLICT, "move %s: the target lies inside the source", op->path);
    struct val *value = found ? val_copy(found) : val_new_null();
    int rc = move ? take_out(*doc, op, &op->from, err) : 0;
    if (rc < 0) {
        val_unref(value);
        return rc;
    }
    return put(doc, op, value, false, err);
}

static int test(struct val *doc, const struct op *op, struct cu_err *err)
{
    const struct val *found = walk(doc, &op->to, op->to.n);
    bool both_null = val_kind(found) == VAL_NULL && val_kind(op->value) == VAL_NULL;
    if (both_null || val_equal(found, op->value))
        return 0;
    return cu_fail(err, CU_E_CONFLICT, "test %s: the value is not the one expected", op->path);
}

static int apply(struct val **doc, const struct op *op, struct cu_err *err)
{
    if (strcmp(op->name, "add") == 0)
        return put(doc, op, op->value ? val_copy(op->value) : val_new_null(), false, err);
    if (strcmp(op->name, "replace") == 0)
        return put(doc, op, op->value ? val_copy(op->value) : val_new_null(), true, err);
    if (strcmp(op->name, "remove") == 0)
        return take_out(*doc, op, &op->to, err);
    if (strcmp(op->name, "test") == 0)
        return test(*doc, op, err);
    return move_or_copy(doc, op, strcmp(op->name, "move") == 0, err);
}

static int read_op(const struct val *v, struct op *op, struct cu_err *err)
{
    static const struct {
        const char *name;
        bool value, from; /* must be there; add and replace put null where no value is given */
    } known[] = { { "add", false, false }, { "remove", false, false }, { "replace", false, false },
                  { "move", false, true }, { "copy", false, true },    { "test", true, false } };
    size_t i = 0;
    op->name = val_get_str(v, "op");
    op->path = val_get_str(v, "path");
    op->value = val_get(v, "value");
    if (!op->name || !op->path)
        return cu_fail(err, CU_E_INVALID, "an operation needs op and path");
    while (i < CU_LEN(known) && strcmp(known[i].name, op->name) != 0)
        i++;
    if (i == CU_LEN(known))
        return cu_fail(err, CU_E_INVALID, "unknown operation \"%s\"", op->name);
    if (known[i].value && !op->value)
        return cu_fail(err, CU_E_INVALID, "%s %s has no value", op->name, op->path);
    const char *from = val_get_str(v, "from");
    if (known[i].from && !from)
        return cu_fail(err, CU_E_INVALID, "%s %s has no from", op->name, op->path);
    int rc = parse_pointer(op->path, &op->to, err);
    if (rc == 0 && known[i].from)
        rc = parse_pointer(from, &op->from, err);
    return rc;
}

int codec_patch_json(const struct val *doc, const struct val *patch, struct val **out, struct cu_err *err)
{
    if (!val_is_list(patch))
        return cu_fail(err, CU_E_INVALID, "a JSON patch is a list of operations, not a %s",
                       val_kind_name(patch));
    if (val_len(patch) > CODEC_PATCH_MAX_OPS)
        return cu_fail(err, CU_E_INVALID, "a JSON patch of more than %d operations", CODEC_PATCH_MAX_OPS);
    cu_autoval struct val *result = val_copy(doc);
    for (size_t i = 0; i < val_len(patch); i++) {
        struct op op = { .name = NULL };
        int rc = read_op(val_at(patch, i), &op, err);
        if (rc == 0)
            rc = apply(&result, &op, err);
        cu_strlist_clear(&op.to);
        cu_strlist_clear(&op.from);
        if (rc < 0)
            return cu_wrap(err, "operation %zu", i);
    }
    *out = cu_steal(&result);
    return 0;
}

static struct val *merged(const struct val *doc, const struct val *patch)
{
    const char *key;
    struct val *child;
    struct val_iter it = VAL_ITER_INIT;
    if (!val_is_map(patch))
        return val_copy(patch);
    struct val *result = val_new_map();
    if (val_is_map(doc))
        val_merge_over(result, doc);
    while (val_next(patch, &it, &key, &child)) {
        if (val_kind(child) == VAL_NULL)
            val_del(result, key);
        else
            val_set(result, key, merged(val_get(doc, key), child));
    }
    return result;
}

void codec_patch_merge(const struct val *doc, const struct val *patch, struct val **out)
{
    struct val *shared = merged(doc, patch);
    *out = val_copy(shared);
    val_unref(shared);
}
