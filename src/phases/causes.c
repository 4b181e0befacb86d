/* Finds causes in the state file of the node agent, in pid files and logs. It must not wait. */
#include "phases/causes.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/value.h"
#include "config/load.h"
#include "phases/kubelet.h"
#include <string.h>
#include <sys/stat.h>

enum { TAIL_LINES = 6 };

/* The last lines of a text, behind "\n  "; "" for none. Caller frees. */
static char *indent_tail(const char *text)
{
    size_t n = strlen(text), lines = 0;
    while (n && text[n - 1] == '\n')
        n--;
    size_t from = n;
    while (from > 0 && (text[from - 1] != '\n' || ++lines < TAIL_LINES))
        from--;
    cu_autofree char *tail = cu_strndup(text + from, n - from), *indented = cu_replace(tail, "\n", "\n  ");
    return n > from ? cu_asprintf("\n  %s", indented) : cu_strdup("");
}

static char *log_tail(const char *path)
{
    cu_autofree char *text = NULL;
    if (!path || cu_file_read(path, LIM_HTTP_RESPONSE, &text, NULL, NULL) < 0)
        return cu_strdup("");
    return indent_tail(text);
}

enum cu_wait_state ph_cause_kubelet(struct ph_ctx *c, char **missing, struct cu_err *err)
{
    if (!ph_kubelet_is_direct(c))
        return CU_WAIT_PENDING;
    const struct node_daemon d = ph_kubelet_daemon();
    struct node_daemon_status s = { 0 };
    if (node_daemon_status(&d, &s, NULL) < 0)
        return CU_WAIT_PENDING;
    enum cu_wait_state state = CU_WAIT_PENDING;
    if (s.state == NODE_DAEMON_DEAD) {
        cu_autofree char *tail = indent_tail(cu_or(s.last_log, ""));
        cu_fail(err, CU_E_FINAL, "the kubelet (process %d) has ended; its log %s ends with:%s", (int)s.pid,
                PH_KUBELET_LOG, *tail ? tail : " (nothing)");
        state = CU_WAIT_FINAL;
    } else if (s.state == NODE_DAEMON_STOPPED && !*missing) {
        *missing = cu_strdup("the kubelet is not started");
    }
    node_daemon_status_clear(&s);
    return state;
}

/* The pod of that name in the agent's list. */
static struct val *find_pod(const struct val *doc, const char *name)
{
    const struct val *pods = val_get(doc, "pods");
    for (size_t i = 0; i < val_len(pods); i++)
        if (cu_streq(val_get_str(val_at(pods, i), "name"), name))
            return val_at(pods, i);
    return NULL;
}

/* "ended with exit status 1" of the run that ended last; NULL when none did. Caller frees. */
static char *ending(const struct val *container)
{
    const struct val *last = val_get(container, "last");
    int64_t signal = val_get_int(last, "signal", 0), code = val_get_int(last, "exitCode", 0);
    if (!last)
        return NULL;
    return signal ? cu_asprintf("was ended by signal %lld", (long long)signal)
                  : cu_asprintf("ended with exit status %lld", (long long)code);
}

/* After so many restarts in vain it is not the start of something else that is missing. In an upgrade all else runs. */
static int64_t hopeless_restarts(const struct ph_ctx *c)
{
    bool alone =
        c->init && cfg_is_embedded_store(&c->init->cluster); /* an upgrade begins without the configuration */
    return alone ? 1 : c->flow == PH_UPGRADE ? 2 : 3;
}

static enum cu_wait_state judge(struct ph_ctx *c, const char *pod, const struct val *container,
                                char **missing, struct cu_err *err)
{
    const char *log = cu_or(val_get_str(container, "log"), ""), *reason = val_get_str(container, "reason");
    if (reason && cu_has_prefix(reason, "CreateContainer")) {
        cu_fail(err, CU_E_FINAL, "%s cannot be started: %s", pod,
                cu_or(val_get_str(container, "message"), reason));
        return CU_WAIT_FINAL;
    }
    cu_autofree char *how = ending(container);
    if (!how || cu_streq(val_get_str(container, "state"), "running"))
        return CU_WAIT_PENDING;
    cu_autofree char *tail = log_tail(log);
    const char *end = *tail ? tail : " (nothing)";
    if (val_get_int(container, "restarts", 0) >= hopeless_restarts(c)) {
        cu_fail(err, CU_E_FINAL, "%s %s, again and again; its log %s ends with:%s", pod, how, log, end);
        return CU_WAIT_FINAL;
    }
    free(*missing);
    *missing = cu_asprintf("it %s and will be started again; its log %s ends with:%s", how, log, end);
    return CU_WAIT_PENDING;
}

/* What the node agent says of its pods; NULL: nothing. Caller owns. */
static struct val *agent_state(const struct ph_ctx *c)
{
    cu_autofree char *path = cu_path_join(c->paths.kubelet, "cubeadm-pods.json"), *text = NULL;
    struct val *doc = NULL;
    size_t n = 0;
    if (!c->embedded || cu_file_read(path, LIM_MANIFEST, &text, &n, NULL) < 0 ||
        val_parse_json(text, n, &doc, NULL) < 0)
        return NULL;
    return doc;
}

char *ph_cause_hash(struct ph_ctx *c, const char *pod)
{
    cu_autoval struct val *doc = agent_state(c);
    return cu_strdup(val_get_str(find_pod(doc, pod), "hash"));
}

enum cu_wait_state ph_cause_pod(struct ph_ctx *c, const char *pod, char **missing, struct cu_err *err)
{
    cu_autoval struct val *doc = agent_state(c);
    if (!doc)
        return CU_WAIT_PENDING;
    const struct val *found = find_pod(doc, pod), *containers = val_get(found, "containers");
    const char *error = val_get_str(found, "error");
    if (error && *error) {
        cu_fail(err, CU_E_FINAL, "the node agent cannot run %s: %s", pod, error);
        return CU_WAIT_FINAL;
    }
    if (!found && !*missing)
        *missing = cu_strdup("the node agent has not started it yet");
    enum cu_wait_state state = CU_WAIT_PENDING;
    for (size_t i = 0; state == CU_WAIT_PENDING && i < val_len(containers); i++)
        state = judge(c, pod, val_at(containers, i), missing, err);
    return state;
}
