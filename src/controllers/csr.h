/* controllers/csr.h - certificate signing requests of the cluster. */
#ifndef CONTROLLERS_CSR_H
#define CONTROLLERS_CSR_H

#include "controllers/control.h"

extern const struct ctl_controller ctl_csr, ctl_csr_cleaner;

#endif
