/* Phase etcd-join of join: this machine's etcd becomes a member of the cluster's, first as a learner, so that it never
 * counts before it has the data (spec join 11). Run again, it goes on where it stopped. It must not know how the
 * process is started. */
#include "base/file.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "phases/causes.h"
#include "phases/etcd_cluster.h"
#include "phases/join_control_plane.h"
#include "phases/objects.h"
#include "phases/phases.h"
#include "phases/static_pod.h"

#define AVAILABLE_MS 40000 /* eight tries, five seconds apart, of upstream */

struct joining {
    struct ph_ctx *ctx;
    struct etcd_client *etcd;
    char *peer_url;              /* ours */
    struct etcd_members members; /* at the last look */
    uint64_t id;                 /* our member, once it is in the list */
    uint64_t seen;               /* what the list looked like: others joining is progress too */
    bool progress;
    int64_t limit_ms; /* timeouts.etcdAPICall */
};

static void note_progress(struct joining *j)
{
    uint64_t now = 0;
    for (size_t i = 0; i < j->members.n; i++)
        now = now * 31 + (j->members.v[i].id ^ (j->members.v[i].learner ? 1 : 0));
    j->progress = j->progress || (j->seen && now != j->seen);
    j->seen = now;
}

static int list(struct joining *j, struct cu_err *err)
{
    etcd_members_clear(&j->members);
    int r = etcd_member_list(j->etcd, &j->members, err);
    if (r == 0)
        note_progress(j);
    return r;
}

static const struct etcd_member *ours(const struct joining *j)
{
    return etcd_members_by_peer(&j->members, j->peer_url);
}

static bool has_data(const struct joining *j)
{
    cu_autofree char *dir = cu_path_join(j->ctx->init->cluster.etcd.local->data_dir, "member");
    return cu_exists(dir);
}

/* Who is in the way: etcd lets one learner in at a time. Caller frees. */
static char *who_joins(const struct joining *j, const char *said)
{
    for (size_t i = 0; i < j->members.n; i++) {
        const struct etcd_member *m = &j->members.v[i];
        char id[ETCD_ID_MAX];
        etcd_id_text(m->id, id);
        if (m->learner)
            return cu_asprintf(
                "etcd lets one member join at a time, and %s is joining now; if that machine is gone, "
                "take it out:  etcdctl member remove %s",
                m->peer_urls && m->peer_urls[0] ? m->peer_urls[0] : "another", id);
    }
    return cu_strdup(said);
}

/* The machine that was here before is in the list, but its data are not here: etcd would start from nothing under an
 * identity that has promised to remember. It leaves, and comes back as new. */
static int replace_lost(struct joining *j, const struct etcd_member *m, struct cu_err *err)
{
    char id[ETCD_ID_MAX];
    etcd_id_text(m->id, id);
    ph_say(j->ctx,
           "[etcd] Member %s (%s) is in the list, but its data are not on this machine: it is replaced", id,
           m->name);
    return etcd_member_remove(j->etcd, m->id, NULL, err);
}

static enum cu_wait_state add_once(void *arg, char **missing, struct cu_err *err)
{
    struct joining *j = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = list(j, &e);
    const struct etcd_member *m = r == 0 ? ours(j) : NULL;
    if (m && (has_data(j) || !*m->name))
        return CU_WAIT_DONE;
    if (r == 0 && !m && has_data(j)) {
        cu_fail(
            err, CU_E_FINAL,
            "%s holds the data of an etcd member that is no longer in the cluster;  kubeadm reset  clears "
            "them",
            j->ctx->init->cluster.etcd.local->data_dir);
        return CU_WAIT_FINAL;
    }
    if (m)
        r = replace_lost(j, m, &e);
    if (r == 0) {
        struct etcd_members after = ETCD_MEMBERS_INIT;
        r = etcd_member_add(j->etcd, j->peer_url, true, &j->id, &after, &e);
        etcd_members_clear(&after);
    }
    if (r == 0 || r == -CU_E_EXISTS) {
        cu_err_clear(&e);
        r = list(j, &e); /* the manifest names who is there after us */
        if (r == 0 && ours(j))
            return CU_WAIT_DONE;
    }
    *missing = r == -CU_E_CONFLICT ? who_joins(j, cu_err_text(&e)) : cu_strdup(cu_err_text(&e));
    return CU_WAIT_PENDING;
}

/* The limit counts from the last time somebody else came further. */
static int add(struct joining *j, struct cu_err *err)
{
    struct ph_waiting w = { "etcd to let this member join", j->limit_ms, PH_ETCD_INTERVAL_MS, add_once, j };
    int r;
    do {
        j->progress = false;
        cu_err_clear(err);
        r = ph_wait(j->ctx, &w, err);
    } while (r == -CU_E_TIMEOUT && j->progress);
    if (r == 0)
        j->id = ours(j)->id;
    return r;
}

/* "--initial-cluster": everybody's name and first peer URL, in the order of the list. Caller frees. */
static char *initial_cluster(const struct joining *j)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    for (size_t i = 0; i < j->members.n; i++) {
        const struct etcd_member *m = &j->members.v[i];
        char id[ETCD_ID_MAX];
        etcd_id_text(m->id, id);
        const char *name = m->id == j->id ? j->ctx->init->node.name : *m->name ? m->name : id;
        const char *url = m->peer_urls && m->peer_urls[0] ? m->peer_urls[0] : "";
        cu_buf_addf(&b, "%s%s=%s", i ? "," : "", name, url);
    }
    return cu_strdup(cu_buf_str(&b));
}

/* A manifest whose member has started already is left alone: a change would only restart it. */
static int write_manifest(struct joining *j, struct cu_err *err)
{
    struct ph_ctx *c = j->ctx;
    cu_autofree char *path = cu_path_join(c->paths.manifests, "etcd.yaml"), *peers = initial_cluster(j);
    if (*ours(j)->name && cu_exists(path)) {
        ph_say(c, "[etcd] Member %s has started before; its manifest is kept", ours(j)->name);
        return 0;
    }
    ph_say(c, "[etcd] Creating static Pod manifest for \"%s\"", mf_component_name(MF_ETCD));
    return ph_manifest_write(c, MF_ETCD, peers, c->paths.manifests, err);
}

static enum cu_wait_state pod_cause(const struct joining *j, char **missing, struct cu_err *err)
{
    enum cu_wait_state state = ph_cause_pod(j->ctx, mf_component_name(MF_ETCD), missing, err);
    return state == CU_WAIT_PENDING ? ph_cause_kubelet(j->ctx, missing, err) : state;
}

static enum cu_wait_state started(void *arg, char **missing, struct cu_err *err)
{
    struct joining *j = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = list(j, &e);
    if (r < 0) {
        *missing = cu_strdup(cu_err_text(&e));
        return CU_WAIT_PENDING;
    }
    const struct etcd_member *m = ours(j);
    if (!m) {
        cu_fail(err, CU_E_FINAL, "somebody took this machine (%s) out of the members of etcd", j->peer_url);
        return CU_WAIT_FINAL;
    }
    if (!m->learner || *m->name)
        return CU_WAIT_DONE;
    *missing = cu_strdup("it has not started yet");
    return pod_cause(j, missing, err);
}

static enum cu_wait_state promote_once(void *arg, char **missing, struct cu_err *err)
{
    struct joining *j = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = etcd_member_promote(j->etcd, j->id, NULL, &e);
    if (r == 0 || r == -CU_E_EXISTS) /* EXISTS: an earlier run promoted it */
        return CU_WAIT_DONE;
    if (r == -CU_E_NOTFOUND) {
        cu_err_move(err, &e);
        return CU_WAIT_FINAL;
    }
    *missing = cu_strdup(cu_err_text(&e));
    return pod_cause(j, missing, err);
}

static enum cu_wait_state available(void *arg, char **missing, struct cu_err *err)
{
    struct joining *j = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = etcd_client_sync(j->etcd, &e);
    if (r == 0)
        r = etcd_healthy(j->etcd, &e);
    if (r == 0)
        return CU_WAIT_DONE;
    *missing = cu_strdup(cu_err_text(&e));
    return pod_cause(j, missing, err);
}

static int wait_for(struct joining *j, const char *what, int64_t limit_ms,
                    enum cu_wait_state (*probe)(void *arg, char **missing, struct cu_err *err),
                    struct cu_err *err)
{
    return ph_wait(j->ctx, &(struct ph_waiting){ what, limit_ms, PH_ETCD_INTERVAL_MS, probe, j }, err);
}

static int join(struct joining *j, struct cu_err *err)
{
    struct ph_ctx *c = j->ctx;
    struct ph_etcd_access a = { .certs = c->paths.certs_real,
                                .api_ms = ph_api_timeout(c),
                                .etcd_ms = j->limit_ms };
    int r = ph_ctx_kube(c, &a.kube, err);
    if (r == 0)
        r = ph_etcd_connect(c, &a, &j->etcd, err);
    if (r < 0)
        return r;
    ph_say(c, "[etcd] Announcing the new etcd member %s to the etcd cluster", j->peer_url);
    r = add(j, err);
    if (r == 0)
        r = write_manifest(j, err);
    if (r < 0)
        return r;
    ph_say(c, "[etcd] Waiting for the new etcd member to start and to catch up");
    r = wait_for(j, "the new etcd member to start", j->limit_ms, started, err);
    if (r == 0)
        r = wait_for(j, "the new etcd member to be promoted", j->limit_ms, promote_once, err);
    if (r == 0)
        r = wait_for(j, "a majority of the etcd members to be healthy", AVAILABLE_MS, available, err);
    if (r == 0)
        ph_say(c, "[etcd] The new etcd member is a voting member");
    return r;
}

int ph_etcd_join(struct ph_ctx *c, struct cu_err *err)
{
    bool control = false;
    int r = ph_join_is_control_plane(c, &control, err);
    if (r < 0 || !control)
        return r;
    if (!mf_wants(MF_ETCD, c->init)) {
        ph_say(c, "[etcd] etcd is external: no member is added");
        return 0;
    }
    if (c->dry_run) {
        ph_say(c, "[dryrun] Would add a local etcd member as a learner, write its manifest, and promote it");
        return 0;
    }
    r = cu_mkdir_p(c->init->cluster.etcd.local->data_dir, 0700, err);
    if (r < 0)
        return cu_wrap(err, "cannot make etcd's data folder");
    struct joining j = { .ctx = c, .limit_ms = cfg_ms(c->init->timeouts.etcd_api_call) };
    j.peer_url = ph_etcd_peer_url(c->init->local_api_endpoint.advertise_address);
    r = join(&j, err);
    etcd_members_clear(&j.members);
    etcd_client_free(j.etcd);
    free(j.peer_url);
    return r;
}
