/* The API server's manifest on its way to etcd: the flags of etcd change, what the user changed stays. And the old store
 * on its way out: the backup has every row, also those a killed process left beside it. */
#include "run.h"

#include "base/file.h"
#include "base/str.h"
#include "codec/value.h"
#include "manifests/pod.h"
#include "phases/migrate.h"
#include "store/sqlite.h"
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void begin(struct run *r, char *dir, const char *etcd)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *path = cu_path_join(dir, "c.yaml"),
                     *text = cu_asprintf("apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
                                         "localAPIEndpoint: {advertiseAddress: 192.0.2.10}\n"
                                         "nodeRegistration: {name: localhost}\n---\n"
                                         "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
                                         "kubernetesVersion: v1.36.2\netcd: %s\n",
                                         etcd);
    run_init(r, dir);
    assert_int_equal(cu_file_write_str(path, text, 0600, NULL), 0);
    cu_autofree char *kubelet = cu_path_join(dir, "kubelet");
    assert_int_equal(cu_file_write_str(kubelet, "", 0700, NULL), 0);
    run_set(&r->opts.config, path);
    run_set(&r->opts.component_dir, dir);
    if (ph_init_begin(&r->ctx, &err) < 0)
        fail_msg("%s", cu_err_text(&err));
}

/* The manifest for that etcd; caller frees. */
static char *manifest(char *dir, const char *etcd)
{
    struct run r;
    begin(&r, dir, etcd);
    const struct mf_host host = { 0 };
    cu_autoval struct val *pod = mf_pod(MF_API_SERVER, r.ctx.init, &host);
    char *text = mf_pod_text(pod);
    run_clear(&r);
    return text;
}

static char *migrated(char *dir, const char *etcd, const char *old)
{
    struct run r;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    char *out = NULL;
    begin(&r, dir, etcd);
    if (ph_migrate_manifest(&r.ctx, old, &out, &err) < 0)
        out = cu_strdup(cu_err_text(&err));
    run_clear(&r);
    return out;
}

#define SQLITE "{external: {endpoints: ['sqlite:///x/state.db']}}"
#define ELSEWHERE                                                                                            \
    "{external: {endpoints: ['https://e1:2379', 'https://e2:2379'], caFile: /etc/etcd/ca.crt, "              \
    "certFile: /etc/etcd/c.crt, keyFile: /etc/etcd/c.key}}"

/* As if the cluster had been made on that etcd. */
static void test_as_made_there(void **state)
{
    static const char *const targets[] = { "{local: {dataDir: /var/lib/etcd}}", ELSEWHERE };
    cu_autofree char *old = manifest(*state, SQLITE);
    assert_non_null(strstr(old, "- --etcd-servers=sqlite:///x/state.db\n"));
    for (size_t i = 0; i < CU_LEN(targets); i++) {
        cu_autofree char *want = manifest(*state, targets[i]), *got = migrated(*state, targets[i], old);
        if (i == 0)
            assert_string_equal(got, want);
        for (const char *p = want; *p;
             p = strchr(p, '\n') + 1) { /* an etcd elsewhere brings volumes, at the end */
            cu_autofree char *line = cu_strndup(p, strcspn(p, "\n"));
            if (!strstr(got, line))
                fail_msg("\"%s\" is missing in\n%s", line, got);
        }
        assert_int_equal(strlen(got), strlen(want));
        assert_null(strstr(got, "sqlite"));
    }
}

static void test_changes_stay(void **state)
{
    cu_autofree char *plain = manifest(*state, SQLITE);
    cu_autofree char *more =
        cu_replace(plain, "    - --secure-port=6443\n", "    - --secure-port=6443\n    - --v=3\n");
    cu_autofree char *old = cu_replace(more, "cpu: 250m", "cpu: 100m");
    cu_autofree char *got = migrated(*state, "{local: {dataDir: /var/lib/etcd}}", old);
    assert_non_null(strstr(got, "- --v=3\n"));
    assert_non_null(strstr(got, "cpu: 100m"));
    assert_non_null(strstr(got, "- --etcd-servers=https://127.0.0.1:2379\n"));
    cu_autofree char *bare = cu_replace(plain, "    - --etcd-servers=sqlite:///x/state.db\n", "");
    cu_autofree char *refused = migrated(*state, ELSEWHERE, bare);
    assert_string_equal(refused, "the manifest of kube-apiserver has no --etcd-servers");
    cu_autofree char *broken = migrated(*state, ELSEWHERE, "a: [");
    assert_non_null(strstr(broken, "the manifest of kube-apiserver: "));
}

#define ROWS 50

/* A server that is killed with its rows not yet in the file. */
static void leave_rows(const char *path)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct store *s = NULL;
        char key[32], value[400] = { 0 };
        int r = store_sqlite_open(path, &s, NULL);
        for (int i = 0; r == 0 && i < ROWS; i++) {
            snprintf(key, sizeof(key), "/registry/%d", i);
            r = store_create(s, &(struct store_item){ key, value, sizeof(value) }, NULL, NULL);
        }
        if (r == 0)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    cu_autofree char *wal = cu_asprintf("%s-wal", path);
    struct stat st;
    assert_int_equal(stat(wal, &st), 0);
    assert_true(st.st_size > ROWS * 400);
}

static int count(void *arg, const struct store_kv *kv)
{
    (void)kv;
    ++*(int *)arg;
    return 0;
}

static void assert_complete(const char *path)
{
    struct store *s = NULL;
    int n = 0;
    assert_int_equal(store_sqlite_open(path, &s, NULL), 0);
    assert_int_equal(store_list(s, "/registry/", count, &n, NULL, NULL), 0);
    store_close(s);
    assert_int_equal(n, ROWS);
}

/* What ph_migrate_keep() returns where no file may grow beyond that many bytes: as on a full disk. */
static int keep_within(const char *store, rlim_t bytes)
{
    pid_t pid = fork();
    if (pid == 0) {
        char *backup = NULL;
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){ bytes, bytes }) < 0)
            _exit(255);
        _exit(-ph_migrate_keep(store, &backup, NULL));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

static void test_backup_is_complete(void **state)
{
    cu_autofree char *store = cu_path_join(*state, "state.db"), *wal = cu_asprintf("%s-wal", store),
                     *lock = cu_asprintf("%s.lock", store),
                     *want = cu_asprintf("%s" PH_MIGRATION_BACKUP, store), *backup = NULL, *again = NULL;
    leave_rows(store);
    assert_int_equal(keep_within(store, 4096), -CU_E_IO); /* nothing is lost then */
    assert_true(cu_exists(store) && cu_exists(wal) && !cu_exists(want));
    assert_int_equal(ph_migrate_keep(store, &backup, NULL), 0);
    assert_string_equal(backup, want);
    assert_false(cu_exists(store) || cu_exists(wal) || cu_exists(lock));
    assert_complete(backup);
    assert_int_equal(ph_migrate_keep(store, &again, NULL), 0); /* an earlier run came this far */
    assert_string_equal(again, want);
    assert_false(cu_exists(store));
    assert_complete(backup);
}

static void test_backup_refused(void **state)
{
    cu_autofree char *store = cu_path_join(*state, "state.db"), *backup = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT, broken = CU_ERR_INIT;
    struct store *s = NULL;
    assert_int_equal(store_sqlite_open(store, &s, NULL), 0);
    assert_int_equal(ph_migrate_keep(store, &backup, &err), -CU_E_EXISTS);
    assert_non_null(strstr(cu_err_text(&err), "run the same command again"));
    store_close(s);
    assert_int_equal(cu_file_write_str(store, "no database, but text of some length", 0600, NULL), 0);
    assert_int_equal(ph_migrate_keep(store, &backup, &broken), -CU_E_INVALID);
    assert_true(cu_exists(store));
    assert_null(backup);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_as_made_there), SCRATCH_TEST(test_changes_stay),
                                        SCRATCH_TEST(test_backup_is_complete),
                                        SCRATCH_TEST(test_backup_refused) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
