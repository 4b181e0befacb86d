/* controllers/csr.c - approves the requests of node agents and signs what is approved, in one go: a node that joins
 * waits for it (spec apiserver 6.1, 6.2). A second controller removes old requests. */
#include "controllers/csr.h"

#include "base/encode.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "controllers/csr_rules.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "pki/key.h"

#include <string.h>

#define CSRS "/apis/certificates.k8s.io/v1/certificatesigningrequests"
#define REVIEWS "/apis/authorization.k8s.io/v1/subjectaccessreviews"
#define ACCOUNT "certificate-controller"
#define LONG_VALID_MS (8 * 3600 * 1000ll) /* shorter ones get their whole time in spite of the backdating */
#define LEAST_MS (600 * 1000ll)

struct csr {
    struct ctl *c;
    struct ctl_watch *watch;
    struct ctl_queue *queue;
    struct http_timer *warm_up;
};

static void add_condition(struct val *obj, const char *type, const char *reason, const char *message)
{
    struct val *cond = val_new_map();
    char now[CU_RFC3339_MAX];
    cu_rfc3339(cu_now_ms(), now);
    val_set_str(cond, "type", type);
    val_set_str(cond, "status", "True");
    val_set_str(cond, "reason", reason);
    val_set_str(cond, "message", message);
    val_set_str(cond, "lastUpdateTime", now);
    val_set_str(cond, "lastTransitionTime", now);
    val_append(val_need_list(val_need_map(obj, "status"), "conditions"), cond);
}

/* May the one who made the request create certificatesigningrequests/<sub>? 1, 0 or a failure. */
static int may(struct kube_client *k, const struct val *csr, const char *sub, struct cu_err *err)
{
    cu_autoval struct val *review = val_new_map(), *answer = NULL;
    const struct val *asker = val_get(csr, "spec");
    struct val *spec = val_need_map(review, "spec"), *what = val_need_map(spec, "resourceAttributes");
    val_set_str(review, "apiVersion", "authorization.k8s.io/v1");
    val_set_str(review, "kind", "SubjectAccessReview");
    val_set_str(spec, "user", val_get_str(asker, "username"));
    val_set_str(spec, "uid", val_get_str(asker, "uid"));
    if (val_get(asker, "groups"))
        val_set(spec, "groups", val_ref(val_get(asker, "groups")));
    if (val_get(asker, "extra"))
        val_set(spec, "extra", val_ref(val_get(asker, "extra")));
    val_set_str(what, "group", "certificates.k8s.io");
    val_set_str(what, "resource", "certificatesigningrequests");
    val_set_str(what, "subresource", sub);
    val_set_str(what, "verb", "create");
    int r = kube_create(k, REVIEWS, review, &answer, err);
    return r < 0 ? r : val_get_bool(val_get(answer, "status"), "allowed", false);
}

/* Approves a request of a node agent when its maker may. *obj is exchanged for the approved one; otherwise left. */
static int approve(struct csr *s, struct kube_client *k, struct val **obj, struct cu_err *err)
{
    if (!cu_streq(val_find_str(*obj, "spec", "signerName", NULL), CTL_SIGNER_KUBELET_CLIENT))
        return 0;
    struct ctl_csr req;
    bool right =
        ctl_csr_read(*obj, &req, NULL) == 0 && ctl_csr_check(CTL_SIGNER_KUBELET_CLIENT, &req, NULL) == 0;
    bool self = right && cu_streq(val_find_str(*obj, "spec", "username", NULL), pki_csr_cn(req.request));
    ctl_csr_clear(&req);
    if (!right)
        return 0; /* a person may still approve it; signing then says what is wrong */
    int allowed = self ? may(k, *obj, "selfnodeclient", err) : 0;
    if (allowed == 0)
        allowed = may(k, *obj, "nodeclient", err);
    if (allowed <= 0)
        return allowed;
    cu_autoval struct val *copy = val_copy(*obj), *answer = NULL;
    add_condition(copy, "Approved", "AutoApproved",
                  self ? "the node renews its own client certificate"
                       : "the requester may create node client certificates");
    cu_autofree char *path = cu_asprintf(CSRS "/%s/approval", ctl_name(*obj));
    int r = kube_update(k, path, copy, &answer, err);
    if (r < 0)
        return r;
    cu_log_info("csr %s of %s approved", ctl_name(*obj), val_find_str(*obj, "spec", "username", NULL));
    val_unref(*obj);
    *obj = cu_steal(&answer);
    (void)s;
    return 0;
}

static int make_certificate(const struct ctl_options *o, const struct val *obj, const struct ctl_csr *req,
                            char **pem, struct cu_err *err)
{
    pki_autocert struct pki_cert *ca = NULL, *cert = NULL;
    pki_autokey struct pki_key *key = NULL;
    int r = pki_cert_load(o->signing_cert, &ca, err);
    if (r == 0)
        r = pki_key_load(o->signing_key, &key, err);
    if (r < 0)
        return r;
    int64_t ttl = o->signing_duration_ms;
    int64_t asked = val_get_int(val_get(obj, "spec"), "expirationSeconds", 0) * 1000;
    if (asked > 0 && asked < ttl)
        ttl = asked < LEAST_MS ? LEAST_MS : asked;
    const struct pki_csr_terms terms = { &req->usages, cu_now_ms(), ttl };
    r = pki_csr_sign(req->request, &terms, ca, key, &cert, err);
    if (r == 0)
        *pem = pki_cert_pem(cert);
    return r;
}

static int sign(struct csr *s, struct kube_client *k, const struct val *obj, struct cu_err *err)
{
    const char *signer = val_find_str(obj, "spec", "signerName", NULL);
    const struct ctl_options *o = s->c->o;
    if (!ctl_csr_signer_known(signer) || cu_is_empty(o->signing_cert) || cu_is_empty(o->signing_key))
        return 0;
    cu_autoval struct val *copy = val_copy(obj);
    cu_autofree char *path = cu_asprintf(CSRS "/%s/status", ctl_name(obj));
    cu_autofree char *pem = NULL;
    cu_autoerr struct cu_err wrong = CU_ERR_INIT;
    struct ctl_csr req;
    int r = ctl_csr_read(obj, &req, &wrong);
    if (r == 0)
        r = ctl_csr_check(signer, &req, &wrong);
    if (r < 0)
        add_condition(copy, "Failed", "SignerValidationFailure", cu_err_text(&wrong));
    else
        r = make_certificate(o, obj, &req, &pem, err);
    ctl_csr_clear(&req);
    if (r < 0 && !wrong.code)
        return r;
    if (pem) {
        cu_autofree char *text = cu_base64(pem, strlen(pem));
        val_set_str(val_need_map(copy, "status"), "certificate", text);
    }
    r = kube_update(k, path, copy, NULL, err);
    if (r == 0)
        cu_log_info("csr %s %s%s", ctl_name(obj),
                    pem ? "signed" : "failed: ", pem ? "" : cu_err_text(&wrong));
    return r;
}

static int reconcile(void *arg, const char *key, struct cu_err *err)
{
    struct csr *s = arg;
    cu_autoval struct val *obj = val_ref(kube_informer_get(ctl_watch_informer(s->watch), key));
    if (!obj || !cu_is_empty(val_find_str(obj, "status", "certificate", NULL)) ||
        ctl_csr_has(obj, "Denied") || ctl_csr_has(obj, "Failed"))
        return 0;
    struct kube_client *k = NULL;
    int r = ctl_as(s->c, ACCOUNT, &k, err);
    if (r == 0 && !ctl_csr_has(obj, "Approved"))
        r = approve(s, k, &obj, err);
    if (r == 0 && ctl_csr_has(obj, "Approved") &&
        cu_is_empty(val_find_str(obj, "status", "certificate", NULL)))
        r = sign(s, k, obj, err);
    return r == -CU_E_NOTFOUND ? 0 : r;
}

static void on_changed(void *arg, const struct val *obj, const struct val *old)
{
    (void)old;
    struct csr *s = arg;
    if (obj)
        ctl_queue_add(s->queue, ctl_name(obj));
}

/* The account is made before the first request comes, which then waits for nothing. */
static void on_warm_up(void *arg)
{
    struct csr *s = arg;
    struct kube_client *k = NULL;
    if (s->c->active && ctl_as(s->c, ACCOUNT, &k, NULL) == 0)
        kube_get(k, CSRS, "limit=1", NULL, NULL);
}

static void *start(struct ctl *c)
{
    struct csr *s = cu_calloc(1, sizeof(*s));
    s->c = c;
    s->queue = ctl_queue_new(c, "csr", reconcile, s);
    s->watch = ctl_watch(c, CSRS, NULL);
    ctl_watch_listen(s->watch, on_changed, NULL, s);
    s->warm_up = http_timer_new(c->loop, on_warm_up, s);
    http_timer_set(s->warm_up, 300);
    return s;
}

static void stop(void *self)
{
    struct csr *s = self;
    http_timer_free(s->warm_up);
    free(s);
}

/* --- the cleaner --- */

static int clean(void *arg, const char *key, struct cu_err *err)
{
    struct csr *s = arg;
    const struct val *obj = kube_informer_get(ctl_watch_informer(s->watch), key);
    if (!obj)
        return 0;
    int64_t left = ctl_csr_remaining(obj, cu_now_ms());
    if (left > 0) {
        ctl_queue_add_after(s->queue, key, left + 1000);
        return 0;
    }
    struct kube_client *k = NULL;
    int r = ctl_as(s->c, ACCOUNT, &k, err);
    cu_autofree char *path = cu_asprintf(CSRS "/%s", key);
    if (r == 0)
        r = kube_delete(k, path, NULL, err);
    return r == -CU_E_NOTFOUND ? 0 : r;
}

static void on_changed_clean(void *arg, const struct val *obj, const struct val *old)
{
    (void)old;
    struct csr *s = arg;
    if (obj) /* not at once: a request that is just made is not looked at twice */
        ctl_queue_add_after(s->queue, ctl_name(obj), 60 * 1000);
}

static void *start_cleaner(struct ctl *c)
{
    struct csr *s = cu_calloc(1, sizeof(*s));
    s->c = c;
    s->queue = ctl_queue_new(c, "csr cleaner", clean, s);
    s->watch = ctl_watch(c, CSRS, NULL);
    ctl_watch_listen(s->watch, on_changed_clean, NULL, s);
    return s;
}

const struct ctl_controller ctl_csr = { "certificatesigningrequest-approving-controller", "csrapproving",
                                        true, start, stop };
const struct ctl_controller ctl_csr_cleaner = { "certificatesigningrequest-cleaner-controller", "csrcleaner",
                                                true, start_cleaner, free };
