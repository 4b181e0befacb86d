/* controllers/elect.c - holds the component's lease. Must not know what leading means. */
#include "controllers/elect.h"

#include "base/log.h"
#include "base/random.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "kube/client.h"

#include <string.h>

#define LEASES "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
#define ABSENT_PAUSE_MS 20 /* first pause while nobody listens; doubles up to */
#define ABSENT_LONGEST_MS 200

struct ctl_elect {
    struct ctl_elect_spec s;
    struct kube_client *client;
    struct http_timer *timer;
    char *path, *self;
    bool leading;
    int64_t renewed_ms; /* monotonic: last success */
    char *seen;         /* resourceVersion of the lease as last seen */
    int64_t seen_ms;    /* monotonic: since when */
    int64_t absent_ms;  /* pause while the server is not there */
    bool told_waiting;
};

bool ctl_elect_may_take(const struct val *lease, const char *host, const char *self, int64_t now_ms,
                        int64_t unchanged_ms)
{
    const struct val *spec = val_get(lease, "spec");
    const char *holder = val_get_str(spec, "holderIdentity");
    if (cu_is_empty(holder) || cu_streq(holder, self))
        return true;
    size_t n = strlen(host);
    if (strncmp(holder, host, n) == 0 && holder[n] == '_')
        return true;
    int64_t duration = val_get_int(spec, "leaseDurationSeconds", 15) * 1000, renewed = 0;
    if (unchanged_ms >= duration)
        return true;
    const char *time = val_get_str(spec, "renewTime");
    /* Clocks are not trusted to the second: only a lease that is long over counts as over at first sight. */
    return cu_is_empty(time) || cu_parse_rfc3339(time, &renewed, NULL) < 0 || now_ms - renewed > 3 * duration;
}

static struct val *make_lease(const struct ctl_elect *e, const struct val *old, int64_t now_ms)
{
    struct val *lease = old ? val_copy(old) : val_new_map();
    struct val *meta = val_need_map(lease, "metadata"), *spec = val_need_map(lease, "spec");
    char now[CU_RFC3339_MAX];
    cu_rfc3339_micro(now_ms, now);
    bool ours = cu_streq(val_get_str(spec, "holderIdentity"), e->self);
    val_set_str(lease, "apiVersion", "coordination.k8s.io/v1");
    val_set_str(lease, "kind", "Lease");
    val_set_str(meta, "name", e->s.lease);
    val_set_str(meta, "namespace", "kube-system");
    if (!ours) {
        val_set_str(spec, "acquireTime", now);
        val_set_int(spec, "leaseTransitions", old ? val_get_int(spec, "leaseTransitions", 0) + 1 : 0);
    }
    val_set_str(spec, "holderIdentity", e->self);
    val_set_int(spec, "leaseDurationSeconds", e->s.o->lease_ms / 1000);
    val_set_str(spec, "renewTime", now);
    return lease;
}

static int64_t server_now(const struct ctl_elect *e)
{
    return cu_now_ms() + kube_client_clock_skew_ms(e->client);
}

/* 1: the lease is ours now; 0: another one holds it. */
static int attempt(struct ctl_elect *e, struct cu_err *err)
{
    cu_autoval struct val *old = NULL, *lease = NULL;
    int r = kube_get(e->client, e->path, NULL, &old, err);
    if (r == -CU_E_NOTFOUND) {
        cu_err_clear(err);
        lease = make_lease(e, NULL, cu_now_ms());
        r = kube_create(e->client, LEASES, lease, NULL, err);
        return r < 0 ? r : 1;
    }
    if (r < 0)
        return r;
    const char *version = val_find_str(old, "metadata", "resourceVersion", NULL);
    if (!cu_streq(version, e->seen)) {
        free(e->seen);
        e->seen = cu_strdup(version);
        e->seen_ms = cu_mono_ms();
    }
    if (!ctl_elect_may_take(old, e->s.host, e->self, server_now(e), cu_mono_ms() - e->seen_ms)) {
        if (!e->told_waiting)
            cu_log_info("lease kube-system/%s is held by %s: standing by", e->s.lease,
                        val_find_str(old, "spec", "holderIdentity", NULL));
        e->told_waiting = true;
        return 0;
    }
    lease = make_lease(e, old, cu_now_ms());
    r = kube_update(e->client, e->path, lease, NULL, err);
    return r < 0 ? r : 1;
}

static void set_leading(struct ctl_elect *e, bool leading)
{
    if (e->leading == leading)
        return;
    e->leading = leading;
    if (leading)
        cu_log_info("lease kube-system/%s acquired by %s", e->s.lease, e->self);
    else
        cu_log_warning("lease kube-system/%s lost", e->s.lease);
    e->s.changed(e->s.arg, leading);
}

static void on_timer(void *arg)
{
    struct ctl_elect *e = arg;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int64_t pause = e->s.o->retry_ms;
    int r = attempt(e, &err);
    if (r > 0) {
        e->renewed_ms = cu_mono_ms();
        e->absent_ms = 0;
        e->told_waiting = false;
        set_leading(e, true);
    } else if (r == 0 || cu_mono_ms() - e->renewed_ms >= e->s.o->renew_ms) {
        set_leading(e, false);
    }
    if (r < 0) {
        cu_log_debug(2, "lease kube-system/%s: %s", e->s.lease, cu_err_text(&err));
        if (!e->leading && (r == -CU_E_REFUSED || r == -CU_E_SERVER || r == -CU_E_IO)) {
            e->absent_ms = e->absent_ms ? e->absent_ms * 2 : ABSENT_PAUSE_MS;
            pause = e->absent_ms = e->absent_ms < ABSENT_LONGEST_MS ? e->absent_ms : ABSENT_LONGEST_MS;
        } else if (!e->leading && (r == -CU_E_FORBIDDEN || r == -CU_E_NOTFOUND || r == -CU_E_AUTH)) {
            pause = 200; /* a server that is still making its first objects */
        }
    }
    http_timer_set(e->timer, pause);
}

struct ctl_elect *ctl_elect_new(struct http_loop *loop, struct kube_client *client,
                                const struct ctl_elect_spec *s)
{
    struct ctl_elect *e = cu_calloc(1, sizeof(*e));
    cu_autofree char *uuid = cu_uuid4();
    e->s = *s;
    e->client = client;
    e->self = cu_asprintf("%s_%s", s->host, uuid);
    e->path = cu_asprintf(LEASES "/%s", s->lease);
    e->timer = http_timer_new(loop, on_timer, e);
    http_timer_set(e->timer, 0);
    return e;
}

static void give_up(struct ctl_elect *e)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autoval struct val *lease = NULL;
    if (kube_get(e->client, e->path, NULL, &lease, &err) == 0 &&
        cu_streq(val_find_str(lease, "spec", "holderIdentity", NULL), e->self)) {
        val_set_str(val_need_map(lease, "spec"), "holderIdentity", "");
        kube_update(e->client, e->path, lease, NULL, &err);
    }
}

void ctl_elect_free(struct ctl_elect *e)
{
    if (!e)
        return;
    if (e->leading)
        give_up(e);
    http_timer_free(e->timer);
    free(e->path);
    free(e->self);
    free(e->seen);
    free(e);
}
