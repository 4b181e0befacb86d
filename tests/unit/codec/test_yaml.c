/* Reading and writing YAML. */
#include "cm.h"
#include "codec/yaml.h"

static void assert_reads(const char *text, const char *want)
{
    struct cu_err err = CU_ERR_INIT;
    struct val *v = NULL;
    if (codec_yaml_parse(text, strlen(text), &v, &err) < 0)
        fail_msg("%s: %s", text, cu_err_text(&err));
    assert_json(v, want);
    val_unref(v);
}

static void scalars_are_typed(void **state)
{
    static const struct {
        const char *yaml, *json;
    } rows[] = {
        { "", "null" },
        { "~", "null" },
        { "''", "''" },
        { "y", "true" },
        { "Off", "false" },
        { "'y'", "'y'" },
        { "\"on\"", "'on'" },
        { "yep", "'yep'" },
        { "017", "15" },
        { "0o17", "15" },
        { "0x1F", "31" },
        { "-0b11", "-3" },
        { "1_000", "1000" },
        { "+5", "5" },
        { "089", "89" },
        { "0x0xe", "'0x0xe'" },
        { "0b0b1", "'0b0b1'" },
        { "0o0o7", "'0o0o7'" },
        { "1.5", "1.5" },
        { ".5", "0.5" },
        { ".9_5", "0.95" },
        { "._5", "'._5'" },
        { ".5_", "'.5_'" },
        { ".5__1", "'.5__1'" },
        { "6443.0", "6443" },
        { "-0.0", "0" },
        { "8.75581621300122e+17", "875581621300122000" },
        { "9.9e18", "9900000000000000000.0" },
        { "1e-1", "0.1" },
        { "1e400", "'1e400'" },
        { "1e3", "1000" },
        { "1.2.3", "'1.2.3'" },
        { "2026-11-23", "'2026-11-23'" },
        { "12:30", "'12:30'" },
        { "::1", "'::1'" },
        { "a b", "'a b'" },
        { "!!str 12", "'12'" },
        { "!!float 1", "1" },
        { "!!binary aGk=", "'hi'" },
        { "! 12", "'12'" },
        { "0x", "'0x'" },
        { "-", "[null]" },
        { "18446744073709551615", "18446744073709551615.0" },
        { "99999999999999999999", "100000000000000000000.0" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++)
        assert_reads(rows[i].yaml, rows[i].json);
}

static void structures(void **state)
{
    (void)state;
    assert_reads("a: 1\nb:\n- x\n- p: z\n  w: {k: [v]}\n", "{'a':1,'b':['x',{'p':'z','w':{'k':['v']}}]}");
    assert_reads("{\"a\": [1, \"b\"],\n\t\"c\": null}", "{'a':[1,'b'],'c':null}");
    assert_reads("1: a\ntrue: b\n1.5: c\n", "{'1':'a','true':'b','1.5':'c'}");
    assert_reads("a: |\n  x\n  y\nb: >-\n  p\n  q\n", "{'a':'x\\ny\\n','b':'p q'}");
    assert_reads("a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  l: 2\n",
                 "{'a':{'k':1},'b':{'k':1},'c':{'k':1,'l':2}}");
    assert_reads("a: &x {k: 1, l: 3}\nd: &y {k: 2, m: 4}\nc:\n  k: 0\n  <<: [*y, *x]\n",
                 "{'a':{'k':1,'l':3},'d':{'k':2,'m':4},'c':{'k':2,'l':3,'m':4}}");
    assert_reads("a: &x {k: 1}\nc: {<<: *x, k: 0}\nd: {k: 0, <<: *x}\n",
                 "{'a':{'k':1},'c':{'k':0},'d':{'k':1}}");
    assert_reads("'<<': 1\n", "{'<<':1}");
    assert_reads("---\na: 1\n---\n", "{'a':1}");
    assert_reads("\xef\xbb\xbf"
                 "a: 1\n",
                 "{'a':1}");
    assert_reads("\xef\xbb\xbf---\na: 1\n---\n", "{'a':1}");
    assert_reads("a: 1\r\nb: 'x\r\n\r\n  y'\r\n", "{'a':1,'b':'x\\ny'}");
}

static void refused_with_position(void **state)
{
    static const struct {
        const char *yaml, *where;
    } rows[] = {
        { "a: 1\na: 2\n", "line 2, column 1: key \"a\" already set" },
        { "a:\n  - b: [1\n", "line " },
        { "a: b: c\n", "line 1, column 5" },
        { "x: .inf\n", "line 1, column 4" },
        { "x: *nope\n", "line 1, column 4" },
        { "x: &a [*a]\n", "contains itself" },
        { "[a]: b\n", "line 1, column 1: a map key cannot be list" },
        { "? \n: b\n", "a map key cannot be null" },
        { "<<: 3\n", "<< wants" },
        { "a: \"\\0\"\n", "NUL" },
        { "a: \"\xff\"\n", "line " },
        { "a: !!int x\n", "does not fit its tag !!int" },
        { "a: !!binary '***'\n", "not base64" },
        { "a: 1\n--- b\n", "line 2, column 5" },
        { "a: 1\n...\nb: 2\n", "line 3, column 1" },
        { "a: 1\n---\nb: 2\n", "a second document" },
        { "\tx: 1\n", "line 1" },
        { "%YAML 3.0\n---\nx\n", "line " },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        struct val *v = NULL;
        if (codec_yaml_parse(rows[i].yaml, strlen(rows[i].yaml), &v, &err) != -CU_E_INVALID)
            fail_msg("accepted: %s", rows[i].yaml);
        if (!strstr(err.msg, rows[i].where))
            fail_msg("%s: %s", rows[i].yaml, err.msg);
    }
}

static void bombs(void **state)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct val *v = NULL;
    char text[4096] = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n", line[128], deep[400];
    (void)state;
    for (int i = 1; i < 9; i++) {
        snprintf(line, sizeof line, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        strcat(text, line);
    }
    assert_int_equal(codec_yaml_parse(text, strlen(text), &v, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "aliases expand"));
    memset(deep, '[', 200);
    memset(deep + 200, ']', 200);
    assert_int_equal(codec_yaml_parse(deep, 400, &v, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "nested deeper"));
}

static void documents_and_marks(void **state)
{
    static const char text[] = "---\n# first\nkind: A\nlist:\n- name: x\n  size: 3\n---\n"
                               "kind: B\nkind: C\nnet:\n  pod: 1\n  pod: 2\n---\n# nothing\n---\n";
    codec_autodocs struct codec_docs docs = CODEC_DOCS_INIT;
    (void)state;
    assert_int_equal(codec_yaml_read(text, strlen(text), 0, &docs, NULL), 0);
    assert_int_equal(docs.n, 3);
    assert_string_equal(val_get_str(docs.v[0].root, "kind"), "A");
    struct codec_mark at = codec_mark_value(&docs.v[0], "list[0].size");
    assert_int_equal(at.line, 6);
    assert_int_equal(at.column, 9);
    at = codec_mark_key(&docs.v[0], "list[0].size");
    assert_int_equal(at.column, 3);
    at = codec_mark_value(&docs.v[0], "list[0].unknown.deeper[4]");
    assert_int_equal(at.line, 5);
    assert_int_equal(docs.v[1].n_dups, 2);
    assert_string_equal(docs.v[1].dups[1].path, "net.pod");
    assert_string_equal(docs.v[1].dups[1].key, "pod");
    assert_int_equal(docs.v[1].dups[1].at.line, 12);
    assert_int_equal(docs.v[1].dups[1].line_in_doc, 5);
    assert_json(docs.v[1].root, "{'kind':'C','net':{'pod':2}}");
    assert_int_equal(val_kind(docs.v[2].root), VAL_NULL);
    codec_docs_clear(&docs);
    assert_int_equal(codec_yaml_read("", 0, 0, &docs, NULL), 0);
    assert_int_equal(docs.n, 0);
    assert_int_equal(codec_yaml_read("---\n---\na: 1\n", 13, 0, &docs, NULL), 0);
    assert_int_equal(docs.n, 2);
    assert_int_equal(val_kind(docs.v[0].root), VAL_NULL);
    assert_int_equal(docs.v[1].first_line, 3);
}

static void texts_are_quoted(void **state)
{
    static const struct {
        const char *text, *yaml;
    } rows[] = {
        { "plain", "plain" },
        { "", "\"\"" },
        { "y", "\"y\"" },
        { "null", "\"null\"" },
        { "1_000", "\"1_000\"" },
        { "1e3", "\"1e3\"" },
        { ".5", "\".5\"" },
        { ".9_5", "\".9_5\"" },
        { "0x0xe", "0x0xe" },
        { "\n", "|2+\n" },
        { "\na", "|2-\n\n  a" },
        { "a\tb\nc", "\"a\\tb\\nc\"" },
        { "a\nb ", "\"a\\nb \"" },
        { "trail ", "'trail '" },
        { "# c", "'# c'" },
        { "%a", "'%a'" },
        { "`a", "'`a'" },
        { "- a", "'- a'" },
        { "...", "'...'" },
        { "-1:30", "\"-1:30\"" },
        { "1:75", "1:75" },
        { "a'b: c", "'a''b: c'" },
        { "+1", "\"+1\"" },
        { "-", "'-'" },
        { "*", "'*'" },
        { " lead", "' lead'" },
        { "a: b", "'a: b'" },
        { "a:", "'a:'" },
        { "a #b", "'a #b'" },
        { "'q'", "'''q'''" },
        { "---", "'---'" },
        { "190:20:30", "\"190:20:30\"" },
        { "12:30", "\"12:30\"" },
        { "tab\there", "\"tab\\there\"" },
        { "<<", "<<" },
        { "=", "=" },
        { "?x", "?x" },
        { "a,b", "a,b" },
        { "::1", "::1" },
        { "1.2.3", "1.2.3" },
        { "it's", "it's" },
        { "\xc3\xa4", "\xc3\xa4" },
        { "2030-01-01T00:00:00Z", "\"2030-01-01T00:00:00Z\"" },
        { "2026-11-23", "\"2026-11-23\"" },
        { "2026-02-30", "2026-02-30" },
        { "0x1F", "\"0x1F\"" },
        { "a\n", "|\n  a" },
        { "a\nb", "|-\n  a\n  b" },
        { "a\n\n", "|+\n  a\n" },
        { " a\nb", "|2-\n   a\n  b" },
        { "a \nb", "\"a \\nb\"" },
        { "\\d", "\\d" },
        { "10Gi", "10Gi" },
        { "100m", "100m" },
        { "1.5s", "1.5s" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoval struct val *v = val_new_map();
        val_set_str(v, "k", rows[i].text);
        cu_autofree char *got = codec_yaml_dump(v, 0);
        cu_autofree char *want = cu_asprintf("k: %s\n", rows[i].yaml);
        assert_string_equal(got, want);
        cu_autoval struct val *again = NULL;
        assert_int_equal(codec_yaml_parse(got, strlen(got), &again, NULL), 0);
        assert_true(val_equal(v, again));
    }
}

static void layout(void **state)
{
    (void)state;
    cu_autoval struct val *v =
        json("{'b':[{'y':1,'x':[[1],[]]},'s'],'a10':{},'a9':[],'nil':null,'r':1234567.5,'B':{'k':true}}");
    cu_autofree char *text = codec_yaml_dump(v, CODEC_YAML_SORT);
    assert_string_equal(
        text, "B:\n  k: true\na9: []\na10: {}\nb:\n- x:\n  - - 1\n  - []\n  \"y\": 1\n- s\nnil: null\n"
              "r: 1.2345675e+06\n");
    cu_autoval struct val *s = val_new_str("top");
    cu_autofree char *scalar = codec_yaml_dump(s, 0);
    assert_string_equal(scalar, "top\n");
    cu_autofree char *nothing = codec_yaml_dump(NULL, 0);
    assert_string_equal(nothing, "null\n");
}

static void long_lines_fold(void **state)
{
    (void)state;
    cu_autoval struct val *v = val_new_map();
    val_set_str(
        v, "k",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb cccc dddd");
    cu_autofree char *text = codec_yaml_dump(v, 0);
    assert_string_equal(
        text, "k: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"
              "  cccc dddd\n");
}

static void keys_in_natural_order(void **state)
{
    static const char *const sorted[] = { "1",
                                          "2",
                                          "10",
                                          "B",
                                          "a",
                                          "a.b",
                                          "a0",
                                          "a00",
                                          "a1",
                                          "a9",
                                          "a10",
                                          "a10b",
                                          "ab",
                                          "b",
                                          "certificateValidityPeriod",
                                          "certificatesDir" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(sorted); i++)
        for (size_t j = 0; j < CU_LEN(sorted); j++) {
            int r = codec_yaml_key_cmp(sorted[i], sorted[j]);
            if ((i < j && r >= 0) || (i == j && r != 0) || (i > j && r <= 0))
                fail_msg("%s %s: %d", sorted[i], sorted[j], r);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_are_typed),
        cmocka_unit_test(structures),
        cmocka_unit_test(refused_with_position),
        cmocka_unit_test(bombs),
        cmocka_unit_test(documents_and_marks),
        cmocka_unit_test(texts_are_quoted),
        cmocka_unit_test(layout),
        cmocka_unit_test(long_lines_fold),
        cmocka_unit_test(keys_in_natural_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
