#include "host.h"
#include "config/patches.h"

static void put(const char *dir, const char *name, const char *text)
{
    cu_autofree char *path = cu_path_join(dir, name);
    cu_autofree char *parent = cu_path_dir(path);
    assert_int_equal(cu_mkdir_p(parent, 0755, NULL), 0);
    assert_int_equal(cu_file_write_str(path, text, 0644, NULL), 0);
}

static void names_order_and_types(void **state)
{
    cfg_autopatches struct cfg_patch_set set = CFG_PATCH_SET_INIT;
    static const struct {
        const char *target;
        enum cfg_patch_type type;
    } want[] = {
        { "etcd", CFG_PATCH_STRATEGIC },
        { "etcd", CFG_PATCH_MERGE },
        { "etcd", CFG_PATCH_STRATEGIC },
        { "kube-apiserver", CFG_PATCH_JSON },
        { "kube-apiserver", CFG_PATCH_MERGE },
        { "kube-apiserver", CFG_PATCH_MERGE },
        { "kubeletconfiguration", CFG_PATCH_STRATEGIC },
    };
    put(*state, "etcd+mergefoo.yaml", "a: 0\na: 1\n"); /* of two the last counts */
    put(*state, "etcd.json", "{\"a\": 1}");
    put(*state, "etcdjson.yaml", "a: 1\n");
    put(*state, "etcd.yml", "a: 1\n");
    put(*state, "README.yaml", "a: 1\n");
    put(*state, "kube-apiserver+json.json", "[]");
    put(*state, "kube-apiserver0+merge.yaml", "a: 1\n---\nb: 2\n");
    put(*state, "kube-scheduler.yaml", "");
    put(*state, "sub/kubeletconfiguration.yaml", "maxPods: 1\n");
    assert_int_equal(cfg_patches_read(*state, &set, NULL), 0);
    assert_int_equal(set.ignored.n, 3);
    assert_int_equal(set.n, CU_LEN(want));
    /* byte order: '+' before '.' before letters */
    assert_string_equal(set.v[0].target, "etcd");
    assert_int_equal(set.v[0].type, CFG_PATCH_MERGE);
    assert_int_equal(val_get_int(set.v[0].doc, "a", -1), 1);
    assert_int_equal(set.v[1].type, CFG_PATCH_STRATEGIC);
    for (size_t i = 2; i < CU_LEN(want); i++) {
        assert_string_equal(set.v[i].target, want[i].target);
        assert_int_equal(set.v[i].type, want[i].type);
    }
}

static void what_is_refused(void **state)
{
    struct cfg_patch_set set = CFG_PATCH_SET_INIT;
    cu_autofree char *absent = cu_path_join(*state, "absent");
    cu_autofree char *link = cu_path_join(*state, "link");
    cu_autoerr struct cu_err err = CU_ERR_INIT;

    assert_int_equal(cfg_patches_read(absent, &set, NULL), -CU_E_NOTFOUND);
    assert_int_equal(symlink(*state, link), 0);
    assert_int_equal(cfg_patches_read(link, &set, NULL), -CU_E_INVALID);
    put(*state, "etcd+foo.yaml", "a: 1\n");
    assert_int_equal(cfg_patches_read(*state, &set, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "etcd+foo.yaml"));
    put(*state, "etcd+foo.yaml", "");
    assert_int_equal(set.n, 0);
}

static void bad_yaml_names_the_file(void **state)
{
    struct cfg_patch_set set = CFG_PATCH_SET_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;

    put(*state, "etcd.yaml", "a: {\n");
    assert_int_equal(cfg_patches_read(*state, &set, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "etcd.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(names_order_and_types),
        SCRATCH_TEST(what_is_refused),
        SCRATCH_TEST(bad_yaml_names_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
