/* workflow/workflow.h - a tree of phases as data, and the runner that selects and runs them.
 *
 * A tree is a static const table. The full name of a phase is its name and those of its parents joined by "/"
 * ("certs/ca"). Parents run right before their children, in the order of the table (spec init 2.1). The same
 * table makes the sub-commands of `kubeadm init phase` and the list of phases in the help (src/cli). */
#ifndef WORKFLOW_WORKFLOW_H
#define WORKFLOW_WORKFLOW_H

#include "base/err.h"
#include "base/strlist.h"
#include <stdbool.h>

struct ph_ctx;      /* what phases work on; opaque here, defined in phases/context.h */
struct wf_progress; /* workflow/progress.h */

struct wf_phase {
    const char *name;         /* lower case, no "/" */
    const char *alias;        /* second name as sub-command, or NULL; not valid in a skip list */
    const char *brief;        /* one line for lists */
    const char *doc;          /* paragraphs for the help of the sub-command; NULL: `brief` */
    const char *const *flags; /* NULL-terminated names of the flags the sub-command takes; NULL: none */
    int (*run)(struct ph_ctx *c, struct cu_err *err);             /* NULL: a pure group */
    int (*when)(struct ph_ctx *c, bool *yes, struct cu_err *err); /* run condition; NULL: always */
    const char *const *needs; /* NULL-terminated full names that must be selected earlier in the same run */
    const char *arg;          /* tells phases that share a `run` apart; see ph_ctx.phase */
    const struct wf_phase *children;
    size_t n_children;
    bool hidden;    /* left out of the help, can still be named */
    bool all;       /* as sub-command: selects its parent with all children; does nothing itself */
    bool takes_arg; /* the sub-command takes the command's positional arguments */
    bool hides_arg; /* ... and its use line does not say so */
};

/* The top of a tree. */
struct wf_tree {
    const struct wf_phase *v;
    size_t n;
};

/* A tree made flat, with what is selected. */
struct wf_plan;

/* Borrows the tree. Never fails: the table is ours. */
struct wf_plan *wf_plan_new(const struct wf_tree *tree);
void wf_plan_free(struct wf_plan *p); /* NULL is fine */

/* Selects (spec init 2.2): all phases, or with `only` (a full name) that phase and its descendants, for an
 * `all` phase its parent's. Then each entry of `skip` (NULL: none), an exact full name, takes itself and its
 * descendants out: CU_E_INVALID "invalid phase name: <entry>" otherwise. Last the `needs` of what is left are
 * checked: CU_E_INVALID "unresolved dependencies:\n\tmissing [...] phase(s) needed by \"...\" phase". */
int wf_plan_select(struct wf_plan *p, const char *only, const struct cu_strlist *skip, struct cu_err *err);

bool wf_plan_selected(const struct wf_plan *p, const char *full_name);
/* Walk over all phases in run order: `size_t i = 0; while (wf_plan_next(p, &i, &phase, &full, &selected))`.
 */
bool wf_plan_next(const struct wf_plan *p, size_t *i, const struct wf_phase **phase, const char **full_name,
                  bool *selected);

struct wf_hooks {
    struct ph_ctx *ctx;
    void (*enter)(struct ph_ctx *ctx, const struct wf_phase *phase); /* before each phase; NULL: none */
    struct wf_progress *progress;                                    /* NULL: silent */
};
/* Runs what is selected, in order; the first error stops: "error execution phase <full name>: <cause>", for a
 * run condition "error execution run condition for phase <full name>: <cause>". Nothing is rolled back. After
 * wf_interrupt() no further phase starts: CU_E_CANCELED. */
int wf_plan_run(const struct wf_plan *p, const struct wf_hooks *h, struct cu_err *err);

/* SIGINT and SIGTERM end running waits (cu_wait_cancel) and stop the run after the current step; a second
 * signal ends the process at once, one within a second of the first does not: timeout(1) sends two. Call once from main. */
void wf_catch_signals(void);
bool wf_interrupted(void);

#endif
