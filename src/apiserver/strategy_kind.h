/* apiserver/strategy_kind.h - preparation rules of single kinds; private to strategy*.c. */
#ifndef APISERVER_STRATEGY_KIND_H
#define APISERVER_STRATEGY_KIND_H

#include "apiserver/strategy.h"

/* After the common rules of create and update have been applied. */
void api_kind_create(const struct api_write *w, struct val *obj);
void api_kind_update(const struct api_write *w, const struct val *old, struct val *obj);

/* "Guaranteed", "Burstable" or "BestEffort". */
const char *api_qos_class(const struct val *pod);

#endif
