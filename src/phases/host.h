/* phases/host.h - what loading a configuration and the embedded mode ask this machine. */
#ifndef PHASES_HOST_H
#define PHASES_HOST_H

#include "config/load.h"
#include "phases/context.h"

/* Fills the questions of cfg_load_options with answers from c->sys and the network. */
void ph_host_options(struct ph_ctx *c, struct cfg_host *host);

/* Sets c->component_dir: --component-dir, else ../libexec/cubeadm or ../plane beside the running program, else the
 * installed folder; the first that holds an executable kubelet. CU_E_NOTFOUND names all that were looked at. */
int ph_host_component_dir(struct ph_ctx *c, struct cu_err *err);

#endif
