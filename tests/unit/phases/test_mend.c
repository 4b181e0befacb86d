/* What --fix-preflight changes, that it says so first, and that it changes nothing unasked or in a dry run. */
#include "machine.h"

#include "codec/value.h"

#define FSTAB_TEXT                                                                                           \
    "# a comment\nUUID=1 / ext4 defaults 0 1\n/dev/sda2\tnone swap\tsw 0 0\n#/dev/sda3 none swap sw 0 0\n"

static const struct fake_run runs[] = {
    { "kubelet --version", 0, "Kubernetes v1.36.2\n", "" },
    { "swapoff -a", 0, "", "" },
    { "modprobe overlay", 0, "", "" },
    { "modprobe br_netfilter", 1, "", "modprobe: FATAL: Module br_netfilter not found\n" },
    { "systemctl status kubelet", 0, "Loaded: loaded\n", "" },
    { "systemctl is-enabled kubelet", 1, "disabled\n", "" },
    { "systemctl enable kubelet.service", 0, "", "" },
    { "systemctl status containerd", 0, "Loaded: loaded\n", "" },
    { "systemctl is-enabled containerd", 1, "disabled\n", "" },
    { "systemctl enable containerd.service", 0, "", "" },
    { "systemctl daemon-reload", 0, "", "" },
    { "systemctl start containerd", 0, "", "" },
    { "systemctl status chronyd", 4, "Unit chronyd.service could not be found.\n", "" },
    { "systemctl status chrony", 0, "Loaded: loaded\n", "" },
    { "systemctl is-enabled chrony", 0, "enabled\n", "" },
    { "systemctl start chrony", 0, "", "" },
    { NULL, 0, NULL, NULL },
};

static void bad_machine(struct run *r, char *dir)
{
    machine_init(r, dir);
    r->machine.runs = runs;
    r->machine.synced = 0;
    r->opts.fix_preflight = true;
    fake_file(&r->machine, "/proc/swaps", "Filename Type\n/dev/sda2 partition\n");
    fake_file(&r->machine, "/proc/filesystems", "nodev\tproc\n");
    fake_file(&r->machine, "/proc/sys/net/ipv4/ip_forward", "0\n");
    fake_file(&r->machine, "/etc/fstab", FSTAB_TEXT);
    cu_autofree char *bridge = node_path(&r->machine.sys, "/proc/sys/net/bridge/bridge-nf-call-iptables");
    assert_int_equal(unlink(bridge), 0);
}

static void assert_file(const struct run *r, const char *path, const char *want)
{
    cu_autofree char *text = NULL;
    if (node_read(&r->machine.sys, path, &text, NULL) < 0)
        fail_msg("%s is not there", path);
    assert_string_equal(text, want);
}

static bool ran(const struct run *r, const char *command)
{
    return cu_strlist_has(&r->machine.log, command);
}

static void test_mends(void **state)
{
    struct run r;
    bad_machine(&r, *state);
    fake_file(&r.machine, "/etc/sysctl.d/99-cubeadm.conf",
              "vm.overcommit_memory = 1"); /* no newline at its end */
    machine_begin(&r);
    machine_check(&r, PH_CHECK_INIT);
    const char *out = run_out(&r), *errout = run_errout(&r);
    assert_has(out, "[preflight] Fixing Swap: turning swap off: swapoff -a\n");
    assert_has(out, "[preflight] Fixing Swap: commenting out swap in /etc/fstab; /etc/fstab.cubeadm-backup "
                    "keeps what it was\n");
    assert_true(ran(&r, "swapoff -a"));
    assert_file(&r, "/etc/fstab.cubeadm-backup", FSTAB_TEXT);
    assert_file(&r, "/etc/fstab",
                "# a comment\nUUID=1 / ext4 defaults 0 1\n#/dev/sda2\tnone swap\tsw 0 0\n#/dev/sda3 none "
                "swap sw 0 0\n");
    assert_has(out, "[preflight] Fixing FileContent: writing 1 to /proc/sys/net/ipv4/ip_forward\n");
    assert_file(&r, "/proc/sys/net/ipv4/ip_forward", "1\n");
    assert_lacks(errout, "ip_forward"); /* looked at again, and found good */
    assert_file(&r, "/etc/sysctl.d/99-cubeadm.conf", "vm.overcommit_memory = 1\nnet.ipv4.ip_forward = 1\n");
    assert_has(out, "[preflight] Fixing KernelModule: loading the module: modprobe overlay\n");
    assert_file(&r, "/etc/modules-load.d/cubeadm.conf", "overlay\n"); /* not the one that failed */
    assert_has(errout, "[WARNING KernelModule-br_netfilter]: the module br_netfilter is not loaded");
    assert_has(
        errout,
        "[WARNING KernelModule]: this could not be fixed: modprobe ended with status 1: modprobe: FATAL: "
        "Module br_netfilter not found");
    assert_true(ran(&r, "systemctl enable kubelet.service"));
    assert_true(ran(&r, "systemctl enable containerd.service") && ran(&r, "systemctl start containerd"));
    assert_true(ran(&r, "systemctl start chrony") && !ran(&r, "systemctl start chronyd"));
    run_clear(&r);
}

static void test_dry_run(void **state)
{
    struct run r;
    bad_machine(&r, *state);
    machine_begin(&r);
    r.ctx.dry_run = true;
    machine_check(&r, PH_CHECK_INIT);
    assert_has(run_out(&r), "[preflight] Would fix Swap: turning swap off: swapoff -a\n");
    assert_has(run_out(&r),
               "[preflight] Would fix FileContent: writing 1 to /proc/sys/net/ipv4/ip_forward\n");
    assert_has(run_out(&r), "[preflight] Would fix CRI: starting the service containerd\n");
    assert_has(run_errout(&r), "[WARNING Swap]");
    assert_has(run_errout(&r), "[ERROR FileContent--proc-sys-net-ipv4-ip_forward]");
    assert_file(&r, "/etc/fstab", FSTAB_TEXT);
    assert_file(&r, "/proc/sys/net/ipv4/ip_forward", "0\n");
    assert_false(node_exists(&r.machine.sys, "/etc/sysctl.d") ||
                 node_exists(&r.machine.sys, "/etc/modules-load.d"));
    assert_false(ran(&r, "swapoff -a") || ran(&r, "modprobe overlay") ||
                 ran(&r, "systemctl start containerd"));
    run_clear(&r);
}

static void test_only_when_asked(void **state)
{
    struct run r;
    const struct cu_strlist none = CU_STRLIST_INIT;
    cu_autostrlist struct cu_strlist swap = CU_STRLIST_INIT;
    bad_machine(&r, *state);
    r.opts.fix_preflight = false;
    machine_begin(&r);
    ph_checks_run(&r.ctx, PH_CHECK_INIT, &none, NULL);
    assert_lacks(run_out(&r), "Fixing");
    assert_file(&r, "/etc/fstab", FSTAB_TEXT);
    r.opts.fix_preflight = true;
    cu_strlist_add(&swap, "swap"); /* ignored by name: swap is meant to be on */
    ph_checks_run(&r.ctx, PH_CHECK_INIT, &swap, NULL);
    assert_lacks(run_out(&r), "Fixing Swap");
    assert_has(run_out(&r), "Fixing FileContent");
    assert_false(ran(&r, "swapoff -a"));
    assert_file(&r, "/etc/fstab", FSTAB_TEXT);
    run_clear(&r);
}

/* The first backup is the machine as it was before us: it stays. */
static void test_backups(void **state)
{
    struct run r;
    bad_machine(&r, *state);
    fake_file(&r.machine, "/etc/fstab.cubeadm-backup", "older\n");
    machine_begin(&r);
    machine_check(&r, PH_CHECK_INIT);
    assert_file(&r, "/etc/fstab.cubeadm-backup", "older\n");
    assert_file(&r, "/etc/fstab.cubeadm-backup.1", FSTAB_TEXT);
    machine_check(&r, PH_CHECK_INIT); /* nothing is left to comment out: no further one */
    assert_false(node_exists(&r.machine.sys, "/etc/fstab.cubeadm-backup.2"));
    assert_file(&r, "/etc/sysctl.d/99-cubeadm.conf", "net.ipv4.ip_forward = 1\n");
    run_clear(&r);
}

static int phase_that_fails(struct ph_ctx *c, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist ignored = CU_STRLIST_INIT;
    cu_strlist_add(&ignored, "filecontent--proc-sys-net-ipv4-ip_forward");
    ph_say(c, "[preflight] a line for people");
    return ph_checks_run(c, PH_CHECK_INIT, &ignored, err);
}

static const struct val *finding(const struct val *list, const char *name)
{
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "name"), name))
            return val_at(list, i);
    fail_msg("there is no finding %s", name);
    return NULL;
}

static void test_output(void **state)
{
    struct run r;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    char *text = NULL;
    size_t n = 0;
    bad_machine(&r, *state);
    r.opts.fix_preflight = false;
    char json[] = "json", wrong[] = "xml";
    machine_begin(&r);
    r.ctx.result = open_memstream(&text, &n);
    r.opts.output = json;
    assert_true(ph_checks_told(&r.ctx, phase_that_fails, &err) < 0);
    assert_string_equal(cu_err_text(&err), "preflight checks failed");
    fflush(r.ctx.result);
    cu_autoval struct val *list = NULL;
    assert_int_equal(val_parse_json(text, n, &list, NULL), 0);
    const struct val *swap = finding(list, "Swap"), *cri = finding(list, "CRI");
    const struct val *mild = finding(list, "FileContent--proc-sys-net-ipv4-ip_forward");
    assert_string_equal(val_get_str(swap, "severity"), "warning");
    assert_string_equal(val_get_str(swap, "fix"), "swapoff -a, and comment it out in /etc/fstab");
    assert_string_equal(val_get_str(cri, "severity"), "error");
    assert_string_equal(val_get_str(mild, "severity"), "warning");
    assert_string_equal(val_get_str(mild, "fix"), "sysctl -w net.ipv4.ip_forward=1");
    assert_lacks(val_get_str(mild, "message"), "fix");
    assert_lacks(text, "a line for people");
    assert_lacks(run_errout(&r), "[WARNING");
    assert_null(r.ctx.findings);
    cu_err_clear(&err);
    r.opts.output = wrong;
    assert_true(ph_checks_told(&r.ctx, phase_that_fails, &err) < 0);
    assert_has(cu_err_text(&err), "xml");
    r.opts.output = NULL;
    fclose(r.ctx.result);
    free(text);
    run_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_mends),   SCRATCH_TEST(test_dry_run), SCRATCH_TEST(test_only_when_asked),
        SCRATCH_TEST(test_backups), SCRATCH_TEST(test_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
