/* controllers/component.h - the frame of a component's process: flags, kubeconfig, health, lease, loop, signals. */
#ifndef CONTROLLERS_COMPONENT_H
#define CONTROLLERS_COMPONENT_H

#include "controllers/control.h"

struct ctl_component {
    const char *name; /* "kube-scheduler"; also the name of its lease */
    int64_t port;
    /* Called once, when the lease is ours for the first time. */
    void *(*start)(struct ctl *c);
    void (*stop)(void *self);
};
/* Runs until SIGTERM or SIGINT; the exit status. */
int ctl_component_main(const struct ctl_component *component, int argc, char **argv);

#endif
