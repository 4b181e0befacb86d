/* http/loop_internal.h - what the sources of this folder share about the loop; not for other folders. */
#ifndef HTTP_LOOP_INTERNAL_H
#define HTTP_LOOP_INTERNAL_H

#include "http/loop.h"

struct event_base;
struct http_curl_multi; /* transfer.c: all transfers of one loop; made with the first one */

struct event_base *http_loop_base(struct http_loop *l);
struct http_curl_multi *http_loop_multi(struct http_loop *l); /* NULL until set */
/* The loop frees it when it is freed itself. */
void http_loop_set_multi(struct http_loop *l, struct http_curl_multi *m,
                         void (*free_multi)(struct http_curl_multi *m));

#endif
