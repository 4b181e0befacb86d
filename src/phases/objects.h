/* phases/objects.h - storing the objects that a phase brings. */
#ifndef PHASES_OBJECTS_H
#define PHASES_OBJECTS_H

#include "codec/value.h"
#include "phases/context.h"

/* Creates or updates each object of a list, in order. Takes the list over. */
int ph_store_all(struct ph_ctx *c, struct val *objects, struct cu_err *err);
/* Creates or updates one object. */
int ph_store(struct ph_ctx *c, const struct val *object, struct cu_err *err);
/* timeouts.kubernetesAPICall in milliseconds. */
int64_t ph_api_timeout(const struct ph_ctx *c);

#endif
