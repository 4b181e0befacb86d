/* grpc/grpc.h - gRPC client calls over HTTP/2: one request message, one answer (blocking) or a stream of answers
 * (on a loop). Requests are sent whole and half-closed: etcd's Watch and LeaseKeepAlive, streams in both
 * directions by their definition, answer such a request too (a watch lives until the client cancels it). */
#ifndef GRPC_GRPC_H
#define GRPC_GRPC_H

#include "base/err.h"
#include "http/loop.h"

struct ProtobufCMessage; /* <protobuf-c/protobuf-c.h> */
struct ProtobufCMessageDescriptor;
struct grpc_channel; /* opaque; one target; used by one thread at a time */

#define GRPC_MAX_MESSAGE                                                                                     \
    (16 * 1024 * 1024) /* bytes of one message in either direction, unless said otherwise */

struct grpc_channel_options {
    const char *target; /* "https://host:port" (TLS), "http://host:port" (plain), "unix:///path" */
    const char *ca_pem; /* trust these only; NULL: the system's */
    const char *cert_pem, *key_pem; /* client certificate; NULL: none */
    int64_t connect_timeout_ms;     /* 0 = 2 s */
    int64_t timeout_ms;             /* of one blocking call; 0 = 2 s */
    size_t max_message;             /* bytes of one answer; 0 = GRPC_MAX_MESSAGE */
};

/* Texts are copied; nothing is connected yet. CU_E_INVALID: the target has another scheme. */
int grpc_channel_new(const struct grpc_channel_options *o, struct grpc_channel **out, struct cu_err *err);
void grpc_channel_free(struct grpc_channel *c); /* NULL is fine; streams end before */
const char *grpc_channel_target(const struct grpc_channel *c);

/* The numbers of the gRPC protocol. */
enum grpc_status {
    GRPC_OK,
    GRPC_CANCELLED,
    GRPC_UNKNOWN,
    GRPC_INVALID_ARGUMENT,
    GRPC_DEADLINE_EXCEEDED,
    GRPC_NOT_FOUND,
    GRPC_ALREADY_EXISTS,
    GRPC_PERMISSION_DENIED,
    GRPC_RESOURCE_EXHAUSTED,
    GRPC_FAILED_PRECONDITION,
    GRPC_ABORTED,
    GRPC_OUT_OF_RANGE,
    GRPC_UNIMPLEMENTED,
    GRPC_INTERNAL,
    GRPC_UNAVAILABLE,
    GRPC_DATA_LOSS,
    GRPC_UNAUTHENTICATED,
};

struct grpc_request {
    const char *method; /* "/package.Service/Method" */
    const struct ProtobufCMessage *message;
    int64_t timeout_ms; /* 0 = the channel's (blocking calls), none (streams); -1 = none */
};

/* How a call ended, for callers that branch on more than the error code. */
struct grpc_result {
    enum grpc_status
        status;    /* GRPC_UNAVAILABLE also when nothing was reached, GRPC_UNIMPLEMENTED also when the
                                server closed the call without reading the request, as it does for methods it lacks */
    bool answered; /* the status came from the server, not from the transport */
    bool sent;     /* the request may have reached the server */
    char *message; /* the server's own text; owned; NULL when none */
};
#define GRPC_RESULT_INIT                                                                                     \
    {                                                                                                        \
        GRPC_OK, false, false, NULL                                                                          \
    }
#define cu_autogrpc __attribute__((cleanup(grpc_result_clear)))
void grpc_result_clear(struct grpc_result *r);

/* Sends and waits. *out: an unpacked message of `type`; the caller frees it with its generated free_unpacked
 * (protobuf_c_message_free_unpacked(m, NULL)). result may be NULL, else it is cleared first.
 * Codes, from the server: 3 and 11 CU_E_INVALID (11 "compacted": CU_E_EXPIRED), 5 NOTFOUND, 6 EXISTS, 7 FORBIDDEN,
 * 16 AUTH, 9 and 10 CONFLICT, 4 TIMEOUT, 14 UNREACHABLE, 1 CANCELED, others SERVER; from the transport: as
 * http_client_do(), CU_E_INVALID for an answer that is too large or malformed. */
int grpc_call(struct grpc_channel *c, const struct grpc_request *req,
              const struct ProtobufCMessageDescriptor *type, struct ProtobufCMessage **out,
              struct grpc_result *result, struct cu_err *err);

struct grpc_stream; /* opaque */
struct grpc_stream_events {
    /* One answer, borrowed for the call. */
    void (*message)(void *arg, const struct ProtobufCMessage *m);
    /* Last call; the stream is gone when it returns. err->code is CU_OK when the server ended it with status 0. */
    void (*end)(void *arg, const struct grpc_result *result, const struct cu_err *err);
};
/* Starts a call on the loop. Callbacks are never made from within. Cannot fail: a fault ends the stream. To be
 * cancelled before the loop is freed.
 * The channel must outlive it and may carry blocking calls on another thread only if none of them runs at the
 * moment of starting. */
struct grpc_stream *grpc_stream_start(struct http_loop *l, struct grpc_channel *c,
                                      const struct grpc_request *req,
                                      const struct ProtobufCMessageDescriptor *type,
                                      const struct grpc_stream_events *ev, void *arg);
void grpc_stream_cancel(struct grpc_stream *s); /* no further callback; allowed inside callbacks */

#endif
