/* tests/unit/node/fake.h - a machine made of a scratch tree, scripted program output and made-up addresses. */
#ifndef TESTS_NODE_FAKE_H
#define TESTS_NODE_FAKE_H

#include "../cmocka_all.h"

#include <string.h>

#include "../scratch.h"
#include "base/str.h"
#include "base/strlist.h"
#include "node/sys.h"

struct fake_run {
    const char *command; /* words joined by blanks */
    int status;
    const char *out, *errout;
};

struct fake {
    struct node_sys sys;
    const struct fake_run *runs; /* last row has a NULL command */
    const char *programs;        /* names found in $PATH, blanks around each: " a b " */
    struct cu_strlist log;       /* commands that ran, and unmounts */
    const struct node_addr *addrs;
    size_t n_addrs;
    int synced;
    const char *unknown;          /* host name that does not resolve */
    const struct node_room *room; /* of every file system; NULL: plenty */
    const char *busy;             /* mount point that cannot be unmounted */
};

static inline int fake_exec(void *arg, const char *const argv[], int64_t timeout_ms, struct cu_proc_result *r,
                            struct cu_err *err)
{
    struct fake *f = arg;
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    assert_true(timeout_ms > 0);
    for (size_t i = 0; argv[i]; i++)
        cu_strlist_add(&words, argv[i]);
    cu_autofree char *command = cu_strlist_join(&words, " ");
    cu_strlist_add(&f->log, command);
    for (const struct fake_run *run = f->runs; run && run->command; run++) {
        if (!cu_streq(run->command, command))
            continue;
        r->status = run->status;
        r->out = cu_strdup(cu_or(run->out, ""));
        r->errout = cu_strdup(cu_or(run->errout, ""));
        return 0;
    }
    return cu_fail(err, CU_E_NOTFOUND, "%s: no such program in $PATH", argv[0]);
}

static inline char *fake_which(void *arg, const char *name)
{
    const struct fake *f = arg;
    cu_autofree char *word = cu_asprintf(" %s ", name);
    return f->programs && strstr(f->programs, word) ? cu_asprintf("/bin/%s", name) : NULL;
}

static inline int fake_addresses(void *arg, struct node_addr **out, size_t *n, struct cu_err *err)
{
    const struct fake *f = arg;
    (void)err;
    *out = cu_memdup(f->addrs, f->n_addrs * sizeof **out);
    *n = f->n_addrs;
    return 0;
}

static inline int fake_synced(void *arg)
{
    const struct fake *f = arg;
    return f->synced;
}

static inline int fake_unmount(void *arg, const char *path, int flags, struct cu_err *err)
{
    struct fake *f = arg;
    cu_strlist_addf(&f->log, "umount %d %s", flags, path);
    return cu_streq(path, f->busy) ? cu_fail(err, CU_E_IO, "unmount %s: busy", path) : 0;
}

static inline int fake_resolve(void *arg, const char *host, struct cu_strlist *out, struct cu_err *err)
{
    const struct fake *f = arg;
    if (cu_streq(host, f->unknown))
        return cu_fail(err, CU_E_NOTFOUND, "look up %s: no such name", host);
    cu_strlist_add(out, "192.0.2.1");
    return 0;
}

static inline int fake_room(void *arg, const char *path, struct node_room *out, struct cu_err *err)
{
    const struct fake *f = arg;
    static const struct node_room plenty = { 1, 1ULL << 40, 1ULL << 39, 1000000, 900000 };
    (void)path;
    (void)err;
    *out = f->room ? *f->room : plenty;
    return 0;
}

static inline void fake_init(struct fake *f, const char *root)
{
    *f = (struct fake){ .sys = { .root = root,
                                 .arg = f,
                                 .exec = fake_exec,
                                 .which = fake_which,
                                 .addresses = fake_addresses,
                                 .clock_synced = fake_synced,
                                 .unmount = fake_unmount,
                                 .resolve = fake_resolve,
                                 .room = fake_room } };
}

static inline void fake_clear(struct fake *f)
{
    cu_strlist_clear(&f->log);
}

static inline void fake_file(const struct fake *f, const char *path, const char *text)
{
    cu_autofree char *full = node_path(&f->sys, path), *dir = cu_path_dir(full);
    assert_int_equal(cu_mkdir_p(dir, 0755, NULL), 0);
    assert_int_equal(cu_file_write_str(full, text, 0644, NULL), 0);
}

#endif
