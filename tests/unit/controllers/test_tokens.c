/* Bootstrap token Secrets and the signatures of cluster-info. */
#include "tests.h"
#include "base/encode.h"
#include "controllers/tokens.h"

static struct val *token(const char *name, const char *id, const char *secret, const char *signing,
                         const char *expires)
{
    struct val *obj = val_new_map(), *data = val_need_map(obj, "data");
    const char *const pairs[][2] = { { "token-id", id },
                                     { "token-secret", secret },
                                     { "usage-bootstrap-signing", signing },
                                     { "expiration", expires } };
    val_set_str(val_need_map(obj, "metadata"), "name", name);
    for (size_t i = 0; i < CU_LEN(pairs); i++) {
        if (!pairs[i][1])
            continue;
        cu_autofree char *text = cu_base64(pairs[i][1], strlen(pairs[i][1]));
        val_set_str(data, pairs[i][0], text);
    }
    return obj;
}

static void test_read(void **state)
{
    (void)state;
    static const struct {
        const char *name, *id, *secret, *expires;
        bool good;
        int64_t expires_ms;
    } rows[] = {
        { "bootstrap-token-abcdef", "abcdef", "s", NULL, true, INT64_MAX },
        { "bootstrap-token-abcdef", "abcdef", "s", "1970-01-01T00:00:01Z", true, 1000 },
        { "bootstrap-token-abcdef", "abcdef", "s", "tomorrow", true, 0 },
        { "bootstrap-token-other", "abcdef", "s", NULL, false, INT64_MAX },
        { "bootstrap-token-abcdef", "abcdef", NULL, NULL, false, INT64_MAX },
        { "bootstrap-token-", NULL, "s", NULL, false, INT64_MAX },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoval struct val *obj = token(rows[i].name, rows[i].id, rows[i].secret, "true", rows[i].expires);
        struct ctl_token t;
        assert_int_equal(ctl_token_read(obj, &t), rows[i].good);
        assert_true(t.expires_ms == rows[i].expires_ms);
        ctl_token_clear(&t);
    }
}

static void test_sign(void **state)
{
    (void)state;
    cu_autoval struct val *map =
        object("{'data':{'kubeconfig':'apiVersion: v1\\nkind: Config\\n','other':'kept',"
               "'jws-kubeconfig-gone00':'stale'}}");
    cu_autoval struct val *secrets = val_new_list();
    val_append(secrets, token("bootstrap-token-abcdef", "abcdef", "0123456789abcdef", "true", NULL));
    val_append(secrets, token("bootstrap-token-nosign", "nosign", "0123456789abcdef", "false", NULL));
    val_append(secrets,
               token("bootstrap-token-later0", "later0", "0123456789abcdef", "true", "1970-01-01T00:01:00Z"));
    val_append(secrets,
               token("bootstrap-token-ended0", "ended0", "0123456789abcdef", "true", "1970-01-01T00:00:01Z"));
    int64_t next = 0;
    assert_true(ctl_sign_cluster_info(map, secrets, 2000, &next));
    assert_int_equal(next, 60000);
    const struct val *data = val_get(map, "data");
    /* the vector of spec join 6.1.1 */
    assert_string_equal(
        val_get_str(data, "jws-kubeconfig-abcdef"),
        "eyJhbGciOiJIUzI1NiIsImtpZCI6ImFiY2RlZiJ9..vH_kT4yiol-nrAWgjfCYqvum5wsKETXe0S7OOp1VgnE");
    assert_non_null(val_get(data, "jws-kubeconfig-later0"));
    assert_int_equal(val_len(data), 4);
    assert_false(ctl_sign_cluster_info(map, secrets, 2000, &next)); /* nothing to do twice */
    assert_true(ctl_sign_cluster_info(map, secrets, 60000, &next)); /* later0 has ended */
    assert_null(val_get(data, "jws-kubeconfig-later0"));
    assert_true(next == INT64_MAX);
    cu_autoval struct val *empty = object("{'data':{'jws-kubeconfig-gone00':'stale'}}");
    assert_false(ctl_sign_cluster_info(empty, secrets, 0, &next));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
