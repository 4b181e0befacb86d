/* tests/unit/node/test_runtime.c - configuration files of containerd and CRI-O, whole, odd and broken. */
#include "fake.h"

#include "node/runtime.h"
#include "node/toml.h"

#define CONTAINERD "/etc/containerd/config.toml"
#define SOCKET "unix:///run/containerd/containerd.sock"

static const struct row {
    const char *socket, *files[2][2];
    const char *driver, *image;
    bool has_file, off;
} rows[] = {
    { SOCKET, { { NULL } }, "cgroupfs", NULL, false, false },
    { SOCKET, { { CONTAINERD, "" } }, "cgroupfs", NULL, true, false },
    { SOCKET,
      { { CONTAINERD,
          "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n\tsandbox_image=\"a/pause:1\"#x\n"
          "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\nSystemdCgroup=true" } },
      "systemd",
      "a/pause:1",
      true,
      false },
    { SOCKET,
      { { CONTAINERD,
          "version = 3\n[plugins.'io.containerd.cri.v1.images'.pinned_images]\n  sandbox = 'b/pause:2'\n"
          "[plugins.'io.containerd.cri.v1.runtime'.containerd]\n  default_runtime_name = 'fast'\n"
          "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\n  SystemdCgroup = "
          "true\n"
          "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.fast.options]\n  SystemdCgroup = "
          "false\n" } },
      "cgroupfs",
      "b/pause:2",
      true,
      false },
    { SOCKET,
      { { CONTAINERD, "disabled_plugins = [ # all of these\n  \"aufs\",\n  \"cri\",\n]\nimports = "
                      "[\"/etc/containerd/conf.d/*.toml\"]\n"
                      "plugins.\"io.containerd.grpc.v1.cri\".sandbox_image = \"\"\n" },
        { "/etc/containerd/conf.d/10.toml", "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc."
                                            "options]\nSystemdCgroup = true\n" } },
      "systemd",
      NULL,
      true,
      true },
    { "/var/run/crio/crio.sock", { { NULL } }, "systemd", NULL, false, false },
    { "unix:///var/run/crio/crio.sock",
      { { "/etc/crio/crio.conf", "[crio.runtime]\n# cgroup_manager = \"x\"\ncgroup_manager = \"systemd\"\n" },
        { "/etc/crio/crio.conf.d/10-own.conf",
          "[crio.runtime]\ncgroup_manager = \"cgroupfs\"\n[crio.image]\npause_image = \"c/pause:3\"\n" } },
      "cgroupfs",
      "c/pause:3",
      true,
      false },
};

static void test_runtimes(void **state)
{
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct fake f;
        struct node_runtime got;
        cu_autofree char *dir = cu_asprintf("%s/%zu", (char *)*state, i);
        fake_init(&f, dir);
        for (size_t k = 0; k < CU_LEN(rows[i].files) && rows[i].files[k][0]; k++)
            fake_file(&f, rows[i].files[k][0], rows[i].files[k][1]);
        assert_int_equal(node_runtime_read(&f.sys, rows[i].socket, &got, NULL), 0);
        assert_string_equal(got.cgroup_driver, rows[i].driver);
        assert_true(cu_streq(got.sandbox_image, rows[i].image));
        assert_int_equal(got.has_file, rows[i].has_file);
        assert_int_equal(got.cri_off, rows[i].off);
        node_runtime_clear(&got);
        fake_clear(&f);
    }
}

static void test_unknown_runtime(void **state)
{
    struct fake f;
    struct node_runtime got;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    fake_init(&f, *state);
    assert_int_equal(node_runtime_read(&f.sys, "unix:///run/cri-dockerd.sock", &got, &err), -CU_E_NOTFOUND);
    assert_non_null(strstr(cu_err_text(&err), "cri-dockerd"));
    fake_clear(&f);
}

static void test_broken_toml(void **state)
{
    static const char *const texts[] = { "[",         "[[",       "[a",           "[a.]",    "[\"a]",
                                         "=",         "a",        "a =",          "a = \"x", "a = [",
                                         "a = [\"",   "a = [ # ", ".a = 1",       "'' = 1",  "\"",
                                         "a.\"b = 1", "[a]]\n]",  "\r\n\r\n= = =" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(texts); i++) {
        cu_automap struct cu_map *m = cu_map_new(free);
        node_toml_read(texts[i], m); /* nothing but no harm is asked for */
        node_toml_read("\nlast = 1\n", m);
        assert_string_equal(cu_map_get(m, "last"), "1");
    }
}

static void test_toml(void **state)
{
    (void)state;
    cu_automap struct cu_map *m = cu_map_new(free);
    node_toml_read("a = 1 # one\n  b . \"c.d\" = 'x#y'\n[[t]]\nk = [\n 'a', # ]\n \"]\"\n]\n[t . 'u v']\nk = "
                   "true\n[a.b\nbad = 1\n",
                   m);
    assert_string_equal(cu_map_get(m, "a"), "1");
    assert_string_equal(cu_map_get(m, "b\nc.d"), "x#y");
    assert_string_equal(cu_map_get(m, "t\nu v\nk"), "true");
    assert_non_null(strstr(cu_map_get(m, "t\nk"), "\"]\"\n]"));
    assert_non_null(cu_map_get(m, "bad")); /* a table without its bracket is none */
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_runtimes), SCRATCH_TEST(test_unknown_runtime),
                                        cmocka_unit_test(test_broken_toml), cmocka_unit_test(test_toml) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
