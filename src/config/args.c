/* Argument lists, taints, gates: the small operations on configuration parts (spec config 19).
 * Must not know where the parts came from. */
#include "config/args.h"
#include "base/str.h"
#include "config/field.h"
#include <string.h>

void cfg_set_str(char **field, const char *value)
{
    char *copy = cu_strdup(value);
    free(*field);
    *field = copy;
}

void cfg_args_add(struct cfg_args *a, const char *name, const char *value)
{
    cu_grow(&a->v, &a->cap, a->n + 1, sizeof(*a->v));
    a->v[a->n++] = (struct cfg_arg){ cu_strdup(name), cu_strdup(value) };
    a->set = true;
}

static struct cfg_arg *find_last(const struct cfg_args *a, const char *name)
{
    for (size_t i = a->n; i > 0; i--)
        if (cu_streq(a->v[i - 1].name, name))
            return &a->v[i - 1];
    return NULL;
}

void cfg_args_set(struct cfg_args *a, const char *name, const char *value)
{
    struct cfg_arg *old = find_last(a, name);

    if (old)
        cfg_set_str(&old->value, value);
    else
        cfg_args_add(a, name, value);
}

const char *cfg_args_last(const struct cfg_args *a, const char *name)
{
    const struct cfg_arg *arg = find_last(a, name);
    return arg ? cu_or(arg->value, "") : NULL;
}

void cfg_args_clear(struct cfg_args *a)
{
    for (size_t i = 0; i < a->n; i++)
        cfg_clear_object(&cfg_object_arg, &a->v[i]);
    free(a->v);
    *a = (struct cfg_args){ 0 };
}

int cfg_args_parse_flag(struct cfg_args *a, const char *text, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist pieces = CU_STRLIST_INIT;

    cu_strlist_split(&pieces, text, ',');
    for (size_t i = 0; i < pieces.n; i++) {
        const char *eq = strchr(pieces.v[i], '=');
        if (!eq || strchr(eq + 1, '='))
            return cu_fail(err, CU_E_INVALID, "%s must be of the form name=value", pieces.v[i]);
    }
    for (size_t i = 0; i < pieces.n; i++) {
        char *eq = strchr(pieces.v[i], '=');
        *eq = '\0';
        cfg_args_add(a, pieces.v[i], eq + 1);
    }
    return 0;
}

static int by_name_and_value(const void *a, const void *b)
{
    const struct cfg_arg *const *x = a, *const *y = b;
    int c = strcmp((*x)->name, (*y)->name);
    return c ? c : strcmp(cu_or((*x)->value, ""), cu_or((*y)->value, ""));
}

void cfg_args_merge(const struct cfg_args *base, const struct cfg_args *extra, struct cu_strlist *out)
{
    cu_autofree const struct cfg_arg **kept = cu_calloc(base->n + 1, sizeof(const struct cfg_arg *));
    size_t n = 0;

    for (size_t i = 0; i < base->n; i++)
        if (!find_last(extra, base->v[i].name))
            kept[n++] = &base->v[i];
    qsort(kept, n, sizeof(const struct cfg_arg *), by_name_and_value);
    for (size_t i = 0; i < n; i++)
        cu_strlist_addf(out, "--%s=%s", kept[i]->name, cu_or(kept[i]->value, ""));
    for (size_t i = 0; i < extra->n; i++)
        cu_strlist_addf(out, "--%s=%s", cu_or(extra->v[i].name, ""), cu_or(extra->v[i].value, ""));
}

char *cfg_taint_text(const struct cfg_taint *t)
{
    bool value = !cu_is_empty(t->value), effect = !cu_is_empty(t->effect);

    return cu_asprintf("%s%s%s%s%s", cu_or(t->key, ""), value ? "=" : "", cu_or(t->value, ""),
                       value || effect ? ":" : "", cu_or(t->effect, ""));
}

void cfg_taints_add(struct cfg_taints *t, const char *key, const char *value, const char *effect)
{
    cu_grow(&t->v, &t->cap, t->n + 1, sizeof(*t->v));
    t->v[t->n++] = (struct cfg_taint){ cu_strdup(key), cu_strdup(value), cu_strdup(effect), NULL };
    t->set = true;
}

void cfg_gates_set(struct cfg_gates *g, const char *name, bool on)
{
    size_t i = 0;

    while (i < g->n && strcmp(g->v[i].name, name) < 0)
        i++;
    if (i == g->n || !cu_streq(g->v[i].name, name)) {
        cu_grow(&g->v, &g->cap, g->n + 1, sizeof(*g->v));
        memmove(&g->v[i + 1], &g->v[i], (g->n - i) * sizeof(*g->v));
        g->n++;
        g->v[i].name = cu_strdup(name);
    }
    g->v[i].on = on;
    g->set = true;
}
