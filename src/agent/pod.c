/* agent/pod.c - the containers of one manifest started, stopped and replaced together.
 * Must not read files of the manifest folder; pods.c brings the manifests. */
#include "agent/pod.h"

#include "agent/container.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"

struct agent_pod {
    const struct agent_pod_env *env;
    struct agent_manifest *manifest, *next; /* next: to be started once the old one is gone; NULL: none */
    char *log_dir;
    struct agent_container **containers;
    size_t n;
    bool stopping;
    int64_t started_ms; /* wall clock */
};

static void child_changed(void *arg)
{
    struct agent_pod *p = arg;
    p->env->changed(p->env->arg);
}

static void build(struct agent_pod *p, struct agent_manifest *m)
{
    const struct val *spec = val_get(m->pod, "spec"), *list = val_get(spec, "containers");
    p->manifest = m;
    p->log_dir = agent_log_dir(p->env->log_dir, m->ns, m->name);
    p->n = val_len(list);
    p->containers = cu_calloc(p->n, sizeof(struct agent_container *));
    for (size_t i = 0; i < p->n; i++) {
        struct agent_container_spec s = {
            .loop = p->env->loop,
            .launch = { .component_dir = p->env->component_dir,
                        .log_dir = p->log_dir,
                        .root_dir = p->env->root_dir,
                        .ns = m->ns,
                        .pod = m->name,
                        .hash = m->hash,
                        .node_name = p->env->node_name,
                        .node_ip = p->env->node_ip,
                        .pod_spec = spec,
                        .container = val_at(list, i) },
            .restart_policy = cu_or(val_get_str(spec, "restartPolicy"), "Always"),
            .changed = child_changed,
            .arg = p,
        };
        p->containers[i] = agent_container_new(&s);
    }
}

static void tear_down(struct agent_pod *p)
{
    for (size_t i = 0; i < p->n; i++)
        agent_container_free(p->containers[i]);
    free(p->containers);
    free(p->log_dir);
    agent_manifest_free(p->manifest);
    p->containers = NULL;
    p->log_dir = NULL;
    p->manifest = NULL;
    p->n = 0;
}

struct agent_pod *agent_pod_new(const struct agent_pod_env *env, struct agent_manifest *m)
{
    struct agent_pod *p = cu_calloc(1, sizeof *p);
    p->env = env;
    build(p, m);
    return p;
}

void agent_pod_free(struct agent_pod *p)
{
    if (!p)
        return;
    tear_down(p);
    agent_manifest_free(p->next);
    free(p);
}

static const struct agent_leftover *find_left(const struct agent_leftover *left, size_t n,
                                              const struct agent_manifest *m, const char *container)
{
    for (size_t i = 0; i < n; i++)
        if (cu_streq(left[i].hash, m->hash) && cu_streq(left[i].pod, m->name) &&
            cu_streq(left[i].ns, m->ns) && cu_streq(left[i].container, container))
            return &left[i];
    return NULL;
}

static const struct val *container_entry(const struct val *was, const char *name)
{
    const struct val *list = val_get(was, "containers");
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "name"), name))
            return val_at(list, i);
    return NULL;
}

void agent_pod_start(struct agent_pod *p, const struct agent_leftover *left, size_t n, const struct val *was)
{
    p->started_ms = cu_now_ms();
    for (size_t i = 0; i < p->n; i++) {
        const char *name = agent_container_name(p->containers[i]);
        const struct agent_leftover *l = find_left(left, n, p->manifest, name);
        if (!l) {
            agent_container_start(p->containers[i]);
            continue;
        }
        cu_log_info("taking over container %s of pod %s, process %d", name, p->manifest->name, (int)l->pid);
        p->started_ms = val_get_int(was, "startedMs", p->started_ms);
        agent_container_adopt(p->containers[i], l->pid, l->start_ticks, container_entry(was, name));
    }
}

static void stop_containers(struct agent_pod *p, int64_t max_grace_ms)
{
    int64_t grace = agent_manifest_grace_ms(val_get(p->manifest->pod, "spec"));
    p->stopping = true;
    for (size_t i = 0; i < p->n; i++)
        agent_container_stop(p->containers[i], grace < max_grace_ms ? grace : max_grace_ms);
}

void agent_pod_replace(struct agent_pod *p, struct agent_manifest *m)
{
    agent_manifest_free(p->next);
    p->next = m;
    if (!p->stopping)
        stop_containers(p, INT64_MAX);
}

void agent_pod_stop(struct agent_pod *p, int64_t max_grace_ms)
{
    agent_manifest_free(p->next);
    p->next = NULL;
    stop_containers(p, max_grace_ms);
}

static bool containers_gone(const struct agent_pod *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (!agent_container_gone(p->containers[i]))
            return false;
    return true;
}

bool agent_pod_ending(const struct agent_pod *p)
{
    return p->stopping && !p->next;
}

bool agent_pod_gone(const struct agent_pod *p)
{
    return agent_pod_ending(p) && containers_gone(p);
}

void agent_pod_step(struct agent_pod *p)
{
    if (!p->stopping || !p->next || !containers_gone(p))
        return;
    struct agent_manifest *m = cu_steal(&p->next);
    tear_down(p);
    p->stopping = false;
    build(p, m);
    agent_pod_start(p, NULL, 0, NULL);
}

const struct agent_manifest *agent_pod_manifest(const struct agent_pod *p)
{
    return p->manifest;
}

const struct agent_manifest *agent_pod_next_manifest(const struct agent_pod *p)
{
    return p->next ? p->next : p->manifest;
}

struct val *agent_pod_status(const struct agent_pod *p)
{
    struct val *v = val_new_map(), *list = val_new_list();
    val_set_str(v, "file", p->manifest->file);
    val_set_str(v, "hash", p->manifest->hash);
    val_set_str(v, "namespace", p->manifest->ns);
    val_set_str(v, "name", p->manifest->name);
    val_set_int(v, "startedMs", p->started_ms);
    for (size_t i = 0; i < p->n; i++)
        val_append(list, agent_container_status(p->containers[i]));
    val_set(v, "containers", list);
    return v;
}

void agent_pod_check_logs(struct agent_pod *p)
{
    for (size_t i = 0; i < p->n; i++)
        agent_container_check_log(p->containers[i]);
}
