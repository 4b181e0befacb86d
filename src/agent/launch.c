/* agent/launch.c - starts a container's command as a host process with its environment and volumes.
 * Must not supervise; container.c watches what was started. */
#include "agent/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/adapt.h"
#include "agent/mark.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/strlist.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static char *program_in(const char *dir, const char *name)
{
    cu_autofree char *path = cu_path_join(dir, name);
    return cu_which(path);
}

char *agent_find_program(const char *component_dir, const char *command)
{
    if (strchr(command, '/'))
        return cu_which(command);
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    cu_autofree char *self_dir = cu_path_dir(self);
    const char *const dirs[] = { component_dir, n > 0 ? self_dir : NULL, CUBEADM_LIBEXECDIR };
    for (size_t i = 0; i < CU_LEN(dirs); i++) {
        char *found = dirs[i] ? program_in(dirs[i], command) : NULL;
        if (found)
            return found;
    }
    return cu_which(command);
}

/* Value of a downward API field; NULL when we have none such. */
static const char *field_value(const struct agent_launch *l, const char *path)
{
    const struct {
        const char *path, *value;
    } known[] = {
        { "metadata.name", l->pod },     { "metadata.namespace", l->ns }, { "spec.nodeName", l->node_name },
        { "status.hostIP", l->node_ip }, { "status.podIP", l->node_ip },  { "metadata.uid", l->hash },
    };
    for (size_t i = 0; i < CU_LEN(known); i++)
        if (cu_streq(path, known[i].path))
            return known[i].value;
    return NULL;
}

static const char *env_get(const struct cu_strlist *env, const char *name, size_t n)
{
    for (size_t i = env->n; i-- > 0;)
        if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=')
            return env->v[i] + n + 1;
    return NULL;
}

/* "$(NAME)" becomes the variable's value when there is one, "$$" a dollar sign. */
static char *expand(const char *text, const struct cu_strlist *env)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_MANIFEST);
    for (const char *p = text; *p; p++) {
        const char *end = p[0] == '$' && p[1] == '(' ? strchr(p, ')') : NULL;
        const char *value = end ? env_get(env, p + 2, (size_t)(end - p - 2)) : NULL;
        if (value) {
            cu_buf_add(&b, value);
            p = end;
        } else {
            cu_buf_addc(&b, *p);
            p += p[0] == '$' && p[1] == '$';
        }
    }
    return cu_strdup(cu_buf_str(&b));
}

static int build_env(const struct agent_launch *l, struct cu_strlist *env, struct cu_err *err)
{
    cu_strlist_addf(env, "PATH=%s", cu_or(getenv("PATH"), DEFAULT_PATH));
    cu_strlist_addf(env, "HOME=%s", cu_or(getenv("HOME"), "/"));
    const struct val *list = val_get(l->container, "env");
    for (size_t i = 0; i < val_len(list); i++) {
        const struct val *item = val_at(list, i);
        const char *name = val_get_str(item, "name"), *value = val_get_str(item, "value");
        const struct val *from = val_get(item, "valueFrom");
        if (cu_is_empty(name) || strchr(name, '='))
            return cu_fail(err, CU_E_INVALID, "env[%zu].name: \"%s\" is no name of a variable", i,
                           cu_or(name, ""));
        if (val_is_map(from)) {
            value = field_value(l, val_find_str(from, "fieldRef", "fieldPath", NULL));
            if (!value)
                return cu_fail(err, CU_E_INVALID,
                               "env %s: a static pod can take values only from fields such as "
                               "status.hostIP",
                               name);
        }
        cu_autofree char *full = expand(cu_or(value, ""), env);
        cu_strlist_addf(env, "%s=%s", name, full);
    }
    cu_strlist_take(env,
                    agent_mark_make(l->root_dir, l->ns, l->pod, val_get_str(l->container, "name"), l->hash));
    return 0;
}

static const struct val *named(const struct val *list, const char *name)
{
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "name"), name))
            return val_at(list, i);
    return NULL;
}

static int prepare_host_path(const char *path, const char *type, struct cu_err *err)
{
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    int r = 0;
    if (cu_streq(type, "DirectoryOrCreate"))
        r = cu_mkdir_p(path, 0755, &why);
    else if (cu_streq(type, "FileOrCreate") && !cu_exists(path))
        r = cu_file_write(path, "", 0, 0644, &why);
    else if (cu_streq(type, "Directory") && !cu_is_dir(path))
        return cu_fail(err, CU_E_INVALID, "volume: %s is not a folder", path);
    else if (cu_streq(type, "File") && (!cu_exists(path) || cu_is_dir(path)))
        return cu_fail(err, CU_E_INVALID, "volume: %s is not a file", path);
    if (r < 0) /* the program will say it better if it minds */
        cu_log_warning("volume: %s", cu_err_text(&why));
    return 0;
}

/* Volumes are used where they are, so each must be wanted under its own path. */
static int check_volumes(const struct agent_launch *l, struct cu_err *err)
{
    const struct val *mounts = val_get(l->container, "volumeMounts"),
                     *volumes = val_get(l->pod_spec, "volumes");
    for (size_t i = 0; i < val_len(mounts); i++) {
        const struct val *mount = val_at(mounts, i);
        const char *name = val_get_str(mount, "name"), *at = val_get_str(mount, "mountPath");
        const struct val *host = val_get(named(volumes, name), "hostPath");
        const char *path = val_get_str(host, "path");
        if (cu_is_empty(path) || cu_is_empty(at))
            return cu_fail(err, CU_E_INVALID, "volume %s: the process runtime knows hostPath volumes only",
                           cu_or(name, ""));
        cu_autofree char *a = cu_path_join(path, ""), *b = cu_path_join(at, "");
        if (!cu_streq(a, b) || !cu_is_empty(val_get_str(mount, "subPath")))
            return cu_fail(
                err, CU_E_INVALID,
                "volume %s: %s cannot appear as %s, host processes see every folder in its own place", name,
                path, at);
        int r = prepare_host_path(path, val_get_str(host, "type"), err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The container's own setting before the pod's. */
static const struct val *security(const struct agent_launch *l, const char *field)
{
    const struct val *own = val_find(l->container, "securityContext", field, NULL);
    return own ? own : val_find(l->pod_spec, "securityContext", field, NULL);
}

#define MAX_GROUPS 32

struct identity {
    struct cu_user user;
    gid_t groups[MAX_GROUPS];
    bool change; /* false: the process runs as the agent does */
};

static int read_identity(const struct agent_launch *l, struct identity *out, struct cu_err *err)
{
    int64_t uid = val_int(security(l, "runAsUser"), -1), gid = val_int(security(l, "runAsGroup"), 0);
    const struct val *more = val_find(l->pod_spec, "securityContext", "supplementalGroups", NULL);
    *out = (struct identity){ .change = false };
    if (!security(l, "runAsUser") || (geteuid() != 0 && uid == (int64_t)geteuid()))
        return 0;
    if (geteuid() != 0)
        return cu_fail(err, CU_E_INVALID,
                       "securityContext.runAsUser: only an agent run by root can start processes as %lld",
                       (long long)uid);
    if (uid < 0 || uid > INT32_MAX || gid < 0 || gid > INT32_MAX || val_len(more) > MAX_GROUPS)
        return cu_fail(err, CU_E_INVALID, "securityContext: bad runAsUser, runAsGroup or supplementalGroups");
    for (size_t i = 0; i < val_len(more); i++) {
        int64_t group = val_int(val_at(more, i), -1);
        if (group < 0 || group > INT32_MAX)
            return cu_fail(err, CU_E_INVALID, "securityContext.supplementalGroups[%zu]: not a group number",
                           i);
        out->groups[i] = (gid_t)group;
    }
    out->user = (struct cu_user){ (uid_t)uid, (gid_t)gid, out->groups, val_len(more) };
    out->change = true;
    return 0;
}

static int open_log(const struct agent_launch *l, struct cu_err *err)
{
    const char *name = val_get_str(l->container, "name");
    cu_autofree char *path = agent_log_path(l->log_dir, name),
                     *old = agent_log_previous_path(l->log_dir, name);
    struct stat st;
    int r = cu_mkdir_p(l->log_dir, 0755, err);
    if (r < 0)
        return r;
    if (stat(path, &st) == 0 && st.st_size > 0 && rename(path, old) < 0)
        return cu_fail_errno(err, errno, "move %s to %s", path, old);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    return fd >= 0 ? fd : cu_fail_errno(err, errno, "open %s", path);
}

static void add_expanded(struct cu_strlist *argv, const struct val *list, const struct cu_strlist *env)
{
    for (size_t i = 0; i < val_len(list); i++)
        cu_strlist_take(argv, expand(val_str(val_at(list, i)), env));
}

int agent_launch(const struct agent_launch *l, pid_t *pid, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist env = CU_STRLIST_INIT, argv = CU_STRLIST_INIT;
    struct identity id;
    int r = read_identity(l, &id, err);
    if (r == 0)
        r = check_volumes(l, err);
    if (r == 0)
        r = build_env(l, &env, err);
    if (r < 0)
        return r;
    add_expanded(&argv, val_get(l->container, "command"), &env);
    add_expanded(&argv, val_get(l->container, "args"), &env);
    if (argv.n == 0)
        return cu_fail(err, CU_E_INVALID, "command: names no program");
    cu_autofree char *program = agent_find_program(l->component_dir, argv.v[0]);
    if (!program)
        return cu_fail(
            err, CU_E_NOTFOUND,
            "no program \"%s\" in %s%s%s or $PATH; install it, or name its folder with --component-dir",
            argv.v[0], cu_or(l->component_dir, ""), l->component_dir ? ", " : "", CUBEADM_LIBEXECDIR);
    free(argv.v[0]);
    argv.v[0] = cu_steal(&program);
    agent_adapt_argv(&argv);
    cu_autoclose int log = open_log(l, err);
    if (log < 0)
        return log;
    struct cu_spawn s = { .argv = (const char *const *)argv.v,
                          .env = (const char *const *)env.v,
                          .cwd = cu_or(val_get_str(l->container, "workingDir"), "/"),
                          .out_fd = log,
                          .err_fd = log,
                          .new_session = true,
                          .user = id.change ? &id.user : NULL,
                          .no_new_privs = !val_bool(security(l, "allowPrivilegeEscalation"), true) };
    return cu_spawn(&s, pid, err);
}
