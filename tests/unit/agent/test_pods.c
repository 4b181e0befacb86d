/* tests/unit/agent/test_pods.c - static pods with real processes: started, probed, restarted, replaced, removed, taken
 * over, stopped. */
#include "../cmocka_all.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "../scratch.h"
#include "agent/pods.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "http/server.h"

struct world {
    char *dir, *manifests, *logs;
    struct http_loop *loop;
    struct agent_pods *pods;
    struct val *last; /* as published */
    bool stopped;
};

static void publish(void *arg, struct val *pods)
{
    struct world *w = arg;
    val_unref(w->last);
    w->last = pods;
}

static void stopped(void *arg)
{
    ((struct world *)arg)->stopped = true;
}

static void begin(struct world *w)
{
    w->stopped = false;
    val_unref(cu_steal(&w->last));
    w->pods = agent_pods_new(&(struct agent_pods_spec){ .loop = w->loop,
                                                        .folder = w->manifests,
                                                        .check_ms = 20000,
                                                        .log_dir = w->logs,
                                                        .root_dir = w->dir,
                                                        .node_name = "n1",
                                                        .node_ip = "127.0.0.1",
                                                        .publish = publish,
                                                        .stopped = stopped,
                                                        .arg = w });
}

static void world_init(struct world *w, char *dir)
{
    *w = (struct world){ .dir = dir,
                         .manifests = cu_path_join(dir, "manifests"),
                         .logs = cu_path_join(dir, "logs"),
                         .loop = http_loop_new() };
    assert_int_equal(cu_mkdir_p(w->manifests, 0755, NULL), 0);
}

static void run_until(struct world *w, bool (*done)(const struct world *w))
{
    for (int64_t end = cu_mono_ms() + 10000; !done(w) && cu_mono_ms() < end;)
        http_loop_run_for(w->loop, 20);
    assert_true(done(w));
}

static bool has_stopped(const struct world *w)
{
    return w->stopped;
}

static void world_clear(struct world *w)
{
    if (w->pods && !w->stopped) {
        agent_pods_stop(w->pods);
        run_until(w, has_stopped);
    }
    agent_pods_free(w->pods);
    http_loop_free(w->loop);
    val_unref(w->last);
    free(w->manifests);
    free(w->logs);
}

static void manifest(const struct world *w, const char *name, const char *script, const char *more)
{
    cu_autofree char *path = cu_asprintf("%s/%s.yaml", w->manifests, name);
    cu_autofree char *text = cu_asprintf(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: kube-system}\nspec:\n"
        "  terminationGracePeriodSeconds: 1\n  containers:\n  - name: c\n    command: [sh, -c, \"%s\"]\n%s",
        name, script, more);
    assert_int_equal(cu_file_write_str(path, text, 0600, NULL), 0);
}

static const struct val *container(const struct world *w)
{
    return val_at(val_get(val_at(w->last, 0), "containers"), 0);
}

static int pid_of(const struct world *w)
{
    return (int)val_get_int(container(w), "pid", 0);
}

static bool is_ready(const struct world *w)
{
    return val_get_bool(container(w), "ready", false);
}

static bool is_empty(const struct world *w)
{
    return w->last && val_len(w->last) == 0;
}

static bool restarted(const struct world *w)
{
    return val_get_int(container(w), "restarts", 0) >= 1;
}

static bool waits(const struct world *w)
{
    return cu_streq(val_get_str(container(w), "state"), "waiting") && val_get(container(w), "reason") &&
           !cu_streq(val_get_str(container(w), "reason"), "ContainerCreating");
}

static void test_life(void **state)
{
    struct world w;
    world_init(&w, *state);
    manifest(&w, "a", "echo one; exec sleep 60", "");
    begin(&w);
    run_until(&w, is_ready);
    int first = pid_of(&w);
    assert_true(cu_pid_alive(first));
    assert_string_equal(val_find_str(val_at(w.last, 0), "pod", "metadata", "name", NULL), "a");
    manifest(&w, "a", "echo two; exec sleep 61", ""); /* replaced: the old process goes first */
    for (int64_t end = cu_mono_ms() + 5000; (pid_of(&w) == first || !is_ready(&w)) && cu_mono_ms() < end;)
        http_loop_run_for(w.loop, 20);
    int second = pid_of(&w);
    assert_int_not_equal(second, first);
    assert_true(cu_pid_alive(second));
    assert_false(cu_pid_alive(first));
    manifest(&w, "a", "\\q", "  broken: [\n"); /* an unreadable version leaves the running one alone */
    http_loop_run_for(w.loop, 100);
    assert_int_equal(pid_of(&w), second);
    cu_autofree char *file = cu_path_join(w.manifests, "a.yaml"), *log = cu_path_join(w.logs, "a/c.log"),
                     *text = NULL;
    assert_int_equal(cu_file_read(log, 100, &text, NULL, NULL), 0);
    assert_string_equal(text, "two\n");
    assert_int_equal(cu_unlink(file, NULL), 0);
    run_until(&w, is_empty);
    assert_false(cu_pid_alive(second));
    world_clear(&w);
}

static void test_crash(void **state)
{
    struct world w;
    world_init(&w, *state);
    manifest(&w, "a", "echo no disk; exit 3", "");
    begin(&w);
    run_until(&w, waits);
    const struct val *last = val_get(container(&w), "last");
    assert_string_equal(val_get_str(container(&w), "reason"), "CrashLoopBackOff");
    assert_int_equal(val_get_int(last, "exitCode", 0), 3);
    assert_string_equal(val_get_str(last, "message"), "no disk");
    cu_autofree char *state_file = cu_path_join(*state, "cubeadm-pods.json"), *text = NULL;
    assert_int_equal(cu_file_read(state_file, 100000, &text, NULL, NULL), 0);
    assert_non_null(strstr(text, "CrashLoopBackOff"));
    assert_null(strstr(text, "apiVersion")); /* the manifest itself is not repeated there */
    run_until(&w, restarted);                /* the first pause is short */
    world_clear(&w);
}

static void test_cannot_start(void **state)
{
    struct world w;
    world_init(&w, *state);
    manifest(&w, "a", "x", "    workingDir: /no/such/folder\n");
    begin(&w);
    run_until(&w, waits);
    assert_string_equal(val_get_str(container(&w), "reason"), "CreateContainerError");
    assert_non_null(strstr(val_get_str(container(&w), "message"), "No such file"));
    world_clear(&w);
}

static void test_same_name_twice(void **state)
{
    struct world w;
    world_init(&w, *state);
    manifest(&w, "a", "exec sleep 60", "");
    cu_autofree char *from = cu_path_join(w.manifests, "a.yaml"), *to = cu_path_join(w.manifests, "b.yaml");
    assert_int_equal(cu_file_copy(from, to, 0600, NULL), 0);
    begin(&w);
    run_until(&w, is_ready);
    assert_int_equal(val_len(w.last), 1);
    world_clear(&w);
}

static void test_takeover(void **state)
{
    struct world w;
    world_init(&w, *state);
    manifest(&w, "a", "exec sleep 60", "");
    manifest(&w, "b", "exec sleep 60", "");
    begin(&w);
    run_until(&w, is_ready);
    http_loop_run_for(w.loop, 50);
    int kept = pid_of(&w);
    int stray = (int)val_get_int(val_at(val_get(val_at(w.last, 1), "containers"), 0), "pid", 0);
    assert_true(cu_pid_alive(kept) && cu_pid_alive(stray));
    agent_pods_free(w.pods); /* as if the agent had been killed */
    cu_autofree char *b = cu_path_join(w.manifests, "b.yaml");
    assert_int_equal(cu_unlink(b, NULL), 0);
    begin(&w);
    assert_false(cu_pid_alive(stray)); /* its manifest went meanwhile */
    run_until(&w, is_ready);
    assert_int_equal(pid_of(&w), kept);
    assert_int_equal(val_len(w.last), 1);
    world_clear(&w);
    waitpid(kept, NULL, 0);
    assert_false(cu_pid_alive(kept));
}

struct web {
    int code;
    int asked;
};

static void answer(void *arg, struct http_request *req)
{
    struct web *web = arg;
    web->asked++;
    http_respond_text(req, web->code, "x");
}

static void test_probes(void **state)
{
    struct world w;
    struct web web = { .code = 500 };
    int port = 0;
    world_init(&w, *state);
    struct http_server *server =
        http_server_new(w.loop, &(struct http_server_options){ .handle = answer, .arg = &web });
    assert_int_equal(http_server_listen(server, "127.0.0.1", 0, NULL, &port, NULL), 0);
    cu_autofree char *probes =
        cu_asprintf("    startupProbe: {httpGet: {port: %d}, initialDelaySeconds: 10}\n"
                    "    readinessProbe: {httpGet: {port: %d}, periodSeconds: 1, failureThreshold: 1}\n"
                    "    livenessProbe: {httpGet: {port: %d}, periodSeconds: 1, failureThreshold: 2}\n",
                    port, port, port);
    manifest(&w, "a", "exec sleep 60", probes);
    begin(&w);
    http_loop_run_for(w.loop, 150);
    assert_false(is_ready(&w));
    assert_true(web.asked >= 2); /* long before the initial delay */
    web.code = 200;
    int64_t start = cu_mono_ms();
    run_until(&w, is_ready);
    assert_true(cu_mono_ms() - start < 2000);
    int first = pid_of(&w);
    web.code = 503; /* ill: not ready at once, killed after two failures */
    run_until(&w, waits);
    assert_false(cu_pid_alive(first));
    assert_string_equal(val_get_str(container(&w), "reason"), "CrashLoopBackOff");
    web.code = 204;
    run_until(&w, restarted);
    run_until(&w, is_ready);
    http_server_free(server);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_life),         SCRATCH_TEST(test_crash),
                                        SCRATCH_TEST(test_cannot_start), SCRATCH_TEST(test_same_name_twice),
                                        SCRATCH_TEST(test_takeover),     SCRATCH_TEST(test_probes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
