/* kube/kubeconfig.h - kubeconfig files (kind Config, v1): load, look up, build, save. Written as upstream writes
 * them: sorted keys, empty parts left out (spec init 6.2). Unknown parts of a loaded file are kept. */
#ifndef KUBE_KUBECONFIG_H
#define KUBE_KUBECONFIG_H

#include "codec/value.h"

/* A kubeconfig is its value tree; these functions know its shape. */
struct kube_config {
    struct val *doc; /* owned; a map */
    char *path;      /* where it was loaded from, for messages; NULL when built. Owned */
};
void kube_config_free(struct kube_config *c); /* NULL is fine; wipes nothing of the tree */
#define kube_autoconfig __attribute__((cleanup(kube_config_cleanup)))
void kube_config_cleanup(struct kube_config **c);

/* CU_E_NOTFOUND, CU_E_INVALID (not YAML, not a kubeconfig; path, line and column in the text), CU_E_IO. */
int kube_config_load(const char *path, struct kube_config **out, struct cu_err *err);
int kube_config_parse(const char *text, size_t n, struct kube_config **out, struct cu_err *err);
/* The whole file, also what will not be used: references are there, clusters have a server, no two ways to say one thing,
 * a certificate has its key, named files can be read (spec join 6.2 step 2). CU_E_INVALID names the entry. */
int kube_config_validate(const struct kube_config *c, struct cu_err *err);
char *kube_config_dump(const struct kube_config *c);                                     /* caller frees */
int kube_config_save(const struct kube_config *c, const char *path, struct cu_err *err); /* mode 0600 */

/* What one kubeconfig with a single cluster, user and context is made of. */
struct kube_config_spec {
    const char *cluster, *server; /* "kubernetes", "https://10.0.0.1:6443" */
    const char *ca_pem;           /* embedded; NULL: none */
    const char *user;             /* "kubernetes-admin"; context "<user>@<cluster>" unless `context` is set */
    const char *context;
    const char *cert_pem, *key_pem;   /* embedded; or NULL */
    const char *cert_file, *key_file; /* or by path */
    const char *token;                /* or a bearer token (secret) */
};
struct kube_config *kube_config_build(const struct kube_config_spec *s);

/* Borrowed maps; NULL when absent. The default cluster is the entry with the empty name when there is one,
 * else that of the current context (spec join 6.1 step 5). */
struct val *kube_config_default_cluster(const struct kube_config *c);
struct val *kube_config_current_context(const struct kube_config *c); /* the "context" map */
struct val *kube_config_current_user(const struct kube_config *c);    /* the "user" map */
const char *kube_config_server(const struct kube_config *c); /* of the default cluster; may be NULL */
/* PEM text of the default cluster's CA: embedded or read from its file. CU_E_NOTFOUND when there is none. */
int kube_config_ca(const struct kube_config *c, char **pem, struct cu_err *err);
/* Replaces the server of all clusters. */
void kube_config_set_server(struct kube_config *c, const char *server);
/* Token, certificate with key, user name with password, exec or auth-provider (spec join 6.4). */
bool kube_config_has_credentials(const struct kube_config *c);

#endif
