/* phases/preflight.h - checks of this machine before anything is changed: one table, one engine (spec init 3, join 4,
 * operations 9.6).
 * A check looks, and says what it found with ph_check_warn and ph_check_fail; it changes nothing. What a check can
 * mend safely and on this machine alone its row's `mend` does, with --fix-preflight only. */
#ifndef PHASES_PREFLIGHT_H
#define PHASES_PREFLIGHT_H

#include "base/buf.h"
#include "phases/context.h"

/* Which runs a row takes part in. */
enum ph_check_group {
    PH_CHECK_ROOT = 1 << 0,         /* first, alone */
    PH_CHECK_INIT = 1 << 1,         /* init */
    PH_CHECK_JOIN_NODE = 1 << 2,    /* every join */
    PH_CHECK_JOIN_CLUSTER = 1 << 3, /* every join, once the cluster's configuration is known */
    PH_CHECK_JOIN_CONTROL = 1 << 4, /* join as control plane, likewise */
    PH_CHECK_RESET = 1 << 5,
    PH_CHECK_PULL = 1 << 6,    /* images of a control plane; last, alone */
    PH_CHECK_UPGRADE = 1 << 7, /* upgrade apply and node: this machine */
    PH_CHECK_COREDNS = 1 << 8, /* upgrade plan and apply; the configuration may not be known yet */
    PH_CHECK_HEALTH = 1 << 9,  /* upgrade plan and apply: the cluster */
};

enum ph_check_severity { PH_CHECK_ERROR, PH_CHECK_WARNING };

/* What the embedded mode makes of a row's errors. */
enum ph_check_embedded { PH_EMBEDDED_SAME, PH_EMBEDDED_WARN, PH_EMBEDDED_SKIP };

struct ph_check_when {
    bool (*holds)(const struct ph_ctx *c);
    const char *words; /* "the cluster uses IPv4" */
};

struct ph_checks; /* one run: what was found so far */

struct ph_check {
    const char *name;                /* "Swap"; path and port rows append theirs: "Port" -> "Port-6443" */
    unsigned groups;                 /* enum ph_check_group */
    enum ph_check_severity severity; /* the worst it finds */
    enum ph_check_embedded embedded;
    const struct ph_check_when *when; /* NULL: always */
    void (*run)(struct ph_checks *k, const struct ph_check *row);
    /* Makes the change the finding asks for, saying it first with ph_mend_says; NULL: not safe, or not local. */
    int (*mend)(struct ph_checks *k, const struct ph_check *row, struct cu_err *err);
    const char *path; /* file, folder, program or module it looks at */
    int port;
    /* For people; docs/preflight.md is made of them. */
    const char *suffix;  /* of a name known at run time only: "<port>" */
    const char *reads;   /* NULL: path or port */
    const char *finding; /* one sentence */
    const char
        *fix; /* mending command, also of findings that say none of their own; "<path>" and "<port>" stand
                            for those of the row. NULL: none */
};

/* Runs the rows of one group in table order, tells warnings at once, gathers errors, prints them as one block and
 * fails with "preflight checks failed". `ignored`: lower-case names, or "all". With c->findings set nothing is
 * printed: every finding becomes a map {name, severity, message, fix} in that list. */
int ph_checks_run(struct ph_ctx *c, enum ph_check_group group, const struct cu_strlist *ignored,
                  struct cu_err *err);

/* Runs a preflight phase: with -o other than text its findings go to c->result as one list in that format, also
 * when it fails. CU_E_INVALID: unknown format. */
int ph_checks_told(struct ph_ctx *c, int (*phase)(struct ph_ctx *c, struct cu_err *err), struct cu_err *err);

/* Join: is the cluster ready for another control plane, and are the certificates that control planes share here or to be
 * downloaded? CU_E_INVALID names all that is missing. (phases/preflight_control.c) */
int ph_check_control_plane_ready(struct ph_ctx *c, struct cu_err *err);

/* The table (phases/preflight_table.c). */
extern const struct ph_check ph_check_table[];
extern const size_t ph_check_count;

/* Name of a row as findings carry it: "Port-10259", "FileContent--proc-sys-net-ipv4-ip_forward", with `suffix` for
 * what is known at run time only. Caller frees. */
char *ph_check_title(const struct ph_check *row);
/* The page docs/preflight.md, from the table. */
void ph_checks_page(struct cu_buf *out);

/* For checks. `suffix` (may be NULL) is appended to the row's name behind a dash. The message says what is wrong;
 * the mending command goes to ph_check_fix, which speaks of the finding told last ("": none). */
struct ph_ctx *ph_checks_ctx(const struct ph_checks *k);
void ph_check_fail(struct ph_checks *k, const char *suffix, const char *fmt, ...) CU_PRINTF(3, 4);
void ph_check_warn(struct ph_checks *k, const char *suffix, const char *fmt, ...) CU_PRINTF(3, 4);
void ph_check_fix(struct ph_checks *k, const char *fmt, ...) CU_PRINTF(2, 3);
/* Version of the kubelet, asked once per run; CU_E_NOTFOUND, CU_E_INVALID. Borrowed. */
int ph_checks_kubelet_version(struct ph_checks *k, const char **version, struct cu_err *err);
/* Configuration of this node: the joining one's, else init's. */
const struct cfg_node *ph_checks_node(const struct ph_checks *k);
/* The path with a dash for every slash, as names of checks have it; caller frees. */
char *ph_check_dashed(const char *path);

/* For mends: says what is about to be changed; false in a dry run, where nothing may be. */
bool ph_mend_says(struct ph_checks *k, const char *fmt, ...) CU_PRINTF(2, 3);

/* phases/preflight_mend.c */
int ph_mend_sysctl(struct ph_checks *k, const struct ph_check *row, struct cu_err *err);
int ph_mend_module(struct ph_checks *k, const struct ph_check *row, struct cu_err *err);
int ph_mend_swap(struct ph_checks *k, const struct ph_check *row, struct cu_err *err);
int ph_mend_kubelet_service(struct ph_checks *k, const struct ph_check *row, struct cu_err *err);
int ph_mend_runtime_service(struct ph_checks *k, const struct ph_check *row, struct cu_err *err);
int ph_mend_clock(struct ph_checks *k, const struct ph_check *row, struct cu_err *err);
/* phases/check_machine.c */
void ph_check_root(struct ph_checks *k, const struct ph_check *row);
void ph_check_cpus(struct ph_checks *k, const struct ph_check *row);
void ph_check_memory(struct ph_checks *k, const struct ph_check *row);
void ph_check_swap(struct ph_checks *k, const struct ph_check *row);
void ph_check_firewalld(struct ph_checks *k, const struct ph_check *row);
void ph_check_ufw(struct ph_checks *k, const struct ph_check *row);
void ph_check_selinux(struct ph_checks *k, const struct ph_check *row);
void ph_check_clock(struct ph_checks *k, const struct ph_check *row);
void ph_check_room(struct ph_checks *k, const struct ph_check *row);
/* phases/check_system.c */
void ph_check_system(struct ph_checks *k, const struct ph_check *row);
/* phases/check_files.c */
void ph_check_file_absent(struct ph_checks *k, const struct ph_check *row);
void ph_check_file_one(struct ph_checks *k,
                       const struct ph_check *row); /* content begins with "1", of a sysctl */
void ph_check_program(struct ph_checks *k, const struct ph_check *row);
void ph_check_etcd_dir(struct ph_checks *k, const struct ph_check *row);
void ph_check_etcd_client_files(struct ph_checks *k, const struct ph_check *row);
/* phases/check_network.c */
void ph_check_port(struct ph_checks *k, const struct ph_check *row);
void ph_check_api_port(struct ph_checks *k, const struct ph_check *row);
void ph_check_proxy(struct ph_checks *k, const struct ph_check *row);
void ph_check_proxy_discovery(struct ph_checks *k, const struct ph_check *row);
void ph_check_proxy_cidrs(struct ph_checks *k, const struct ph_check *row);
void ph_check_hostname(struct ph_checks *k, const struct ph_check *row);
void ph_check_endpoint_name(struct ph_checks *k, const struct ph_check *row);
void ph_check_clock_skew(struct ph_checks *k, const struct ph_check *row);
void ph_check_etcd_version(struct ph_checks *k, const struct ph_check *row);
/* phases/check_runtime.c */
void ph_check_version(struct ph_checks *k, const struct ph_check *row);
void ph_check_cri_plugin(struct ph_checks *k, const struct ph_check *row);
void ph_check_cgroup_driver(struct ph_checks *k, const struct ph_check *row);
void ph_check_sandbox_image(struct ph_checks *k, const struct ph_check *row);
void ph_check_kubelet_version(struct ph_checks *k, const struct ph_check *row);
void ph_check_kubelet_service(struct ph_checks *k, const struct ph_check *row);
/* phases/check_kernel.c */
void ph_check_module(struct ph_checks *k, const struct ph_check *row);
/* phases/check_leftovers.c */
void ph_check_leftover_path(struct ph_checks *k, const struct ph_check *row);
void ph_check_leftover_rules(struct ph_checks *k, const struct ph_check *row);
void ph_check_leftover_links(struct ph_checks *k, const struct ph_check *row);
/* phases/check_cri.c */
void ph_check_cri(struct ph_checks *k, const struct ph_check *row);
void ph_check_cri_version(struct ph_checks *k, const struct ph_check *row);
void ph_check_image_pull(struct ph_checks *k, const struct ph_check *row);
/* phases/check_upgrade.c */
void ph_check_corefile_plugins(struct ph_checks *k, const struct ph_check *row);
void ph_check_corefile_migration(struct ph_checks *k, const struct ph_check *row);
void ph_check_job(struct ph_checks *k, const struct ph_check *row);
void ph_check_control_nodes(struct ph_checks *k, const struct ph_check *row);
void ph_check_manifests(struct ph_checks *k, const struct ph_check *row);
/* Says that images are pulled, and runs PH_CHECK_PULL; in dry run only says what it would do, embedded: nothing. */
int ph_preflight_images(struct ph_ctx *c, const struct cu_strlist *ignored, struct cu_err *err);

#endif
