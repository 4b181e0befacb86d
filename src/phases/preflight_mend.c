/* What --fix-preflight changes: modules, sysctls, swap, services - now, and so that it is so after the next boot. Each
 * change is said before it is made. It must not judge whether something is wrong; the checks did. */
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/types.h"
#include "node/init.h"
#include "phases/preflight.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define MODULES_FILE "/etc/modules-load.d/cubeadm.conf"
#define SYSCTL_FILE "/etc/sysctl.d/99-cubeadm.conf"
#define FSTAB "/etc/fstab"
enum { COMMAND_MS = 30000, SWAPOFF_MS = 600000 /* all of it is read back */, MAX_BACKUPS = 100 };

static int run(const struct node_sys *sys, const char *const argv[], int64_t limit_ms, struct cu_err *err)
{
    cu_autoproc struct cu_proc_result r = CU_PROC_RESULT_INIT;
    int code = sys->exec(sys->arg, argv, limit_ms, &r, err);
    if (code < 0 || r.status == 0)
        return code;
    cu_autofree char *said = cu_trim(*r.errout ? r.errout : r.out);
    return cu_fail(err, CU_E_IO, "%s ended with status %d: %s", argv[0], r.status, said);
}

static bool has_line(const char *text, const char *line)
{
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    cu_strlist_split(&lines, text, '\n');
    return cu_strlist_has(&lines, line);
}

/* Adds a line to a file that takes effect at boot, once. */
static int keep_line(struct ph_checks *k, const char *path, const char *line, struct cu_err *err)
{
    const struct node_sys *sys = ph_checks_ctx(k)->sys;
    cu_autofree char *full = node_path(sys, path), *dir = cu_path_dir(full), *text = NULL;
    if (node_read(sys, path, &text, NULL) == 0 && has_line(text, line))
        return 0;
    if (!ph_mend_says(k, "adding \"%s\" to %s", line, path))
        return 0;
    const char *old = cu_or(text, "");
    cu_autofree char *now = cu_asprintf("%s%s%s\n", old, *old && !cu_has_suffix(old, "\n") ? "\n" : "", line);
    int r = cu_mkdir_p(dir, 0755, err);
    return r < 0 ? r : cu_file_write_str(full, now, 0644, err);
}

int ph_mend_module(struct ph_checks *k, const struct ph_check *row, struct cu_err *err)
{
    const char *const argv[] = { "modprobe", row->path, NULL };
    int r = 0;
    if (ph_mend_says(k, "loading the module: modprobe %s", row->path))
        r = run(ph_checks_ctx(k)->sys, argv, COMMAND_MS, err);
    return r < 0 ? r : keep_line(k, MODULES_FILE, row->path, err);
}

/* A file in /proc is written as it stands: it cannot be replaced by another. */
static int write_one(const char *path, struct cu_err *err)
{
    cu_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "1\n", 2) != 2)
        return cu_fail_errno(err, errno, "write 1 to %s", path);
    return 0;
}

int ph_mend_sysctl(struct ph_checks *k, const struct ph_check *row, struct cu_err *err)
{
    cu_autofree char *full = node_path(ph_checks_ctx(k)->sys, row->path);
    cu_autofree char *name = cu_replace(row->path + strlen("/proc/sys/"), "/", ".");
    cu_autofree char *line = cu_asprintf("%s = 1", name);
    int r = 0;
    if (ph_mend_says(k, "writing 1 to %s", row->path))
        r = write_one(full, err);
    return r < 0 ? r : keep_line(k, SYSCTL_FILE, line, err);
}

/* Does this line of fstab turn swap on at boot? */
static bool is_swap_line(const char *line)
{
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    cu_autofree char *blanks = cu_replace(line, "\t", " ");
    char *state = NULL;
    for (char *w = strtok_r(blanks, " ", &state); w; w = strtok_r(NULL, " ", &state))
        cu_strlist_add(&words, w);
    return words.n >= 3 && *words.v[0] != '#' && cu_streq(words.v[2], "swap");
}

/* A name that is not taken yet, so that the oldest state is never lost. Caller frees; NULL: too many are there. */
static char *backup_name(const struct node_sys *sys)
{
    for (int i = 0; i < MAX_BACKUPS; i++) {
        cu_autofree char *name =
            i ? cu_asprintf(FSTAB ".cubeadm-backup.%d", i) : cu_strdup(FSTAB ".cubeadm-backup");
        if (!node_exists(sys, name))
            return cu_steal(&name);
    }
    return NULL;
}

static int write_fstab(struct ph_checks *k, const char *old, const char *now, struct cu_err *err)
{
    const struct node_sys *sys = ph_checks_ctx(k)->sys;
    cu_autofree char *backup = backup_name(sys), *full = node_path(sys, FSTAB);
    struct stat st;
    if (!backup)
        return cu_fail(err, CU_E_EXISTS, "there are %d backups of %s already; remove some", MAX_BACKUPS,
                       FSTAB);
    if (!ph_mend_says(k, "commenting out swap in %s; %s keeps what it was", FSTAB, backup))
        return 0;
    if (stat(full, &st) < 0)
        return cu_fail_errno(err, errno, "look at %s", FSTAB);
    cu_autofree char *copy = node_path(sys, backup);
    int r = cu_file_write_str(copy, old, st.st_mode & 0777, err);
    return r < 0 ? r : cu_file_write_str(full, now, st.st_mode & 0777, err);
}

static int mend_fstab(struct ph_checks *k, struct cu_err *err)
{
    cu_autofree char *old = NULL;
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    bool changed = false;
    if (!node_exists(ph_checks_ctx(k)->sys, FSTAB))
        return 0;
    int r = node_read(ph_checks_ctx(k)->sys, FSTAB, &old, err);
    if (r < 0)
        return r;
    cu_strlist_split(&lines, old, '\n');
    for (size_t i = 0; i < lines.n; i++) {
        if (!is_swap_line(lines.v[i]))
            continue;
        char *off = cu_asprintf("#%s", lines.v[i]);
        free(lines.v[i]);
        lines.v[i] = off;
        changed = true;
    }
    cu_autofree char *now = cu_strlist_join(&lines, "\n");
    return changed ? write_fstab(k, old, now, err) : 0;
}

int ph_mend_swap(struct ph_checks *k, const struct ph_check *row, struct cu_err *err)
{
    static const char *const argv[] = { "swapoff", "-a", NULL };
    int r = 0;
    (void)row;
    if (ph_mend_says(k, "turning swap off: swapoff -a"))
        r = run(ph_checks_ctx(k)->sys, argv, SWAPOFF_MS, err);
    return r < 0 ? r : mend_fstab(k, err);
}

/* The init system, where it runs and can be told to start something. */
static const struct node_init *running_init(const struct ph_ctx *c)
{
    const struct node_init *init = node_init_detect(c->sys, NULL);
    return init && node_init_running(c->sys, init) ? init : NULL;
}

static int enable(struct ph_checks *k, const struct node_init *init, const char *service, struct cu_err *err)
{
    const struct node_sys *sys = ph_checks_ctx(k)->sys;
    if (node_service_enabled(sys, init, service))
        return 0;
    cu_autofree char *command = node_service_enable_hint(init, service);
    return ph_mend_says(k, "enabling the service %s: %s", service, command)
               ? node_service_enable(sys, init, service, err)
               : 0;
}

/* Makes a service start now and at boot; nothing where there is no such service. */
static int enable_and_start(struct ph_checks *k, const struct node_init *init, const char *service,
                            struct cu_err *err)
{
    const struct node_sys *sys = ph_checks_ctx(k)->sys;
    int r = enable(k, init, service, err);
    if (r == 0 && ph_mend_says(k, "starting the service %s", service))
        r = node_service_start(sys, init, service, err);
    return r;
}

int ph_mend_kubelet_service(struct ph_checks *k, const struct ph_check *row, struct cu_err *err)
{
    const struct ph_ctx *c = ph_checks_ctx(k);
    const struct node_init *init = running_init(c);
    (void)row;
    return init && node_service_exists(c->sys, init, "kubelet") ? enable(k, init, "kubelet", err) : 0;
}

int ph_mend_runtime_service(struct ph_checks *k, const struct ph_check *row, struct cu_err *err)
{
    static const char *const services[][2] = { /* word in the path of the socket, service */
                                               { "cri-dockerd", "cri-docker" },
                                               { "containerd", "containerd" },
                                               { "crio", "crio" }
    };
    const struct ph_ctx *c = ph_checks_ctx(k);
    const struct node_init *init = running_init(c);
    const char *socket_url = ph_checks_node(k)->cri_socket;
    (void)row;
    for (size_t i = 0; init && i < CU_LEN(services); i++)
        if (strstr(socket_url, services[i][0]))
            return node_service_exists(c->sys, init, services[i][1])
                       ? enable_and_start(k, init, services[i][1], err)
                       : 0;
    return 0;
}

int ph_mend_clock(struct ph_checks *k, const struct ph_check *row, struct cu_err *err)
{
    static const char *const services[] = {
        "chronyd", "chrony", "systemd-timesyncd", "ntpsec", "ntpd", "ntp"
    };
    const struct ph_ctx *c = ph_checks_ctx(k);
    const struct node_init *init = running_init(c);
    (void)row;
    for (size_t i = 0; init && i < CU_LEN(services); i++)
        if (node_service_exists(c->sys, init, services[i]))
            return enable_and_start(k, init, services[i], err);
    return 0;
}
