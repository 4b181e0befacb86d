/* Makes a tree of phases flat, in run order, and selects what runs. It must not know what phases do nor how the
 * selection was asked for. */
#include "workflow/plan.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include <string.h>

static const size_t no_parent = (size_t)-1;

static void add_steps(struct wf_plan *p, const struct wf_phase *v, size_t n, size_t parent)
{
    for (size_t i = 0; i < n; i++) {
        cu_grow(&p->v, &p->cap, p->n + 1, sizeof(*p->v));
        size_t at = p->n++;
        char *full =
            parent == no_parent ? cu_strdup(v[i].name) : cu_asprintf("%s/%s", p->v[parent].full, v[i].name);
        p->v[at] = (struct wf_step){ .phase = &v[i], .full = full, .parent = parent, .selected = true };
        add_steps(p, v[i].children, v[i].n_children, at);
    }
}

struct wf_plan *wf_plan_new(const struct wf_tree *tree)
{
    struct wf_plan *p = cu_calloc(1, sizeof(*p));
    add_steps(p, tree->v, tree->n, no_parent);
    return p;
}

void wf_plan_free(struct wf_plan *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        free(p->v[i].full);
    free(p->v);
    free(p);
}

static size_t find_step(const struct wf_plan *p, const char *full)
{
    for (size_t i = 0; i < p->n; i++)
        if (cu_streq(p->v[i].full, full))
            return i;
    return no_parent;
}

static void set_branch(struct wf_plan *p, size_t top, bool selected)
{
    p->v[top].selected = selected;
    for (size_t i = top + 1; i < p->n; i++) {
        size_t up = p->v[i].parent;
        while (up != no_parent && up != top)
            up = p->v[up].parent;
        if (up != top)
            break; /* children follow their parent without a gap */
        p->v[i].selected = selected;
    }
}

/* The needs of one selected step that are not selected before it, as "a b". */
static char *unmet_needs(const struct wf_plan *p, size_t at)
{
    cu_autostrlist struct cu_strlist unmet = CU_STRLIST_INIT;
    for (const char *const *need = p->v[at].phase->needs; need && *need; need++) {
        size_t i = find_step(p, *need);
        if (i == no_parent || i > at || !p->v[i].selected)
            cu_strlist_add(&unmet, *need);
    }
    return unmet.n ? cu_strlist_join(&unmet, " ") : NULL;
}

static int check_needs(const struct wf_plan *p, struct cu_err *err)
{
    cu_autobuf struct cu_buf text = CU_BUF_INIT(64 * 1024);
    for (size_t i = 0; i < p->n; i++) {
        if (!p->v[i].selected)
            continue;
        cu_autofree char *unmet = unmet_needs(p, i);
        if (unmet)
            cu_buf_addf(&text, "\n\tmissing [%s] phase(s) needed by \"%s\" phase", unmet, p->v[i].full);
    }
    return text.len ? cu_fail(err, CU_E_INVALID, "unresolved dependencies:%s", text.data) : 0;
}

/* What could have been meant: the parts of the phase before the slash, else the phases themselves. */
static int unknown_phase(const struct wf_plan *p, const char *name, struct cu_err *err)
{
    const char *slash = strchr(name, '/');
    cu_autofree char *above = slash ? cu_strndup(name, (size_t)(slash - name)) : NULL;
    size_t parent = above ? find_step(p, above) : no_parent;
    cu_autobuf struct cu_buf names = CU_BUF_INIT(LIM_TEXT);
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].parent == parent && !p->v[i].phase->hidden && !p->v[i].phase->all)
            cu_buf_addf(&names, "%s%s", names.len ? ", " : "", p->v[i].full);
    return cu_fail(err, CU_E_INVALID, "invalid phase name: %s; there are: %s", name, cu_buf_str(&names));
}

int wf_plan_select(struct wf_plan *p, const char *only, const struct cu_strlist *skip, struct cu_err *err)
{
    for (size_t i = 0; i < p->n; i++)
        p->v[i].selected = only == NULL;
    if (only) {
        size_t at = find_step(p, only);
        if (at == no_parent)
            return unknown_phase(p, only, err);
        if (p->v[at].phase->all && p->v[at].parent != no_parent)
            at = p->v[at].parent;
        set_branch(p, at, true);
    }
    for (size_t i = 0; skip && i < skip->n; i++) {
        size_t at = find_step(p, skip->v[i]);
        if (at == no_parent)
            return unknown_phase(p, skip->v[i], err);
        set_branch(p, at, false);
    }
    return check_needs(p, err);
}

bool wf_plan_selected(const struct wf_plan *p, const char *full_name)
{
    size_t i = find_step(p, full_name);
    return i != no_parent && p->v[i].selected;
}

bool wf_plan_next(const struct wf_plan *p, size_t *i, const struct wf_phase **phase, const char **full_name,
                  bool *selected)
{
    if (*i >= p->n)
        return false;
    const struct wf_step *s = &p->v[(*i)++];
    *phase = s->phase;
    *full_name = s->full;
    *selected = s->selected;
    return true;
}
