/* Members and health. Must not know kubeadm. */
#include "etcd/members.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "etcd/private.h"
#include <inttypes.h>
#include <string.h>

static char **copy_list(char *const *v, size_t n)
{
    char **out = cu_calloc(n + 1, sizeof(*out));
    for (size_t i = 0; i < n; i++)
        out[i] = cu_strdup(v[i]);
    return out;
}

static void free_list(char **v)
{
    for (char **p = v; p && *p; p++)
        free(*p);
    free(v);
}

void etcd_members_clear(struct etcd_members *m)
{
    for (size_t i = 0; i < m->n; i++) {
        free(m->v[i].name);
        free_list(m->v[i].peer_urls);
        free_list(m->v[i].client_urls);
    }
    free(m->v);
    *m = (struct etcd_members)ETCD_MEMBERS_INIT;
}

static void take_members(struct etcd_members *out, Etcdpb__Member *const *v, size_t n)
{
    if (!out)
        return;
    etcd_members_clear(out);
    out->v = cu_calloc(n ? n : 1, sizeof(*out->v));
    for (out->n = 0; out->n < n; out->n++) {
        const Etcdpb__Member *m = v[out->n];
        out->v[out->n] = (struct etcd_member){ .id = m->id,
                                               .name = cu_strdup(cu_or(m->name, "")),
                                               .peer_urls = copy_list(m->peerurls, m->n_peerurls),
                                               .client_urls = copy_list(m->clienturls, m->n_clienturls),
                                               .learner = m->islearner };
    }
}

const struct etcd_member *etcd_members_by_peer(const struct etcd_members *m, const char *url)
{
    for (size_t i = 0; i < m->n; i++)
        if (cu_streq(m->v[i].peer_urls[0], url))
            return &m->v[i];
    return NULL;
}

void etcd_id_text(uint64_t id, char out[ETCD_ID_MAX])
{
    snprintf(out, ETCD_ID_MAX, "%" PRIx64, id);
}

int etcd_member_list(struct etcd_client *c, struct etcd_members *out, struct cu_err *err)
{
    cu_autoetcd Etcdpb__MemberListResponse *a = NULL;
    Etcdpb__MemberListRequest q = ETCDPB__MEMBER_LIST_REQUEST__INIT;
    q.linearizable = true;
    struct etcd_rpc rpc = { "/etcdserverpb.Cluster/MemberList", &q.base,
                            &etcdpb__member_list_response__descriptor, false, NULL };
    int failed = etcd_call(c, &rpc, &a, err);
    if (failed == 0)
        take_members(out, a->members, a->n_members);
    return failed;
}

/* etcd says by text what its status does not tell apart (FailedPrecondition, NotFound). */
static int refine(const struct etcd_client *c, int failed, struct cu_err *err)
{
    static const struct {
        const char *text;
        enum cu_code code;
    } known[] = {
        { "Peer URLs already exists", CU_E_EXISTS },
        { "member ID already exist", CU_E_EXISTS },
        { "can only promote a learner member which is in sync with leader", CU_E_CONFLICT },
        { "can only promote a learner member", CU_E_EXISTS },
        { "member not found", CU_E_NOTFOUND },
    };
    const char *said = etcd_client_message(c);
    for (size_t i = 0; failed < 0 && i < CU_LEN(known); i++)
        if (strstr(said, known[i].text)) {
            if (err)
                err->code = known[i].code;
            return -(int)known[i].code;
        }
    return failed;
}

int etcd_member_add(struct etcd_client *c, const char *peer_url, bool learner, uint64_t *id,
                    struct etcd_members *out, struct cu_err *err)
{
    cu_autoetcd Etcdpb__MemberAddResponse *a = NULL;
    cu_autofree char *url = cu_strdup(peer_url);
    char *urls[] = { url };
    Etcdpb__MemberAddRequest q = ETCDPB__MEMBER_ADD_REQUEST__INIT;
    q.n_peerurls = 1;
    q.peerurls = urls;
    q.islearner = learner;
    struct etcd_rpc rpc = { "/etcdserverpb.Cluster/MemberAdd", &q.base,
                            &etcdpb__member_add_response__descriptor, true, NULL };
    int failed = etcd_call(c, &rpc, &a, err);
    if (failed < 0)
        return refine(c, failed, err);
    if (id && a->member)
        *id = a->member->id;
    take_members(out, a->members, a->n_members);
    return 0;
}

int etcd_member_promote(struct etcd_client *c, uint64_t id, struct etcd_members *out, struct cu_err *err)
{
    cu_autoetcd Etcdpb__MemberPromoteResponse *a = NULL;
    Etcdpb__MemberPromoteRequest q = ETCDPB__MEMBER_PROMOTE_REQUEST__INIT;
    q.id = id;
    struct etcd_rpc rpc = { "/etcdserverpb.Cluster/MemberPromote", &q.base,
                            &etcdpb__member_promote_response__descriptor, true, NULL };
    int failed = etcd_call(c, &rpc, &a, err);
    if (failed < 0)
        return refine(c, failed, err);
    take_members(out, a->members, a->n_members);
    return 0;
}

int etcd_member_remove(struct etcd_client *c, uint64_t id, struct etcd_members *out, struct cu_err *err)
{
    cu_autoetcd Etcdpb__MemberRemoveResponse *a = NULL;
    Etcdpb__MemberRemoveRequest q = ETCDPB__MEMBER_REMOVE_REQUEST__INIT;
    q.id = id;
    struct etcd_rpc rpc = { "/etcdserverpb.Cluster/MemberRemove", &q.base,
                            &etcdpb__member_remove_response__descriptor, true, NULL };
    int failed = etcd_call(c, &rpc, &a, err);
    if (failed < 0)
        return refine(c, failed, err);
    take_members(out, a->members, a->n_members);
    return 0;
}

int etcd_client_sync(struct etcd_client *c, struct cu_err *err)
{
    cu_autoetcdmembers struct etcd_members m = ETCD_MEMBERS_INIT;
    int failed = etcd_member_list(c, &m, err);
    if (failed < 0)
        return failed;
    const char **urls = NULL;
    size_t n = 0, cap = 0;
    for (size_t i = 0; i < m.n; i++)
        for (char **u = m.v[i].client_urls; *m.v[i].name && !m.v[i].learner && *u; u++) {
            cu_grow(&urls, &cap, n + 1, sizeof(*urls));
            urls[n++] = *u;
        }
    failed = etcd_client_set(c, urls, n, err);
    free(urls);
    return failed;
}

static int status_of(struct etcd_client *c, struct grpc_channel *ch, struct etcd_status *out,
                     struct cu_err *err)
{
    cu_autoetcd Etcdpb__StatusResponse *a = NULL;
    struct ProtobufCMessage *m = NULL;
    Etcdpb__StatusRequest q = ETCDPB__STATUS_REQUEST__INIT;
    struct grpc_request req = { .method = "/etcdserverpb.Maintenance/Status", .message = &q.base };
    int failed = grpc_call(ch, &req, &etcdpb__status_response__descriptor, &m, &c->last, err);
    if (failed < 0)
        return failed;
    a = (Etcdpb__StatusResponse *)m;
    cu_autobuf struct cu_buf errors = CU_BUF_INIT(LIM_PEM_FILE);
    for (size_t i = 0; i < a->n_errors; i++)
        cu_buf_addf(&errors, "%s%s", i ? "; " : "", a->errors[i]);
    *out = (struct etcd_status){ .db_bytes = a->dbsize,
                                 .revision = a->header ? a->header->revision : 0,
                                 .member = a->header ? a->header->member_id : 0,
                                 .leader = a->leader,
                                 .raft_term = a->raftterm,
                                 .raft_index = a->raftindex,
                                 .learner = a->islearner,
                                 .errors = errors.len ? cu_strdup(cu_buf_str(&errors)) : NULL };
    snprintf(out->version, sizeof(out->version), "%s", cu_or(a->version, ""));
    return 0;
}

int etcd_status(struct etcd_client *c, const char *endpoint, struct etcd_status *out, struct cu_err *err)
{
    for (size_t i = 0; i < c->n; i++)
        if (endpoint ? cu_streq(endpoint, grpc_channel_target(c->channels[i])) : i == c->at)
            return status_of(c, c->channels[i], out, err);
    return cu_fail(err, CU_E_NOTFOUND, "etcd: \"%s\" is none of the endpoints", endpoint);
}

int etcd_healthy(struct etcd_client *c, struct cu_err *err)
{
    cu_autobuf struct cu_buf sick = CU_BUF_INIT(LIM_PEM_FILE);
    size_t healthy = 0;
    for (size_t i = 0; i < c->n; i++) {
        cu_autoerr struct cu_err why = CU_ERR_INIT;
        struct etcd_status s = { .errors = NULL };
        int failed = status_of(c, c->channels[i], &s, &why);
        if (failed == 0 && s.errors)
            cu_fail(&why, CU_E_SERVER, "%s: %s", grpc_channel_target(c->channels[i]), s.errors);
        if (failed == 0 && !s.errors)
            healthy++;
        else
            cu_buf_addf(&sick, "%s%s", sick.len ? "; " : "", cu_err_text(&why));
        free(s.errors);
    }
    if (healthy > c->n / 2)
        return 0;
    return cu_fail(err, CU_E_UNREACHABLE, "etcd: %zu of %zu members are healthy: %s", healthy, c->n,
                   cu_buf_str(&sick));
}

static int call_alarm(struct etcd_client *c, const Etcdpb__AlarmRequest *q, Etcdpb__AlarmResponse **out,
                      struct cu_err *err)
{
    struct etcd_rpc rpc = { "/etcdserverpb.Maintenance/Alarm", &q->base, &etcdpb__alarm_response__descriptor,
                            false, NULL };
    return etcd_call(c, &rpc, out, err);
}

int etcd_alarms_clear(struct etcd_client *c, size_t *n, struct cu_err *err)
{
    cu_autoetcd Etcdpb__AlarmResponse *raised = NULL;
    Etcdpb__AlarmRequest q = ETCDPB__ALARM_REQUEST__INIT;
    int failed = call_alarm(c, &q, &raised, err);
    for (size_t i = 0; failed == 0 && i < raised->n_alarms; i++) {
        cu_autoetcd Etcdpb__AlarmResponse *lifted = NULL;
        q.action = ETCDPB__ALARM_ACTION__ALARM_DEACTIVATE;
        q.memberid = raised->alarms[i]->memberid;
        q.alarm = raised->alarms[i]->alarm;
        failed = call_alarm(c, &q, &lifted, err);
    }
    if (failed == 0)
        *n = raised->n_alarms;
    return failed;
}
