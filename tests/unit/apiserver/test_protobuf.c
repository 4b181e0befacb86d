/* Kubernetes protobuf: what the real kubectl sends, and what no client sends. */
#include "test_util.h"

#include "apiserver/protobuf.h"
#include "base/buf.h"

#include <glob.h>

static void recorded_bodies(void **state)
{
    glob_t g;
    (void)state;
    assert_int_equal(glob(TESTDATA "/protobuf/*.pb", 0, NULL, &g), 0);
    assert_true(g.gl_pathc >= 20);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autoval struct val *got = NULL, *want = NULL;
        size_t n, m;
        cu_autofree char *body = tu_read(g.gl_pathv[i], &n);
        cu_autofree char *json_path =
            cu_asprintf("%.*s.json", (int)(strlen(g.gl_pathv[i]) - 3), g.gl_pathv[i]);
        cu_autofree char *json = tu_read(json_path, &m);
        assert_int_equal(val_parse_json(json, m, &want, &err), 0);
        if (api_protobuf_decode((const uint8_t *)body, n, &got, &err) < 0)
            fail_msg("%s: %s", g.gl_pathv[i], cu_err_text(&err));
        tu_assert_equal(got, want);
    }
    globfree(&g);
}

/* Every prefix of a good body is bad or smaller, and never more than that. */
static void truncated_bodies(void **state)
{
    size_t n, failed = 0;
    cu_autofree char *body = tu_read(TESTDATA "/protobuf/deployment.pb", &n);
    (void)state;
    for (size_t cut = 0; cut < n; cut++) {
        cu_autofree uint8_t *part = cu_memdup(body, cut);
        struct val *v = NULL;
        if (api_protobuf_decode(part, cut, &v, NULL) < 0)
            failed++;
        val_unref(v);
    }
    assert_true(failed > n * 9 / 10);
}

static void flipped_bytes(void **state)
{
    size_t n;
    cu_autofree char *body = tu_read(TESTDATA "/protobuf/rolebinding.pb", &n);
    (void)state;
    for (size_t i = 0; i < n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            cu_autofree uint8_t *copy = cu_memdup(body, n);
            struct val *v = NULL;
            copy[i] ^= (uint8_t)(1U << bit);
            int r = api_protobuf_decode(copy, n, &v, NULL);
            assert_true(r == 0 ? v != NULL : r == -CU_E_INVALID && v == NULL);
            val_unref(v);
        }
    }
}

/* Body of the envelope {1: {apiVersion, kind}, 2: raw}. */
static struct cu_buf envelope(const char *gv, const char *kind, const void *raw, size_t n)
{
    struct cu_buf b = CU_BUF_INIT(LIM_HTTP_REQUEST);
    size_t a = strlen(gv), k = strlen(kind);
    cu_buf_addn(&b, "k8s\0", 4);
    cu_buf_addc(&b, 0x0a);
    cu_buf_addc(&b, (char)(a + k + 4));
    cu_buf_addc(&b, 0x0a);
    cu_buf_addc(&b, (char)a);
    cu_buf_add(&b, gv);
    cu_buf_addc(&b, 0x12);
    cu_buf_addc(&b, (char)k);
    cu_buf_add(&b, kind);
    cu_buf_addc(&b, 0x12);
    for (size_t rest = n;; rest >>= 7) {
        cu_buf_addc(&b, (char)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
        if (rest <= 0x7f)
            break;
    }
    cu_buf_addn(&b, raw, n);
    return b;
}

static int decode(const char *gv, const char *kind, const void *raw, size_t n, struct val **out,
                  struct cu_err *err)
{
    cu_autobuf struct cu_buf b = envelope(gv, kind, raw, n);
    cu_autofree uint8_t *exact = cu_memdup(b.data, b.len); /* so that reading past the end is seen */
    return api_protobuf_decode(exact, b.len, out, err);
}

static void special_kinds(void **state)
{
    static const struct {
        const char *gv, *kind, *raw;
        size_t n;
        const char *json;
    } cases[] = {
#define RAW(s) s, sizeof(s) - 1
        /* pointers keep zero; options belong to every group version */
        { "apps/v1", "DeleteOptions", RAW("\x08\x00"), "{'gracePeriodSeconds':0}" },
        { "meta.k8s.io/__internal", "DeleteOptions",
          RAW("\x2a\x03"
              "All"),
          "{'dryRun':['All']}" },
        /* times: whole seconds, six digits, year 1, empty */
        { "coordination.k8s.io/v1", "Lease",
          RAW("\x12\x0e\x22\x0c\x08\xe2\xaa\x8f\xd8\x06\x10\xe0\xbc\xa4\xc2\x03"),
          "{'spec':{'renewTime':'2026-11-23T05:55:46.944316Z'}}" },
        { "v1", "ConfigMap", RAW("\x0a\x06\x42\x04\x08\xa8\xa0\x60"),
          "{'metadata':{'creationTimestamp':'1970-01-19T06:03:20Z'}}" },
        { "v1", "ConfigMap", RAW("\x0a\x02\x42\x00"), "{'metadata':{}}" },
        { "v1", "ConfigMap", RAW("\x0a\x0d\x42\x0b\x08\x80\x92\xb8\xc3\x98\xfe\xff\xff\xff\x01"),
          "{'metadata':{}}" },
        /* a metadata in two pieces is one; the later name wins; fields nobody knows are skipped */
        { "v1", "ConfigMap",
          RAW("\x0a\x03\x0a\x01"
              "a\x0a\x06\x1a\x01n\x0a\x01"
              "b\xf8\x07\x05\xfd\x07"
              "1234\xf9\x07"
              "12345678"),
          "{'metadata':{'name':'b','namespace':'n'}}" },
        /* a map entry without value, one without key; bytes are base64 */
        { "v1", "ConfigMap", RAW("\x12\x03\x0a\x01k\x12\x03\x12\x01v\x1a\x07\x0a\x01k\x12\x02\x00\xff"),
          "{'data':{'k':'','':'v'},'binaryData':{'k':'AP8='}}" },
        /* negative numbers are ten bytes long; text or number */
        { "scheduling.k8s.io/v1", "PriorityClass", RAW("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
          "{'value':-1}" },
        { "policy/v1", "PodDisruptionBudget",
          RAW("\x12\x0a\x0a\x08\x08\x01\x10\x00\x1a\x02"
              "9%"),
          "{'spec':{'minAvailable':'9%'}}" },
        { "policy/v1", "PodDisruptionBudget", RAW("\x12\x06\x0a\x04\x08\x00\x10\x05"),
          "{'spec':{'minAvailable':5}}" },
        { "v1", "ResourceQuota",
          RAW("\x12\x0e\x0a\x0c\x0a\x03"
              "cpu\x12\x05\x0a\x03"
              "500"),
          "{'spec':{'hard':{'cpu':'500'}}}" },
        /* embedded JSON */
        { "apps/v1", "ControllerRevision", RAW("\x12\x09\x0a\x07{\"a\":1}"), "{'data':{'a':1}}" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autoval struct val *got = NULL, *want = tu_json(cases[i].json);
        if (decode(cases[i].gv, cases[i].kind, cases[i].raw, cases[i].n, &got, &err) < 0)
            fail_msg("case %zu: %s", i, cu_err_text(&err));
        val_set_str(want, "kind", cases[i].kind);
        val_set_str(want, "apiVersion", cases[i].gv);
        tu_assert_equal(got, want);
    }
}

static void refused(void **state)
{
    static const struct {
        const char *gv, *kind, *raw;
        size_t n;
    } cases[] = {
        { "v1", "Nothing", RAW("") },
        { "nowhere/v1", "Pod", RAW("") },
        { "v1", "ConfigMap", RAW("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f") },     /* huge length */
        { "v1", "ConfigMap", RAW("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f") }, /* more than 64 bits */
        { "v1", "ConfigMap", RAW("\x0a\x05\x0a") },         /* longer than what is left */
        { "v1", "ConfigMap", RAW("\x0a\x03\x0a\x01\xff") }, /* not UTF-8 */
        { "v1", "ConfigMap", RAW("\x0a\x03\x0a\x01\x00") }, /* NUL */
        { "v1", "ConfigMap", RAW("\x08\x01") },             /* number where a message belongs */
        { "v1", "ConfigMap", RAW("\x00\x01") },             /* field 0 */
        { "v1", "ConfigMap", RAW("\x0b\x0c") },             /* groups */
        { "v1", "ConfigMap",
          RAW("\x0a\x0e\x42\x0c\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x10\x00") }, /* year 292e9 */
        { "apps/v1", "ControllerRevision", RAW("\x12\x04\x0a\x02{]") },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        struct val *got = NULL;
        assert_int_equal(decode(cases[i].gv, cases[i].kind, cases[i].raw, cases[i].n, &got, &err),
                         -CU_E_INVALID);
        assert_null(got);
        assert_non_null(err.msg);
    }
    struct val *got = NULL;
    assert_int_equal(api_protobuf_decode((const uint8_t *)"{}", 2, &got, NULL), -CU_E_INVALID);
    assert_int_equal(api_protobuf_decode((const uint8_t *)"k8s\0", 4, &got, NULL), -CU_E_INVALID);
}

/* ControllerRevision.data holds an envelope that holds a ControllerRevision, and so on. */
static void deep_nesting(void **state)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct val *got = NULL;
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_HTTP_REQUEST);
    (void)state;
    for (int level = 0; level < 300; level++) {
        cu_autobuf struct cu_buf field = CU_BUF_INIT(LIM_HTTP_REQUEST);
        struct cu_buf raw = envelope("apps/v1", "ControllerRevision", cu_buf_str(&b), b.len);
        size_t n = raw.len;
        uint8_t inner[] = { 0x0a, (uint8_t)(n | 0x80), (uint8_t)(n >> 7 | 0x80), (uint8_t)(n >> 14) };
        size_t m = n + sizeof(inner);
        uint8_t outer[] = { 0x12, (uint8_t)(m | 0x80), (uint8_t)(m >> 7 | 0x80), (uint8_t)(m >> 14) };
        cu_buf_addn(&field, outer, sizeof(outer));
        cu_buf_addn(&field, inner, sizeof(inner));
        cu_buf_addn(&field, raw.data, raw.len);
        cu_buf_clear(&raw);
        cu_buf_reset(&b);
        cu_buf_addn(&b, field.data, field.len);
    }
    assert_int_equal(decode("apps/v1", "ControllerRevision", b.data, b.len, &got, &err), -CU_E_INVALID);
    assert_non_null(strstr(cu_err_text(&err), "nested deeper"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_bodies), cmocka_unit_test(truncated_bodies),
        cmocka_unit_test(flipped_bytes),   cmocka_unit_test(special_kinds),
        cmocka_unit_test(refused),         cmocka_unit_test(deep_nesting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
