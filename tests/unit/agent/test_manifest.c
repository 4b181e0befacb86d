/* tests/unit/agent/test_manifest.c - static pod manifests, good and bad, their hash and their ports. */
#include "../cmocka_all.h"

#include <string.h>

#include "agent/manifest.h"
#include "codec/yaml.h"

#define POD "apiVersion: v1\nkind: Pod\nmetadata: {name: etcd, namespace: kube-system}\n"
#define SPEC "spec: {containers: [{name: a, command: [x, z]}]}\n"

static int parse(const char *text, struct agent_manifest **out, struct cu_err *err)
{
    return agent_manifest_parse("/m/a.yaml", text, strlen(text), "n1", out, err);
}

static void test_good(void **state)
{
    struct agent_manifest *m = NULL;
    (void)state;
    assert_int_equal(parse(POD SPEC "status: {}\n", &m, NULL), 0);
    assert_string_equal(m->name, "etcd");
    assert_string_equal(m->ns, "kube-system");
    assert_string_equal(m->file, "/m/a.yaml");
    assert_int_equal(strlen(m->hash), 32);
    assert_null(val_get(m->pod, "status"));
    agent_manifest_free(m);
    assert_int_equal(
        parse("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"j\"},"
              "\"spec\":{\"containers\":[{\"name\":\"a\",\"command\":[\"x\"],\"args\":[\"1\"]}]}}",
              &m, NULL),
        0);
    assert_string_equal(m->ns, "default");
    agent_manifest_free(m);
    agent_manifest_free(NULL);
}

static void test_hash(void **state)
{
    (void)state;
    cu_autofree char *a = agent_manifest_hash("/f", "text", 4, "n"),
                     *b = agent_manifest_hash("/f", "text", 4, "n");
    cu_autofree char *c = agent_manifest_hash("/g", "text", 4, "n"),
                     *d = agent_manifest_hash("/f", "texT", 4, "n");
    cu_autofree char *e = agent_manifest_hash("/f", "text", 4, "m"),
                     *f = agent_manifest_hash("/f", "tex", 3, "tn");
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    assert_string_not_equal(a, d);
    assert_string_not_equal(a, e);
    assert_string_not_equal(a, f);
}

static void test_bad(void **state)
{
    static const struct {
        const char *text, *want;
    } bad[] = {
        { "", "kind Pod" },
        { "a: [", "line 2" },
        { "apiVersion: v1\nkind: Service\n", "kind Pod" },
        { "apiVersion: v2\nkind: Pod\n", "kind Pod" },
        { "apiVersion: v1\nkind: Pod\nmetadata: {name: ../x}\n" SPEC, "metadata.name" },
        { "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b/c}\n" SPEC, "metadata.namespace" },
        { "apiVersion: v1\nkind: Pod\nmetadata: x\n" SPEC, "metadata.name" },
        { POD "spec: {containers: []}\n", "spec.containers" },
        { POD "spec: {containers: {}}\n", "spec.containers" },
        { POD, "spec.containers" },
        { POD "spec: {containers: [x]}\n", "spec.containers[0]" },
        { POD "spec: {containers: [{command: [x]}]}\n", "spec.containers[0].name" },
        { POD "spec: {containers: [{name: A, command: [x]}]}\n", "spec.containers[0].name" },
        { POD "spec: {containers: [{name: a}]}\n", "spec.containers[0].command" },
        { POD "spec: {containers: [{name: a, command: x}]}\n", "want a list" },
        { POD "spec: {containers: [{name: a, command: [1]}]}\n", "command[0]" },
        { POD "spec: {containers: [{name: a, command: [x], args: [z, {}]}]}\n", "args[1]" },
        { POD "spec: {containers: [{name: a, command: [x]}, {name: a, command: [x]}]}\n", "twice" },
        { POD "spec: {initContainers: [{name: i}], containers: [{name: a, command: [x]}]}\n",
          "initContainers" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        struct agent_manifest *m = NULL;
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        assert_int_equal(parse(bad[i].text, &m, &err), -CU_E_INVALID);
        assert_null(m);
        if (!strstr(cu_err_text(&err), bad[i].want))
            fail_msg("%s: %s", bad[i].text, cu_err_text(&err));
    }
}

static void test_ports_and_grace(void **state)
{
    static const struct {
        const char *port;
        int want;
    } cases[] = { { "6443", 6443 }, { "probe", 2381 }, { "none", -1 }, { "\"80\"", 80 }, { "0", -1 },
                  { "65536", -1 },  { "-1", -1 },      { "far", -1 },  { "[]", -1 },     { "1.5", -1 } };
    cu_autoval struct val *c = NULL;
    const char *text =
        "ports: [{name: far, containerPort: 99999}, {name: probe, containerPort: 2381}, {name: none}]\n";
    (void)state;
    assert_int_equal(codec_yaml_parse(text, strlen(text), &c, NULL), 0);
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autoval struct val *port = NULL;
        assert_int_equal(codec_yaml_parse(cases[i].port, strlen(cases[i].port), &port, NULL), 0);
        assert_int_equal(agent_manifest_port(c, port), cases[i].want);
    }
    assert_int_equal(agent_manifest_port(c, NULL), -1);
    cu_autoval struct val *spec = val_new_map();
    assert_int_equal(agent_manifest_grace_ms(spec), 30000);
    assert_int_equal(agent_manifest_grace_ms(NULL), 30000);
    val_set_int(spec, "terminationGracePeriodSeconds", 0);
    assert_int_equal(agent_manifest_grace_ms(spec), 0);
    val_set_int(spec, "terminationGracePeriodSeconds", -5);
    assert_int_equal(agent_manifest_grace_ms(spec), 0);
    val_set_int(spec, "terminationGracePeriodSeconds", INT64_MAX);
    assert_int_equal(agent_manifest_grace_ms(spec), 86400000);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_good), cmocka_unit_test(test_hash),
                                        cmocka_unit_test(test_bad), cmocka_unit_test(test_ports_and_grace) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
