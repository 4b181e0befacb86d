/* manifests/pod_parts.h - the parts a static Pod is put together from. For this folder only. */
#ifndef MANIFESTS_POD_PARTS_H
#define MANIFESTS_POD_PARTS_H

#include "manifests/pod.h"
#include "manifests/template.h"

/* What is the same for one component in one configuration. */
struct mf_pod_input {
    enum mf_component component;
    const struct cfg_init *cfg;
    const struct mf_host *host;
    const struct cfg_args *extra_args; /* of the component */
    const struct cfg_envs *extra_envs;
    const struct cfg_volumes *extra_volumes; /* NULL: the component has none */
    int minor;                               /* of the Kubernetes version */
    struct mf_vars vars;                     /* for the tables */
};

/* pod_args.c */
void mf_pod_vars(struct mf_pod_input *in);                 /* fills in->vars */
struct val *mf_pod_command(const struct mf_pod_input *in); /* caller owns */

/* pod_volumes.c: adds volumes to the Pod's spec and mounts to its container; env to the container. */
void mf_pod_volumes(const struct mf_pod_input *in, struct val *spec, struct val *container);
void mf_pod_env(const struct mf_pod_input *in, struct val *container);
/* Appends the *_proxy variables of an environment that `names_taken` does not hold; sorted by name. */
void mf_proxy_env(char *const *environment, struct val *env);

/* pod_probes.c */
void mf_pod_probes(const struct mf_pod_input *in, struct val *container);

/* pod_shape.c: a patched Pod as upstream's type holds and writes it; unknown fields are not in *out, which the caller owns.
 * CU_E_INVALID names the field whose value is of a wrong kind. */
int mf_pod_shape(const struct val *pod, struct val **out, struct cu_err *err);

/* The first minor version that upstream's 1.36 deploys itself: from here on Pods are what it writes. Those of older
 * versions are what the upstream of their time wrote. */
#define MF_FIRST_OWN_MINOR 35

/* True when the etcd that will run is at least version major.minor.patch; from MF_FIRST_OWN_MINOR on it is taken for
 * new, whatever the tag of its image, as upstream does. */
bool mf_etcd_at_least(const struct cfg_cluster *c, const char *version);

#endif
