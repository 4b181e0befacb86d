/* agent/api_internal.h - what the files of the API thread share. All of it belongs to that thread, except what is
 * marked otherwise. */
#ifndef AGENT_API_INTERNAL_H
#define AGENT_API_INTERNAL_H

#include "agent/api.h"
#include "http/loop.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "kube/kubeconfig.h"
#include <pthread.h>
#include <stdatomic.h>

/* In the order they are done; see steps[] in api.c. */
enum agent_step { STEP_CREDENTIALS, STEP_NODE, STEP_PODS, STEP_LEASE, STEP_STATUS, STEP_ROTATE, N_STEPS };

struct agent_step_state {
    int64_t due_ms; /* monotonic */
    int failures;
    char *last_error; /* so that the same is not logged again and again */
};

struct agent_api {
    struct agent_api_spec s;
    pthread_t thread;
    struct http_loop *loop;
    pthread_mutex_t lock; /* guards the next line only */
    struct val *incoming; /* newest list not yet taken; NULL: none */
    atomic_bool stopping; /* any thread */
    atomic_bool reload;   /* any thread */
    struct http_timer *timer;
    int64_t started_ms;
    struct agent_step_state steps[N_STEPS];

    struct kube_client *kube;       /* NULL: no credentials yet */
    char *credentials_mark;         /* state of the files the client was made from */
    struct kube_informer *informer; /* pods bound to this node */
    struct val *pods;               /* list of what runs; never NULL */
    struct cu_map *mirrors;         /* "<namespace>/<name>" to struct agent_mirror */
    struct cu_map *refused;         /* uids of pods that were told why they do not run */
    char *node_uid;                 /* NULL: not registered yet */
    struct val *node_status;        /* as last sent; NULL: none */
    int64_t node_status_ms;
    struct val *lease; /* as last seen on the server; NULL: none */
    int64_t rotate_ms; /* wall clock; 0: not known */
};

/* Makes step `which` due now. */
void agent_api_hurry(struct agent_api *a, enum agent_step which);
/* Pause that ends early when the agent stops; false then. */
bool agent_api_sleep(struct agent_api *a, int64_t ms);

/* Each returns milliseconds until it wants to be called again, or a negative code. */
int64_t agent_step_credentials(struct agent_api *a, struct cu_err *err); /* credentials.c */
int64_t agent_step_rotate(struct agent_api *a, struct cu_err *err);
int64_t agent_step_node(struct agent_api *a, struct cu_err *err); /* node_sync.c */
int64_t agent_step_status(struct agent_api *a, struct cu_err *err);
int64_t agent_step_lease(struct agent_api *a, struct cu_err *err);
int64_t agent_step_pods(struct agent_api *a, struct cu_err *err); /* pod_sync.c */

void agent_drop_client(struct agent_api *a); /* credentials.c */
void agent_pods_changed(void *arg, const struct val *obj,
                        const struct val *old); /* of the informer; pod_sync.c */
void agent_free_mirror(void *mirror);

#endif
