/* cri/client.h - what a container runtime is asked over its unix socket (CRI, API runtime.v1; spec operations 10).
 * Every call is limited to 2 s; pulling images is in cri/pull.h. Never logs, never prints. */
#ifndef CRI_CLIENT_H
#define CRI_CLIENT_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct cri_client; /* opaque; used by one thread at a time */

/* Connects to "unix:///path" and makes sure that it offers the runtime and the image service. Errors name the
 * endpoint and the cause: CU_E_INVALID not a unix socket; CU_E_NOTFOUND, CU_E_REFUSED, CU_E_FORBIDDEN as of
 * connect(2); CU_E_FINAL something answers that does not offer CRI v1; else codes of grpc_call(). */
int cri_connect(const char *endpoint, struct cri_client **out, struct cu_err *err);
/* The mending command for what cri_connect() returned. Constant. */
const char *cri_connect_fix(int code);
void cri_client_free(struct cri_client *c); /* NULL is fine */
const char *cri_endpoint(const struct cri_client *c);
/* "containerd 1.7.2", as the runtime names itself. Borrowed. */
const char *cri_runtime_name(const struct cri_client *c);

enum cri_cgroup_driver { CRI_CGROUP_UNKNOWN, CRI_CGROUP_SYSTEMD, CRI_CGROUP_CGROUPFS };

struct cri_status {
    size_t n_conditions;
    bool runtime_down, network_down; /* a condition RuntimeReady or NetworkReady is there and false */
    char *runtime_why, *network_why; /* reason and message of it; owned, NULL when not down */
    /* only when asked verbosely, and only as far as the runtime tells: */
    char *sandbox_image;                  /* owned; NULL when not told */
    enum cri_cgroup_driver cgroup_driver; /* of containerd's runc, by its configuration */
};
#define CRI_STATUS_INIT                                                                                      \
    {                                                                                                        \
        0                                                                                                    \
    }
#define cu_autocristatus __attribute__((cleanup(cri_status_clear)))
void cri_status_clear(struct cri_status *s);
int cri_get_status(struct cri_client *c, bool verbose, struct cri_status *out, struct cu_err *err);

/* The cgroup driver by the call RuntimeConfig. *implemented: false (and no error) when the runtime lacks the call, as
 * containerd does before 2.0. */
int cri_get_runtime_config(struct cri_client *c, bool *implemented, enum cri_cgroup_driver *driver,
                           struct cu_err *err);

struct cri_pod {
    char *id, *name, *ns; /* owned */
    bool ready;
};
/* All pods, whoever made them. *out: freed with cri_pods_free(). */
int cri_list_pods(struct cri_client *c, struct cri_pod **out, size_t *n, struct cu_err *err);
void cri_pods_free(struct cri_pod *v, size_t n);
/* Stops and removes a pod with its containers; up to five tries. A pod that is gone already is a success. */
int cri_remove_pod(struct cri_client *c, const char *id, struct cu_err *err);

enum cri_container_state { CRI_CREATED, CRI_RUNNING, CRI_EXITED, CRI_STATE_UNKNOWN };
struct cri_container {
    char *id, *name, *pod_id; /* owned */
    enum cri_container_state state;
    int64_t created_ns; /* wall clock */
    uint32_t attempt;   /* restarts before this one */
};
int cri_list_containers(struct cri_client *c, struct cri_container **out, size_t *n, struct cu_err *err);
void cri_containers_free(struct cri_container *v, size_t n);

#endif
