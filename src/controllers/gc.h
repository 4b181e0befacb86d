/* controllers/gc.h - removes what belonged to an object that is gone. */
#ifndef CONTROLLERS_GC_H
#define CONTROLLERS_GC_H

#include "controllers/control.h"

/* One reference of metadata.ownerReferences has this uid. */
bool ctl_is_owned_by(const struct val *obj, const char *uid);

extern const struct ctl_controller ctl_gc;

#endif
