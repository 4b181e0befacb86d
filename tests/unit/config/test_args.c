#include "../cmocka_all.h"
#include "base/str.h"
#include "config/component.h"
#include "config/args.h"
#include <stdlib.h>
#include <string.h>

static void arguments_merge_as_upstream(void **state)
{
    struct cfg_args base = { 0 }, extra = { 0 };
    cu_autostrlist struct cu_strlist out = CU_STRLIST_INIT;
    (void)state;
    cfg_args_add(&base, "b", "2");
    cfg_args_add(&base, "a", "2");
    cfg_args_add(&base, "a", "1");
    cfg_args_add(&base, "c", "");
    cfg_args_add(&extra, "z", "9");
    cfg_args_add(&extra, "b", "x");
    cfg_args_add(&extra, "b", "y");
    cfg_args_merge(&base, &extra, &out);
    char *all = cu_strlist_join(&out, " ");
    assert_string_equal(all, "--a=1 --a=2 --c= --z=9 --b=x --b=y");
    free(all);
    assert_string_equal(cfg_args_last(&extra, "b"), "y");
    assert_null(cfg_args_last(&extra, "q"));
    cfg_args_set(&extra, "b", "w");
    assert_string_equal(cfg_args_last(&extra, "b"), "w");
    assert_int_equal(extra.n, 3);
    cfg_args_clear(&base);
    cfg_args_clear(&extra);
    assert_int_equal(extra.n, 0);
}

static void flag_of_pairs(void **state)
{
    struct cfg_args a = { 0 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    (void)state;
    assert_int_equal(cfg_args_parse_flag(&a, "v=3,x=", &err), 0);
    assert_int_equal(a.n, 2);
    assert_string_equal(a.v[1].value, "");
    assert_int_equal(cfg_args_parse_flag(&a, "good=1,bad", &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "bad"));
    assert_int_equal(cfg_args_parse_flag(&a, "two=1=2", NULL), -CU_E_INVALID);
    assert_int_equal(a.n, 2); /* nothing half taken */
    cfg_args_clear(&a);
}

static void taint_texts(void **state)
{
    static const struct {
        const char *key, *value, *effect, *text;
    } table[] = {
        { "k", "v", "NoSchedule", "k=v:NoSchedule" },
        { "k", NULL, "NoExecute", "k:NoExecute" },
        { "k", "v", NULL, "k=v:" },
        { "k", NULL, NULL, "k" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(table); i++) {
        char key[8] = "k", value[8] = "v";
        struct cfg_taint t = { key, table[i].value ? value : NULL, NULL, NULL };
        char *effect = cu_strdup(table[i].effect);
        t.effect = effect;
        char *text = cfg_taint_text(&t);
        assert_string_equal(text, table[i].text);
        free(text);
        free(effect);
    }
}

static void gates_stay_sorted_and_unique(void **state)
{
    struct cfg_gates g = { 0 };
    (void)state;
    cfg_gates_set(&g, "B", true);
    cfg_gates_set(&g, "A", false);
    cfg_gates_set(&g, "B", false);
    assert_int_equal(g.n, 2);
    assert_string_equal(g.v[0].name, "A");
    assert_false(g.v[1].on);
    free(g.v[0].name);
    free(g.v[1].name);
    free(g.v);
}

static void flags_file_quotes_as_go(void **state)
{
    cu_autostrlist struct cu_strlist args = CU_STRLIST_INIT;
    (void)state;
    char *text = cfg_kubelet_flags_env(&args);
    assert_string_equal(text, "KUBELET_KUBEADM_ARGS=\"\"\n");
    free(text);
    cu_strlist_add(&args, "--a=1");
    cu_strlist_add(&args, "--b=\"q\"");
    text = cfg_kubelet_flags_env(&args);
    assert_string_equal(text, "KUBELET_KUBEADM_ARGS=\"--a=1 --b=\\\"q\\\"\"\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_merge_as_upstream),
        cmocka_unit_test(flag_of_pairs),
        cmocka_unit_test(taint_texts),
        cmocka_unit_test(gates_stay_sorted_and_unique),
        cmocka_unit_test(flags_file_quotes_as_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
