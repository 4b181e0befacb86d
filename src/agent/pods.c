/* agent/pods.c - from the files of the manifest folder to the pods that run, and from those to what is published.
 * Must not wait for anything: it runs on the supervising thread. */
#include "agent/pods.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "agent/folder.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/timefmt.h"

#define STATE_FILE "cubeadm-pods.json"
#define LOG_CHECK_MS 10000
#define STOP_GRACE_MS 20000  /* on the agent's own end: less than service managers give the agent */
#define STRAY_GRACE_MS 10000 /* for processes of pods that are no more */

struct entry {
    char *file;
    struct agent_pod *pod; /* NULL while the file never held a good manifest */
    char *bad_hash;        /* version that could not be read, so that it is complained of once; NULL: none */
    char *error;
    bool seen;
};

struct agent_pods {
    struct agent_pods_spec s;
    struct agent_pod_env env;
    char *state_path;
    struct entry *entries;
    size_t n, cap;
    struct agent_folder *folder;
    struct http_timer *dirty_timer, *log_timer;
    bool stopping, stop_told;
};

static void mark_dirty(void *arg)
{
    struct agent_pods *p = arg;
    http_timer_set(p->dirty_timer, 0); /* many changes of one turn become one publication */
}

/* --- what is published --- */

static struct val *entry_status(const struct entry *e)
{
    struct val *v = e->pod ? agent_pod_status(e->pod) : val_new_map();
    if (!e->pod)
        val_set_str(v, "file", e->file);
    val_set_str(v, "error", e->error);
    return v;
}

/* Valid only as long as this boot, so it is replaced in one step but not synced to disk. */
static void write_state(const struct agent_pods *p, struct val *list)
{
    cu_autoval struct val *doc = val_new_map();
    val_set_int(doc, "agentPid", getpid());
    val_set(doc, "pods", list);
    cu_autofree char *text = val_dump_json(doc, VAL_JSON_INDENT), *tmp = cu_asprintf("%s.new", p->state_path);
    cu_autoclose int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    size_t n = strlen(text);
    if (fd < 0 || write(fd, text, n) != (ssize_t)n || rename(tmp, p->state_path) < 0)
        cu_log_warning("write %s: %s", p->state_path, strerror(errno));
}

static void publish(struct agent_pods *p)
{
    struct val *state = val_new_list(), *list = val_new_list();
    for (size_t i = 0; i < p->n; i++) {
        struct val *v = entry_status(&p->entries[i]);
        val_append(state, val_ref(v));
        if (!p->entries[i].pod) {
            val_unref(v);
            continue;
        }
        struct val *full = val_copy(v);
        val_set(full, "pod", val_ref(agent_pod_manifest(p->entries[i].pod)->pod));
        val_append(list, full);
        val_unref(v);
    }
    write_state(p, state);
    p->s.publish(p->s.arg, list);
}

static struct val *read_state(const struct agent_pods *p)
{
    cu_autofree char *text = NULL;
    struct val *doc = NULL;
    size_t n;
    if (cu_file_read(p->state_path, LIM_MANIFEST, &text, &n, NULL) < 0 ||
        val_parse_json(text, n, &doc, NULL) < 0)
        return NULL;
    return doc;
}

static const struct val *find_state(const struct val *doc, const struct agent_manifest *m)
{
    const struct val *list = val_get(doc, "pods");
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "hash"), m->hash))
            return val_at(list, i);
    return NULL;
}

/* --- files to pods --- */

static struct entry *find_entry(struct agent_pods *p, const char *file)
{
    for (size_t i = 0; i < p->n; i++)
        if (cu_streq(p->entries[i].file, file))
            return &p->entries[i];
    cu_grow(&p->entries, &p->cap, p->n + 1, sizeof *p->entries);
    p->entries[p->n] = (struct entry){ .file = cu_strdup(file) };
    return &p->entries[p->n++];
}

static void clear_entry(struct entry *e)
{
    agent_pod_free(e->pod);
    free(e->file);
    free(e->bad_hash);
    free(e->error);
}

static bool name_taken(const struct agent_pods *p, const struct entry *self, const struct agent_manifest *m)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct entry *e = &p->entries[i];
        if (e == self || !e->pod)
            continue;
        const struct agent_manifest *other = agent_pod_next_manifest(e->pod);
        if (cu_streq(other->name, m->name) && cu_streq(other->ns, m->ns))
            return true;
    }
    return false;
}

static void complain(struct entry *e, char *hash, const char *text)
{
    cu_log_error("static pod %s: %s", e->file, text);
    free(e->bad_hash);
    free(e->error);
    e->bad_hash = hash;
    e->error = cu_strdup(text);
}

/* A manifest that cannot be read leaves the version that runs alone. True when something is to be started. */
static bool take_file(struct agent_pods *p, const struct agent_file *f)
{
    struct entry *e = find_entry(p, f->path);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *hash = agent_manifest_hash(f->path, f->text, f->n, p->s.node_name);
    struct agent_manifest *m = NULL;
    e->seen = true;
    bool same = e->pod && cu_streq(agent_pod_next_manifest(e->pod)->hash, hash);
    if (cu_streq(e->bad_hash, hash) || (same && !agent_pod_ending(e->pod)))
        return false;
    int r = agent_manifest_parse(f->path, f->text, f->n, p->s.node_name, &m, &err);
    if (r == 0 && name_taken(p, e, m)) {
        r = cu_fail(&err, CU_E_EXISTS, "pod %s of namespace %s is there from another file already", m->name,
                    m->ns);
        agent_manifest_free(m);
    }
    mark_dirty(p);
    if (r < 0) {
        complain(e, cu_steal(&hash), cu_err_text(&err));
        return false;
    }
    free(cu_steal(&e->bad_hash));
    free(cu_steal(&e->error));
    if (e->pod) {
        cu_log_info("static pod %s changed; replacing it", m->name);
        agent_pod_replace(e->pod, m);
        return false;
    }
    e->pod = agent_pod_new(&p->env, m);
    return true;
}

/* Stops what is no longer there and forgets what is gone. */
static void sweep(struct agent_pods *p)
{
    for (size_t i = 0; i < p->n;) {
        struct entry *e = &p->entries[i];
        if (e->seen || (e->pod && !agent_pod_gone(e->pod))) {
            i++;
            continue;
        }
        clear_entry(e);
        p->n--;
        memmove(e, e + 1, (p->n - i) * sizeof *e);
        mark_dirty(p);
    }
}

static void scan(struct agent_pods *p, const struct agent_leftover *left, size_t n_left,
                 const struct val *was)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct agent_file *files;
    size_t n;
    if (agent_folder_read(p->s.folder, &files, &n, &err) < 0) {
        cu_log_error("static pods: %s", cu_err_text(&err)); /* what runs goes on running */
        return;
    }
    for (size_t i = 0; i < p->n; i++)
        p->entries[i].seen = false;
    for (size_t i = 0; i < n; i++) {
        if (!take_file(p, &files[i]))
            continue;
        struct agent_pod *pod = find_entry(p, files[i].path)->pod;
        cu_log_info("starting static pod %s", agent_pod_manifest(pod)->name);
        agent_pod_start(pod, left, n_left, find_state(was, agent_pod_manifest(pod)));
    }
    agent_files_free(files, n);
    for (size_t i = 0; i < p->n; i++) {
        struct entry *e = &p->entries[i];
        if (e->seen || !e->pod || agent_pod_ending(e->pod))
            continue;
        cu_log_info("static pod %s was removed; stopping it", agent_pod_manifest(e->pod)->name);
        agent_pod_stop(e->pod, INT64_MAX);
    }
    sweep(p);
}

static void folder_changed(void *arg)
{
    struct agent_pods *p = arg;
    if (!p->stopping)
        scan(p, NULL, 0, NULL);
}

static bool wanted(const struct agent_pods *p, const struct agent_file *files, size_t n,
                   const struct agent_leftover *l)
{
    for (size_t i = 0; i < n; i++) {
        cu_autofree char *hash =
            agent_manifest_hash(files[i].path, files[i].text, files[i].n, p->s.node_name);
        if (cu_streq(hash, l->hash))
            return true;
    }
    return false;
}

/* Ends processes of an earlier agent whose pods are gone or changed, before anything new wants their ports. */
static void end_strays(const struct agent_pods *p, const struct agent_leftover *left, size_t n)
{
    struct agent_file *files;
    size_t n_files;
    if (n == 0 || agent_folder_read(p->s.folder, &files, &n_files, NULL) < 0)
        return;
    for (size_t i = 0; i < n; i++)
        if (!wanted(p, files, n_files, &left[i]))
            kill(left[i].pid, SIGTERM);
    for (size_t i = 0; i < n; i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        if (wanted(p, files, n_files, &left[i]))
            continue;
        cu_log_info("ending process %d, left over from pod %s", (int)left[i].pid, left[i].pod);
        if (cu_terminate(left[i].pid, STRAY_GRACE_MS, &err) < 0)
            cu_log_error("%s", cu_err_text(&err));
    }
    agent_files_free(files, n_files);
}

/* --- the loop --- */

static void step(void *arg)
{
    struct agent_pods *p = arg;
    bool all_gone = true;
    for (size_t i = 0; i < p->n; i++) {
        if (!p->entries[i].pod)
            continue;
        agent_pod_step(p->entries[i].pod);
        all_gone = all_gone && agent_pod_gone(p->entries[i].pod);
    }
    if (!p->stopping)
        sweep(p);
    publish(p);
    if (p->stopping && all_gone && !p->stop_told) {
        p->stop_told = true;
        p->s.stopped(p->s.arg);
    }
}

static void check_logs(void *arg)
{
    struct agent_pods *p = arg;
    http_timer_set(p->log_timer, LOG_CHECK_MS);
    for (size_t i = 0; i < p->n; i++)
        if (p->entries[i].pod)
            agent_pod_check_logs(p->entries[i].pod);
}

struct agent_pods *agent_pods_new(const struct agent_pods_spec *s)
{
    struct agent_pods *p = cu_calloc(1, sizeof *p);
    p->s = *s;
    p->env = (struct agent_pod_env){ .loop = s->loop,
                                     .component_dir = s->component_dir,
                                     .log_dir = s->log_dir,
                                     .root_dir = s->root_dir,
                                     .node_name = s->node_name,
                                     .node_ip = s->node_ip,
                                     .changed = mark_dirty,
                                     .arg = p };
    p->state_path = cu_path_join(s->root_dir, STATE_FILE);
    p->dirty_timer = http_timer_new(s->loop, step, p);
    p->log_timer = http_timer_new(s->loop, check_logs, p);
    http_timer_set(p->log_timer, LOG_CHECK_MS);
    mark_dirty(p);
    if (!s->folder)
        return p;
    cu_mkdir_p(s->folder, 0755, NULL); /* best effort: a read-only place may still get it later */
    p->folder = agent_folder_watch(s->loop, s->folder, s->check_ms, folder_changed, p);
    struct agent_leftover *left;
    size_t n;
    cu_autoval struct val *was = read_state(p);
    agent_leftovers_find(s->root_dir, &left, &n);
    end_strays(p, left, n);
    scan(p, left, n, was);
    agent_leftovers_free(left, n);
    return p;
}

void agent_pods_stop(struct agent_pods *p)
{
    p->stopping = true;
    for (size_t i = 0; i < p->n; i++)
        if (p->entries[i].pod)
            agent_pod_stop(p->entries[i].pod, STOP_GRACE_MS);
    mark_dirty(p);
}

void agent_pods_free(struct agent_pods *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        clear_entry(&p->entries[i]);
    free(p->entries);
    agent_folder_free(p->folder);
    http_timer_free(p->dirty_timer);
    http_timer_free(p->log_timer);
    free(p->state_path);
    free(p);
}
