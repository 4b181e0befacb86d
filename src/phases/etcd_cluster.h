/* phases/etcd_cluster.h - the etcd of a cluster as its phases reach it: endpoints from the Pods of etcd, client
 * certificate from the certificates folder (spec operations 11.1). */
#ifndef PHASES_ETCD_CLUSTER_H
#define PHASES_ETCD_CLUSTER_H

#include "etcd/members.h"
#include "phases/context.h"

struct ph_etcd_access {
    struct kube_client *kube; /* may list Pods in kube-system; borrowed */
    const char *certs;        /* folder with etcd/ca.crt and etcd/healthcheck-client.{crt,key} */
    int64_t api_ms, etcd_ms;  /* timeouts.kubernetesAPICall and timeouts.etcdAPICall */
    const char *leaving; /* client URL of the member of this machine that is to go; NULL: none; borrowed */
};

/* A client whose endpoints are all started voting members. Caller frees. CU_E_TIMEOUT with the last reason; CU_E_FINAL at
 * once when nothing listens at `leaving` and no other member is known: there is nobody to be taken out by. */
int ph_etcd_connect(struct ph_ctx *c, const struct ph_etcd_access *a, struct etcd_client **out,
                    struct cu_err *err);

/* "https://10.0.0.1:2380", "https://[fd00::1]:2380"; caller frees. */
char *ph_etcd_peer_url(const char *address);

/* Pause between probes of etcd. */
#define PH_ETCD_INTERVAL_MS 500

#endif
