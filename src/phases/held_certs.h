/* phases/held_certs.h - the certificates a control plane holds, as one list: those of the certificates folder and those
 * inside kubeconfig files, each under the name by which it is renewed (spec operations 6.1). Made from the tables of
 * phases/cert_table.h and manifests/kubeconfig.h; kubelet.conf is not in it, the kubelet renews that itself. */
#ifndef PHASES_HELD_CERTS_H
#define PHASES_HELD_CERTS_H

#include "phases/context.h"
#include "pki/cert.h"

struct ph_held {
    const char *name;    /* "etcd-server", "admin.conf", "etcd-ca" */
    const char *title;   /* what it is, in words */
    const char *base;    /* <certificates folder>/<base>.crt; NULL: in the kubeconfig file `name` */
    const char *ca;      /* base of its issuer; NULL: it is an authority */
    const char *used_by; /* the component that has to be restarted for a new one; NULL: none */
};
enum { PH_HELD_MAX = 32 };

/* Sorted by name; the texts live as long as the program. */
size_t ph_held_list(bool authorities, struct ph_held out[PH_HELD_MAX]);
/* Not there where etcd is external. */
bool ph_held_applies(const struct ph_held *h, const struct cfg_init *init);

/* Where the certificate is: a .crt file in c->paths.certs, or a kubeconfig file in c->paths.kubeconfig_dir. Caller frees. */
char *ph_held_path(const struct ph_ctx *c, const struct ph_held *h);
/* The name of its issuer ("etcd-ca"), NULL for an authority. Constant. */
const char *ph_held_issuer(const struct ph_held *h);

/* Reads it. CU_E_NOTFOUND: the file is not there; else what is wrong with it. */
int ph_held_load(const struct ph_ctx *c, const struct ph_held *h, struct pki_cert **out, struct cu_err *err);

/* Is it signed, or kept, by an authority whose key is not here (spec operations 6.3)? Then all that this authority signs
 * is checked: an error when something is missing or does not chain to it. An authority without certificate is an error. */
int ph_held_is_external(const struct ph_ctx *c, const struct ph_held *h, bool *external, struct cu_err *err);

#endif
