/* apiserver/defaults.h - values the server fills in where a client left them out (spec apiserver 3.14). */
#ifndef APISERVER_DEFAULTS_H
#define APISERVER_DEFAULTS_H

#include "apiserver/resource.h"
#include "codec/value.h"

/* Fills defaults into a map that is not shared; run it after decoding or patching and before admission, for
 * the object of resource `r` (for subresources: the parent's whole object). Running it twice changes nothing.
 */
void api_default(const struct api_resource *r, struct val *obj);

#endif
