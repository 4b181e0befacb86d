/* Strict checks by field tables. */
#include "cm.h"
#include "codec/strict.h"

static const struct codec_field arg[] = { { "name", CODEC_STRING, CODEC_ONE, NULL },
                                          { "value", CODEC_STRING, CODEC_ONE, NULL },
                                          { NULL, CODEC_ANY, CODEC_ONE, NULL } };
static const struct codec_field server[] = { { "args", CODEC_OBJECT, CODEC_LIST, arg },
                                             { "sans", CODEC_STRING, CODEC_LIST, NULL },
                                             { "by", CODEC_OBJECT, CODEC_MAP, arg },
                                             { NULL, CODEC_ANY, CODEC_ONE, NULL } };
static const struct codec_field root[] = {
    { "server", CODEC_OBJECT, CODEC_ONE, server }, { "port", CODEC_INT32, CODEC_ONE, NULL },
    { "on", CODEC_BOOL, CODEC_ONE, NULL },         { "wait", CODEC_DURATION, CODEC_ONE, NULL },
    { "at", CODEC_TIME, CODEC_ONE, NULL },         { "labels", CODEC_STRING, CODEC_MAP, NULL },
    { "size", CODEC_UINT, CODEC_ONE, NULL },       { "ratio", CODEC_NUMBER, CODEC_ONE, NULL },
    { "any", CODEC_ANY, CODEC_ONE, NULL },         { NULL, CODEC_ANY, CODEC_ONE, NULL }
};

static void good(void **state)
{
    static const char text[] =
        "server:\n  args:\n  - name: a\n    value: b\n  sans: [x]\n  by: {k: {name: m}}\n"
        "port: 6443\n'on': true\nwait: 1m0s\nat: 2030-01-01T00:00:00Z\nlabels: {a: b}\n"
        "size: 3\nratio: 0.5\nany: [1, {x: y}]\n";
    codec_autodocs struct codec_docs docs = CODEC_DOCS_INIT;
    codec_autoproblems struct codec_problems p = CODEC_PROBLEMS_INIT;
    (void)state;
    assert_int_equal(codec_yaml_read(text, strlen(text), 0, &docs, NULL), 0);
    assert_int_equal(codec_strict_check(docs.v[0].root, root, &docs.v[0], "", &p), 0);
    cu_autoval struct val *nulls = json("{'server':{'args':null,'by':null},'port':null,'wait':null}");
    assert_int_equal(codec_strict_check(nulls, root, NULL, "", &p), 0);
}

static void bad(void **state)
{
    static const struct {
        const char *path;
        enum codec_fault fault;
        unsigned line;
    } want[] = {
        { "Port", CODEC_UNKNOWN_FIELD, 1 },        { "at", CODEC_WRONG_TYPE, 2 },
        { "labels.k", CODEC_WRONG_TYPE, 3 },       { "on", CODEC_WRONG_TYPE, 4 },
        { "port", CODEC_WRONG_TYPE, 5 },           { "server.args[0].nope", CODEC_UNKNOWN_FIELD, 8 },
        { "server.args[1]", CODEC_WRONG_TYPE, 9 }, { "server.by.k.value", CODEC_WRONG_TYPE, 10 },
        { "server.sans", CODEC_WRONG_TYPE, 11 },   { "size", CODEC_WRONG_TYPE, 12 },
        { "wait", CODEC_WRONG_TYPE, 13 },
    };
    static const char text[] =
        "Port: 1\nat: yesterday\nlabels: {k: 1}\n'on': 'true'\nport: 3000000000\nserver:\n"
        "  args:\n  - nope: x\n  - plain\n  by: {k: {value: 3}}\n  sans: x\nsize: -1\nwait: 60\n";
    codec_autodocs struct codec_docs docs = CODEC_DOCS_INIT;
    codec_autoproblems struct codec_problems p = CODEC_PROBLEMS_INIT;
    (void)state;
    assert_int_equal(codec_yaml_read(text, strlen(text), 0, &docs, NULL), 0);
    assert_int_equal(codec_strict_check(docs.v[0].root, root, &docs.v[0], "", &p), CU_LEN(want));
    for (size_t i = 0; i < CU_LEN(want); i++) {
        assert_string_equal(p.v[i].path, want[i].path);
        assert_int_equal(p.v[i].fault, want[i].fault);
        assert_int_equal(p.v[i].at.line, want[i].line);
        assert_non_null(strstr(p.v[i].text, want[i].path));
    }
    assert_true(codec_problems_has(&p, CODEC_WRONG_TYPE));
}

static void not_a_map_and_too_many(void **state)
{
    codec_autoproblems struct codec_problems p = CODEC_PROBLEMS_INIT;
    cu_autoval struct val *text = val_new_str("x"), *many = val_new_map();
    (void)state;
    assert_int_equal(codec_strict_check(text, root, NULL, "", &p), 1);
    assert_int_equal(p.v[0].at.line, 0);
    assert_false(codec_problems_has(&p, CODEC_UNKNOWN_FIELD));
    for (int i = 0; i < 300; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        val_set_int(many, key, i);
    }
    codec_strict_check(many, root, NULL, "", &p);
    assert_int_equal(p.n, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(good), cmocka_unit_test(bad),
                                        cmocka_unit_test(not_a_map_and_too_many) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
