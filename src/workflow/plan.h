/* workflow/plan.h - inside of a plan, for this folder alone. */
#ifndef WORKFLOW_PLAN_H
#define WORKFLOW_PLAN_H

#include "workflow/workflow.h"

struct wf_step {
    const struct wf_phase *phase;
    char *full;    /* "certs/ca", owned */
    size_t parent; /* index of the parent's step; its own index at the top */
    bool selected;
};
struct wf_plan {
    struct wf_step *v;
    size_t n, cap;
};

#endif
