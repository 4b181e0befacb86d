/* Users and groups of a rootless control plane in /etc/passwd and /etc/group (spec init 7.9). It must not know which
 * files they get. */
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "phases/rootless.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const char passwd_path[] = "/etc/passwd", group_path[] = "/etc/group",
                  login_defs[] = "/etc/login.defs";

enum { LOCK_MS = 5000, LOCK_PAUSE_MS = 200 };

struct range {
    int64_t min, max;
};

/* Rows in the order they are added; the last is a group alone. */
static const struct account {
    const char *name;
    const char *members; /* of the group */
    bool user;
} accounts[] = {
    { "kubeadm-etcd", "kubeadm-etcd", true },
    { "kubeadm-kas", "kubeadm-kas", true },
    { "kubeadm-kcm", "kubeadm-kcm", true },
    { "kubeadm-ks", "kubeadm-ks", true },
    { "kubeadm-sa-key-readers", "kubeadm-kas,kubeadm-kcm", false },
};
enum { ACCOUNTS = CU_LEN(accounts), SA_READERS = ACCOUNTS - 1 };

/* A file of lines "a:b:c", with what is to be added or taken out. */
struct table {
    struct cu_strlist lines;
    bool changed;
};

/* Field number i of "a:b:c"; "" behind the last. Caller frees. */
static char *column(const char *line, size_t i)
{
    for (; i > 0 && line; i--) {
        line = strchr(line, ':');
        line = line ? line + 1 : NULL;
    }
    return line ? cu_strndup(line, strcspn(line, ":")) : cu_strdup("");
}

static const char *find_line(const struct table *t, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < t->lines.n; i++)
        if (strncmp(t->lines.v[i], name, n) == 0 && t->lines.v[i][n] == ':')
            return t->lines.v[i];
    return NULL;
}

static bool id_taken(const struct table *t, int64_t id)
{
    cu_autofree char *text = cu_asprintf("%lld", (long long)id);
    for (size_t i = 0; i < t->lines.n; i++) {
        cu_autofree char *have = column(t->lines.v[i], 2);
        if (cu_streq(have, text))
            return true;
    }
    return false;
}

static int free_id(const struct table *t, struct range r, int64_t *out, struct cu_err *err)
{
    for (int64_t id = r.min; id <= r.max; id++) {
        if (id_taken(t, id))
            continue;
        *out = id;
        return 0;
    }
    return cu_fail(err, CU_E_INVALID, "no free id from %lld to %lld for a user or group of the control plane",
                   (long long)r.min, (long long)r.max);
}

static int read_limit(const char *defs, const char *name, int64_t *value, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    cu_strlist_split(&lines, defs, '\n');
    for (size_t i = 0; i < lines.n; i++) {
        const char *rest = lines.v[i] + strlen(name);
        if (!cu_has_prefix(lines.v[i], name) || (*rest != ' ' && *rest != '\t'))
            continue;
        cu_autofree char *text = cu_trim(rest);
        if (cu_parse_i64(text, 0, INT32_MAX, value, err) < 0)
            return cu_wrap(err, "%s in %s is \"%s\"", name, login_defs, text);
    }
    return 0;
}

static int read_limits(struct range *uids, struct range *gids, struct cu_err *err)
{
    cu_autofree char *defs = NULL;
    *uids = *gids = (struct range){ 100, 999 };
    if (cu_file_read(login_defs, LIM_PROC_FILE, &defs, NULL, NULL) < 0)
        return 0;
    int r = read_limit(defs, "SYS_UID_MIN", &uids->min, err);
    if (r == 0)
        r = read_limit(defs, "SYS_UID_MAX", &uids->max, err);
    if (r == 0)
        r = read_limit(defs, "SYS_GID_MIN", &gids->min, err);
    return r == 0 ? read_limit(defs, "SYS_GID_MAX", &gids->max, err) : r;
}

static int column_id(const char *line, size_t i, struct range r, int64_t *out, struct cu_err *err)
{
    cu_autofree char *text = column(line, i);
    if (cu_parse_i64(text, r.min, r.max, out, err) < 0)
        return cu_wrap(err, "the id \"%s\" of \"%s\"", text, line);
    return 0;
}

static int need_group(struct table *groups, const struct account *a, struct range r, int64_t *gid,
                      struct cu_err *err)
{
    const char *line = find_line(groups, a->name);
    if (!line) {
        int failed = free_id(groups, r, gid, err);
        if (failed)
            return failed;
        cu_strlist_addf(&groups->lines, "%s:x:%lld:%s", a->name, (long long)*gid, a->members);
        groups->changed = true;
        return 0;
    }
    cu_autofree char *members = column(line, 3);
    if (!cu_streq(members, a->members))
        return cu_fail(err, CU_E_INVALID,
                       "the group %s has the members \"%s\", wanted is \"%s\"; change it in %s", a->name,
                       members, a->members, group_path);
    return column_id(line, 2, r, gid, err);
}

static int need_user(struct table *users, const struct account *a, struct range r, int64_t gid, int64_t *uid,
                     struct cu_err *err)
{
    const char *line = find_line(users, a->name);
    if (!line) {
        int failed = free_id(users, r, uid, err);
        if (failed)
            return failed;
        cu_strlist_addf(&users->lines, "%s:x:%lld:%lld:::/bin/false", a->name, (long long)*uid,
                        (long long)gid);
        users->changed = true;
        return 0;
    }
    cu_autofree char *shell = column(line, 6), *group = column(line, 3);
    cu_autofree char *wanted_group = cu_asprintf("%lld", (long long)gid);
    if (!cu_streq(shell, "/bin/false") || !cu_streq(group, wanted_group))
        return cu_fail(
            err, CU_E_INVALID,
            "the user %s must have the shell /bin/false and the group of its own name; change it in %s",
            a->name, passwd_path);
    return column_id(line, 2, r, uid, err);
}

static enum cu_wait_state try_lock(void *arg, char **missing, struct cu_err *err)
{
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (fcntl(*(int *)arg, F_SETLK, &l) == 0)
        return CU_WAIT_DONE;
    if (errno != EACCES && errno != EAGAIN) {
        cu_fail_errno(err, errno, "cannot lock the file");
        return CU_WAIT_FINAL;
    }
    *missing = cu_strdup("another process holds the lock");
    return CU_WAIT_PENDING;
}

/* Opens, locks and reads; the lock lasts as long as *fd. */
static int open_table(struct ph_ctx *c, const char *path, int *fd, struct table *t, struct cu_err *err)
{
    cu_autofree char *text = NULL, *what = cu_asprintf("the lock of %s", path);
    *fd = open(path, O_RDWR | O_CLOEXEC);
    if (*fd < 0)
        return cu_fail_errno(err, errno, "cannot open %s", path);
    int r = ph_wait(c, &(struct ph_waiting){ what, LOCK_MS, LOCK_PAUSE_MS, try_lock, fd }, err);
    if (r == 0)
        r = cu_fd_read(*fd, LIM_MANIFEST, &text, NULL, err);
    if (r < 0)
        return r;
    cu_strlist_split(&t->lines, text, '\n');
    if (t->lines.n && !*t->lines.v[t->lines.n - 1]) { /* behind the last newline */
        free(t->lines.v[--t->lines.n]);
        t->lines.v[t->lines.n] = NULL;
    }
    return 0;
}

static int save_table(const char *path, const struct table *t, struct cu_err *err)
{
    struct stat st;
    if (!t->changed)
        return 0;
    if (stat(path, &st) < 0)
        return cu_fail_errno(err, errno, "cannot look at %s", path);
    cu_autofree char *text = cu_strlist_join(&t->lines, "\n"), *full = cu_asprintf("%s\n", text);
    return cu_file_write_str(path, full, st.st_mode & 07777, err);
}

static int need_all(struct table *users, struct table *groups, int64_t uids[ACCOUNTS], int64_t gids[ACCOUNTS],
                    struct cu_err *err)
{
    struct range user_range, group_range;
    int r = read_limits(&user_range, &group_range, err);
    for (size_t i = 0; r == 0 && i < ACCOUNTS; i++) {
        r = need_group(groups, &accounts[i], group_range, &gids[i], err);
        if (r == 0 && accounts[i].user)
            r = need_user(users, &accounts[i], user_range, gids[i], &uids[i], err);
    }
    if (r == 0)
        r = save_table(group_path, groups, err);
    return r == 0 ? save_table(passwd_path, users, err) : r;
}

int ph_rootless_ids(struct ph_ctx *c, enum mf_component component, struct mf_ids *ids, struct cu_err *err)
{
    static const size_t account_of[MF_COMPONENTS] = {
        [MF_ETCD] = 0, [MF_API_SERVER] = 1, [MF_CONTROLLER_MANAGER] = 2, [MF_SCHEDULER] = 3
    };
    struct table users = { 0 }, groups = { 0 };
    int64_t uids[ACCOUNTS] = { 0 }, gids[ACCOUNTS] = { 0 };
    cu_autoclose int passwd_fd = -1, group_fd = -1;
    int r = open_table(c, passwd_path, &passwd_fd, &users, err);
    if (r == 0)
        r = open_table(c, group_path, &group_fd, &groups, err);
    if (r == 0)
        r = need_all(&users, &groups, uids, gids, err);
    cu_strlist_clear(&users.lines);
    cu_strlist_clear(&groups.lines);
    if (r < 0)
        return cu_wrap(err, "cannot prepare the users of the rootless control plane");
    size_t i = account_of[component];
    *ids = (struct mf_ids){ .uid = uids[i], .gid = gids[i], .sa_key_gid = gids[SA_READERS] };
    return 0;
}

static bool is_account(const char *line)
{
    for (size_t i = 0; i < ACCOUNTS; i++) {
        size_t n = strlen(accounts[i].name);
        if (strncmp(line, accounts[i].name, n) == 0 && line[n] == ':')
            return true;
    }
    return false;
}

static int remove_from(struct ph_ctx *c, const char *path, struct cu_err *err)
{
    struct table t = { 0 }, kept = { 0 };
    cu_autoclose int fd = -1;
    int r = open_table(c, path, &fd, &t, err);
    for (size_t i = 0; r == 0 && i < t.lines.n; i++)
        if (is_account(t.lines.v[i]))
            kept.changed = true;
        else
            cu_strlist_add(&kept.lines, t.lines.v[i]);
    if (r == 0)
        r = save_table(path, &kept, err);
    cu_strlist_clear(&t.lines);
    cu_strlist_clear(&kept.lines);
    return r;
}

int ph_rootless_remove(struct ph_ctx *c, struct cu_err *err)
{
    int r = remove_from(c, passwd_path, err);
    if (r == 0)
        r = remove_from(c, group_path, err);
    return r < 0 ? cu_wrap(err, "cannot remove the users of the rootless control plane") : 0;
}
