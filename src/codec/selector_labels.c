/* Label selectors: parsed from text or from an object's selector, matched against label maps.
 * Must not know what is being selected. */
#include "base/str.h"
#include "base/strlist.h"
#include "codec/selector.h"
#include <string.h>

enum op { EXISTS, ABSENT, IN, NOT_IN, GREATER, LESS };

struct requirement {
    char *key;
    enum op op;
    struct cu_strlist values;
};

struct codec_labels {
    struct requirement *v;
    size_t n, cap;
};

void codec_labels_free(struct codec_labels *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++) {
        free(s->v[i].key);
        cu_strlist_clear(&s->v[i].values);
    }
    free(s->v);
    free(s);
}

static void cleanup(struct codec_labels **s)
{
    codec_labels_free(*s);
}

/* Checks key and values, then adds; takes over both, also on failure. */
static int add(struct codec_labels *s, char *key, enum op op, struct cu_strlist *values, struct cu_err *err)
{
    struct requirement r = { key, op, *values };
    *values = (struct cu_strlist)CU_STRLIST_INIT;
    cu_grow(&s->v, &s->cap, s->n + 1, sizeof *s->v);
    s->v[s->n++] = r;
    if (!cu_is_qualified_name(key))
        return cu_fail(err, CU_E_INVALID, "label selector: \"%s\" is no label name", key);
    for (size_t i = 0; i < r.values.n; i++) {
        int64_t number;
        if (!cu_is_label_value(r.values.v[i]))
            return cu_fail(err, CU_E_INVALID, "label selector: \"%s\" is no label value", r.values.v[i]);
        if ((op == GREATER || op == LESS) &&
            cu_parse_i64(r.values.v[i], INT64_MIN, INT64_MAX, &number, NULL) < 0)
            return cu_fail(err, CU_E_INVALID, "label selector: \"%s\" is no integer to compare with",
                           r.values.v[i]);
    }
    if ((op == IN || op == NOT_IN) && r.values.n == 0)
        return cu_fail(err, CU_E_INVALID, "label selector: no values for \"%s\"", key);
    return 0;
}

/* ---- text ---- */

#define SPECIAL "()=!<>,"
#define BLANK " \t\r\n\v\f"

/* The next piece of *p, "" at the end: a name, or one of ( ) , ! = == != < >. Caller frees. */
static char *token(const char **p)
{
    *p += strspn(*p, BLANK);
    const char *from = *p;
    if (*from == 0)
        return cu_strdup("");
    if (!strchr(SPECIAL, *from))
        *p += strcspn(from, SPECIAL BLANK);
    else
        *p += (*from == '=' || *from == '!') && from[1] == '=' ? 2 : 1;
    return cu_strndup(from, (size_t)(*p - from));
}

static bool is_name(const char *t)
{
    return *t && !strchr(SPECIAL, *t);
}

/* A value; nothing stands for the empty one. */
static char *value(const char **p)
{
    const char *ahead = *p;
    cu_autofree char *t = token(&ahead);
    if (!is_name(t))
        return cu_strdup("");
    *p = ahead;
    return cu_steal(&t);
}

static int value_set(const char **p, struct cu_strlist *values, struct cu_err *err)
{
    cu_autofree char *open = token(p);
    if (strcmp(open, "(") != 0)
        return cu_fail(err, CU_E_INVALID, "label selector: ( expected, not \"%s\"", open);
    for (;;) {
        cu_strlist_take(values, value(p));
        cu_autofree char *t = token(p);
        if (strcmp(t, ")") == 0)
            return 0;
        if (strcmp(t, ",") != 0)
            return cu_fail(err, CU_E_INVALID, "label selector: , or ) expected, not \"%s\"", t);
    }
}

static int operation(struct codec_labels *s, const char **p, char *key, struct cu_err *err)
{
    static const struct {
        const char *text;
        enum op op;
        bool set;
    } ops[] = { { "=", IN, false },  { "==", IN, false },       { "!=", NOT_IN, false },
                { "in", IN, true },  { "notin", NOT_IN, true }, { ">", GREATER, false },
                { "<", LESS, false } };
    cu_autofree char *owned = key;
    cu_autostrlist struct cu_strlist values = CU_STRLIST_INIT;
    const char *ahead = *p;
    cu_autofree char *t = token(&ahead);
    if (*t == 0 || strcmp(t, ",") == 0)
        return add(s, cu_steal(&owned), EXISTS, &values, err);
    *p = ahead;
    for (size_t i = 0; i < CU_LEN(ops); i++) {
        if (strcmp(ops[i].text, t) != 0)
            continue;
        if (!ops[i].set)
            cu_strlist_take(&values, value(p));
        else if (value_set(p, &values, err) < 0)
            return -CU_E_INVALID;
        return add(s, cu_steal(&owned), ops[i].op, &values, err);
    }
    return cu_fail(err, CU_E_INVALID, "label selector: operator expected behind \"%s\", not \"%s\"", key, t);
}

int codec_labels_parse(const char *text, struct codec_labels **out, struct cu_err *err)
{
    __attribute__((cleanup(cleanup))) struct codec_labels *s = cu_calloc(1, sizeof *s);
    const char *p = text ? text : "";
    p += strspn(p, BLANK);
    while (*p) {
        cu_autostrlist struct cu_strlist none = CU_STRLIST_INIT;
        cu_autofree char *key = token(&p);
        bool absent = strcmp(key, "!") == 0;
        if (absent) {
            free(key);
            key = token(&p);
        }
        if (!is_name(key))
            return cu_fail(err, CU_E_INVALID, "label selector \"%.200s\": a label name expected, not \"%s\"",
                           text, key);
        int rc = absent ? add(s, cu_steal(&key), ABSENT, &none, err) : operation(s, &p, cu_steal(&key), err);
        if (rc < 0)
            return rc;
        cu_autofree char *comma = token(&p);
        if (*comma == 0)
            break;
        p += strspn(p, BLANK);
        if (strcmp(comma, ",") != 0 || *p == 0)
            return cu_fail(err, CU_E_INVALID,
                           "label selector \"%.200s\": , and a label name expected at \"%s%s\"", text, comma,
                           p);
    }
    *out = cu_steal(&s);
    return 0;
}

/* ---- objects ---- */

static int from_map(struct codec_labels *s, const struct val *map, struct cu_err *err)
{
    const char *key;
    struct val *child;
    struct val_iter it = VAL_ITER_INIT;
    int rc = 0;
    while (rc == 0 && val_next(map, &it, &key, &child)) {
        cu_autostrlist struct cu_strlist values = CU_STRLIST_INIT;
        if (!val_str(child))
            return cu_fail(err, CU_E_INVALID, "selector: the value of %s is not text", key);
        cu_strlist_add(&values, val_str(child));
        rc = add(s, cu_strdup(key), IN, &values, err);
    }
    return rc;
}

static int from_expression(struct codec_labels *s, const struct val *e, struct cu_err *err)
{
    static const struct {
        const char *text;
        enum op op;
    } ops[] = { { "In", IN }, { "NotIn", NOT_IN }, { "Exists", EXISTS }, { "DoesNotExist", ABSENT } };
    cu_autostrlist struct cu_strlist values = CU_STRLIST_INIT;
    const char *key = val_get_str(e, "key"), *name = val_get_str(e, "operator");
    const struct val *list = val_get(e, "values");
    for (size_t i = 0; i < val_len(list); i++)
        cu_strlist_add(&values, cu_or(val_str(val_at(list, i)), ""));
    for (size_t i = 0; key && name && i < CU_LEN(ops); i++)
        if (strcmp(ops[i].text, name) == 0) {
            if ((ops[i].op == EXISTS || ops[i].op == ABSENT) && values.n > 0)
                return cu_fail(err, CU_E_INVALID, "selector: %s of %s takes no values", name, key);
            return add(s, cu_strdup(key), ops[i].op, &values, err);
        }
    return cu_fail(err, CU_E_INVALID, "selector: \"%s\" is no operator; In, NotIn, Exists or DoesNotExist",
                   name ? name : "");
}

int codec_labels_from_val(const struct val *selector, bool plain, struct codec_labels **out,
                          struct cu_err *err)
{
    __attribute__((cleanup(cleanup))) struct codec_labels *s = cu_calloc(1, sizeof *s);
    const struct val *expressions = plain ? NULL : val_get(selector, "matchExpressions");
    int rc = from_map(s, plain ? selector : val_get(selector, "matchLabels"), err);
    for (size_t i = 0; rc == 0 && i < val_len(expressions); i++)
        rc = from_expression(s, val_at(expressions, i), err);
    if (rc == 0)
        *out = cu_steal(&s);
    return rc;
}

static bool meets(const struct requirement *r, const char *label)
{
    int64_t have, limit;
    switch (r->op) {
    case EXISTS: return label != NULL;
    case ABSENT: return label == NULL;
    case IN: return label && cu_strlist_has(&r->values, label);
    case NOT_IN: return !label || !cu_strlist_has(&r->values, label);
    case GREATER:
    case LESS: break;
    }
    if (!label || cu_parse_i64(label, INT64_MIN, INT64_MAX, &have, NULL) < 0 ||
        cu_parse_i64(r->values.v[0], INT64_MIN, INT64_MAX, &limit, NULL) < 0)
        return false;
    return r->op == GREATER ? have > limit : have < limit;
}

bool codec_labels_match(const struct codec_labels *s, const struct val *labels)
{
    for (size_t i = 0; s && i < s->n; i++)
        if (!meets(&s->v[i], val_get_str(labels, s->v[i].key)))
            return false;
    return true;
}
