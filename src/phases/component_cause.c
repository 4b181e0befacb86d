/* phases/component_cause.c - reads what the node agent publishes about its processes (agent/agent.h: cubeadm-pods.json).
 * Must not know which phase waits. */
#include "phases/component_cause.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/value.h"
#include "config/constants.h"
#include "phases/kubelet.h"

#include <string.h>

#define STATE_FILE CFG_KUBELET_DIR "/cubeadm-pods.json"
#define TAIL_BYTES 2000
#define ENDS_TO_GIVE_UP 3

/* The last lines of a log, each behind a tab; "" when there is none. Caller frees. */
static char *log_tail(const char *path)
{
    cu_autoerr struct cu_err ignored = CU_ERR_INIT;
    cu_autofree char *text = NULL;
    size_t n = 0;
    if (cu_is_empty(path) || cu_file_read(path, LIM_TEXT, &text, &n, &ignored) < 0 || n == 0)
        return cu_strdup("");
    const char *start = n > TAIL_BYTES ? text + n - TAIL_BYTES : text;
    if (start > text && strchr(start, '\n'))
        start = strchr(start, '\n') + 1;
    cu_autofree char *trimmed = cu_trim(start), *lines = cu_replace(trimmed, "\n", "\n\t");
    return cu_asprintf("; it last said:\n\t%s", lines);
}

static bool agent_ended(struct cu_err *err)
{
    cu_autoerr struct cu_err ignored = CU_ERR_INIT;
    struct node_daemon daemon = ph_kubelet_daemon();
    struct node_daemon_status status = { 0 };
    if (node_daemon_status(&daemon, &status, &ignored) < 0 || status.state != NODE_DAEMON_DEAD) {
        node_daemon_status_clear(&status);
        return false;
    }
    cu_autofree char *tail = log_tail(PH_KUBELET_LOG);
    cu_fail(err, CU_E_FINAL, "the node agent (process %d) has ended%s\nSee all of it with:  less %s",
            (int)status.pid, tail, PH_KUBELET_LOG);
    node_daemon_status_clear(&status);
    return true;
}

/* The pod whose name begins with the component's; *doc keeps it alive. */
static const struct val *find_pod(const char *component, struct val **doc)
{
    cu_autoerr struct cu_err ignored = CU_ERR_INIT;
    cu_autofree char *text = NULL;
    size_t n = 0;
    if (cu_file_read(STATE_FILE, LIM_TEXT, &text, &n, &ignored) < 0 ||
        val_parse_json(text, n, doc, &ignored) < 0)
        return NULL;
    const struct val *pods = val_get(*doc, "pods");
    for (size_t i = 0; i < val_len(pods); i++)
        if (cu_has_prefix(cu_or(val_get_str(val_at(pods, i), "name"), ""), component))
            return val_at(pods, i);
    return NULL;
}

static bool pod_failed(const char *component, const struct val *pod, struct cu_err *err)
{
    const struct val *container = val_at(val_get(pod, "containers"), 0), *last = val_get(container, "last");
    const char *error = val_get_str(pod, "error"), *log = val_get_str(container, "log");
    const char *reason = val_get_str(container, "reason");
    if (!cu_is_empty(error)) {
        cu_fail(err, CU_E_FINAL, "%s cannot be started: %s", component, error);
        return true;
    }
    bool no_program = cu_streq(reason, "RunContainerError") || cu_streq(reason, "CreateContainerError");
    if (!no_program && (val_get_int(container, "restarts", 0) < ENDS_TO_GIVE_UP - 1 ||
                        val_get_bool(container, "ready", false)))
        return false;
    if (no_program) {
        cu_fail(err, CU_E_FINAL, "%s cannot be started: %s", component,
                cu_or(val_get_str(container, "message"), reason));
        return true;
    }
    cu_autofree char *tail = log_tail(log);
    cu_fail(err, CU_E_FINAL, "%s ends again and again, last with status %lld%s\nSee all of it with:  less %s",
            component, (long long)val_get_int(last, "exitCode", -1), tail, cu_or(log, PH_LOG_DIR));
    return true;
}

bool ph_component_failed(const struct ph_ctx *c, const char *component, struct cu_err *err)
{
    cu_autoval struct val *doc = NULL;
    if (!c->embedded)
        return false;
    if (ph_kubelet_is_direct(c) && agent_ended(err))
        return true;
    const struct val *pod = find_pod(component, &doc);
    return pod && pod_failed(component, pod, err);
}

char *ph_component_note(const struct ph_ctx *c, const char *component)
{
    cu_autoval struct val *doc = NULL;
    const struct val *pod = c->embedded ? find_pod(component, &doc) : NULL;
    const struct val *container = val_at(val_get(pod, "containers"), 0), *last = val_get(container, "last");
    if (!container)
        return NULL;
    if (val_is_map(last))
        return cu_asprintf("its process last ended with status %lld",
                           (long long)val_get_int(last, "exitCode", -1));
    return cu_asprintf("its process is %s", cu_or(val_get_str(container, "state"), "not started"));
}
