/* Validation of roles and bindings, and of certificate signing requests. Must not change anything. */
#include "apiserver/validate_rules.h"

#include "base/encode.h"
#include "base/str.h"
#include "pki/csr.h"

#include <string.h>

void api_check_role(const struct api_write *w, struct api_invalid *e, const struct val *old,
                    const struct val *obj)
{
    const struct val *rules = val_get(obj, "rules");
    (void)old;
    for (size_t i = 0; i < val_len(rules); i++) {
        const struct val *rule = val_at(rules, i);
        struct api_path at = api_index("", "rules", i);
        if (val_len(val_get(rule, "verbs")) == 0)
            api_missing(e, api_sub(at.text, "verbs").text, "verbs must contain at least one value");
        if (val_len(val_get(rule, "nonResourceURLs")) > 0) {
            if (w->r->namespaced)
                api_bad_value(e, api_sub(at.text, "nonResourceURLs").text, "",
                              "namespaced rules cannot apply to non-resource URLs");
            if (val_len(val_get(rule, "apiGroups")) || val_len(val_get(rule, "resources")) ||
                val_len(val_get(rule, "resourceNames")))
                api_bad_value(e, api_sub(at.text, "nonResourceURLs").text, "",
                              "rules cannot apply to both regular resources and non-resource URLs");
            continue;
        }
        if (val_len(val_get(rule, "apiGroups")) == 0)
            api_missing(e, api_sub(at.text, "apiGroups").text,
                        "resource rules must supply at least one api group");
        if (val_len(val_get(rule, "resources")) == 0)
            api_missing(e, api_sub(at.text, "resources").text,
                        "resource rules must supply at least one resource");
    }
}

static void check_subject(struct api_invalid *e, const char *at, const struct val *s)
{
    static const char *const kinds[] = { "ServiceAccount", "User", "Group", NULL };
    const char *kind = val_get_str(s, "kind"), *group = cu_or(val_get_str(s, "apiGroup"), "");
    const char *name = cu_or(val_get_str(s, "name"), "");
    bool account = cu_streq(kind, "ServiceAccount");

    if (!name[0])
        api_missing(e, api_sub(at, "name").text, "");
    api_check_choice(e, api_sub(at, "kind").text, kind, kinds);
    if (account && cu_is_empty(val_get_str(s, "namespace")))
        api_missing(e, api_sub(at, "namespace").text, "");
    if (account ? group[0] != '\0' : !cu_streq(group, "rbac.authorization.k8s.io"))
        api_bad_value(e, api_sub(at, "apiGroup").text, group, "not the group of this kind of subject");
}

void api_check_role_binding(const struct api_write *w, struct api_invalid *e, const struct val *old,
                            const struct val *obj)
{
    static const char *const both[] = { "Role", "ClusterRole", NULL };
    static const char *const groups[] = { "rbac.authorization.k8s.io", NULL };
    const struct val *ref = val_get(obj, "roleRef"), *subjects = val_get(obj, "subjects");
    (void)old;

    api_check_choice(e, "roleRef.apiGroup", val_get_str(ref, "apiGroup"), groups);
    api_check_choice(e, "roleRef.kind", val_get_str(ref, "kind"), w->r->namespaced ? both : both + 1);
    if (cu_is_empty(val_get_str(ref, "name")))
        api_missing(e, "roleRef.name", "");
    for (size_t i = 0; i < val_len(subjects); i++)
        check_subject(e, api_index("", "subjects", i).text, val_at(subjects, i));
}

static void check_request(struct api_invalid *e, const char *coded)
{
    cu_autofree uint8_t *pem = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct pki_csr *csr = NULL;
    size_t n;

    if (!coded || cu_unbase64(coded, &pem, &n, &err) < 0 ||
        pki_csr_parse((const char *)pem, n, &csr, &err) < 0)
        api_bad_value(e, "spec.request", cu_or(coded, ""), cu_err_text(&err));
    pki_csr_free(csr);
}

/* "<domain>/<path>", both not empty. */
static bool is_signer(const char *s)
{
    const char *slash = strchr(s, '/');
    if (!slash || strlen(s) > 571)
        return false;
    cu_autofree char *domain = cu_strndup(s, (size_t)(slash - s));
    return cu_is_dns_subdomain(domain) && strchr(domain, '.') && cu_is_dns_subdomain(slash + 1);
}

static void check_usages(struct api_invalid *e, const struct val *usages)
{
    if (val_len(usages) == 0)
        api_missing(e, "spec.usages", "usages must not be empty");
    for (size_t i = 0; i < val_len(usages); i++) {
        const char *usage = cu_or(val_str(val_at(usages, i)), "");
        struct api_path at = api_index("spec", "usages", i);
        if (!pki_usage_known(usage)) {
            cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;
            pki_usage_names(&names);
            cu_autofree char *list = cu_strlist_join(&names, "\", \"");
            api_invalid_add(e, "FieldValueNotSupported", at.text,
                            "Unsupported value: \"%s\": supported values: \"%s\"", usage, list);
        }
        for (size_t k = 0; k < i; k++) {
            if (cu_streq(val_str(val_at(usages, k)), usage))
                api_duplicate(e, at.text, usage);
        }
    }
}

static void check_csr_spec(struct api_invalid *e, const struct val *spec)
{
    const struct val *seconds = val_get(spec, "expirationSeconds");
    const char *signer = cu_or(val_get_str(spec, "signerName"), "");

    check_request(e, val_get_str(spec, "request"));
    check_usages(e, val_get(spec, "usages"));
    if (!signer[0])
        api_missing(e, "spec.signerName", "");
    else if (!is_signer(signer))
        api_bad_value(e, "spec.signerName", signer,
                      "must be a fully qualified domain and path of the form 'example.com/signer-name'");
    else if (cu_streq(signer, "kubernetes.io/legacy-unknown"))
        api_bad_value(e, "spec.signerName", signer,
                      "the legacy signerName is not allowed via this API version");
    if (seconds && val_int(seconds, 0) < 600)
        api_bad_number(e, "spec.expirationSeconds", val_int(seconds, 0),
                       "may not specify a duration less than 600 seconds (10 minutes)");
}

static bool has_condition(const struct val *list, const char *type)
{
    for (size_t i = 0; i < val_len(list); i++) {
        if (cu_streq(val_get_str(val_at(list, i), "type"), type))
            return true;
    }
    return false;
}

static void check_csr_status(struct api_invalid *e, const struct val *before, const struct val *status)
{
    static const char *const lasting[] = { "Approved", "Denied", "Failed" };
    const struct val *list = val_get(status, "conditions"), *was = val_get(before, "conditions");
    const char *issued = val_get_str(before, "certificate");

    for (size_t i = 0; i < val_len(list); i++) {
        const struct val *c = val_at(list, i);
        const char *type = cu_or(val_get_str(c, "type"), "");
        struct api_path at = api_index("status", "conditions", i);
        if (!type[0])
            api_missing(e, api_sub(at.text, "type").text, "");
        for (size_t k = 0; k < CU_LEN(lasting); k++) {
            if (cu_streq(type, lasting[k]) && !cu_streq(val_get_str(c, "status"), "True"))
                api_bad_value(e, api_sub(at.text, "status").text, val_get_str(c, "status"),
                              "must be \"True\"");
        }
        for (size_t k = 0; k < i; k++) {
            if (cu_streq(val_get_str(val_at(list, k), "type"), type))
                api_duplicate(e, api_sub(at.text, "type").text, type);
        }
    }
    if (has_condition(list, "Approved") && has_condition(list, "Denied"))
        api_bad_value(e, "status.conditions", "Denied",
                      "Approved and Denied conditions are mutually exclusive");
    for (size_t k = 0; k < CU_LEN(lasting); k++) {
        if (has_condition(was, lasting[k]) && !has_condition(list, lasting[k]))
            api_forbidden(e, "status.conditions",
                          "updates may not remove a condition of type Approved, Denied or Failed");
    }
    if (!cu_is_empty(issued) && !cu_streq(issued, val_get_str(status, "certificate")))
        api_forbidden(e, "status.certificate",
                      "updates may not set certificate content if existing certificate content is not empty");
}

static void check_certificate(struct api_invalid *e, const char *coded)
{
    cu_autofree uint8_t *pem = NULL;
    size_t n;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (cu_is_empty(coded))
        return;
    if (cu_unbase64(coded, &pem, &n, &err) < 0 || !strstr((const char *)pem, "-----BEGIN CERTIFICATE-----")) {
        api_bad_value(e, "status.certificate", "<certificate data>",
                      "must contain one or more PEM blocks of type CERTIFICATE");
        return;
    }
    for (const char *p = (const char *)pem; (p = strstr(p, "-----BEGIN ")); p++) {
        if (!cu_has_prefix(p, "-----BEGIN CERTIFICATE-----")) {
            api_bad_value(e, "status.certificate", "<certificate data>",
                          "only CERTIFICATE PEM blocks are allowed");
            return;
        }
    }
}

void api_check_csr(const struct api_write *w, struct api_invalid *e, const struct val *old,
                   const struct val *obj)
{
    (void)w;
    if (!old)
        check_csr_spec(e, val_get(obj, "spec"));
    check_csr_status(e, val_get(old, "status"), val_get(obj, "status"));
    check_certificate(e, val_find_str(obj, "status", "certificate", NULL));
}
