/* apiserver/fresh.h - how new the objects in memory must be for a request (spec apiserver 3.3). Another server on the same
 * store may have written what is not in memory yet. */
#ifndef APISERVER_FRESH_H
#define APISERVER_FRESH_H

#include "apiserver/call.h"

/* Runs the handler once the objects are new enough for it:
 * - reads without resourceVersion, and what `continue` goes on with: nothing is missing that any server had acknowledged
 *   when the request came. 503 when the store cannot say so;
 * - with resourceVersion=N: N is reached; 504 with the cause ResourceVersionTooLarge when it is not within 3 s;
 * - with resourceVersion=0, and watches from a version: at once;
 * - writes: at once; one that is refused because of what is in memory (403, 404, 409) and has written nothing is tried
 *   once more with nothing missing. */
int api_fresh(struct api_call *c, api_handler h, struct api_status *st);

#endif
