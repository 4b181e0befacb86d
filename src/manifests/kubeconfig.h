/* manifests/kubeconfig.h - which kubeconfig files a control plane has, and the text of any kubeconfig (spec init 6,
 * versions 10.1). Issuing the certificates in them is not done here. */
#ifndef MANIFESTS_KUBECONFIG_H
#define MANIFESTS_KUBECONFIG_H

#include "config/types.h"

/* One file of `init phase kubeconfig`. */
struct mf_kubeconfig_file {
    const char *phase;      /* "admin" */
    const char *file;       /* "admin.conf" */
    const char *user;       /* common name and name of the user; "system:node:%s" takes the node name */
    const char *group;      /* organisation; NULL: none */
    bool control_plane_url; /* server is the control plane endpoint, else this node's own API server */
    const char *title;      /* what the certificate in it is, in words */
    const char *used_by;    /* the component that has to be restarted for a new one; NULL: none */
};

/* The files of a control plane with this minor version, in upstream's order; returns their number (at most 5). */
size_t mf_kubeconfig_files(int minor, struct mf_kubeconfig_file out[5]);
char *mf_kubeconfig_user(const struct mf_kubeconfig_file *f, const struct cfg_init *cfg); /* caller frees */
char *mf_kubeconfig_server(const struct mf_kubeconfig_file *f,
                           const struct cfg_init *cfg); /* URL; caller frees */

/* Any kubeconfig with one cluster, one user and their context. Texts are PEM; NULL members are left out. */
struct mf_kubeconfig {
    const char *cluster, *server, *user;
    const char *ca_pem; /* its first certificate is embedded */
    const char *cert_pem;
    const char *key_pem; /* secret */
    const char *cert_file, *key_file;
    const char *token; /* secret */
};
char *mf_kubeconfig_text(const struct mf_kubeconfig *k); /* secret: free with cu_free_secret */

#endif
