/* The printers behind -o. */
#include "cm.h"
#include "codec/print.h"

static const char *const doc =
    "{'kind':'Token','token':'a.b','usages':['y','z'],'n':5,'f':1.5,'ok':true,'nil':null,"
    "'items':[{'name':'x','size':1,'tags':{'t':'1'}},{'name':'y','size':3}],"
    "'odd.key':'o','empty':[],'map':{'b':'2','a':'1'}}";

static char *print(const char *format, bool strict, int times, struct cu_err *err)
{
    struct codec_print_options o = { .missing_keys_fail = strict };
    struct codec_printer *p = NULL;
    cu_autobuf struct cu_buf b = CU_BUF_INIT(1 << 20);
    cu_autoval struct val *v = json(doc);
    char *out = NULL;
    int rc = codec_printer_new(format, &o, &p, err);
    for (int i = 0; rc == 0 && i < times; i++)
        rc = codec_print(p, v, &b, err);
    codec_printer_free(p);
    if (rc == 0)
        assert_int_equal(cu_buf_take(&b, &out, NULL), 0);
    return out;
}

static void formats(void **state)
{
    static const char *const bad[] = {
        "xml", "jsonpath",     "jsonpath=",       "go-template", "json=x",
        "j",   "jsonpath={.a", "template={{if}}", "TEXT",        "JSONPath={.a}"
    };
    (void)state;
    struct codec_printer *p = NULL;
    assert_int_equal(codec_printer_new(NULL, NULL, &p, NULL), 0);
    assert_true(codec_printer_is_text(p));
    codec_printer_free(p);
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        if (codec_printer_new(bad[i], NULL, &p, &err) != -CU_E_INVALID || !err.msg)
            fail_msg("accepted: %s", bad[i]);
    }
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(codec_printer_new("xml", NULL, &p, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg,
                           "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,"
                           "template,templatefile,text,yaml"));
    assert_int_equal(codec_printer_new("jsonpath-file=/nonexistent/x", NULL, &p, NULL), -CU_E_NOTFOUND);
    setenv("KUBECTL_KYAML", "false", 1);
    cu_autoerr struct cu_err off = CU_ERR_INIT;
    assert_int_equal(codec_printer_new("kyaml", NULL, &p, &off), -CU_E_INVALID);
    assert_null(strstr(off.msg, ",kyaml"));
    unsetenv("KUBECTL_KYAML");
}

static void whole_objects(void **state)
{
    (void)state;
    cu_autofree char *yaml = print("YAML", false, 2, NULL), *js = print("json", false, 1, NULL);
    assert_non_null(strstr(yaml, "usages:\n- \"y\"\n- z\n---\nempty: []\n"));
    assert_true(strncmp(js, "{\n    \"kind\": \"Token\",\n", 22) == 0);
    assert_string_equal(js + strlen(js) - 3, "\n}\n");
    cu_autofree char *kyaml = print("kyaml", false, 1, NULL);
    assert_non_null(strstr(kyaml, "---\n{\n  kind: \"Token\",\n"));
    assert_non_null(strstr(kyaml, "  usages: [\n    \"y\",\n    \"z\",\n  ],\n"));
    assert_non_null(strstr(kyaml, "  items: [{\n    name: \"x\",\n"));
    assert_non_null(strstr(kyaml, "  }, {\n    name: \"y\",\n    size: 3,\n  }],\n"));
    assert_non_null(strstr(kyaml, "  \"n\": 5,\n"));
    assert_non_null(strstr(kyaml, "  empty: [],\n"));
}

static void jsonpaths(void **state)
{
    static const struct {
        const char *path, *want;
    } rows[] = {
        { "{.token}", "a.b" },
        { "{.token}{\"\\n\"}", "a.b\n" },
        { "x {$.n} y", "x 5 y" },
        { "{.usages[0]}-{.usages[-1]}", "y-z" },
        { "{.usages[*]}", "y z" },
        { "{.usages}", "[\"y\",\"z\"]" },
        { "{.items[*].name}", "x y" },
        { "{.items[?(@.name==\"y\")].size}", "3" },
        { "{.items[?(@.size>1.0)].name}", "y" },
        { "{.items[?(@.size<=1.0)].name}", "x" },
        { "{.items[?(@.tags)].name}", "x" },
        { "{.items[?(@.name!='x')].name}", "y" },
        { "{range .items[*]}{.name}={.size}{'\\n'}{end}", "x=1\ny=3\n" },
        { "{range .items[*]}{range .tags}{.t}{end};{end}", "1;;" },
        { "{..name}", "x y" },
        { "{.odd\\.key}{['odd\\.key']}", "oo" },
        { "{.items[0:1].name}", "x" },
        { "{.items[-2:-1].name}{.items[1:].name}{.items[:1].name}", "xyx" },
        { "{.items[1:1].name}{.empty[:]}", "" },
        { "{.usages[?(@==\"z\")]}", "z" },
        { "{.usages.z}", "" },
        { "{.items[0]['name','size']}", "x 1" },
        { "{.usages[0,1]}", "y z" },
        { "{.missing.deeper}", "" },
        { "{.f} {.ok} {.nil}", "1.5 true null" },
        { "{.map.*}", "2 1" },
        { "{@.n}", "5" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autofree char *format = cu_asprintf("jsonpath=%s", rows[i].path);
        cu_autofree char *got = print(format, false, 1, &err);
        if (!got || strcmp(got, rows[i].want) != 0)
            fail_msg("%s: %s", rows[i].path, got ? got : err.msg);
    }
    cu_autofree char *list = print("jsonpath-as-json={.items[*].name}", false, 1, NULL);
    assert_string_equal(list, "[\n    \"x\",\n    \"y\"\n]\n");
}

static void bad_jsonpaths(void **state)
{
    static const char *const rows[] = { "{.a",
                                        "{.a[}",
                                        "{.a[x]}",
                                        "{.a[?(@.b]}",
                                        "{end}",
                                        "{\"x}",
                                        "{.usages[0:1:0]}",
                                        "{.a[?(@.b=1)]}",
                                        "{kind}",
                                        "{.a[0,x]}",
                                        "{!}",
                                        "{.usages[9]}",
                                        "{.a['x',y]}",
                                        "{.}..{..",
                                        "{.usages[1:3]}",
                                        "{.usages[2:3]}",
                                        "{.usages[1:0]}",
                                        "{.usages[-3:1]}" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autofree char *format = cu_asprintf("jsonpath=%s", rows[i]);
        cu_autofree char *got = print(format, false, 1, &err);
        if (got || !err.msg)
            fail_msg("accepted: %s", rows[i]);
    }
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *got = print("jsonpath={.missing}", true, 1, &err);
    assert_null(got);
    assert_non_null(strstr(err.msg, "missing is not found"));
}

static void templates(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "{{.token}} {{ .n }}", "a.b 5" },
        { "{{range .usages}}[{{.}}]{{end}}", "[y][z]" },
        { "{{range $i, $u := .usages}}{{$i}}={{$u}} {{end}}", "0=y 1=z " },
        { "{{range .empty}}x{{else}}none{{end}}", "none" },
        { "{{range $k, $v := .map}}{{$k}}{{$v}}{{end}}", "a1b2" },
        { "{{if .ok}}yes{{else}}no{{end}}", "yes" },
        { "{{if not .ok}}a{{else if eq .n 5.0}}b{{else}}c{{end}}", "b" },
        { "{{with .map}}{{.a}}{{$.n}}{{end}}", "15" },
        { "{{with .none}}a{{else}}b{{end}}", "b" },
        { "{{index .usages 1}} {{index .map \"b\"}} {{(index .items 0).name}}", "z 2 x" },
        { "{{printf \"%s-%v %5d|%-4s|%q %v %%\" .token .n 7 \"ab\" \"q\" .ok}}",
          "a.b-5     7|ab  |\"q\" true %" },
        { "{{.token | printf \"%s!\" | len}}", "4" },
        { "{{print .n .n \"x\" \"y\"}} {{println 1 2}}", "5 5xy 1 2\n" },
        { "{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2" },
        { "{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}", "1" },
        { "a {{- .n -}} b {{/* c */}}d", "a5b d" },
        { "{{.nothing}}", "<no value>" },
        { "{{.usages}} {{.map}} {{.f}}", "[y z] map[a:1 b:2] 1.5" },
        { "{{and .ok .token}} {{or .empty .n}} {{ne .n 4.0}} {{lt 1 2}} {{ge \"b\" \"a\"}}",
          "a.b 5 true true true" },
        { "{{eq .token \"q\" \"a.b\"}}", "true" },
        { "{{base64decode \"aGk=\"}} {{exists . \"map\" \"a\"}} {{exists . \"map\" \"q\"}}",
          "hi true false" },
        { "{{range .usages}}{{if eq . \"z\"}}{{break}}{{end}}{{.}}{{end}}", "y" },
        { "{{range .usages}}{{if eq . \"y\"}}{{continue}}{{end}}{{.}}{{end}}", "z" },
        { "{{`raw \"x\"`}}{{\"\\n\"}}", "raw \"x\"\n" },
        { "{{printf \"%d %s\" \"x\" 3}}", "%!d(string=x) %!s(int=3)" },
        { "no action", "no action" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autofree char *format = cu_asprintf("go-template=%s", rows[i].text);
        cu_autofree char *got = print(format, false, 1, &err);
        if (!got || strcmp(got, rows[i].want) != 0)
            fail_msg("%s: %s", rows[i].text, got ? got : err.msg);
    }
}

static void bad_templates(void **state)
{
    static const char *const rows[] = {
        "{{",
        "{{.a",
        "{{if .a}}",
        "{{end}}",
        "{{else}}",
        "{{nofunc .a}}",
        "{{\"x}}",
        "{{.a b}}",
        "{{$u}}",
        "{{range .n}}{{end}}",
        "{{index .usages 9}}",
        "{{index .n 1}}",
        "{{len 5}}",
        "{{eq .n \"x\"}}",
        "{{lt .map 1}}",
        "{{.n.x}}",
        "{{1 2}}",
        "{{.n | .n}}",
        "{{(.n}}",
        "{{not}}",
        "{{$a, $b := .n",
        "{{printf 5}}",
        "{{|}}",
        "{{}}",
        "{{with}}{{end}}",
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autofree char *format = cu_asprintf("go-template=%s", rows[i]);
        cu_autofree char *got = print(format, false, 1, &err);
        if (got || !err.msg)
            fail_msg("accepted: %s: %s", rows[i], got);
    }
    cu_autofree char *strict = print("template={{.nothing}}", true, 1, NULL);
    assert_null(strict);
}

static void tables(void **state)
{
    (void)state;
    cu_autofree char *t =
        codec_print_table("TOKEN\tTTL\tLAST\nabcdef.0123456789abcdef\t23h\tx\n\na\tb\n\xc3\xa4\xc3\xa4\tc\n");
    assert_string_equal(t,
                        "TOKEN                     TTL       LAST\nabcdef.0123456789abcdef   23h       x\n\n"
                        "a         b\n\xc3\xa4\xc3\xa4        c\n");
    cu_autofree char *none = codec_print_table("");
    assert_string_equal(none, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),       cmocka_unit_test(whole_objects), cmocka_unit_test(jsonpaths),
        cmocka_unit_test(bad_jsonpaths), cmocka_unit_test(templates),     cmocka_unit_test(bad_templates),
        cmocka_unit_test(tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
