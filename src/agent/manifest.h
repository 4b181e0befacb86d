/* agent/manifest.h - static pod manifests: read, checked, given the hash that names one version of one file. */
#ifndef AGENT_MANIFEST_H
#define AGENT_MANIFEST_H

#include "codec/value.h"

struct agent_manifest {
    char *file;      /* path it was read from */
    char *hash;      /* 32 hex digits over content, node name and path */
    char *ns, *name; /* namespace (default "default") and name without the node's */
    struct val *pod; /* as in the file, apiVersion to spec */
};

/* Reads one Pod in YAML or JSON. CU_E_INVALID names the field: not a v1 Pod, bad name, no containers, what the
 * process runtime cannot do (init containers). *out is the caller's, free with agent_manifest_free. */
int agent_manifest_parse(const char *file, const char *text, size_t n, const char *node,
                         struct agent_manifest **out, struct cu_err *err);
char *agent_manifest_hash(const char *file, const char *text, size_t n, const char *node); /* caller frees */
void agent_manifest_free(struct agent_manifest *m);                                        /* NULL is fine */

/* Number a port field stands for: 1..65535, or the name of a containerPort of `container`; -1 when neither. */
int agent_manifest_port(const struct val *container, const struct val *port);
int64_t agent_manifest_grace_ms(const struct val *pod_spec); /* terminationGracePeriodSeconds, default 30 s */

#endif
