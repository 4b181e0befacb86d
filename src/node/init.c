/* node/init.c - one row of commands per init system.
 * Must not know the services by name. */
#include "node/init.h"

#include <string.h>

#include "base/str.h"
#include "base/strlist.h"

#define QUERY_MS 10000
#define ACTION_MS 120000
#define MAX_WORDS 5

/* In commands "S" stands for the service, "U" for the service as a unit name. */
struct query {
    const char *argv[MAX_WORDS];
    enum { EXIT_ZERO, LACKS, PRINTS, CONTAINS_NAME } rule;
    const char *words[2]; /* LACKS: none of these; PRINTS: one of these is the whole output */
};

struct node_init {
    const char *name;
    const char *programs[3]; /* all must be in $PATH */
    const char *running;     /* path that is there only while the system runs; NULL: not looked at */
    struct query exists, enabled, active;
    const char *before[MAX_WORDS]; /* run ahead of start and restart; empty: nothing */
    const char *start[MAX_WORDS], *stop[MAX_WORDS], *restart[MAX_WORDS], *enable[MAX_WORDS];
};

static const struct node_init systems[] = {
    {
        .name = "systemd",
        .programs = { "systemctl" },
        .running = "/run/systemd/system",
        .exists = { { "systemctl", "status", "S" }, LACKS, { "Loaded: not-found", "could not be found" } },
        .enabled = { { "systemctl", "is-enabled", "S" }, EXIT_ZERO, { NULL } },
        .active = { { "systemctl", "is-active", "S" }, PRINTS, { "active", "activating" } },
        .before = { "systemctl", "daemon-reload" },
        .start = { "systemctl", "start", "S" },
        .stop = { "systemctl", "stop", "S" },
        .restart = { "systemctl", "restart", "S" },
        .enable = { "systemctl", "enable", "U" },
    },
    {
        .name = "openrc",
        .programs = { "openrc", "rc-service", "rc-update" },
        .exists = { { "rc-service", "S", "status" }, LACKS, { "does not exist" } },
        .enabled = { { "rc-update", "show", "default" }, CONTAINS_NAME, { NULL } },
        .active = { { "rc-service", "S", "status" }, LACKS, { "stopped", "does not exist" } },
        .start = { "rc-service", "S", "start" },
        .stop = { "rc-service", "S", "stop" },
        .restart = { "rc-service", "S", "restart" },
        .enable = { "rc-update", "add", "S", "default" },
    },
};

static bool is_there(const struct node_sys *sys, const struct node_init *init)
{
    for (size_t i = 0; i < CU_LEN(init->programs) && init->programs[i]; i++) {
        cu_autofree char *path = sys->which(sys->arg, init->programs[i]);
        if (!path)
            return false;
    }
    return true;
}

bool node_init_running(const struct node_sys *sys, const struct node_init *init)
{
    return !init->running || node_exists(sys ? sys : node_sys_host(), init->running);
}

const struct node_init *node_init_detect(const struct node_sys *sys, char **reason)
{
    if (!sys)
        sys = node_sys_host();
    for (size_t i = 0; i < CU_LEN(systems); i++)
        if (is_there(sys, &systems[i]))
            return &systems[i];
    if (reason)
        *reason = cu_strdup("no supported init system is here (looked for systemd and OpenRC)");
    return NULL;
}

const char *node_init_name(const struct node_init *init)
{
    return init->name;
}

static void fill(const char *const words[MAX_WORDS], const char *service, struct cu_strlist *argv)
{
    for (size_t i = 0; i < MAX_WORDS && words[i]; i++) {
        if (cu_streq(words[i], "S"))
            cu_strlist_add(argv, service);
        else if (cu_streq(words[i], "U"))
            cu_strlist_addf(argv, "%s.service", service);
        else
            cu_strlist_add(argv, words[i]);
    }
}

static int run(const struct node_sys *sys, const struct cu_strlist *argv, int64_t ms,
               struct cu_proc_result *r, struct cu_err *err)
{
    if (!sys)
        sys = node_sys_host();
    return sys->exec(sys->arg, (const char *const *)argv->v, ms, r, err);
}

static bool ask(const struct node_sys *sys, const struct query *q, const char *service)
{
    cu_autostrlist struct cu_strlist argv = CU_STRLIST_INIT;
    cu_autoproc struct cu_proc_result r = CU_PROC_RESULT_INIT;
    fill(q->argv, service, &argv);
    if (run(sys, &argv, QUERY_MS, &r, NULL) < 0)
        return false;
    cu_autofree char *all = cu_asprintf("%s%s", r.out, r.errout), *out = cu_trim(r.out);
    bool hit = false;
    for (size_t i = 0; i < CU_LEN(q->words) && q->words[i]; i++)
        hit = hit || (q->rule == LACKS ? strstr(all, q->words[i]) != NULL : cu_streq(out, q->words[i]));
    switch (q->rule) {
    case EXIT_ZERO: return r.status == 0;
    case LACKS: return !hit;
    case PRINTS: return hit;
    case CONTAINS_NAME: return strstr(r.out, service) != NULL;
    }
    return false;
}

bool node_service_exists(const struct node_sys *sys, const struct node_init *init, const char *service)
{
    return ask(sys, &init->exists, service);
}

bool node_service_enabled(const struct node_sys *sys, const struct node_init *init, const char *service)
{
    return ask(sys, &init->enabled, service);
}

bool node_service_active(const struct node_sys *sys, const struct node_init *init, const char *service)
{
    return ask(sys, &init->active, service);
}

static int act(const struct node_sys *sys, const char *const words[MAX_WORDS], const char *service,
               struct cu_err *err)
{
    cu_autostrlist struct cu_strlist argv = CU_STRLIST_INIT;
    cu_autoproc struct cu_proc_result r = CU_PROC_RESULT_INIT;
    if (!words[0])
        return 0;
    fill(words, service, &argv);
    int code = run(sys, &argv, ACTION_MS, &r, err);
    if (code < 0 || r.status == 0)
        return code;
    cu_autofree char *command = cu_strlist_join(&argv, " "), *said = cu_trim(*r.errout ? r.errout : r.out);
    return cu_fail(err, CU_E_IO, "\"%s\" ended with status %d: %s", command, r.status, said);
}

int node_service_start(const struct node_sys *sys, const struct node_init *init, const char *service,
                       struct cu_err *err)
{
    int r = act(sys, init->before, service, err);
    return r < 0 ? r : act(sys, init->start, service, err);
}

int node_service_stop(const struct node_sys *sys, const struct node_init *init, const char *service,
                      struct cu_err *err)
{
    return act(sys, init->stop, service, err);
}

int node_service_restart(const struct node_sys *sys, const struct node_init *init, const char *service,
                         struct cu_err *err)
{
    int r = act(sys, init->before, service, err);
    return r < 0 ? r : act(sys, init->restart, service, err);
}

int node_service_enable(const struct node_sys *sys, const struct node_init *init, const char *service,
                        struct cu_err *err)
{
    return act(sys, init->enable, service, err);
}

char *node_service_enable_hint(const struct node_init *init, const char *service)
{
    cu_autostrlist struct cu_strlist argv = CU_STRLIST_INIT;
    fill(init->enable, service, &argv);
    return cu_strlist_join(&argv, " ");
}
