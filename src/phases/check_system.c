/* Check SystemVerification: kernel version and options, operating system, cgroups (spec init 3.3). It must not change
 * anything but load the module "configs" for a moment where the kernel's options are nowhere else. */
#include "base/buf.h"
#include "base/limits.h"
#include "base/semver.h"
#include "base/str.h"
#include "node/cgroup.h"
#include "node/kernel.h"
#include "phases/preflight.h"
#include <ctype.h>
#include <string.h>

/* What is shown when something is wrong: one line per fact. */
struct report {
    struct ph_checks *k;
    struct cu_buf lines;
    bool failed;
};

enum colour { GOOD = 32, BAD = 31, SO_SO = 33 };

static void fact(struct report *r, const char *key, const char *value, enum colour colour)
{
    cu_buf_addf(&r->lines, "\033[0;37m%s\033[0m: \033[0;%dm%s\033[0m\n", key, colour, value);
}

/* 5.4, 5.10, 5.15 and everything from 6 on. */
static bool kernel_supported(const char *release)
{
    static const char digits[] = "0123456789";
    static const char *const old[] = { "5.4", "5.10", "5.15" };
    for (size_t i = 0; i < CU_LEN(old); i++)
        if (cu_has_prefix(release, old[i]))
            return true;
    /* 6 to 9, or two digits and more that do not begin with 0; then two numbers */
    size_t major = strspn(release, digits);
    const char *p = release + major;
    if (major == 0 || *release == '0' || (major == 1 && *release < '6'))
        return false;
    for (int i = 0; i < 2; i++) {
        size_t n = *p == '.' ? strspn(p + 1, digits) : 0;
        if (n == 0)
            return false;
        p += 1 + n;
    }
    return true;
}

static void check_kernel_version(struct report *r)
{
    const struct ph_ctx *c = ph_checks_ctx(r->k);
    cu_autofree char *release = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (node_kernel_release(c->sys, &release, &err) < 0) {
        ph_check_warn(r->k, NULL, "cannot tell the kernel's version: %s", cu_err_text(&err));
        return;
    }
    bool good = kernel_supported(release);
    fact(r, "KERNEL_VERSION", release, good ? GOOD : SO_SO);
    if (!good)
        ph_check_warn(r->k, NULL,
                      "kernel release %s is unsupported; supported are 5.4, 5.10, 5.15 and 6.0 and newer",
                      release);
}

enum option_class { REQUIRED, REQUIRED_V1, REQUIRED_V2, OPTIONAL };
struct option {
    enum option_class class;
    const char *name, *alias;
};
static const struct option options[] = {
    { REQUIRED, "NAMESPACES", NULL },
    { REQUIRED, "NET_NS", NULL },
    { REQUIRED, "PID_NS", NULL },
    { REQUIRED, "IPC_NS", NULL },
    { REQUIRED, "UTS_NS", NULL },
    { REQUIRED_V1, "CGROUPS", NULL },
    { REQUIRED_V1, "CGROUP_CPUACCT", NULL },
    { REQUIRED_V1, "CGROUP_DEVICE", NULL },
    { REQUIRED_V1, "CGROUP_FREEZER", NULL },
    { REQUIRED_V1, "CGROUP_PIDS", NULL },
    { REQUIRED_V1, "CGROUP_SCHED", NULL },
    { REQUIRED_V2, "CGROUPS", NULL },
    { REQUIRED_V2, "CGROUP_BPF", NULL },
    { REQUIRED_V2, "CGROUP_PIDS", NULL },
    { REQUIRED_V2, "CGROUP_SCHED", NULL },
    { REQUIRED, "CPUSETS", NULL },
    { REQUIRED, "MEMCG", NULL },
    { REQUIRED, "INET", NULL },
    { REQUIRED, "EXT4_FS", NULL },
    { REQUIRED, "PROC_FS", NULL },
    { REQUIRED, "NETFILTER_XT_TARGET_REDIRECT", "IP_NF_TARGET_REDIRECT" },
    { REQUIRED, "NETFILTER_XT_MATCH_COMMENT", NULL },
    { REQUIRED, "FAIR_GROUP_SCHED", NULL },
    { OPTIONAL, "OVERLAY_FS", "OVERLAYFS_FS" },
    { OPTIONAL, "AUFS_FS", NULL },
    { OPTIONAL, "BLK_DEV_DM", NULL },
    { OPTIONAL, "CFS_BANDWIDTH", NULL },
    { OPTIONAL, "SECCOMP", NULL },
    { OPTIONAL, "SECCOMP_FILTER", NULL },
};

static bool applies(enum option_class class, int cgroup_version)
{
    return class != (cgroup_version == 2 ? REQUIRED_V1 : REQUIRED_V2);
}

static void check_kernel_options(struct report *r, int cgroup_version)
{
    struct node_kconfig *config = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autobuf struct cu_buf missing = CU_BUF_INIT(LIM_PROC_FILE);
    if (node_kconfig_load(ph_checks_ctx(r->k)->sys, &config, &err) < 0) {
        ph_check_fail(r->k, NULL, "cannot find the options the kernel was built with: %s", cu_err_text(&err));
        r->failed = true;
        return;
    }
    for (size_t i = 0; i < CU_LEN(options); i++) {
        const struct option *o = &options[i];
        if (!applies(o->class, cgroup_version))
            continue;
        const char *name = o->name;
        char value = node_kconfig_get(config, name);
        if (!value && o->alias)
            value = node_kconfig_get(config, name = o->alias);
        bool set = value == 'y' || value == 'm';
        cu_autofree char *key = cu_asprintf("CONFIG_%s", name);
        fact(r, key,
             !value         ? "not set"
             : value == 'm' ? "enabled (as module)"
             : set          ? "enabled"
                            : "disabled",
             set                    ? GOOD
             : o->class == OPTIONAL ? SO_SO
                                    : BAD);
        if (!set && o->class != OPTIONAL)
            cu_buf_addf(&missing, " %s", key);
    }
    node_kconfig_free(config);
    if (missing.len) {
        ph_check_fail(r->k, NULL, "unexpected kernel config:%s", missing.data);
        r->failed = true;
    }
}

static void check_os(struct report *r)
{
    cu_autofree char *name = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (node_kernel_name(ph_checks_ctx(r->k)->sys, &name, &err) == 0 && cu_streq(name, "Linux")) {
        fact(r, "OS", name, GOOD);
        return;
    }
    fact(r, "OS", cu_or(name, "unknown"), BAD);
    ph_check_fail(r->k, NULL, "unsupported operating system: %s", cu_or(name, cu_err_text(&err)));
    r->failed = true;
}

/* Names of `wanted` that are not available, as " a b"; each gets its line in the report. */
static void missing_groups(struct report *r, const struct node_cgroup *g, const char *const *wanted,
                           enum colour bad, struct cu_buf *missing)
{
    for (; *wanted; wanted++) {
        bool there = cu_strlist_has(&g->available, *wanted);
        cu_autofree char *key = cu_asprintf("CGROUPS_%s", *wanted);
        for (char *p = key; *p; p++)
            *p = (char)toupper((unsigned char)*p);
        fact(r, key, there ? "enabled" : "missing", there ? GOOD : bad);
        if (!there)
            cu_buf_addf(missing, " %s", *wanted);
    }
}

/* `mild`: something worse was found, which is told instead of what kubelets refuse. */
static void check_v1(struct report *r, const char *kubelet_version, bool mild)
{
    static const char text[] = "cgroups v1 support is deprecated; boot with cgroups v2 "
                               "(systemd.unified_cgroup_hierarchy=1)";
    struct cu_semver v;
    bool refused = cu_semver_parse(kubelet_version, &v, NULL) == 0 && cu_semver_at_least(&v, "1.35.0-0");
    if (refused && !ph_checks_ctx(r->k)->embedded) {
        if (mild)
            return;
        ph_check_fail(r->k, NULL,
                      "%s: kubelet %s refuses it unless its configuration says failCgroupV1: false", text,
                      kubelet_version);
        r->failed = true;
    } else {
        ph_check_warn(r->k, NULL, "%s", text);
    }
}

static void check_cgroups(struct report *r, const struct node_cgroup *g, const char *kubelet_version)
{
    static const char *const required[][8] = {
        { "cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids", NULL },
        { "cpu", "cpuset", "devices", "freezer", "memory", "pids", NULL },
    };
    static const char *const optional[][3] = { { "hugetlb", "blkio", NULL }, { "hugetlb", "io", NULL } };
    cu_autobuf struct cu_buf missing = CU_BUF_INIT(LIM_PROC_FILE), wished = CU_BUF_INIT(LIM_PROC_FILE);
    if (g->warning)
        ph_check_warn(r->k, NULL, "%s", g->warning);
    missing_groups(r, g, required[g->version == 2], BAD, &missing);
    missing_groups(r, g, optional[g->version == 2], SO_SO, &wished);
    if (g->version == 1)
        check_v1(r, kubelet_version, missing.len > 0);
    if (missing.len) {
        ph_check_fail(r->k, NULL, "missing required cgroups:%s", missing.data);
        r->failed = true;
    }
    if (wished.len)
        ph_check_warn(r->k, NULL, "missing optional cgroups:%s", wished.data);
}

/* The kubelet that will be installed after this upgrade is judged, not today's. Caller frees; NULL: unparsable. */
static char *next_minor(const char *version)
{
    struct cu_semver v;
    if (cu_semver_parse(version, &v, NULL) < 0)
        return NULL;
    return cu_asprintf("%d.%d.%d", v.major, v.minor + 1, v.patch);
}

void ph_check_system(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    struct ph_ctx *c = ph_checks_ctx(k);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    const char *version = NULL;
    if (!c->embedded && ph_checks_kubelet_version(k, &version, &err) < 0) {
        ph_check_fail(k, NULL, "cannot tell the kubelet's version: %s", cu_err_text(&err));
        return;
    }
    cu_autofree char *next = c->flow == PH_UPGRADE && version ? next_minor(version) : NULL;
    version = cu_or(next, version);
    struct report r = { .k = k, .lines = CU_BUF_INIT(LIM_PROC_FILE) };
    struct node_cgroup groups = { 0 };
    int found = node_cgroup_read(c->sys, &groups, &err);
    check_kernel_version(&r);
    if (!c->embedded) /* plain processes need none of the options */
        check_kernel_options(&r, groups.version);
    check_os(&r);
    if (found == 0) {
        check_cgroups(&r, &groups, cu_or(version, ""));
    } else {
        ph_check_fail(k, NULL, "%s", cu_err_text(&err));
        r.failed = true;
    }
    if (r.failed && !c->embedded) {
        ph_say(c, "[preflight] The system verification failed. Printing the output from the verification:");
        fputs(cu_buf_str(&r.lines), c->out);
    }
    node_cgroup_clear(&groups);
    cu_buf_clear(&r.lines);
}
