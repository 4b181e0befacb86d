/* node/runtime.h - what the configuration files of the container runtime say, for questions it does not answer
 * itself or cannot answer while it is down. */
#ifndef NODE_RUNTIME_H
#define NODE_RUNTIME_H

#include "node/sys.h"
#include <stdbool.h>

struct node_runtime {
    const char *name;          /* "containerd" or "crio", as its service is called */
    const char *file;          /* its main configuration file */
    bool has_file;             /* it is there */
    const char *cgroup_driver; /* "systemd" or "cgroupfs": as configured, else its default */
    char *sandbox_image;       /* owned; NULL: not configured */
    bool cri_off;              /* containerd: the plugin "cri" is disabled */
};

/* The runtime behind a socket (unix:///run/containerd/containerd.sock, with or without "unix://"), with the files its
 * main file imports. CU_E_NOTFOUND: a runtime whose files are not known here. Clear with node_runtime_clear. */
int node_runtime_read(const struct node_sys *sys, const char *socket, struct node_runtime *out,
                      struct cu_err *err);
void node_runtime_clear(struct node_runtime *r);

#endif
