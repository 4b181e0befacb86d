/* phases/component_cause.h - why a component of this machine does not answer: what the node agent knows of its process,
 * with the last lines of its log. For the probes of waits. */
#ifndef PHASES_COMPONENT_CAUSE_H
#define PHASES_COMPONENT_CAUSE_H

#include "phases/context.h"

/* True when the component ("kube-apiserver", ..., or "kubelet") is known never to answer: the node agent ended, the
 * program does not exist, or the process has ended three times. *err then says so, with the last log lines and how to
 * see more. Asked of embedded nodes only; elsewhere always false. */
bool ph_component_failed(const struct ph_ctx *c, const char *component, struct cu_err *err);

/* In a few words what its process does ("restarting, last ended with status 1"), NULL when nothing is known. Caller
 * frees. */
char *ph_component_note(const struct ph_ctx *c, const char *component);

#endif
