/* node/identity.h - who this machine is: names, versions and ids that go into the Node object. */
#ifndef NODE_IDENTITY_H
#define NODE_IDENTITY_H

#include "node/sys.h"

/* Host name of this UTS namespace, trimmed and in lower case (the default node name). Caller frees.
 * CU_E_INVALID when it is empty. */
int node_hostname(const struct node_sys *sys, char **out, struct cu_err *err);

/* Fields of status.nodeInfo; each owned and never NULL, "" when unknown. */
struct node_identity {
    char *machine_id;     /* /etc/machine-id, else /var/lib/dbus/machine-id */
    char *boot_id;        /* /proc/sys/kernel/random/boot_id */
    char *system_uuid;    /* DMI product_uuid in lower case, else the machine id */
    char *kernel_version; /* uname -r */
    char *os_image;       /* PRETTY_NAME of /etc/os-release, else "Linux" */
    char *architecture;   /* Go's name: amd64, arm64, ... */
};
void node_identity_read(const struct node_sys *sys, struct node_identity *out);
void node_identity_clear(struct node_identity *id);

const char *node_arch(void); /* Go's name of the architecture this program was built for */

#endif
