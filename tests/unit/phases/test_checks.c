/* Each check that upstream does not have: what it finds, how it says so, and that it is silent on a good machine. */
#include "machine.h"

#include "codec/value.h"

#define CONTAINERD "/etc/containerd/config.toml"

static const struct node_room full = { 7, 100ULL << 30, 5ULL << 30, 1000, 900 };
static const struct node_room no_inodes = { 7, 100ULL << 30, 50ULL << 30, 1000, 20 };

static const struct fake_run kube_rules[] = {
    { "kubelet --version", 0, "Kubernetes v1.36.2\n", "" },
    { "iptables-save", 0,
      "*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-NODEPORTS - [0:0]\nCOMMIT\n", "" },
    { NULL, 0, NULL, NULL },
};
static const struct fake_run firewalld[] = {
    { "kubelet --version", 0, "Kubernetes v1.36.2\n", "" },
    { "systemctl is-active firewalld", 0, "active\n", "" },
    { NULL, 0, NULL, NULL },
};

/* A host with cgroups v1, and a kubelet that takes it or not. */
#define V1_MOUNTS                                                                                            \
    {                                                                                                        \
        "/proc/mounts", "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"                                                \
    }
#define V1_GROUPS                                                                                            \
    "cpu 1 1 1\ncpuacct 1 1 1\ncpuset 1 1 1\ndevices 1 1 1\nfreezer 1 1 1\nhugetlb 1 1 1\nblkio 1 1 1\n"
static const struct fake_run kubelet_1_34[] = {
    { "kubelet --version", 0, "Kubernetes v1.34.1\n", "" },
    { NULL, 0, NULL, NULL },
};
static const struct fake_run kubelet_1_35[] = {
    { "kubelet --version", 0, "Kubernetes v1.35.0\n", "" },
    { NULL, 0, NULL, NULL },
};

static const struct row {
    const char *files[3][2];
    const char *without; /* file that is not there */
    const struct fake_run *runs;
    const char *programs;
    const struct node_room *room;
    const char *unknown, *endpoint, *version;
    bool unsynced;
    const char *says[3], *silent;
} rows[] = {
    { .files = { { "/sys/fs/selinux/enforce", "1" } },
      .says = { "\t[WARNING SELinux]: SELinux is enforcing", "; fix: setenforce 0" } },
    { .files = { { "/sys/fs/selinux/enforce", "0" } }, .silent = "SELinux" },
    { .unsynced = true,
      .says = { "\t[WARNING Clock]: the clock is not synchronised", "; fix: timedatectl set-ntp" } },
    { .runs = firewalld,
      .says = { "\t[WARNING Firewalld]: firewalld is active; the ports [6443 10250] must be open; fix: "
                "firewall-cmd "
                "--permanent --add-port=6443/tcp --add-port=10250/tcp && firewall-cmd --reload\n" } },
    { .runs = firewalld, /* whether systemd runs is its own to say */
      .without = "/run/systemd/system/x",
      .says = { "\t[WARNING Firewalld]: " } },
    { .runs = kubelet_1_34,
      .files = { V1_MOUNTS,
                 { "/sys/fs/cgroup/memory/x", "" },
                 { "/proc/cgroups",
                   "#subsys_name hierarchy num_cgroups enabled\nmemory 1 1 1\npids 1 1 1\n" V1_GROUPS } },
      .says = { "\t[WARNING SystemVerification]: cgroups v1 support is deprecated" },
      .silent = "missing required cgroups" },
    { .runs = kubelet_1_35,
      .files = { V1_MOUNTS,
                 { "/sys/fs/cgroup/memory/x", "" },
                 { "/proc/cgroups", "memory 1 1 1\npids 1 1 1\n" V1_GROUPS } },
      .says = { "\t[ERROR SystemVerification]: cgroups v1 support is deprecated" } },
    { .runs = kubelet_1_34, /* warnings stay beside what is missing, errors do not */
      .files = { V1_MOUNTS,
                 { "/sys/fs/cgroup/memory/x", "" },
                 { "/proc/cgroups", "memory 1 1 0\n" V1_GROUPS } },
      .says = { "\t[WARNING SystemVerification]: cgroups v1 support is deprecated",
                "\t[ERROR SystemVerification]: missing required cgroups: memory pids" } },
    { .runs = kubelet_1_35,
      .files = { V1_MOUNTS,
                 { "/sys/fs/cgroup/memory/x", "" },
                 { "/proc/cgroups", "memory 1 1 0\n" V1_GROUPS } },
      .says = { "\t[ERROR SystemVerification]: missing required cgroups: memory pids" },
      .silent = "deprecated" },
    { .version = "v1.31.0",
      .says = { "\t[ERROR FileExisting-conntrack]: conntrack not found in system path; fix: install the "
                "package" } },
    { .version = "v1.32.0", .silent = "conntrack" },
    { .version = "v1.31.0", .programs = " conntrack kubelet ", .silent = "conntrack" },
    { .files = { { "/etc/ufw/ufw.conf", "ENABLED=yes\n" },
                 { "/etc/ufw/user.rules", "### tuple ### allow tcp 10250 0.0.0.0/0 any 0.0.0.0/0 in\n" } },
      .programs = " ufw kubelet ",
      .says = { "\t[WARNING Ufw]: the firewall ufw is active and blocks the ports [6443]; fix: ufw allow "
                "6443/tcp\n" } },
    { .files = { { "/etc/ufw/ufw.conf", "ENABLED=yes\n" },
                 { "/etc/ufw/user.rules",
                   "### tuple ### allow any 6000:11000 0.0.0.0/0 any 0.0.0.0/0 in\n" } },
      .programs = " ufw kubelet ",
      .silent = "Ufw" },
    { .files = { { CONTAINERD, "disabled_plugins = [\"cri\"]\n" } },
      .says = { "\t[ERROR CRIPlugin]: " CONTAINERD " has the plugin \"cri\" in disabled_plugins",
                "\t[WARNING CgroupDriver]: the cgroup driver of containerd is cgroupfs, that of the kubelet "
                "systemd",
                "; fix: sed -i 's/SystemdCgroup = false/SystemdCgroup = true/' " CONTAINERD } },
    { .without = CONTAINERD,
      .says = { "\t[WARNING CgroupDriver]: the cgroup driver of containerd is cgroupfs (its default)",
                "containerd config default >" } },
    { .files = { { CONTAINERD, "version = 3\n[plugins.'io.containerd.cri.v1.images'.pinned_images]\n"
                               "sandbox = 'registry.k8s.io/pause:3.8' # old\n"
                               "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\n"
                               "SystemdCgroup = true\n" } },
      .says = { "\t[WARNING SandboxImage]: the sandbox image of containerd is registry.k8s.io/pause:3.8, "
                "that of this "
                "cluster registry.k8s.io/pause:3.10.2; fix: sed -i "
                "'s|registry.k8s.io/pause:3.8|registry.k8s.io/pause:3.10.2|' " CONTAINERD },
      .silent = "CgroupDriver" },
    { .files = { { "/proc/filesystems", "nodev\tproc\n" } },
      .says = { "\t[WARNING KernelModule-overlay]: the module overlay is not loaded; fix: modprobe "
                "overlay\n" },
      .silent = "br_netfilter" },
    { .without = "/proc/sys/net/bridge/bridge-nf-call-iptables",
      .says = { "\t[WARNING KernelModule-br_netfilter]: the module br_netfilter is not loaded; fix: modprobe "
                "br_netfilter\n" },
      .silent = "bridge-nf-call" },
    { .files = { { "/proc/sys/net/bridge/bridge-nf-call-iptables", "0\n" } },
      .says = { "\t[WARNING FileContent--proc-sys-net-bridge-bridge-nf-call-iptables]: ",
                "; fix: sysctl -w net.bridge.bridge-nf-call-iptables=1\n" } },
    { .unknown = "api.example",
      .endpoint = "api.example:6443",
      .says = { "\t[WARNING ControlPlaneEndpoint]: the control plane's endpoint cannot be found by its name: "
                "look up "
                "api.example: no such name; fix: echo '<address> api.example' >>/etc/hosts" } },
    { .endpoint = "api.example", .silent = "ControlPlaneEndpoint" },
    { .unknown = "192.0.2.9", .endpoint = "192.0.2.9:6443", .silent = "ControlPlaneEndpoint" },
    { .unknown = "localhost",
      .says = { "\t[WARNING Hostname]: hostname \"localhost\" could not be reached",
                "\t[WARNING Hostname]: hostname \"localhost\": look up localhost: no such name" } },
    { .room = &full,
      .says = { "\t[WARNING DiskSpace--var-lib-kubelet]: the file system of /var/lib/kubelet is nearly full: "
                "5120 of "
                "102400 MB are free, less than 10 %; fix: du -xh /var/lib/kubelet | sort -h | tail\n" },
      .silent = "DiskSpace--var-log" },
    { .room = &no_inodes,
      .says = { "\t[WARNING DiskSpace--var-lib-kubelet]: ", "less than 5 % of its inodes free" } },
    { .files = { { "/etc/cni/net.d/10-flannel.conflist", "{}" } },
      .says = { "\t[WARNING Leftover--etc-cni-net.d]: /etc/cni/net.d/10-flannel.conflist may be left over "
                "from an earlier "
                "cluster; fix: rm -r /etc/cni/net.d\n" } },
    { .files = { { "/etc/cni/net.d/README", "" } }, .silent = "Leftover" },
    { .runs = kube_rules,
      .says = { "\t[WARNING Leftover-iptables]: 2 iptables chains KUBE-* are left over from an earlier "
                "cluster; fix: "
                "iptables-save | grep -v KUBE- | iptables-restore\n" } },
    { .runs = kube_rules, .programs = " kubelet ", .silent = "Leftover" },
    { .files = { { "/sys/class/net/cni0/mtu", "1450" }, { "/sys/class/net/eth0/mtu", "1500" } },
      .says = { "\t[WARNING Leftover-cni0]: ", "; fix: ip link delete cni0\n" },
      .silent = "eth0" },
    { .files = { { "/var/lib/cubeadm/state.db", "x" },
                 { "/var/lib/kubelet/pki/kubelet-client-current.pem", "x" },
                 { "/var/lib/etcd/member/wal", "x" } },
      .says = { "\t[WARNING Leftover--var-lib-cubeadm-state.db]: /var/lib/cubeadm/state.db may be left over",
                "\t[WARNING Leftover--var-lib-kubelet-pki-kubelet-client-current.pem]: ",
                "\t[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty; fix: kubeadm reset\n" },
      .silent = "Leftover--var-lib-etcd" },
};

static void run_one(struct run *r, const struct row *row)
{
    r->machine.runs = row->runs ? row->runs : machine_runs;
    if (row->programs)
        r->machine.programs = row->programs;
    r->machine.synced = !row->unsynced;
    r->machine.room = row->room;
    r->machine.unknown = row->unknown;
    if (row->endpoint)
        run_set(&r->opts.control_plane_endpoint, row->endpoint);
    if (row->version) {
        run_set(&r->opts.kubernetes_version, row->version);
        cu_strlist_add(&r->opts.given, "kubernetes-version");
    }
    for (size_t i = 0; i < CU_LEN(row->files) && row->files[i][0]; i++)
        fake_file(&r->machine, row->files[i][0], row->files[i][1]);
    cu_autofree char *without = row->without ? node_path(&r->machine.sys, row->without) : NULL;
    if (without)
        assert_int_equal(unlink(without), 0);
    machine_begin(r);
    machine_check(r, PH_CHECK_INIT);
    for (size_t i = 0; i < CU_LEN(row->says) && row->says[i]; i++)
        assert_has(run_errout(r), row->says[i]);
    if (row->silent)
        assert_lacks(run_errout(r), row->silent);
}

static void test_findings(void **state)
{
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct run r;
        cu_autofree char *dir = cu_asprintf("%s/%zu", (char *)*state, i);
        machine_init(&r, dir);
        run_one(&r, &rows[i]);
        run_clear(&r);
    }
}

/* A good machine has nothing to tell but what is of this real one: ports, the runtime, the kernel's made-up options. */
static void test_silent(void **state)
{
    struct run r;
    machine_init(&r, *state);
    machine_begin(&r);
    machine_check(&r, PH_CHECK_INIT);
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    cu_strlist_split(&lines, run_errout(&r), '\n');
    for (size_t i = 0; i < lines.n; i++)
        if (strstr(lines.v[i], "[WARNING ") ||
            (strstr(lines.v[i], "[ERROR ") && !strstr(lines.v[i], "[ERROR Port-") &&
             !strstr(lines.v[i], "[ERROR CRI]") && !strstr(lines.v[i], "[ERROR ContainerRuntimeVersion]") &&
             !strstr(lines.v[i], "[ERROR SystemVerification]")))
            fail_msg("a good machine says: %s", lines.v[i]);
    assert_int_equal(r.machine.log.n,
                     5); /* kubelet once, firewalld, iptables-save, two of the kubelet's service */
    run_clear(&r);
}

static void join_as_worker(struct run *r, const char *endpoint)
{
    struct cfg_join *j = r->ctx.join = cfg_join_new();
    r->ctx.flow = PH_JOIN;
    cfg_set_str(&j->node.name, "localhost");
    cfg_set_str(&j->node.cri_socket, "unix://" SOCKET);
    cfg_set_str(&j->ca_cert_path, "/etc/kubernetes/pki/ca.crt");
    j->discovery.bootstrap_token = cu_calloc(1, sizeof(*j->discovery.bootstrap_token));
    cfg_set_str(&j->discovery.bootstrap_token->api_server_endpoint, endpoint);
}

/* Where the names of the findings stand in the order upstream's checks of join have (spec join 4.2). */
static void test_join_order(void **state)
{
    static const char *const order[] = {
        "FileAvailable--etc-kubernetes-kubelet.conf",
        "Swap",
        "FileExisting-losetup",
        "Hostname",
        "KubeletVersion",
        "FileAvailable--etc-kubernetes-pki-ca.crt",
        "HTTPProxy",
        "FileContent--proc-sys-net-ipv4-ip_forward",
    };
    struct run r;
    machine_init(&r, *state);
    static const struct fake_run none[] = { { NULL, 0, NULL, NULL } };
    r.machine.runs = none;
    r.machine.programs = " ";
    r.machine.unknown = "localhost";
    fake_file(&r.machine, "/etc/kubernetes/kubelet.conf", "x");
    fake_file(&r.machine, "/etc/kubernetes/pki/ca.crt", "x");
    fake_file(&r.machine, "/proc/swaps", "Filename\n/dev/sda2 partition 1 0 -2\n");
    fake_file(&r.machine, "/proc/sys/net/ipv4/ip_forward", "0\n");
    join_as_worker(&r, "192.0.2.1:6443");
    r.ctx.findings = val_new_list();
    setenv("HTTPS_PROXY", "http://proxy.example:3128", 1);
    assert_true(machine_check(&r, PH_CHECK_JOIN_NODE) < 0);
    unsetenv("HTTPS_PROXY");
    size_t at = 0;
    for (size_t i = 0; i < val_len(r.ctx.findings) && at < CU_LEN(order); i++)
        at += cu_streq(val_get_str(val_at(r.ctx.findings, i), "name"), order[at]);
    if (at < CU_LEN(order))
        fail_msg("%s is missing, or not in its place", order[at]);
    val_unref(r.ctx.findings);
    r.ctx.findings = NULL;
    assert_string_equal(run_errout(&r), ""); /* findings for programs are not printed */
    run_clear(&r);
}

/* Once the cluster is known a worker looks at what it wants of the runtime and of proxies. */
static void test_join_cluster(void **state)
{
    struct run r;
    machine_init(&r, *state);
    run_set(&r.opts.pod_network_cidr, "10.244.0.0/16");
    fake_file(&r.machine, CONTAINERD,
              "[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = 'other/pause:1'\n");
    machine_begin(&r);
    join_as_worker(&r, "cp.example:6443");
    setenv("HTTPS_PROXY", "http://proxy.example:3128", 1);
    setenv("NO_PROXY", "10.96.0.0/12", 1);
    assert_int_equal(machine_check(&r, PH_CHECK_JOIN_CLUSTER), 0);
    unsetenv("HTTPS_PROXY");
    unsetenv("NO_PROXY");
    assert_has(run_errout(&r), "[WARNING CgroupDriver]");
    assert_has(run_errout(&r), "[WARNING SandboxImage]: the sandbox image of containerd is other/pause:1");
    assert_has(run_errout(&r), "[WARNING HTTPProxyCIDR]: connections to https://10.244.0.1:1234/ go through");
    assert_lacks(run_errout(&r), "10.96.0.1");
    run_clear(&r);
}

static void test_kernel_releases(void **state)
{
    static const struct {
        const char *release;
        bool good;
    } releases[] = { { "5.4.0", true },    { "5.10.7-x", true }, { "5.15", true },     { "5.16.1", false },
                     { "6.1.0-18", true }, { "6.1", false },     { "6.1-rc1", false }, { "10.0.1", true },
                     { "06.1.1", false },  { "4.19.1", false },  { "1.2.3", false },   { "x", false } };
    for (size_t i = 0; i < CU_LEN(releases); i++) {
        struct run r;
        cu_autofree char *dir = cu_asprintf("%s/%zu", (char *)*state, i);
        cu_autofree char *says = cu_asprintf("kernel release %s is unsupported", releases[i].release);
        machine_init(&r, dir);
        fake_file(&r.machine, "/proc/sys/kernel/osrelease", releases[i].release);
        machine_begin(&r);
        machine_check(&r, PH_CHECK_INIT);
        if (releases[i].good)
            assert_lacks(run_errout(&r), "kernel release");
        else
            assert_has(run_errout(&r), says);
        run_clear(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_findings),     SCRATCH_TEST(test_silent),          SCRATCH_TEST(test_join_order),
        SCRATCH_TEST(test_join_cluster), SCRATCH_TEST(test_kernel_releases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
