/* apiserver/admission_private.h - what the admission plug-ins see, and the list of them. */
#ifndef APISERVER_ADMISSION_PRIVATE_H
#define APISERVER_ADMISSION_PRIVATE_H

#include "apiserver/admission.h"
#include "apiserver/registry.h"

enum api_op { API_OP_CREATE, API_OP_UPDATE, API_OP_DELETE };

/* One write on its way in. */
struct api_entry {
    struct api_registry *registry;
    struct api_authz *z;
    const struct api_attributes *a;
    const struct api_resource *r; /* of a->resource; NULL when unknown */
    enum api_op op;
    const char *node;      /* name of the node whose agent asks; NULL: somebody else */
    const char *name;      /* of the object, from the URL or the body; "" when it has none yet */
    struct val *obj;       /* NULL on delete */
    const struct val *old; /* NULL on create */
    struct api_status *s;
};

/* Is it this resource ("" = core group) with this subresource? */
bool api_entry_is(const struct api_entry *e, const char *group, const char *resource, const char *sub);
/* 403 with the entry's resource and name; returns -1. */
int api_entry_refuse(const struct api_entry *e, const char *fmt, ...) CU_PRINTF(2, 3);

/* Plug-ins: 0, or -1 with e->s filled. */
int api_admit_namespace(struct api_entry *e); /* admission.c */
int api_admit_priority(struct api_entry *e);  /* admission_pod.c */
int api_admit_tolerations(struct api_entry *e);
int api_admit_service_account(struct api_entry *e);
int api_admit_node_taint(struct api_entry *e); /* admission_node.c */
int api_admit_node_restriction(struct api_entry *e);
int api_admit_cert_approval(struct api_entry *e); /* admission_cert.c */
int api_admit_cert_signing(struct api_entry *e);
int api_admit_cert_subject(struct api_entry *e);
int api_admit_rbac_escalation(struct api_entry *e); /* admission_rbac.c; always on */

/* The request of a CertificateSigningRequest object; NULL when it is none. Caller frees with pki_csr_free(). */
struct pki_csr;
struct pki_csr *api_csr_of(const struct val *csr_object);

#define API_MIRROR_ANNOTATION "kubernetes.io/config.mirror"
bool api_is_mirror_pod(const struct val *pod);

#endif
