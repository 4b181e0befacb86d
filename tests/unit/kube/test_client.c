/* The real client against a small server: what goes over the wire, answers to codes, retries. */
#include "tests.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "fixture.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"

struct world {
    struct fixture *f;
    struct kube_client *c;
    char method[16], path[200], query[200], type[80], auth[80], body[400];
    int code, count;
    int ok_after; /* answers of `code` before it turns to 200 */
    const char *answer;
};

static void keep(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", cu_or(from, ""));
}

static void handle(void *arg, struct http_request *r)
{
    struct world *w = arg;
    size_t n = 0;
    const char *body = http_request_body(r, &n);
    keep(w->method, sizeof(w->method), http_request_method(r));
    keep(w->path, sizeof(w->path), http_request_path(r));
    keep(w->query, sizeof(w->query), http_request_query(r));
    keep(w->type, sizeof(w->type), http_request_header(r, "Content-Type"));
    keep(w->auth, sizeof(w->auth), http_request_header(r, "Authorization"));
    keep(w->body, sizeof(w->body), body);
    w->count++;
    bool ok = w->ok_after && w->count > w->ok_after;
    const char *text = ok ? "{\"kind\":\"X\"}" : w->answer;
    http_respond(r, ok ? 200 : w->code, NULL, text, strlen(text));
}

static void begin(struct world *w, int code, const char *answer)
{
    memset(w, 0, sizeof(*w));
    w->code = code;
    w->answer = answer;
    struct http_server_options o = { .handle = handle, .arg = w };
    w->f = fixture_start(&o, NULL);
    cu_autofree char *url = fixture_url(w->f, "/");
    struct kube_config_spec cs = { .cluster = "c", .server = url, .user = "u", .token = "secret" };
    struct kube_config *config = kube_config_build(&cs);
    assert_int_equal(kube_client_new(config, NULL, &w->c, NULL), 0);
    kube_config_free(config);
}

static void end(struct world *w)
{
    kube_client_free(w->c);
    fixture_stop(w->f);
}

static void test_requests(void **state)
{
    (void)state;
    struct world w;
    begin(&w, 200, "{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"}}");
    cu_autoval struct val *got = NULL, *body = val_new_map();
    val_set_int(body, "a", 1);
    assert_int_equal(kube_get(w.c, "/api/v1/nodes/n", NULL, &got, NULL), 0);
    assert_string_equal(val_find_str(got, "metadata", "name", NULL), "n");
    assert_string_equal(w.method, "GET");
    assert_string_equal(w.query, "timeout=10s");
    assert_string_equal(w.auth, "Bearer secret");
    assert_true(llabs(kube_client_clock_skew_ms(w.c)) < 3000);
    assert_int_equal(kube_create(w.c, "/api/v1/nodes", body, NULL, NULL), 0);
    assert_string_equal(w.method, "POST");
    assert_string_equal(w.type, "application/json");
    assert_string_equal(w.body, "{\"a\":1}");
    assert_int_equal(kube_patch(w.c, "/p", KUBE_PATCH_STRATEGIC, body, NULL, NULL), 0);
    assert_string_equal(w.type, "application/strategic-merge-patch+json");
    assert_int_equal(kube_update(w.c, "/p", body, NULL, NULL), 0);
    assert_string_equal(w.method, "PUT");
    assert_int_equal(kube_delete(w.c, "/p", NULL, NULL), 0);
    assert_string_equal(w.method, "DELETE");
    assert_string_equal(w.type, "");
    end(&w);
}

static void test_codes(void **state)
{
    (void)state;
    static const struct {
        int status, code;
        const char *answer, *message;
    } rows[] = {
        { 404, CU_E_NOTFOUND, "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"message\":\"x not found\"}",
          "x not found" },
        { 409, CU_E_EXISTS, "{\"kind\":\"Status\",\"reason\":\"AlreadyExists\",\"message\":\"m\"}", "m" },
        { 409, CU_E_CONFLICT, "{\"kind\":\"Status\",\"reason\":\"Conflict\",\"message\":\"m\"}", "m" },
        { 401, CU_E_AUTH, "{\"kind\":\"Status\",\"reason\":\"Unauthorized\",\"message\":\"Unauthorized\"}",
          "Unauthorized" },
        { 403, CU_E_FORBIDDEN, "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"message\":\"no\"}", "no" },
        { 422, CU_E_INVALID, "{\"kind\":\"Status\",\"reason\":\"Invalid\",\"message\":\"bad\"}", "bad" },
        { 410, CU_E_EXPIRED, "", "410" },
        { 500, CU_E_SERVER, "boom", "boom" },
        { 200, CU_E_INVALID, "no JSON", "" },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct world w;
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        struct val *got = NULL;
        begin(&w, rows[i].status, rows[i].answer);
        assert_int_equal(kube_get(w.c, "/api/v1/x", NULL, &got, &err), -rows[i].code);
        assert_non_null(strstr(cu_err_text(&err), rows[i].message));
        assert_null(got);
        end(&w);
    }
}

static void test_retry(void **state)
{
    (void)state;
    struct world w;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autoval struct val *obj = val_new_map(), *got = NULL;
    val_set_str(obj, "apiVersion", "v1");
    val_set_str(obj, "kind", "ConfigMap");
    val_set_str(val_need_map(obj, "metadata"), "name", "c");
    val_set_str(val_need_map(obj, "metadata"), "namespace", "ns");
    begin(&w, 500, "{}");
    w.ok_after = 3;
    assert_int_equal(kube_create_or_update(w.c, obj, 5000, &err), 0);
    assert_int_equal(w.count, 4);
    end(&w);
    begin(&w, 422, "{\"kind\":\"Status\",\"reason\":\"Invalid\",\"message\":\"bad\"}");
    int64_t start = cu_mono_ms();
    assert_int_equal(kube_create_or_update(w.c, obj, 5000, &err), -CU_E_INVALID); /* at once */
    assert_in_range(cu_mono_ms() - start, 0, 1000);
    end(&w);
    begin(&w, 404, "{}");
    w.ok_after = 2;
    assert_int_equal(kube_get_retry(w.c, "/x", 20, 2000, &got, &err), 0);
    assert_int_equal(w.count, 3);
    w.ok_after = 0;
    assert_int_equal(kube_get_retry(w.c, "/x", 20, 100, &got, &err), -CU_E_NOTFOUND);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_retry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
