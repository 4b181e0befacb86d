/* apiserver/accept.h - which form of an answer a client wants (spec apiserver 3.9, 3.10, 1.4). */
#ifndef APISERVER_ACCEPT_H
#define APISERVER_ACCEPT_H

#include "base/err.h"
#include <stdbool.h>

enum api_form { API_FORM_OBJECT, API_FORM_TABLE, API_FORM_PARTIAL };

/* accept: header value, NULL or "" = anything. list: the answer is a list (PartialObjectMetadataList is asked for
 * then, else PartialObjectMetadata). The first entry that can be served wins; false: none (406). */
bool api_accept_form(const char *accept, bool list, enum api_form *out);
/* True when the aggregated discovery document is wanted: application/json;g=apidiscovery.k8s.io;v=v2;as=
 * APIGroupDiscoveryList comes before plain JSON. */
bool api_accept_aggregated(const char *accept);
/* True when some entry contains `text` (for OpenAPI's media types). */
bool api_accept_mentions(const char *accept, const char *text);

#endif
