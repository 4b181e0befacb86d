/* Reviews: questions about users and rights that are answered and forgotten.
 * Must not know HTTP or the store. */
#include "apiserver/reviews.h"
#include "apiserver/authn.h"
#include "apiserver/authz_private.h"
#include "base/str.h"

struct review {
    struct api_auth *auth;
    struct api_authz *z;
    const struct api_attributes *a;
    const struct val *spec;
    int64_t now_ms;
    struct val *status; /* to be filled */
};

static struct val *list_of(const struct cu_strlist *l)
{
    struct val *v = val_new_list();

    for (size_t i = 0; i < l->n; i++) {
        val_append_str(v, l->v[i]);
    }
    return v;
}

static struct val *user_info(const struct api_user *u)
{
    struct val *v = val_new_map();

    val_set_str(v, "username", u->name);
    if (!cu_is_empty(u->uid)) {
        val_set_str(v, "uid", u->uid);
    }
    if (u->groups.n) {
        val_set(v, "groups", list_of(&u->groups));
    }
    if (val_len(u->extra)) {
        val_set(v, "extra", val_ref(u->extra));
    }
    return v;
}

static int token_review(struct review *v, struct api_status *s)
{
    const char *token = val_get_str(v->spec, "token");
    const struct val *given = val_get(v->spec, "audiences");
    cu_autostrlist struct cu_strlist audiences = CU_STRLIST_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct api_user u = { 0 };

    if (cu_is_empty(token)) {
        return api_fail_bad_request(s, "spec.token of the TokenReview is empty");
    }
    for (size_t i = 0; i < val_len(given); i++) {
        cu_strlist_add(&audiences, cu_or(val_str(val_at(given, i)), ""));
    }
    if (api_authenticate_token(v->auth, token, &audiences, v->now_ms, &u, &err) < 0) {
        val_set(v->status, "user", val_new_map());
        val_set_str(v->status, "error", cu_err_text(&err));
        return 0;
    }
    val_set_bool(v->status, "authenticated", true);
    val_set(v->status, "user", user_info(&u));
    if (audiences.n) {
        val_set(v->status, "audiences", list_of(&audiences));
    }
    api_user_clear(&u);
    return 0;
}

static int self_review(struct review *v, struct api_status *s)
{
    (void)s;
    val_set(v->status, "userInfo", user_info(v->a->user));
    return 0;
}

static int rules_review(struct review *v, struct api_status *s)
{
    const char *ns = val_get_str(v->spec, "namespace");

    if (cu_is_empty(ns)) {
        return api_fail_bad_request(s, "spec.namespace is needed");
    }
    cu_autoval struct val *rules = api_authz_rules(v->z, v->a->user, ns);
    val_merge_over(v->status, rules);
    return 0;
}

static const char *attribute(const struct val *from, const char *key)
{
    return cu_or(val_get_str(from, key), "");
}

/* `key=value,...` from a review's {requirements: [...]}, as far as equalities go; rules look at nothing else. */
static char *selector_text(const struct val *selector)
{
    const struct val *reqs = val_get(selector, "requirements");
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;

    if (val_get_str(selector, "rawSelector")) {
        return cu_strdup(val_get_str(selector, "rawSelector"));
    }
    for (size_t i = 0; i < val_len(reqs); i++) {
        const struct val *req = val_at(reqs, i), *values = val_get(req, "values");
        if (cu_streq(val_get_str(req, "operator"), "In") && val_len(values) == 1) {
            cu_strlist_addf(&parts, "%s=%s", attribute(req, "key"), cu_or(val_str(val_at(values, 0)), ""));
        }
    }
    return cu_strlist_join(&parts, ",");
}

/* Exactly one of resourceAttributes and nonResourceAttributes, a subject where one is asked for, the right namespace. */
static int check_spec(const struct review *v, const char *kind, const struct api_user *subject,
                      struct api_status *s)
{
    const struct val *res = val_get(v->spec, "resourceAttributes"),
                     *path = val_get(v->spec, "nonResourceAttributes");
    struct api_invalid e = API_INVALID_INIT;
    bool local = cu_streq(v->a->resource, "localsubjectaccessreviews");

    if (!val_is_map(res) == !val_is_map(path)) {
        api_invalid_add(&e, "FieldValueInvalid", "spec.resourceAttributes",
                        "Invalid value: %s: give either resourceAttributes or nonResourceAttributes",
                        val_is_map(res) ? "{...}" : "null");
    }
    if (subject != v->a->user && cu_is_empty(subject->name) && subject->groups.n == 0) {
        api_invalid_add(&e, "FieldValueInvalid", "spec.user",
                        "Invalid value: \"\": a user or a group is needed");
    }
    if (local && val_is_map(path)) {
        api_invalid_add(&e, "FieldValueInvalid", "spec.nonResourceAttributes",
                        "Invalid value: {...}: not possible for this kind of review");
    }
    if (local && val_is_map(res) && !cu_streq(attribute(res, "namespace"), v->a->ns)) {
        api_invalid_add(&e, "FieldValueInvalid", "spec.resourceAttributes.namespace",
                        "Invalid value: \"%s\": must be the namespace of the request",
                        attribute(res, "namespace"));
    }
    return api_invalid_finish(&e, s, kind, "authorization.k8s.io", "");
}

/* Answers for `subject`, which asks nothing itself. */
static int access_for(struct review *v, const char *kind, const struct api_user *subject,
                      struct api_status *s)
{
    const struct val *res = val_get(v->spec, "resourceAttributes"),
                     *path = val_get(v->spec, "nonResourceAttributes");
    cu_autofree char *why = NULL;
    cu_autofree char *fields = selector_text(val_get(res, "fieldSelector"));
    cu_autofree char *labels = selector_text(val_get(res, "labelSelector"));

    if (check_spec(v, kind, subject, s) < 0) {
        return -1;
    }
    const struct api_attributes a = {
        .user = subject,
        .verb = attribute(val_is_map(res) ? res : path, "verb"),
        .resource_request = val_is_map(res),
        .path = attribute(path, "path"),
        .group = attribute(res, "group"),
        .version = attribute(res, "version"),
        .resource = attribute(res, "resource"),
        .subresource = attribute(res, "subresource"),
        .ns = attribute(res, "namespace"),
        .name = attribute(res, "name"),
        .field_selector = fields,
        .label_selector = labels,
    };
    val_set_bool(v->status, "allowed", api_authorize(v->z, &a, &why));
    if (why) {
        val_set_str(v->status, "reason", why);
    }
    return 0;
}

static int self_access_review(struct review *v, struct api_status *s)
{
    return access_for(v, "SelfSubjectAccessReview", v->a->user, s);
}

static int access_review(struct review *v, struct api_status *s)
{
    const struct val *groups = val_get(v->spec, "groups"), *extra = val_get(v->spec, "extra");
    struct api_user u = { .name = cu_strdup(attribute(v->spec, "user")),
                          .uid = cu_strdup(attribute(v->spec, "uid")),
                          .extra = extra ? val_ref(extra) : NULL,
                          .authenticated = true };

    for (size_t i = 0; i < val_len(groups); i++) {
        cu_strlist_add(&u.groups, cu_or(val_str(val_at(groups, i)), ""));
    }
    bool local = cu_streq(v->a->resource, "localsubjectaccessreviews");
    int r = access_for(v, local ? "LocalSubjectAccessReview" : "SubjectAccessReview", &u, s);
    api_user_clear(&u);
    return r;
}

static const struct {
    const char *group, *resource;
    int (*answer)(struct review *v, struct api_status *s);
} reviews[] = {
    { "authentication.k8s.io", "tokenreviews", token_review },
    { "authentication.k8s.io", "selfsubjectreviews", self_review },
    { "authorization.k8s.io", "selfsubjectrulesreviews", rules_review },
    { "authorization.k8s.io", "selfsubjectaccessreviews", self_access_review },
    { "authorization.k8s.io", "subjectaccessreviews", access_review },
    { "authorization.k8s.io", "localsubjectaccessreviews", access_review },
};

static size_t find(const struct api_resource *r)
{
    size_t i = 0;

    while (i < CU_LEN(reviews) &&
           !(cu_streq(reviews[i].group, r->group) && cu_streq(reviews[i].resource, r->resource))) {
        i++;
    }
    return i;
}

bool api_review_is(const struct api_resource *r)
{
    return find(r) < CU_LEN(reviews);
}

int api_review_create(struct api_auth *auth, struct api_authz *z, const struct api_review *q,
                      struct val **out, struct api_status *s)
{
    size_t i = find(q->r);
    cu_autoval struct val *status = val_new_map();
    struct review v = { .auth = auth,
                        .z = z,
                        .a = q->a,
                        .spec = val_get(q->body, "spec"),
                        .now_ms = q->now_ms,
                        .status = status };

    if (i == CU_LEN(reviews)) {
        return api_fail_not_found(s, q->r, "");
    }
    if (reviews[i].answer(&v, s) < 0) {
        return -1;
    }
    struct val *answer = val_copy(q->body);
    val_set_str(answer, "kind", q->r->kind);
    val_set_strf(answer, "apiVersion", "%s/%s", q->r->group, q->r->version);
    val_need_map(answer, "metadata");
    val_set(answer, "status", cu_steal(&status));
    *out = answer;
    return 0;
}
