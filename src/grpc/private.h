/* grpc/private.h - what calls and streams share; not for other folders. */
#ifndef GRPC_PRIVATE_H
#define GRPC_PRIVATE_H

#include "base/buf.h"
#include "grpc/grpc.h"
#include "http/client.h"
#include <protobuf-c/protobuf-c.h>

#define GRPC_PREFIX 5 /* bytes before each message: one of flags, four of length, most significant first */

struct grpc_channel {
    struct http_client *http;
    char *target;
    char *url; /* what requests are sent to, without the path */
    int64_t timeout_ms;
    size_t max_message;
};

/* The request as it goes over the wire; the caller frees *url, *body and *deadline. */
struct grpc_wire {
    char *url, *body, *deadline;
    const char *headers[5];
    struct http_call call;
};
void grpc_wire_make(struct grpc_wire *w, const struct grpc_channel *c, const struct grpc_request *req,
                    int64_t timeout_ms);
void grpc_wire_clear(struct grpc_wire *w);

/* One whole message at the start of (p, n)? 1 and *len: its bytes behind the prefix; 0: not all there yet;
 * CU_E_INVALID: compressed, or longer than max. */
int grpc_frame_next(const void *p, size_t n, size_t max, size_t *len, struct cu_err *err);
/* Status and text out of headers and trailers (code: that of HTTP); 0 when the call succeeded. */
int grpc_verdict(const struct grpc_request *req, const char *target, const struct http_response *r,
                 struct grpc_result *result, struct cu_err *err);
/* What a failure of the transport means. */
void grpc_transport_failed(enum http_cause cause, struct grpc_result *result);

#endif
