/* phases/preflight.h - checks of this machine before anything is changed: one table, one engine (spec init 3, join 4).
 * A check looks, and says what it found with ph_check_warn and ph_check_fail; it changes nothing. */
#ifndef PHASES_PREFLIGHT_H
#define PHASES_PREFLIGHT_H

#include "phases/context.h"

/* Which runs a row takes part in. */
enum ph_check_group {
    PH_CHECK_ROOT = 1 << 0,         /* first, alone */
    PH_CHECK_INIT = 1 << 1,         /* init */
    PH_CHECK_JOIN_NODE = 1 << 2,    /* every join */
    PH_CHECK_JOIN_CONTROL = 1 << 3, /* join as control plane */
    PH_CHECK_RESET = 1 << 4,
};

/* What the embedded mode makes of a row's errors. */
enum ph_check_embedded { PH_EMBEDDED_SAME, PH_EMBEDDED_WARN, PH_EMBEDDED_SKIP };

struct ph_checks; /* one run: what was found so far */

struct ph_check {
    const char *name; /* "Swap"; path and port rows append theirs: "Port" -> "Port-6443" */
    unsigned groups;  /* enum ph_check_group */
    enum ph_check_embedded embedded;
    bool (*when)(const struct ph_ctx *c); /* NULL: always */
    void (*run)(struct ph_checks *k, const struct ph_check *row);
    const char *path; /* file, folder or program it looks at */
    int port;
};

/* Runs the rows of one group in table order, tells warnings at once, gathers errors, prints them as one block and
 * fails with "preflight checks failed". `ignored`: lower-case names, or "all". */
int ph_checks_run(struct ph_ctx *c, enum ph_check_group group, const struct cu_strlist *ignored,
                  struct cu_err *err);

/* The table (phases/preflight_table.c). */
extern const struct ph_check ph_check_table[];
extern const size_t ph_check_count;

/* For checks. `suffix` (may be NULL) is appended to the row's name behind a dash. */
struct ph_ctx *ph_checks_ctx(const struct ph_checks *k);
void ph_check_fail(struct ph_checks *k, const char *suffix, const char *fmt, ...) CU_PRINTF(3, 4);
void ph_check_warn(struct ph_checks *k, const char *suffix, const char *fmt, ...) CU_PRINTF(3, 4);

/* phases/check_machine.c */
void ph_check_root(struct ph_checks *k, const struct ph_check *row);
void ph_check_cpus(struct ph_checks *k, const struct ph_check *row);
void ph_check_memory(struct ph_checks *k, const struct ph_check *row);
void ph_check_swap(struct ph_checks *k, const struct ph_check *row);
void ph_check_firewalld(struct ph_checks *k, const struct ph_check *row);
void ph_check_ufw(struct ph_checks *k, const struct ph_check *row);
void ph_check_selinux(struct ph_checks *k, const struct ph_check *row);
void ph_check_clock(struct ph_checks *k, const struct ph_check *row);
/* phases/check_system.c */
void ph_check_system(struct ph_checks *k, const struct ph_check *row);
/* phases/check_files.c */
void ph_check_file_absent(struct ph_checks *k, const struct ph_check *row);
void ph_check_file_one(struct ph_checks *k, const struct ph_check *row); /* content begins with "1" */
void ph_check_program(struct ph_checks *k, const struct ph_check *row);
void ph_check_etcd_dir(struct ph_checks *k, const struct ph_check *row);
void ph_check_etcd_client_files(struct ph_checks *k, const struct ph_check *row);
/* phases/check_network.c */
void ph_check_port(struct ph_checks *k, const struct ph_check *row);
void ph_check_api_port(struct ph_checks *k, const struct ph_check *row);
void ph_check_proxy(struct ph_checks *k, const struct ph_check *row);
void ph_check_proxy_cidrs(struct ph_checks *k, const struct ph_check *row);
void ph_check_hostname(struct ph_checks *k, const struct ph_check *row);
void ph_check_etcd_version(struct ph_checks *k, const struct ph_check *row);
/* phases/check_runtime.c */
void ph_check_version(struct ph_checks *k, const struct ph_check *row);
void ph_check_cri(struct ph_checks *k, const struct ph_check *row);
void ph_check_kubelet_version(struct ph_checks *k, const struct ph_check *row);
void ph_check_kubelet_service(struct ph_checks *k, const struct ph_check *row);

#endif
