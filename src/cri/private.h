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

/* Reads what is told of the configuration in the verbose status (JSON of containerd). */
void cri_status_read_config(struct cri_status *s, const char *text);

#endif
