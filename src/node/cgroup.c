/* node/cgroup.c - detection of the cgroup hierarchy and its controllers.
 * Must not know which controllers Kubernetes requires. */
#include "node/cgroup.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"

/* Splits at any run of blanks. */
static void fields(const char *line, struct cu_strlist *out)
{
    while (*(line += strspn(line, " \t\n"))) {
        size_t n = strcspn(line, " \t\n");
        cu_strlist_take(out, cu_strndup(line, n));
        line += n;
    }
}

struct found {
    int version;
    char *mount; /* owned */
};

static void set_found(struct found *f, int version, const char *mount)
{
    free(f->mount);
    f->mount = cu_strdup(mount);
    f->version = version;
}

/* One line of /proc/mounts; true when it decides the matter. */
static bool judge(const struct node_sys *sys, const char *line, struct found *f)
{
    cu_autostrlist struct cu_strlist w = CU_STRLIST_INIT;
    fields(line, &w);
    if (w.n < 3)
        return false;
    const char *mount = w.v[1], *type = w.v[2];
    if (cu_streq(mount, "/sys/fs/cgroup")) {
        bool v2 =
            cu_streq(type, "tmpfs") ? !node_exists(sys, "/sys/fs/cgroup/memory") : cu_streq(type, "cgroup2");
        set_found(f, v2 ? 2 : 1, mount);
        return true;
    }
    if (cu_streq(type, "cgroup2")) {
        set_found(f, 2, mount);
        return true;
    }
    if (cu_streq(type, "cgroup") && f->version == 0)
        set_found(f, 1, mount);
    return false;
}

/* The freezer of version 2 has no controller of its own: it shows as a file in every group but the root. */
static int probe_freezer(const struct node_sys *sys, const char *mount, bool *there, struct cu_err *err)
{
    cu_autofree char *top = node_path(sys, mount);
    cu_autofree char *dir = cu_asprintf("%s/freezer-testXXXXXX", top);
    if (!mkdtemp(dir))
        return cu_fail_errno(err, errno, "make a group below %s to look for the freezer", mount);
    cu_autofree char *file = cu_path_join(dir, "cgroup.freeze");
    *there = cu_exists(file);
    if (rmdir(dir) < 0)
        return cu_fail_errno(err, errno, "remove the group %s", dir);
    return 0;
}

static int read_v2(const struct node_sys *sys, struct node_cgroup *c, struct cu_err *err)
{
    cu_autoerr struct cu_err probe = CU_ERR_INIT;
    bool freezer = false;
    cu_strlist_add(&c->available, "devices"); /* done with BPF; always there */
    if (probe_freezer(sys, c->mount, &freezer, &probe) < 0)
        c->warning = cu_strdup(cu_err_text(&probe));
    if (freezer)
        cu_strlist_add(&c->available, "freezer");
    cu_autofree char *path = cu_path_join(c->mount, "cgroup.controllers"), *text = NULL;
    int r = node_read(sys, path, &text, err);
    if (r == 0)
        fields(text, &c->available);
    return r;
}

static int read_v1(const struct node_sys *sys, struct node_cgroup *c, struct cu_err *err)
{
    cu_autofree char *text = NULL;
    int r = node_read(sys, "/proc/cgroups", &text, err);
    if (r < 0)
        return r;
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    cu_strlist_split(&lines, text, '\n');
    for (size_t i = 0; i < lines.n; i++) {
        cu_autostrlist struct cu_strlist w = CU_STRLIST_INIT;
        fields(lines.v[i], &w);
        if (w.n >= 4 && w.v[0][0] != '#' && !cu_streq(w.v[3], "0"))
            cu_strlist_add(&c->available, w.v[0]);
    }
    return 0;
}

int node_cgroup_read(const struct node_sys *sys, struct node_cgroup *out, struct cu_err *err)
{
    cu_autofree char *text = NULL;
    int r = node_read(sys, "/proc/mounts", &text, err);
    if (r < 0)
        return r;
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    cu_strlist_split(&lines, text, '\n');
    struct found f = { 0, NULL };
    for (size_t i = 0; i < lines.n; i++)
        if (strstr(lines.v[i], "cgroup") && judge(sys, lines.v[i], &f))
            break;
    if (f.version == 0)
        return cu_fail(err, CU_E_NOTFOUND, "no cgroup file system is mounted");
    struct node_cgroup c = { .version = f.version, .mount = f.mount };
    r = c.version == 2 ? read_v2(sys, &c, err) : read_v1(sys, &c, err);
    if (r < 0) {
        node_cgroup_clear(&c);
        return r;
    }
    *out = c;
    return 0;
}

void node_cgroup_clear(struct node_cgroup *c)
{
    free(c->mount);
    free(c->warning);
    cu_strlist_clear(&c->available);
    *c = (struct node_cgroup){ 0 };
}
