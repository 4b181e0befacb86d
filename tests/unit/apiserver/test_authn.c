/* Who asks: certificates, bootstrap tokens, service account tokens, nobody; impersonation. */
#include "apiserver/sa_token.h"
#include "pki/ca.h"
#include "pki/jwt.h"
#include "security.h"

#define HOUR INT64_C(3600000)
#define ISSUER "https://kubernetes.default.svc.cluster.local"

struct fixture {
    struct world w;
    struct pki_ca ca;
    struct pki_key *sa_key;
    struct api_auth *auth;
    int64_t now;
};

static void write_file(struct fixture *f, const char *name, const char *text, char **option)
{
    *option = cu_path_join(f->w.dir, name);
    assert_int_equal(cu_file_write_str(*option, text, 0600, NULL), 0);
}

static void f_open(struct fixture *f)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    char *path = NULL;
    *f = (struct fixture){ .now = cu_now_ms() };
    pki_autokey struct pki_key *ca_key = NULL;
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &ca_key, NULL), 0);
    world_open(&f->w);
    assert_int_equal(pki_ca_create("kubernetes", ca_key, f->now - HOUR, f->now + 100 * HOUR, &f->ca, NULL),
                     0);
    assert_int_equal(pki_key_generate(PKI_RSA_2048, &f->sa_key, NULL), 0);
    cu_autofree char *ca_pem = pki_cert_pem(f->ca.cert);
    cu_autofree char *sa_pem = pki_key_pem(f->sa_key);
    cu_autofree char *pub_pem = pki_key_public_pem(f->sa_key);
    write_file(f, "ca.crt", ca_pem, &f->w.opt.client_ca_file);
    write_file(f, "sa.key", sa_pem, &f->w.opt.service_account_signing_key_file);
    write_file(f, "sa.pub", pub_pem, &path);
    cu_strlist_take(&f->w.opt.service_account_key_file, path);
    cu_strlist_add(&f->w.opt.service_account_issuer, ISSUER);
    f->w.opt.anonymous_auth = true;
    f->w.opt.enable_bootstrap_token_auth = true;
    if (api_auth_new(&f->w.opt, f->w.g, &f->auth, &err) < 0)
        fail_msg("%s", cu_err_text(&err));
}

static void f_close(struct fixture *f)
{
    api_auth_free(f->auth);
    pki_ca_clear(&f->ca);
    pki_key_free(f->sa_key);
    world_close(&f->w);
}

/* Logs in; the user's "name|group,group" (caller frees), or NULL for 401. */
static char *login(struct fixture *f, const struct pki_cert *c, const char *authorization)
{
    struct api_user u = { 0 };
    size_t n = 0;
    const uint8_t *der = c ? pki_cert_der(c, &n) : NULL;
    api_status_clear(&f->w.st);
    if (api_authenticate(f->auth, &(struct api_credentials){ der, n, authorization }, f->now, &u, &f->w.st) <
        0) {
        assert_int_equal(f->w.st.code, 401);
        tu_assert_json(f->w.st.body,
                       "{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':"
                       "'Unauthorized','reason':'Unauthorized','code':401}");
        assert_null(u.name);
        return NULL;
    }
    cu_autofree char *groups = cu_strlist_join(&u.groups, ",");
    char *text = cu_asprintf("%s|%s", u.name, groups);
    assert_int_equal(u.authenticated, !cu_streq(u.name, "system:anonymous"));
    api_user_clear(&u);
    return text;
}

static void expect(struct fixture *f, const struct pki_cert *c, const char *authorization, const char *want)
{
    cu_autofree char *got = login(f, c, authorization);
    if (!cu_streq(got, want))
        fail_msg("%s: got %s, not %s", cu_or(authorization, "certificate"), cu_or(got, "401"),
                 cu_or(want, "401"));
}

static struct pki_cert *cert(const struct pki_ca *ca, const char *cn, const char *orgs, unsigned ekus,
                             int64_t from, int64_t to)
{
    pki_autokey struct pki_key *k = NULL;
    cu_autostrlist struct cu_strlist o = CU_STRLIST_INIT;
    struct pki_cert *c = NULL;
    cu_strlist_split(&o, orgs, ',');
    struct pki_cert_spec spec = {
        .cn = cn, .orgs = &o, .ekus = ekus, .not_before_ms = from, .not_after_ms = to
    };
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &k, NULL), 0);
    assert_int_equal(pki_cert_issue(&spec, k, ca->cert, ca->key, &c, NULL), 0);
    return c;
}

static void test_certificates(void **state)
{
    struct fixture f;
    (void)state;
    f_open(&f);
    pki_autoca struct pki_ca evil = PKI_CA_INIT;
    pki_autokey struct pki_key *evil_key = NULL;
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &evil_key, NULL), 0);
    assert_int_equal(pki_ca_create("kubernetes", evil_key, f.now - HOUR, f.now + HOUR, &evil, NULL), 0);
    pki_autocert struct pki_cert *good =
        cert(&f.ca, "me", "a,b", PKI_EKU_CLIENT_AUTH, f.now - HOUR, f.now + HOUR);
    pki_autocert struct pki_cert *server =
        cert(&f.ca, "me", "a", PKI_EKU_SERVER_AUTH, f.now - HOUR, f.now + HOUR);
    pki_autocert struct pki_cert *old =
        cert(&f.ca, "me", "a", PKI_EKU_CLIENT_AUTH, f.now - 2 * HOUR, f.now - HOUR);
    pki_autocert struct pki_cert *forged =
        cert(&evil, "me", "system:masters", PKI_EKU_CLIENT_AUTH, f.now - HOUR, f.now + HOUR);
    pki_autocert struct pki_cert *nameless =
        cert(&f.ca, "", "system:masters", PKI_EKU_CLIENT_AUTH, f.now - HOUR, f.now + HOUR);

    expect(&f, good, NULL, "me|a,b,system:authenticated");
    expect(&f, good, NULL, "me|a,b,system:authenticated"); /* remembered */
    expect(&f, good, "Bearer nonsense", "me|a,b,system:authenticated");
    expect(&f, server, NULL, NULL);
    expect(&f, old, NULL, NULL);
    expect(&f, forged, NULL, NULL);
    expect(&f, nameless, NULL, "system:anonymous|system:unauthenticated");
    expect(&f, NULL, NULL, "system:anonymous|system:unauthenticated");
    f.now += 2 * HOUR; /* what is remembered ends too */
    expect(&f, good, NULL, NULL);
    struct api_user u;
    assert_int_equal(api_authenticate(f.auth, &(struct api_credentials){ (const uint8_t *)"junk", 4, NULL },
                                      f.now, &u, &f.w.st),
                     -1);
    f_close(&f);
}

static void put_token(struct fixture *f, const char *id, const char *data)
{
    cu_autofree char *json =
        cu_asprintf("{'kind':'Secret','apiVersion':'v1','metadata':{'name':'bootstrap-token-%s',"
                    "'namespace':'kube-system'},'type':'bootstrap.kubernetes.io/token'}",
                    id);
    cu_autoval struct val *plain = tu_json(data);
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *value;
    struct api_object *o = world_put(&f->w, json);
    struct val *v = val_copy(o->v);
    while (val_next(plain, &it, &key, &value)) {
        cu_autofree char *b64 = cu_base64(val_str(value), strlen(val_str(value)));
        val_set_str(val_need_map(v, "data"), key, b64);
    }
    assert_int_equal(api_registry_update(f->w.g, o, v, NULL, &f->w.st), 0);
}

static void test_bootstrap_tokens(void **state)
{
    struct fixture f;
    (void)state;
    f_open(&f);
#define USE "'usage-bootstrap-authentication':'true',"
    put_token(&f, "aaaaaa",
              "{" USE "'token-id':'aaaaaa','token-secret':'0123456789abcdef','auth-extra-groups':"
              "'system:bootstrappers:kubeadm:default-node-token'}");
    put_token(&f, "bbbbbb",
              "{'token-id':'bbbbbb','token-secret':'0123456789abcdef','usage-bootstrap-signing':'true'}");
    put_token(&f, "cccccc",
              "{" USE
              "'token-id':'cccccc','token-secret':'0123456789abcdef','expiration':'2020-01-01T00:00:00Z'}");
    put_token(&f, "dddddd",
              "{" USE "'token-id':'dddddd','token-secret':'0123456789abcdef','expiration':'soon'}");
    put_token(&f, "eeeeee", "{" USE "'token-id':'aaaaaa','token-secret':'0123456789abcdef'}");
    put_token(&f, "ffffff",
              "{" USE
              "'token-id':'ffffff','token-secret':'0123456789abcdef','auth-extra-groups':'system:masters'}");
    put_token(&f, "gggggg",
              "{" USE
              "'token-id':'gggggg','token-secret':'0123456789abcdef','expiration':'2999-01-01T00:00:00Z'}");
    const char *want =
        "system:bootstrap:aaaaaa|system:authenticated,system:bootstrappers,system:bootstrappers:kubeadm:"
        "default-node-token";
    expect(&f, NULL, "Bearer aaaaaa.0123456789abcdef", want);
    expect(&f, NULL, "bEARER  aaaaaa.0123456789abcdef ", want);
    expect(&f, NULL, "Bearer aaaaaa.0123456789abcdee", NULL);
    expect(&f, NULL, "Bearer zzzzzz.0123456789abcdef", NULL);
    expect(&f, NULL, "Bearer bbbbbb.0123456789abcdef", NULL);
    expect(&f, NULL, "Bearer cccccc.0123456789abcdef", NULL);
    expect(&f, NULL, "Bearer dddddd.0123456789abcdef", NULL);
    expect(&f, NULL, "Bearer eeeeee.0123456789abcdef", NULL);
    expect(&f, NULL, "Bearer ffffff.0123456789abcdef", NULL);
    expect(&f, NULL, "Bearer gggggg.0123456789abcdef",
           "system:bootstrap:gggggg|system:authenticated,system:bootstrappers");
    expect(&f, NULL, "Bearer AAAAAA.0123456789abcdef", NULL);
    expect(&f, NULL, "Bearer ", NULL);
    expect(&f, NULL, "Bearer", NULL);
    expect(&f, NULL, "Basic YTpi", NULL);
    f_close(&f);
}

static struct api_attributes token_ask(const char *name)
{
    return (struct api_attributes){ .verb = "create",
                                    .resource_request = true,
                                    .group = "",
                                    .version = "v1",
                                    .resource = "serviceaccounts",
                                    .subresource = "token",
                                    .ns = "default",
                                    .name = name,
                                    .path = "",
                                    .field_selector = "",
                                    .label_selector = "" };
}

/* Answer to a TokenRequest, or NULL with the code in *code. */
static struct val *request(struct fixture *f, const char *account, const char *body, int *code)
{
    struct api_attributes a = token_ask(account);
    cu_autoval struct val *b = tu_json(body);
    struct val *out = NULL;
    api_status_clear(&f->w.st);
    *code = api_sa_token_create(f->auth, &a, b, f->now, &out, &f->w.st) < 0 ? f->w.st.code : 201;
    return out;
}

static void expect_code(struct fixture *f, const char *account, const char *body, int want)
{
    int code;
    cu_autoval struct val *v = request(f, account, body, &code);
    if (code != want)
        fail_msg("%s: %d", body, code);
    assert_true((v != NULL) == (want == 201));
}

static void test_service_account_tokens(void **state)
{
    struct fixture f;
    int code;
    (void)state;
    f_open(&f);
    world_put(&f.w, "{'kind':'ServiceAccount','apiVersion':'v1','metadata':{'name':'robot','namespace':'"
                    "default','uid':'u1'}}");
    world_put(
        &f.w,
        "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'p','namespace':'default','uid':'u2'},'spec':{"
        "'serviceAccountName':'robot','nodeName':'n1'}}");
    world_put(
        &f.w,
        "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'q','namespace':'default','uid':'u3'},'spec':{"
        "'serviceAccountName':'other'}}");
    cu_autoval struct val *plain = request(&f, "robot", "{'spec':{}}", &code);
    assert_int_equal(code, 201);
    assert_string_equal(val_get_str(plain, "kind"), "TokenRequest");
    assert_int_equal(val_get_int(val_get(plain, "spec"), "expirationSeconds", 0), 3600);
    tu_assert_json(val_find(plain, "spec", "audiences", NULL), "['" ISSUER "']");
    cu_autofree char *bearer = cu_asprintf("Bearer %s", val_find_str(plain, "status", "token", NULL));
    const char *want =
        "system:serviceaccount:default:robot|system:serviceaccounts,system:serviceaccounts:default,"
        "system:authenticated";
    expect(&f, NULL, bearer, want);
    f.now += HOUR + 50000; /* within the leeway */
    expect(&f, NULL, bearer, want);
    f.now += 20000;
    expect(&f, NULL, bearer, NULL);

    cu_autoval struct val *bound = request(&f, "robot",
                                           "{'spec':{'expirationSeconds':3607,'boundObjectRef':{'kind':'Pod',"
                                           "'apiVersion':'v1','name':'p','uid':'u2'}}}",
                                           &code);
    assert_int_equal(code, 201);
    pki_autojwt struct pki_jwt jwt = PKI_JWT_INIT;
    cu_autofree char *bound_bearer = cu_asprintf("Bearer %s", val_find_str(bound, "status", "token", NULL));
    struct pki_key *keys[] = { f.sa_key };
    assert_int_equal(pki_jwt_verify(val_find_str(bound, "status", "token", NULL), keys, 1, &jwt, NULL), 0);
    cu_autoval struct val *c = tu_json(jwt.claims);
    assert_int_equal(val_get_int(c, "exp", 0), f.now / 1000 + 365 * 24 * 3600);
    assert_int_equal(val_get_int(val_get(c, "kubernetes.io"), "warnafter", 0), f.now / 1000 + 3607);
    tu_assert_json(val_find(c, "kubernetes.io", "pod", NULL), "{'name':'p','uid':'u2'}");
    assert_string_equal(val_find_str(c, "kubernetes.io", "node", "name", NULL), "n1");
    expect(&f, NULL, bound_bearer, want);
    struct api_user u = { 0 };
    assert_int_equal(
        api_authenticate(f.auth, &(struct api_credentials){ NULL, 0, bound_bearer }, f.now, &u, &f.w.st), 0);
    assert_string_equal(val_str(val_at(val_get(u.extra, "authentication.kubernetes.io/pod-name"), 0)), "p");
    api_user_clear(&u);

    expect_code(&f, "nobody", "{'spec':{}}", 404);
    expect_code(&f, "robot", "{'spec':{'expirationSeconds':599}}", 422);
    expect_code(&f, "robot", "{'spec':{'expirationSeconds':4294967297}}", 422);
    expect_code(&f, "robot", "{'spec':{'boundObjectRef':{'kind':'Pod','apiVersion':'v1','name':'none'}}}",
                404);
    expect_code(&f, "robot", "{'spec':{'boundObjectRef':{'kind':'Pod','apiVersion':'v1','name':'q'}}}", 400);
    expect_code(&f, "robot",
                "{'spec':{'boundObjectRef':{'kind':'Pod','apiVersion':'v1','name':'p','uid':'x'}}}", 409);
    expect_code(&f, "robot", "{'spec':{'boundObjectRef':{'kind':'Job','apiVersion':'v1','name':'p'}}}", 400);

    const struct api_resource *pods = api_resource_find("", "v1", "pods");
    struct api_object *last = NULL;
    assert_int_equal(
        api_registry_delete(f.w.g, api_registry_get(f.w.g, pods, "default", "p"), &last, &f.w.st), 0);
    api_object_unref(last);
    expect(&f, NULL, bound_bearer, NULL);
    f_close(&f);
}

/* Claims that a server of ours signed, but not for this: each differs from a good token in one thing. */
static void test_bad_claims(void **state)
{
    static const struct {
        const char *key, *json; /* json NULL: left out */
        bool good;
    } cases[] = {
        { "none", "1", true },
        { "iss", "'https://elsewhere'", false },
        { "iss", NULL, false },
        { "aud", "'" ISSUER "'", true },
        { "aud", "['vault']", false },
        { "aud", NULL, false },
        { "exp", "1000", false },
        { "exp", NULL, false },
        { "exp", "'never'", false },
        { "nbf", "99999999999", false },
        { "sub", "'system:serviceaccount:default:admin'", false },
        { "kubernetes.io", "{'namespace':'default','serviceaccount':{'name':'robot','uid':'other'}}", false },
        { "kubernetes.io", "{'namespace':'default','serviceaccount':{'name':'robot'}}", false },
        { "kubernetes.io",
          "{'namespace':'default','serviceaccount':{'name':'robot','uid':'u1'},'secret':{'name':'s','uid':'x'"
          "}}",
          false },
        { "kubernetes.io", "7", false },
    };
    struct fixture f;
    (void)state;
    f_open(&f);
    world_put(&f.w, "{'kind':'ServiceAccount','apiVersion':'v1','metadata':{'name':'robot','namespace':'"
                    "default','uid':'u1'}}");
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autoval struct val *c =
            tu_json("{'iss':'" ISSUER "','aud':['" ISSUER "'],'exp':99999999999,'sub':"
                    "'system:serviceaccount:default:robot','kubernetes.io':{'namespace':'default',"
                    "'serviceaccount':{'name':'robot','uid':'u1'}}}");
        if (cases[i].json) {
            cu_autofree char *wrapped = cu_asprintf("[%s]", cases[i].json);
            cu_autoval struct val *list = tu_json(wrapped);
            val_set(c, cases[i].key, val_ref(val_at(list, 0)));
        } else {
            val_del(c, cases[i].key);
        }
        cu_autofree char *json = val_dump_json(c, VAL_JSON_COMPACT), *token = NULL;
        assert_int_equal(pki_jwt_sign(f.sa_key, json, &token, NULL), 0);
        cu_autofree char *bearer = cu_asprintf("Bearer %s", token);
        cu_autofree char *got = login(&f, NULL, bearer);
        if ((got != NULL) != cases[i].good)
            fail_msg("%s: %s %s", cases[i].key, cu_or(cases[i].json, "absent"), got ? "accepted" : "refused");
    }
    pki_autokey struct pki_key *other = NULL;
    cu_autofree char *token = NULL;
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &other, NULL), 0);
    assert_int_equal(pki_jwt_sign(other, "{}", &token, NULL), 0);
    cu_autofree char *bearer = cu_asprintf("Bearer %s", token);
    expect(&f, NULL, bearer, NULL);
    f_close(&f);
}

static void test_switches(void **state)
{
    struct fixture f;
    struct cu_err err = CU_ERR_INIT;
    (void)state;
    f_open(&f);
    put_token(&f, "aaaaaa", "{" USE "'token-id':'aaaaaa','token-secret':'0123456789abcdef'}");
    api_auth_free(f.auth);
    f.auth = NULL;
    f.w.opt.anonymous_auth = false;
    f.w.opt.enable_bootstrap_token_auth = false;
    assert_int_equal(api_auth_new(&f.w.opt, f.w.g, &f.auth, NULL), 0);
    expect(&f, NULL, NULL, NULL);
    expect(&f, NULL, "Bearer aaaaaa.0123456789abcdef", NULL);
    struct api_auth *bad = NULL;
    free(f.w.opt.client_ca_file);
    f.w.opt.client_ca_file = cu_path_join(f.w.dir, "sa.key");
    assert_int_equal(api_auth_new(&f.w.opt, f.w.g, &bad, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "sa.key"));
    assert_null(bad);
    cu_err_clear(&err);
    f_close(&f);
}

static void test_openid(void **state)
{
    struct fixture f;
    (void)state;
    f_open(&f);
    cu_autofree char *jwks = api_openid_jwks(f.auth),
                     *doc = api_openid_configuration(f.auth, "https://h/openid/v1/jwks");
    cu_autoval struct val *k = tu_json(jwks), *d = tu_json(doc);
    cu_autofree char *kid = pki_jwt_kid(f.sa_key);
    assert_string_equal(val_get_str(val_at(val_get(k, "keys"), 0), "kid"), kid);
    tu_assert_json(d,
                   "{'issuer':'" ISSUER
                   "','jwks_uri':'https://h/openid/v1/jwks','response_types_supported':['id_token'],"
                   "'subject_types_supported':['public'],'id_token_signing_alg_values_supported':['RS256']}");
    f_close(&f);
}

static void test_impersonation(void **state)
{
    struct fixture f;
    (void)state;
    f_open(&f);
    world_put(&f.w, "{'kind':'ClusterRole','apiVersion':'rbac.authorization.k8s.io/"
                    "v1','metadata':{'name':'imp'},'rules':[{"
                    "'verbs':['impersonate'],'apiGroups':[''],'resources':['users','serviceaccounts'],'"
                    "resourceNames':['bob',"
                    "'robot']}]}");
    world_put(
        &f.w,
        "{'kind':'ClusterRoleBinding','apiVersion':'rbac.authorization.k8s.io/v1','metadata':{'name':'imp'},"
        "'roleRef':{'kind':'ClusterRole','name':'imp'},'subjects':[{'kind':'User','name':'eve'}]}");
    static const struct {
        const char *user, *group;
        int code; /* 0: allowed */
        const char *groups;
    } cases[] = {
        { NULL, NULL, 0, "system:authenticated" },
        { "bob", NULL, 0, "system:authenticated" },
        { "system:serviceaccount:default:robot", NULL, 0,
          "system:serviceaccounts,system:serviceaccounts:default,system:authenticated" },
        { "alice", NULL, 403, NULL },
        { "bob", "system:masters", 403, NULL },
        { NULL, "system:masters", 400, NULL },
    };
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        struct api_user u = user("eve", "system:authenticated");
        struct api_impersonation imp = { .user = cases[i].user };
        if (cases[i].group)
            cu_strlist_add(&imp.groups, cases[i].group);
        int r = api_impersonate(f.w.z, &imp, &u, &f.w.st);
        assert_int_equal(r < 0 ? f.w.st.code : 0, cases[i].code);
        assert_string_equal(u.name, cases[i].code || !cases[i].user ? "eve" : cases[i].user);
        if (r == 0) {
            cu_autofree char *groups = cu_strlist_join(&u.groups, ",");
            assert_string_equal(groups, cases[i].groups);
        }
        cu_strlist_clear(&imp.groups);
        api_user_clear(&u);
    }
    struct api_user root = user("root", "system:masters");
    struct api_impersonation imp = { .user = "system:anonymous" };
    assert_int_equal(api_impersonate(f.w.z, &imp, &root, &f.w.st), 0);
    assert_false(root.authenticated);
    assert_string_equal(root.groups.v[0], "system:unauthenticated");
    api_user_clear(&root);
    f_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_bootstrap_tokens),
        cmocka_unit_test(test_service_account_tokens),
        cmocka_unit_test(test_bad_claims),
        cmocka_unit_test(test_switches),
        cmocka_unit_test(test_openid),
        cmocka_unit_test(test_impersonation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
