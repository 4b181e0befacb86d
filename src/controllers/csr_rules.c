/* controllers/csr_rules.c - rules about certificate signing requests. Must not know the API server. */
#include "controllers/csr_rules.h"

#include "base/encode.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "pki/cert.h"

#include <string.h>

#define HOUR_MS (3600 * 1000ll)

void ctl_csr_clear(struct ctl_csr *r)
{
    pki_csr_free(r->request);
    cu_strlist_clear(&r->usages);
    r->request = NULL;
}

int ctl_csr_read(const struct val *obj, struct ctl_csr *out, struct cu_err *err)
{
    memset(out, 0, sizeof(*out));
    cu_autofree uint8_t *pem = NULL;
    size_t n = 0;
    const char *text = val_find_str(obj, "spec", "request", NULL);
    int r = cu_unbase64(cu_or(text, ""), &pem, &n, err);
    if (r == 0)
        r = pki_csr_parse((const char *)pem, n, &out->request, err);
    const struct val *usages = val_find(obj, "spec", "usages", NULL);
    for (size_t i = 0; i < val_len(usages); i++)
        cu_strlist_add_unique(&out->usages, cu_or(val_str(val_at(usages, i)), ""));
    return r < 0 ? cu_wrap(err, "certificate signing request") : 0;
}

enum { KUBELET_SUBJECT = 1, NO_SANS = 2, HOST_SANS = 4 };

static const struct signer {
    const char *name;
    unsigned rules;
    const char *usages[4]; /* allowed */
    const char *needed[3]; /* of them, these must be there */
} signers[] = {
    { CTL_SIGNER_KUBELET_CLIENT,
      KUBELET_SUBJECT | NO_SANS,
      { "digital signature", "key encipherment", "client auth", NULL },
      { "digital signature", "client auth", NULL } },
    { "kubernetes.io/kube-apiserver-client",
      0,
      { "digital signature", "key encipherment", "client auth", NULL },
      { "client auth", NULL } },
    { "kubernetes.io/kubelet-serving",
      KUBELET_SUBJECT | HOST_SANS,
      { "digital signature", "key encipherment", "server auth", NULL },
      { "digital signature", "server auth", NULL } },
};

static const struct signer *find_signer(const char *name)
{
    for (size_t i = 0; i < CU_LEN(signers); i++)
        if (cu_streq(signers[i].name, name))
            return &signers[i];
    return NULL;
}

bool ctl_csr_signer_known(const char *signer)
{
    return find_signer(signer) != NULL;
}

static int check_usages(const struct signer *s, const struct cu_strlist *usages, struct cu_err *err)
{
    for (size_t i = 0; s->needed[i]; i++)
        if (!cu_strlist_has(usages, s->needed[i]))
            return cu_fail(err, CU_E_INVALID, "usage \"%s\" is missing", s->needed[i]);
    for (size_t i = 0; i < usages->n; i++) {
        bool allowed = false;
        for (size_t k = 0; s->usages[k]; k++)
            allowed = allowed || cu_streq(s->usages[k], usages->v[i]);
        if (!allowed)
            return cu_fail(err, CU_E_INVALID, "usage \"%s\" is not allowed", usages->v[i]);
    }
    return 0;
}

int ctl_csr_check(const char *signer, const struct ctl_csr *r, struct cu_err *err)
{
    const struct signer *s = find_signer(signer);
    if (!s)
        return cu_fail(err, CU_E_INVALID, "unknown signer \"%s\"", cu_or(signer, ""));
    const struct cu_strlist *orgs = pki_csr_orgs(r->request);
    size_t hosts = pki_csr_dns(r->request)->n + pki_csr_ips(r->request)->n;
    size_t others = pki_csr_emails(r->request)->n + pki_csr_uris(r->request)->n;
    if ((s->rules & KUBELET_SUBJECT) && (orgs->n != 1 || !cu_streq(orgs->v[0], "system:nodes")))
        return cu_fail(err, CU_E_INVALID, "the organization is not exactly \"system:nodes\"");
    if ((s->rules & KUBELET_SUBJECT) && !cu_has_prefix(pki_csr_cn(r->request), "system:node:"))
        return cu_fail(err, CU_E_INVALID, "the common name does not begin with \"system:node:\"");
    if ((s->rules & NO_SANS) && hosts + others > 0)
        return cu_fail(err, CU_E_INVALID, "subject alternative names are not allowed");
    if ((s->rules & HOST_SANS) && (hosts == 0 || others > 0))
        return cu_fail(err, CU_E_INVALID,
                       "DNS names or IP addresses are needed, and nothing else is allowed");
    return check_usages(s, &r->usages, err);
}

bool ctl_csr_has(const struct val *obj, const char *type)
{
    const struct val *list = val_find(obj, "status", "conditions", NULL);
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "type"), type))
            return !cu_streq(val_get_str(val_at(list, i), "status"), "False");
    return false;
}

/* When a condition of this type came about; `fallback` when there is none or it does not say. */
static int64_t since(const struct val *obj, const char *type, int64_t fallback)
{
    const struct val *list = val_find(obj, "status", "conditions", NULL);
    for (size_t i = 0; i < val_len(list); i++) {
        int64_t ms = 0;
        const char *time = val_get_str(val_at(list, i), "lastUpdateTime");
        if (cu_streq(val_get_str(val_at(list, i), "type"), type) && time &&
            cu_parse_rfc3339(time, &ms, NULL) == 0)
            return ms;
    }
    return fallback;
}

static bool has_ended(const char *base64, int64_t now_ms)
{
    cu_autofree uint8_t *pem = NULL;
    size_t n = 0;
    pki_autocert struct pki_cert *cert = NULL;
    return cu_unbase64(base64, &pem, &n, NULL) == 0 &&
           pki_cert_parse((const char *)pem, n, &cert, NULL) == 0 && pki_cert_not_after(cert) < now_ms;
}

int64_t ctl_csr_remaining(const struct val *obj, int64_t now_ms)
{
    int64_t made = now_ms;
    const char *time = val_find_str(obj, "metadata", "creationTimestamp", NULL);
    const char *cert = val_find_str(obj, "status", "certificate", NULL);
    if (!time || cu_parse_rfc3339(time, &made, NULL) < 0)
        made = now_ms;
    if (!cu_is_empty(cert) && has_ended(cert, now_ms))
        return 0;
    int64_t end = made + 24 * HOUR_MS;
    if (ctl_csr_has(obj, "Failed"))
        end = since(obj, "Failed", made) + HOUR_MS;
    else if (ctl_csr_has(obj, "Denied"))
        end = since(obj, "Denied", made) + HOUR_MS;
    else if (ctl_csr_has(obj, "Approved") && !cu_is_empty(cert))
        end = since(obj, "Approved", made) + HOUR_MS;
    else if (ctl_csr_has(obj, "Approved"))
        end = since(obj, "Approved", made) + 24 * HOUR_MS;
    return end > now_ms ? end - now_ms : 0;
}
