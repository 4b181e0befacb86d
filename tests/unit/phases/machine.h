/* tests/unit/phases/machine.h - a made-up machine that lacks nothing, for the checks before a run. */
#ifndef TESTS_PHASES_MACHINE_H
#define TESTS_PHASES_MACHINE_H

#include "run.h"

#include "phases/preflight.h"

#define SOCKET "/var/run/containerd/containerd.sock"

static const struct fake_run machine_runs[] = {
    { "kubelet --version", 0, "Kubernetes v1.36.2\n", "" },
    { "systemctl status kubelet", 0, "Loaded: loaded\n", "" },
    { "systemctl is-enabled kubelet", 0, "enabled\n", "" },
    { "systemctl is-active firewalld", 3, "inactive\n", "" },
    { "iptables-save", 0, "*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n", "" },
    { NULL, 0, NULL, NULL },
};

/* Everything but a runtime that answers. */
static inline void machine_init(struct run *r, char *dir)
{
    static const char *const files[][2] = {
        { "/run/systemd/system/x", "" },
        { "/proc/self/status", "Cpus_allowed_list:\t0-3\n" },
        { "/proc/meminfo", "MemTotal:        4000000 kB\n" },
        { "/proc/swaps", "Filename Type Size Used Priority\n" },
        { "/proc/sys/net/ipv4/ip_forward", "1\n" },
        { "/proc/sys/net/bridge/bridge-nf-call-iptables", "1\n" },
        { "/proc/filesystems", "nodev\tproc\nnodev\toverlay\n" },
        { "/proc/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n" },
        { "/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids" },
        { "/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n" },
        { "/proc/sys/kernel/ostype", "Linux\n" },
        { "/boot/config-6.1.0-18-amd64", "CONFIG_NAMESPACES=y\n" },
        { SOCKET, "" },
        { "/etc/containerd/config.toml", "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n  "
                                         "sandbox_image = \"registry.k8s.io/pause:3.10.2\"\n"
                                         "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc."
                                         "options]\n  SystemdCgroup = true\n" },
    };
    run_init(r, dir);
    r->machine.runs = machine_runs;
    r->machine.programs = " systemctl kubelet losetup mount cp iptables-save ";
    r->machine.synced = 1;
    run_set(&r->opts.cri_socket, "unix://" SOCKET);
    for (size_t i = 0; i < CU_LEN(files); i++)
        fake_file(&r->machine, files[i][0], files[i][1]);
}

static inline void machine_begin(struct run *r)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (ph_init_begin(&r->ctx, &err) < 0)
        fail_msg("%s", cu_err_text(&err));
}

/* Runs a group of checks; what they print is in run_errout. */
static inline int machine_check(struct run *r, enum ph_check_group group)
{
    const struct cu_strlist none = CU_STRLIST_INIT;
    return ph_checks_run(&r->ctx, group, &none, NULL);
}

static inline void assert_has(const char *text, const char *part)
{
    if (!strstr(cu_or(text, ""), part))
        fail_msg("\"%s\" is not in:\n%s", part, cu_or(text, ""));
}

static inline void assert_lacks(const char *text, const char *part)
{
    if (strstr(cu_or(text, ""), part))
        fail_msg("\"%s\" is in:\n%s", part, cu_or(text, ""));
}

#endif
