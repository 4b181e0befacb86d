/* Leases. Must not know what hangs on them. */
#include "base/str.h"
#include "etcd/private.h"

int etcd_lease_grant(struct etcd_client *c, int64_t ttl_s, int64_t *id, struct cu_err *err)
{
    cu_autoetcd Etcdpb__LeaseGrantResponse *a = NULL;
    Etcdpb__LeaseGrantRequest q = ETCDPB__LEASE_GRANT_REQUEST__INIT;
    q.ttl = ttl_s;
    struct etcd_rpc rpc = { "/etcdserverpb.Lease/LeaseGrant", &q.base,
                            &etcdpb__lease_grant_response__descriptor, false, NULL };
    int failed = etcd_call(c, &rpc, &a, err);
    if (failed == 0 && !cu_is_empty(a->error))
        return cu_fail(err, CU_E_SERVER, "etcd: no lease: %s", a->error);
    if (failed == 0)
        *id = a->id;
    return failed;
}

int etcd_lease_keep_alive(struct etcd_client *c, int64_t id, int64_t *ttl_s, struct cu_err *err)
{
    cu_autoetcd Etcdpb__LeaseKeepAliveResponse *a = NULL;
    Etcdpb__LeaseKeepAliveRequest q = ETCDPB__LEASE_KEEP_ALIVE_REQUEST__INIT;
    q.id = id;
    struct etcd_rpc rpc = { "/etcdserverpb.Lease/LeaseKeepAlive", &q.base,
                            &etcdpb__lease_keep_alive_response__descriptor, false, NULL };
    int failed = etcd_call(c, &rpc, &a, err);
    if (failed < 0)
        return failed;
    if (a->ttl <= 0)
        return cu_fail(err, CU_E_NOTFOUND, "etcd: no lease %llx", (unsigned long long)id);
    if (ttl_s)
        *ttl_s = a->ttl;
    return 0;
}

int etcd_lease_revoke(struct etcd_client *c, int64_t id, struct cu_err *err)
{
    cu_autoetcd Etcdpb__LeaseRevokeResponse *a = NULL;
    Etcdpb__LeaseRevokeRequest q = ETCDPB__LEASE_REVOKE_REQUEST__INIT;
    q.id = id;
    struct etcd_rpc rpc = { "/etcdserverpb.Lease/LeaseRevoke", &q.base,
                            &etcdpb__lease_revoke_response__descriptor, false, NULL };
    return etcd_call(c, &rpc, &a, err);
}
