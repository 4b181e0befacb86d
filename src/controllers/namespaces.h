/* controllers/namespaces.h - what every namespace holds, and how one goes away. */
#ifndef CONTROLLERS_NAMESPACES_H
#define CONTROLLERS_NAMESPACES_H

#include "controllers/control.h"

extern const struct ctl_controller ctl_service_account, ctl_root_ca, ctl_namespace;

#endif
