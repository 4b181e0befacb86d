/* Value trees and JSON text. */
#include "cm.h"

static void json_round_trip(void **state)
{
    static const char *const texts[] = {
        "null",
        "true",
        "-9223372036854775808",
        "9223372036854775807",
        "0.1",
        "1e+21",
        "1e-7",
        "123456789.25",
        "\"\"",
        "[]",
        "{}",
        "[1,[2,{\"a\":null}]]",
        "{\"b\":1,\"a\":[true,false]}",
        "\"\\u003c\\u0026\\u003e\\u2028 \\n\\t\\u0001\"",
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(texts); i++) {
        cu_autoval struct val *v = NULL;
        assert_int_equal(val_parse_json(texts[i], strlen(texts[i]), &v, NULL), 0);
        cu_autofree char *again = val_dump_json(v, VAL_JSON_COMPACT);
        assert_string_equal(again, texts[i]);
    }
}

static void json_refuses(void **state)
{
    static const char *const texts[] = { "",         "{",     "{\"a\":1,\"a\":2}",    "1 2", "\"\\u0000\"",
                                         "\"\xff\"", "{a:1}", "99999999999999999999", "[1,]" };
    char deep[2 * 200 + 1];
    (void)state;
    for (size_t i = 0; i < CU_LEN(texts); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        struct val *v = NULL;
        assert_int_equal(val_parse_json(texts[i], strlen(texts[i]), &v, &err), -CU_E_INVALID);
        assert_non_null(strstr(err.msg, "line 1, column "));
    }
    memset(deep, '[', 200);
    memset(deep + 200, ']', 200);
    struct val *v = NULL;
    assert_int_equal(val_parse_json(deep, 400, &v, NULL), -CU_E_INVALID);
    assert_int_equal(val_parse_json(deep + 100, 200, &v, NULL), 0);
    val_unref(v);
}

static void json_indent_and_sort(void **state)
{
    (void)state;
    cu_autoval struct val *v = json("{'b':[1,{}],'a':{'x':'y'},'c':[]}");
    cu_autofree char *text = val_dump_json(v, VAL_JSON_INDENT | VAL_JSON_SORT);
    assert_string_equal(
        text, "{\n    \"a\": {\n        \"x\": \"y\"\n    },\n    \"b\": [\n        1,\n        {}\n"
              "    ],\n    \"c\": []\n}");
}

static void readers_take_anything(void **state)
{
    (void)state;
    cu_autoval struct val *v = json("{'a':{'b':[1,'x']},'t':true,'i':7,'r':1.5,'n':null}");
    assert_int_equal(val_kind(NULL), VAL_NULL);
    assert_null(val_get(NULL, "a"));
    assert_null(val_get(v, "zzz"));
    assert_null(val_at(v, 0));
    assert_null(val_str(val_get(v, "i")));
    assert_int_equal(val_int(val_get(v, "t"), 9), 9);
    assert_true(val_bool(val_get(v, "t"), false));
    assert_true(val_get_bool(v, "i", true));
    assert_true(val_real(val_get(v, "i"), 0) == 7);
    assert_int_equal(val_len(val_find(v, "a", "b", NULL)), 2);
    assert_null(val_find(v, "a", "b", "c", NULL));
    assert_null(val_find_str(v, "a", "b", NULL));
    assert_string_equal(val_str(val_at(val_find(v, "a", "b", NULL), 1)), "x");
    assert_int_equal(val_kind(val_get(v, "n")), VAL_NULL);
    assert_string_equal(val_kind_name(val_get(v, "r")), "number");
}

static void changes(void **state)
{
    (void)state;
    cu_autoval struct val *v = val_new_map();
    val_set_str(v, "s", "x");
    val_set_str(v, "none", NULL);
    val_set(v, "gone", NULL);
    val_set_strf(v, "f", "%d-%s", 3, "z");
    val_append_str(val_need_list(v, "l"), "b");
    val_insert(val_need_list(v, "l"), 0, val_new_str("a"));
    val_append(val_need_list(v, "l"), val_new_int(3));
    val_remove(val_get(v, "l"), 2);
    val_set_bool(val_need_map(val_need_map(v, "m"), "n"), "t", true);
    assert_json(v, "{'s':'x','f':'3-z','l':['a','b'],'m':{'n':{'t':true}}}");
    assert_true(val_del(v, "m"));
    assert_false(val_del(v, "m"));
    val_append(v, val_new_int(1));  /* not a list: dropped */
    val_set(v, "self", val_ref(v)); /* no rings */
    assert_json(v, "{'s':'x','f':'3-z','l':['a','b']}");
    val_clear(v);
    assert_int_equal(val_len(v), 0);
}

static void copies_are_apart(void **state)
{
    (void)state;
    cu_autoval struct val *v = json("{'a':{'b':[1,2]},'s':'t'}");
    cu_autoval struct val *c = val_copy(v);
    assert_true(val_equal(v, c));
    val_append(val_find(c, "a", "b", NULL), val_new_int(3));
    assert_false(val_equal(v, c));
    assert_json(v, "{'a':{'b':[1,2]},'s':'t'}");
    assert_null(val_copy(NULL));
}

static void bad_text_is_cleaned(void **state)
{
    (void)state;
    cu_autoval struct val *v = val_new_strn("a\xff\0b\xc3\xa4", 6);
    assert_string_equal(val_str(v), "a??b\xc3\xa4");
    cu_autoval struct val *m = val_new_map();
    val_set_int(m, "k\xc0", 1);
    assert_int_equal(val_get_int(m, "k?", 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_round_trip),
        cmocka_unit_test(json_refuses),
        cmocka_unit_test(json_indent_and_sort),
        cmocka_unit_test(readers_take_anything),
        cmocka_unit_test(changes),
        cmocka_unit_test(copies_are_apart),
        cmocka_unit_test(bad_text_is_cleaned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
