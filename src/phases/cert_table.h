/* phases/cert_table.h - the certificates of a control plane, one row each (spec init 5.1), in the order they are
 * made. */
#ifndef PHASES_CERT_TABLE_H
#define PHASES_CERT_TABLE_H

#include "phases/context.h"
#include "pki/cert.h"

enum ph_sans { PH_SANS_NONE, PH_SANS_APISERVER, PH_SANS_ETCD_SERVER, PH_SANS_ETCD_PEER };

struct ph_cert_row {
    const char *phase; /* full name of the phase that makes it */
    const char *base;  /* <dir>/<base>.crt and .key */
    const char *ca;    /* base of its issuer; NULL: it is a certificate authority */
    const char *cn;    /* NULL: the node's name */
    unsigned ekus;     /* enum pki_eku */
    enum ph_sans sans;
    const char *title; /* what it is, in words */
    const char
        *used_by; /* the component that has to be restarted for a new one; NULL: none, or not renewed */
};
extern const struct ph_cert_row ph_cert_table[];
extern const size_t ph_cert_count;
const struct ph_cert_row *ph_cert_find(const char *base); /* NULL: none */
/* Belongs to etcd, so it is not made when etcd is external. */
bool ph_cert_is_etcd(const struct ph_cert_row *row);

/* Names and addresses a serving certificate is good for (spec init 5.2), appended. Names that are neither are
 * dropped with a log warning. CU_E_INVALID: the service CIDR is none. */
int ph_cert_sans(const struct cfg_init *init, enum ph_sans which, struct cu_strlist *dns,
                 struct cu_strlist *ips, struct cu_err *err);

/* Makes one certificate, or checks and keeps the one that is there (phases/certs.c). */
int ph_certs_make(struct ph_ctx *c, const struct ph_cert_row *row, struct cu_err *err);

#endif
