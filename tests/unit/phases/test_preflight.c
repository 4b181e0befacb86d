/* The checks before a run, on made-up machines (spec init 3). Ports are real, so nothing is asked about them. */
#include "run.h"

#include "phases/preflight.h"

static const struct fake_run no_programs[] = { { NULL, 0, NULL, NULL } };

static const struct fake_run good_programs[] = {
    { "kubelet --version", 0, "Kubernetes v1.36.2\n", "" },
    { "systemctl status kubelet", 0, "Loaded: loaded\n", "" },
    { "systemctl is-enabled kubelet", 0, "enabled\n", "" },
    { "systemctl status firewalld", 4, "Unit firewalld.service could not be found.\n", "" },
    { NULL, 0, NULL, NULL },
};

static const struct fake_run bad_programs[] = {
    { "kubelet --version", 0, "Kubernetes v1.20.1\n", "" },
    { "systemctl status kubelet", 0, "Loaded: loaded\n", "" },
    { "systemctl is-enabled kubelet", 1, "disabled\n", "" },
    { "systemctl status firewalld", 0, "Loaded: loaded\n", "" },
    { "systemctl is-active firewalld", 0, "active\n", "" },
    { NULL, 0, NULL, NULL },
};

static void good_machine(struct run *r)
{
    r->machine.runs = good_programs;
    r->machine.programs = " systemctl kubelet losetup mount cp ";
    r->machine.synced = 1;
    fake_file(&r->machine, "/run/systemd/system/x", "");
    fake_file(&r->machine, "/proc/self/status", "Cpus_allowed_list:\t0-3\n");
    fake_file(&r->machine, "/proc/meminfo", "MemTotal:        4000000 kB\n");
    fake_file(&r->machine, "/proc/swaps", "Filename Type Size Used Priority\n");
    fake_file(&r->machine, "/proc/sys/net/ipv4/ip_forward", "1\n");
}

/* A kernel and cgroups v2 that lack nothing. */
static void good_system(struct run *r, const char *release, const char *controllers)
{
    static const char config[] =
        "CONFIG_NAMESPACES=y\nCONFIG_NET_NS=y\nCONFIG_PID_NS=y\nCONFIG_IPC_NS=y\nCONFIG_UTS_NS=y\nCONFIG_"
        "CPUSETS=y\n"
        "CONFIG_MEMCG=y\nCONFIG_INET=y\nCONFIG_EXT4_FS=m\nCONFIG_PROC_FS=y\nCONFIG_IP_NF_TARGET_REDIRECT=m\n"
        "CONFIG_NETFILTER_XT_MATCH_COMMENT=m\nCONFIG_FAIR_GROUP_SCHED=y\nCONFIG_CGROUPS=y\nCONFIG_CGROUP_BPF="
        "y\n"
        "CONFIG_CGROUP_PIDS=y\nCONFIG_CGROUP_SCHED=y\n";
    cu_autofree char *path = cu_asprintf("/boot/config-%s", release);
    fake_file(&r->machine, path, config);
    fake_file(&r->machine, "/proc/sys/kernel/osrelease", release);
    fake_file(&r->machine, "/proc/sys/kernel/ostype", "Linux\n");
    fake_file(&r->machine, "/proc/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n");
    fake_file(&r->machine, "/sys/fs/cgroup/cgroup.controllers", controllers);
}

static void begin(struct run *r)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (ph_init_begin(&r->ctx, &err) < 0)
        fail_msg("%s", cu_err_text(&err));
}

/* Runs the checks of init; returns whether they failed. */
static bool checks_fail(struct run *r, const struct cu_strlist *ignored)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int done = ph_checks_run(&r->ctx, PH_CHECK_INIT, ignored, &err);
    if (done < 0)
        assert_string_equal(cu_err_text(&err), "preflight checks failed");
    return done < 0;
}

static void assert_says(struct run *r, const char *text)
{
    if (!strstr(run_errout(r), text))
        fail_msg("\"%s\" is not in:\n%s", text, run_errout(r));
}

static void assert_silent(struct run *r, const char *text)
{
    if (strstr(run_errout(r), text))
        fail_msg("\"%s\" is in:\n%s", text, run_errout(r));
}

static void test_good_machine(void **state)
{
    struct run r;
    const struct cu_strlist none = CU_STRLIST_INIT;
    run_init(&r, *state);
    good_machine(&r);
    begin(&r);
    checks_fail(&r, &none);
    static const char *const names[] = {
        "NumCPU",     "Mem",     "Swap",           "FileExisting",     "FileContent",
        "Hostname",   "Clock",   "KubeletVersion", "Service-kubelet",  "Firewalld",
        "HTTPProxy]", "SELinux", "FileAvailable",  "KubernetesVersion"
    };
    for (size_t i = 0; i < CU_LEN(names); i++)
        assert_silent(&r, names[i]);
    run_clear(&r);
}

static void test_bad_machine(void **state)
{
    struct run r;
    const struct cu_strlist none = CU_STRLIST_INIT;
    run_init(&r, *state);
    good_machine(&r);
    r.machine.runs = bad_programs;
    r.machine.programs = " systemctl kubelet mount ";
    r.machine.synced = 0;
    fake_file(&r.machine, "/proc/self/status", "Cpus_allowed_list:\t0\n");
    fake_file(&r.machine, "/proc/meminfo", "MemTotal: 1000000 kB\n");
    fake_file(&r.machine, "/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n");
    fake_file(&r.machine, "/proc/sys/net/ipv4/ip_forward", "0\n");
    fake_file(&r.machine, "/sys/fs/selinux/enforce", "1");
    fake_file(&r.machine, "/etc/kubernetes/manifests/kube-apiserver.yaml", "x");
    setenv("HTTPS_PROXY", "http://proxy.example:3128", 1);
    begin(&r);
    assert_true(checks_fail(&r, &none));
    unsetenv("HTTPS_PROXY");
    static const char *const said[] = {
        "\t[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2",
        "\t[ERROR Mem]: the system RAM (976 MB) is less than the minimum 1700 MB",
        "\t[WARNING Firewalld]: firewalld is active; the ports [6443 10250] must be open",
        "\t[ERROR FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml]: ",
        "\t[WARNING HTTPProxy]: ",
        "\t[WARNING HTTPProxyCIDR]: ",
        "\t[WARNING Swap]: ",
        "\t[ERROR CRI]: container runtime is not running: ",
        "\t[ERROR FileExisting-losetup]: losetup not found in system path",
        "\t[ERROR FileExisting-cp]: ",
        "\t[WARNING SELinux]: ",
        "\t[WARNING Clock]: ",
        "\t[ERROR KubeletVersion]: the kubelet version is 1.20.1, ",
        ("\t[WARNING Service-kubelet]: kubelet service is not enabled, "
         "please run 'systemctl enable kubelet.service'"),
        "\t[ERROR FileContent--proc-sys-net-ipv4-ip_forward]: ",
        "[preflight] Some fatal errors occurred:\n\t[ERROR ",
        "--ignore-preflight-errors=...",
    };
    for (size_t i = 0; i < CU_LEN(said); i++)
        assert_says(&r, said[i]);
    assert_silent(&r, "FileExisting-mount");
    run_clear(&r);
}

static void test_system(void **state)
{
    static const struct {
        const char *release, *controllers, *says, *silent;
    } rows[] = {
        { "6.1.0-18-amd64", "cpuset cpu io memory hugetlb pids", NULL, "SystemVerification]: kernel" },
        { "4.19.0", "cpuset cpu io memory hugetlb pids",
          "[WARNING SystemVerification]: kernel release 4.19.0", NULL },
        { "10.2.3", "cpuset cpu memory pids",
          "[WARNING SystemVerification]: missing optional cgroups: hugetlb io", "kernel" },
        { "5.15.1", "cpu io hugetlb", "missing required cgroups: cpuset ", "kernel" },
    };
    const struct cu_strlist none = CU_STRLIST_INIT;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct run r;
        run_init(&r, *state);
        good_machine(&r);
        good_system(&r, rows[i].release, rows[i].controllers);
        begin(&r);
        checks_fail(&r, &none);
        if (rows[i].says)
            assert_says(&r, rows[i].says);
        if (rows[i].silent)
            assert_silent(&r, rows[i].silent);
        run_clear(&r);
    }
}

static void test_ignored(void **state)
{
    struct run r;
    cu_autostrlist struct cu_strlist some = CU_STRLIST_INIT, all = CU_STRLIST_INIT;
    cu_strlist_add(&some, "mem");
    cu_strlist_add(&some, "fileexisting-cp");
    cu_strlist_add(&some, "nosuchcheck");
    cu_strlist_add(&all, "all");
    run_init(&r, *state);
    good_machine(&r);
    r.machine.programs = " systemctl ";
    fake_file(&r.machine, "/proc/meminfo", "MemTotal: 1000 kB\n");
    begin(&r);
    assert_true(checks_fail(&r, &some));
    assert_says(&r, "\t[WARNING Mem]: ");
    assert_says(&r, "\t[WARNING FileExisting-cp]: ");
    assert_says(&r, "\t[ERROR FileExisting-mount]: ");
    assert_false(checks_fail(&r, &all));
    run_clear(&r);
}

static void test_embedded_needs_less(void **state)
{
    struct run r;
    const struct cu_strlist none = CU_STRLIST_INIT;
    run_init(&r, *state);
    r.machine.runs = no_programs;
    fake_file(&r.machine, "/proc/self/status", "Cpus_allowed_list:\t0\n");
    fake_file(&r.machine, "/proc/meminfo", "MemTotal: 100000 kB\n");
    fake_file(&r.machine, "/proc/sys/net/ipv4/ip_forward", "0\n");
    fake_file(&r.machine, "/kubelet", "");
    run_set(&r.opts.component_dir, r.dir);
    cu_autofree char *kubelet = cu_asprintf("%s/kubelet", r.dir);
    assert_int_equal(chmod(kubelet, 0755), 0);
    r.opts.embedded = true;
    begin(&r);
    checks_fail(&r, &none);
    assert_says(&r, "\t[WARNING NumCPU]: ");
    assert_says(&r, "\t[WARNING FileContent--proc-sys-net-ipv4-ip_forward]: ");
    static const char *const names[] = { "CRI", "KubeletVersion", "Service-kubelet", "FileExisting",
                                         "Firewalld" };
    for (size_t i = 0; i < CU_LEN(names); i++)
        assert_silent(&r, names[i]);
    run_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_good_machine), SCRATCH_TEST(test_bad_machine),         SCRATCH_TEST(test_ignored),
        SCRATCH_TEST(test_system),       SCRATCH_TEST(test_embedded_needs_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
