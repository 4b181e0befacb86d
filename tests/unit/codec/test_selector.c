/* Label and field selectors. */
#include "cm.h"
#include "codec/selector.h"

static void labels(void **state)
{
    static const struct {
        const char *selector;
        bool match;
    } rows[] = {
        { "", true },
        { "a=1", true },
        { "a==1", true },
        { "a!=1", false },
        { "zz!=1", true },
        { "a", true },
        { "!a", false },
        { "!zz", true },
        { "e=", true },
        { "a=", false },
        { "a in (0,1)", true },
        { "a in(2)", false },
        { "a notin (0, 2)", true },
        { "zz notin (1)", true },
        { "n>4", true },
        { "n > 5", false },
        { "n<6", true },
        { "a<x.y", false },
        { " a = 1 , n=5 ", true },
        { "a=1,n=6", false },
        { "k8s.io/x=y", true },
        { "e in ()", true },
        { "a in (1,)", true },
    };
    static const char *const bad[] = { "=1",   "a=1,", ",a", "a b",   "a in 1", "a in (1", "!",
                                       "a==(", "n>x",  "-a", "a=b c", "a=/",    "!a=b",    "a in (1;2)" };
    cu_autoval struct val *set = json("{'a':'1','e':'','n':'5','k8s.io/x':'y'}");
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct cu_err err = CU_ERR_INIT;
        struct codec_labels *s = NULL;
        int rc = codec_labels_parse(rows[i].selector, &s, &err);
        if (strcmp(rows[i].selector, "a<x.y") == 0) { /* not a number */
            assert_int_equal(rc, -CU_E_INVALID);
            cu_err_clear(&err);
            continue;
        }
        if (rc < 0)
            fail_msg("%s: %s", rows[i].selector, err.msg);
        if (codec_labels_match(s, set) != rows[i].match)
            fail_msg("%s", rows[i].selector);
        codec_labels_free(s);
    }
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        struct codec_labels *s = NULL;
        if (codec_labels_parse(bad[i], &s, &err) != -CU_E_INVALID || !err.msg)
            fail_msg("accepted: %s", bad[i]);
    }
    assert_true(codec_labels_match(NULL, set));
}

static void labels_of_objects(void **state)
{
    static const struct {
        const char *selector;
        bool plain;
        int match; /* -1: refused */
    } rows[] = {
        { "{}", false, 1 },
        { "{'matchLabels':{'a':'1'}}", false, 1 },
        { "{'matchLabels':{'a':'2'}}", false, 0 },
        { "{'matchExpressions':[{'key':'a','operator':'In','values':['1','3']}]}", false, 1 },
        { "{'matchExpressions':[{'key':'a','operator':'NotIn','values':['1']}]}", false, 0 },
        { "{'matchExpressions':[{'key':'a','operator':'Exists'},{'key':'b','operator':'DoesNotExist'}]}",
          false, 1 },
        { "{'a':'1'}", true, 1 },
        { "{'b':'1'}", true, 0 },
        { "{'matchExpressions':[{'key':'a','operator':'In'}]}", false, -1 },
        { "{'matchExpressions':[{'key':'a','operator':'Gt','values':['1']}]}", false, -1 },
        { "{'matchExpressions':[{'operator':'Exists'}]}", false, -1 },
        { "{'matchExpressions':[{'key':'a','operator':'Exists','values':['x']}]}", false, -1 },
        { "{'matchLabels':{'a':1}}", false, -1 },
    };
    cu_autoval struct val *set = json("{'a':'1'}");
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoval struct val *v = json(rows[i].selector);
        struct codec_labels *s = NULL;
        int rc = codec_labels_from_val(v, rows[i].plain, &s, NULL);
        int got = rc < 0 ? -1 : codec_labels_match(s, set);
        if (got != rows[i].match)
            fail_msg("%s: %d", rows[i].selector, got);
        codec_labels_free(s);
    }
}

static void fields(void **state)
{
    static const struct {
        const char *selector;
        bool match;
    } rows[] = {
        { "", true },
        { "metadata.name=n", true },
        { "metadata.name==n,spec.nodeName=", true },
        { "metadata.name!=n", false },
        { "status.phase!=Failed", true },
        { "spec.unschedulable=true", true },
        { "spec.other=false", true },
        { "spec.n=5", true },
        { "spec.odd=a\\,b\\=c\\\\", true },
        { "metadata=n", false },
    };
    static const char *const bad[] = { "metadata.name", "=x", "a=b=c", "a=b\\", "a=\\x", "a!b", "a=b,c" };
    cu_autoval struct val *o = json("{'metadata':{'name':'n'},'spec':{'unschedulable':true,'n':5,'odd':'a,b="
                                    "c\\\\'},'status':{'phase':'Running'}}");
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct codec_fields *s = NULL;
        assert_int_equal(codec_fields_parse(rows[i].selector, &s, NULL), 0);
        if (codec_fields_match(s, o) != rows[i].match)
            fail_msg("%s", rows[i].selector);
        codec_fields_free(s);
    }
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        struct codec_fields *s = NULL;
        if (codec_fields_parse(bad[i], &s, NULL) != -CU_E_INVALID)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void fields_are_told(void **state)
{
    struct codec_fields *s = NULL;
    const char *path, *wanted;
    bool negated;
    (void)state;
    assert_int_equal(codec_fields_parse("a.b!=x,metadata.name=y", &s, NULL), 0);
    assert_true(codec_fields_at(s, 0, &path, &wanted, &negated));
    assert_string_equal(path, "a.b");
    assert_string_equal(wanted, "x");
    assert_true(negated);
    assert_false(codec_fields_at(s, 2, &path, &wanted, &negated));
    assert_string_equal(codec_fields_exact(s, "metadata.name"), "y");
    assert_null(codec_fields_exact(s, "a.b"));
    codec_fields_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels),
        cmocka_unit_test(labels_of_objects),
        cmocka_unit_test(fields),
        cmocka_unit_test(fields_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
