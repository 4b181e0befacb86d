/* tests/unit/agent/test_probe.c - reading probes, and what a row of answers makes of them. */
#include "../cmocka_all.h"

#include <string.h>

#include "agent/probe.h"
#include "codec/yaml.h"

static int parse(const char *text, struct agent_probe_spec *out, struct cu_err *err)
{
    cu_autoval struct val *c = NULL;
    assert_int_equal(codec_yaml_parse(text, strlen(text), &c, NULL), 0);
    return agent_probe_spec_parse(c, "p", out, err);
}

static void test_spec(void **state)
{
    struct agent_probe_spec s;
    (void)state;
    assert_int_equal(parse("name: x", &s, NULL), 0);
    assert_int_equal(
        parse("ports: [{name: web, containerPort: 6443}]\n"
              "p: {httpGet: {host: 'fd00::1', path: /livez, port: web, scheme: HTTPS, httpHeaders: "
              "[{name: A, value: b}, {name: \"X\\r\\nEvil\", value: y}]}, initialDelaySeconds: 10, "
              "periodSeconds: 2, timeoutSeconds: 15, failureThreshold: 8, successThreshold: 2}\n",
              &s, NULL),
        1);
    assert_string_equal(s.url, "https://[fd00::1]:6443/livez");
    assert_string_equal(s.headers[0], "A: b");
    assert_null(s.headers[1]);
    assert_int_equal(s.initial_delay_ms, 10000);
    assert_int_equal(s.period_ms, 2000);
    assert_int_equal(s.timeout_ms, 15000);
    assert_int_equal(s.failure_threshold, 8);
    assert_int_equal(s.success_threshold, 2);
    agent_probe_spec_clear(&s);
    assert_int_equal(parse("p: {httpGet: {port: 80, path: x}}\n", &s, NULL), 1);
    assert_string_equal(s.url, "http://127.0.0.1:80/x");
    assert_int_equal(s.period_ms, 10000);
    assert_int_equal(s.timeout_ms, 1000);
    assert_int_equal(s.failure_threshold, 3);
    agent_probe_spec_clear(&s);
}

static void test_bad_spec(void **state)
{
    static const char *const bad[] = { "p: {exec: {command: [x]}}",
                                       "p: {}",
                                       "p: x",
                                       "p: {httpGet: {}}",
                                       "p: {httpGet: {port: nowhere}}",
                                       "p: {httpGet: {port: 0}}",
                                       "p: {httpGet: {port: 1, scheme: FTP}}",
                                       "p: {httpGet: {port: 1}, periodSeconds: -1}",
                                       "p: {httpGet: {port: 1}, failureThreshold: x}",
                                       "p: {httpGet: {port: 1}, timeoutSeconds: 99999999999}" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        struct agent_probe_spec s = { .period_ms = 5 };
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        assert_int_equal(parse(bad[i], &s, &err), -CU_E_INVALID);
        assert_int_equal(s.period_ms, 5);
        assert_true(cu_err_text(&err)[0] == 'p');
    }
}

static const struct agent_probe_spec spec = { .initial_delay_ms = 10000,
                                              .period_ms = 10000,
                                              .timeout_ms = 1000,
                                              .success_threshold = 1,
                                              .failure_threshold = 3 };

static void test_counting(void **state)
{
    struct agent_probe p;
    (void)state;
    agent_probe_begin(&p, &spec, false, 1000);
    assert_int_equal(p.next_ms, 11000);
    assert_false(agent_probe_note(&p, false, 11000));
    assert_int_equal(p.next_ms, 21000);
    assert_false(agent_probe_note(&p, false, 21000));
    assert_false(agent_probe_note(&p, false, 20999 + 1)); /* an answer too early does not count */
    assert_true(agent_probe_note(&p, false, 31000));
    assert_int_equal(p.result, AGENT_PROBE_DOWN);
    assert_false(agent_probe_note(&p, false, 41000));
    assert_true(agent_probe_note(&p, true, 51000));
    assert_int_equal(p.result, AGENT_PROBE_UP);
    assert_false(agent_probe_note(&p, false, 61000));
    assert_false(agent_probe_note(&p, true, 71000)); /* the row is broken */
    assert_false(agent_probe_note(&p, false, 81000));
    assert_false(agent_probe_note(&p, false, 91000));
    assert_int_equal(p.result, AGENT_PROBE_UP);
    assert_true(agent_probe_note(&p, false, 101000));
}

static void test_eager(void **state)
{
    struct agent_probe p;
    (void)state;
    agent_probe_begin(&p, &spec, true, 0);
    int64_t now = 0;
    int asked = 0;
    for (; now < 10000; asked++) { /* asked early and often, and nothing of it counts */
        assert_true(p.next_ms > now);
        assert_true(p.next_ms - now <= 1000);
        now = p.next_ms;
        if (now < 10000)
            assert_false(agent_probe_note(&p, false, now));
    }
    assert_in_range(asked, 40, 400);
    assert_int_equal(p.result, AGENT_PROBE_UNKNOWN);
    assert_int_equal(now, 10000); /* the regular attempt is not put off */
    for (int counted = 0; p.result == AGENT_PROBE_UNKNOWN; now = p.next_ms) {
        counted += now >= p.counted_ms;
        bool turned = agent_probe_note(&p, false, now);
        assert_int_equal(turned, counted == 3);
    }
    assert_int_equal(p.result, AGENT_PROBE_DOWN);

    agent_probe_begin(&p, &spec, true, 0);
    assert_int_equal(p.next_ms, 20);
    assert_false(agent_probe_note(&p, false, 20));
    assert_true(agent_probe_note(&p, true, 40));
    assert_int_equal(p.next_ms, 10000); /* from now on at its own pace */
    assert_false(agent_probe_note(&p, false, 10000));
    assert_int_equal(p.next_ms, 20000);
}

static void test_success_threshold(void **state)
{
    struct agent_probe_spec twice = spec;
    struct agent_probe p;
    (void)state;
    twice.success_threshold = 2;
    agent_probe_begin(&p, &twice, true, 0);
    assert_false(agent_probe_note(&p, true, 20));
    assert_int_equal(p.next_ms, 40);
    assert_true(agent_probe_note(&p, true, 40));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_spec), cmocka_unit_test(test_bad_spec),
                                        cmocka_unit_test(test_counting), cmocka_unit_test(test_eager),
                                        cmocka_unit_test(test_success_threshold) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
