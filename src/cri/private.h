/* cri/private.h - the inside of a client; not for other folders. */
#ifndef CRI_PRIVATE_H
#define CRI_PRIVATE_H

#include "cri.pb-c.h"
#include "cri/client.h"
#include "grpc/grpc.h"

#define CRI_RUNTIME "/runtime.v1.RuntimeService/"
#define CRI_IMAGE "/runtime.v1.ImageService/"
#define CRI_CALL_MS 2000

struct cri_client {
    struct grpc_channel *channel;
    char *endpoint, *runtime;
};

/* A call whose answer is waited for. */
struct cri_question {
    const char *method;
    const ProtobufCMessage *message;
    const ProtobufCMessageDescriptor *answer;
};
#define CRI_ASK(method, message, kind)                                                                       \
    (&(const struct cri_question){ method, &(message)->base, &runtime__v1__##kind##__descriptor })
/* As grpc_call(), within CRI_CALL_MS; out: a pointer to the answer's type. */
int cri_call(struct cri_client *c, const struct cri_question *q, void *out, struct grpc_result *result,
             struct cu_err *err);

/* Reads what is told of the configuration in the verbose status (JSON of containerd). */
void cri_status_read_config(struct cri_status *s, const char *text);

#endif
