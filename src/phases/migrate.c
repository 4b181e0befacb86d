/* The steps of a migration to etcd. Each looks at the journal and does what is missing. They must not know how values
 * are copied (store/move.h). */
#include "phases/migrate.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "codec/value.h"
#include "config/constants.h"
#include "config/types.h"
#include "etcd/members.h"
#include "http/listens.h"
#include "kube/client.h"
#include "phases/causes.h"
#include "phases/cert_table.h"
#include "phases/phases.h"
#include "phases/wait.h"
#include "store/move.h"
#include "store/sqlite.h"
#include <inttypes.h>

#define MARK "cubeadm/migration" /* where no API server looks */
#define MANIFEST CFG_MANIFESTS_DIR "/kube-apiserver.yaml"
#define INTERVAL_MS 50 /* nobody is served meanwhile */
#define EXTERNAL_MS 500
#define ETCD_MS 120000
#define STOP_MS 60000
#define LISTENS_MS 1000
#define AHEAD 2000 /* revisions counted up in advance, for what is written until the API server stops */

static void progress(void *arg, const char *what, int64_t done, int64_t of)
{
    ph_say(arg, "[migrate] %s: %" PRId64 " of %" PRId64, what, done, of);
}

static struct store_move move_of(struct ph_ctx *c)
{
    return (struct store_move){ .to = c->migration->etcd,
                                .root = val_get_str(c->migration->journal, "root"),
                                .mark = MARK,
                                .mark_text = val_get_str(c->migration->journal, "id"),
                                .progress = progress,
                                .arg = c };
}

/* Nothing counts in etcd yet: the API server goes on from SQLite. The journal comes first: it must never say that etcd
 * counts while somebody writes to SQLite. */
static int start_old(struct ph_ctx *c, struct cu_err *err)
{
    struct ph_migration *m = c->migration;
    int r = ph_migration_save(m, "prepare", err);
    return r == 0 && !cu_exists(MANIFEST)
               ? cu_file_write_str(MANIFEST, val_get_str(m->journal, "manifest"), 0600, err)
               : r;
}

/* After a step that failed. */
static void go_back(struct ph_ctx *c)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    if (cu_exists(MANIFEST) || ph_migration_is(c->migration, "switch"))
        return;
    if (start_old(c, &e) == 0)
        ph_say(c, "[migrate] The API server is started again from its old store; run the same command again "
                  "once the "
                  "cause is mended");
    else
        cu_log_error("the API server could not be started again: %s; run the same command again",
                     cu_err_text(&e));
}

/* --- etcd: set up, or found --- */

static int set_up_local(struct ph_ctx *c, struct cu_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < ph_cert_count; i++)
        if (ph_cert_is_etcd(&ph_cert_table[i]))
            r = ph_certs_make(c, &ph_cert_table[i], err);
    return r == 0 ? ph_etcd_local(c, err) : r;
}

static int read_pem(const char *path, char **out, struct cu_err *err)
{
    return cu_is_empty(path) ? 0 : cu_file_read(path, LIM_PEM_FILE, out, NULL, err);
}

static int connect_etcd(struct ph_ctx *c, struct cu_err *err)
{
    const struct cfg_etcd_external *external = c->init->cluster.etcd.external;
    const char *dir = c->paths.certs_real, *local[] = { "https://127.0.0.1:2379" };
    cu_autofree char *ca_path = external ? cu_strdup(external->ca_file) : cu_path_join(dir, "etcd/ca.crt");
    cu_autofree char *cert_path =
        external ? cu_strdup(external->cert_file) : cu_path_join(dir, "apiserver-etcd-client.crt");
    cu_autofree char *key_path =
        external ? cu_strdup(external->key_file) : cu_path_join(dir, "apiserver-etcd-client.key");
    cu_autofree char *ca = NULL, *cert = NULL;
    char *key = NULL;
    int r = read_pem(ca_path, &ca, err);
    if (r == 0)
        r = read_pem(cert_path, &cert, err);
    if (r == 0)
        r = read_pem(key_path, &key, err);
    const struct etcd_options o = { .endpoints =
                                        external ? (const char *const *)external->endpoints.v : local,
                                    .n = external ? external->endpoints.n : 1,
                                    .ca_pem = ca,
                                    .cert_pem = cert,
                                    .key_pem = key };
    if (r == 0)
        r = etcd_client_new(&o, &c->migration->etcd, err);
    cu_free_secret(key);
    return r;
}

static enum cu_wait_state etcd_answers(void *arg, char **missing, struct cu_err *err)
{
    struct ph_ctx *c = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = etcd_get(c->migration->etcd, MARK, NULL, NULL, NULL, &e);
    if (r == 0 || r == -CU_E_NOTFOUND)
        return CU_WAIT_DONE;
    if (r == -CU_E_AUTH || r == -CU_E_INVALID) { /* another CA or certificate: waiting mends neither */
        cu_err_move(err, &e);
        return CU_WAIT_FINAL;
    }
    *missing = cu_strdup(cu_err_text(&e));
    if (c->init->cluster.etcd.external)
        return CU_WAIT_PENDING;
    enum cu_wait_state state = ph_cause_pod(c, "etcd", missing, err);
    return state == CU_WAIT_PENDING ? ph_cause_kubelet(c, missing, err) : state;
}

static enum cu_wait_state etcd_gone(void *arg, char **missing, struct cu_err *err)
{
    (void)arg;
    (void)err;
    if (!http_listens("https://127.0.0.1:2379", LISTENS_MS))
        return CU_WAIT_DONE;
    *missing = cu_strdup("it still listens");
    return CU_WAIT_PENDING;
}

static int run_etcd(struct ph_ctx *c, struct cu_err *err)
{
    struct ph_migration *m = c->migration;
    bool local = c->init->cluster.etcd.local != NULL;
    if (m->resumed)
        ph_say(c, "[migrate] Going on with a migration that was interrupted at the step \"%s\"",
               val_get_str(m->journal, "step"));
    int r = m->resumed ? 0 : ph_migration_save(m, "prepare", err);
    if (r == 0 && local)
        r = set_up_local(c, err);
    if (r == 0)
        r = connect_etcd(c, err);
    if (r == 0) /* what runs elsewhere answers now, or it is not there */
        r = ph_wait(c,
                    &(struct ph_waiting){ "etcd to answer", local ? ETCD_MS : EXTERNAL_MS, INTERVAL_MS,
                                          etcd_answers, c },
                    err);
    if (r == 0 && !ph_migration_is(m, "switch")) {
        struct store_move move = move_of(c);
        r = store_move_claim(&move, err);
    }
    if (r < 0 && m->resumed) /* an earlier run may have stopped the API server */
        go_back(c);
    else if (r < 0 && !local) /* nothing was changed: the next try may name another etcd */
        cu_unlink(PH_MIGRATION_JOURNAL, NULL);
    return r;
}

/* --- revision: counted up while the API server still serves --- */

static int run_revision(struct ph_ctx *c, struct cu_err *err)
{
    struct kube_client *kube = NULL;
    cu_autofree char *path = kube_path("v1", "namespaces", NULL, NULL);
    cu_autoval struct val *list = NULL;
    struct store_move move = move_of(c);
    int64_t rev = 0;
    if (!ph_migration_is(c->migration, "prepare") || !cu_exists(MANIFEST))
        return 0; /* no API server to ask: the copy counts as far as it must */
    int r = ph_ctx_kube(c, &kube, err);
    if (r == 0)
        r = kube_get(kube, path, "limit=1", &list, err);
    if (r == 0)
        r = cu_parse_i64(cu_or(val_find_str(list, "metadata", "resourceVersion", NULL), ""), 0,
                         INT64_MAX - AHEAD, &rev, err);
    if (r < 0)
        return cu_wrap(err, "ask the API server for its revision");
    ph_say(c, "[migrate] Counting etcd's revision up beyond that of the store (%" PRId64 ")", rev);
    return store_move_raise(&move, rev + AHEAD, err);
}

/* --- copy: the API server stops, everything is copied --- */

struct taking {
    const char *path;
    struct store *store;
};

static enum cu_wait_state take_store(void *arg, char **missing, struct cu_err *err)
{
    struct taking *t = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = store_sqlite_open(t->path, &t->store, &e);
    if (r == 0)
        return CU_WAIT_DONE;
    if (r != -CU_E_EXISTS) {
        cu_err_move(err, &e);
        return CU_WAIT_FINAL;
    }
    *missing = cu_strdup("the API server has not ended yet");
    return CU_WAIT_PENDING;
}

static int ignore_kv(void *arg, const struct store_kv *kv)
{
    (void)arg;
    (void)kv;
    return 0;
}

/* With the store in our hands no API server can acknowledge a write any more. */
static int copy(struct ph_ctx *c, struct store *from, struct cu_err *err)
{
    struct store_move move = move_of(c);
    int64_t rev = 0;
    size_t n = 0;
    int r = store_list(from, "none", ignore_kv, NULL, &rev, err);
    if (r == 0)
        r = store_move_raise(&move, rev + 1, err);
    if (r == 0)
        r = store_move_copy(&move, from, &n, err);
    if (r == 0)
        ph_say(c,
               "[migrate] %zu objects were copied and read back; the last revision of the old store was "
               "%" PRId64,
               n, rev);
    return r;
}

static int stop_and_copy(struct ph_ctx *c, struct taking *t, struct cu_err *err)
{
    if (!cu_exists(t->path)) /* opening would make an empty one */
        return cu_fail(err, CU_E_NOTFOUND, "the store \"%s\" is not there", t->path);
    int r = ph_migration_save(c->migration, "copy", err);
    if (r == 0)
        r = cu_unlink(MANIFEST, err);
    if (r < 0)
        return r;
    ph_say(c, "[migrate] Stopping the API server");
    r = ph_wait(c, &(struct ph_waiting){ "the API server to end", STOP_MS, INTERVAL_MS, take_store, t }, err);
    return r == 0 ? copy(c, t->store, err) : r;
}

static int run_copy(struct ph_ctx *c, struct cu_err *err)
{
    struct ph_migration *m = c->migration;
    cu_autofree char *path = cu_strdup(val_get_str(m->journal, "store"));
    struct taking t = { .path = path };
    if (ph_migration_is(m, "switch"))
        return 0;
    int r = stop_and_copy(c, &t, err);
    bool copied = r == 0;
    if (copied) /* under the lock, so that nothing is written to SQLite that etcd lacks */
        r = ph_migration_save(m, "switch", err);
    store_close(t.store);
    if (copied &&
        r < 0) { /* whichever step is on the disk: the next run goes on from it, and nobody serves until then */
        cu_wrap(err, "the API server is down; run the same command again");
        val_set_str(m->journal, "step", "copy");
    } else if (r < 0) {
        go_back(c);
    }
    return r;
}

/* --- switch: the API server starts on etcd --- */

static int run_switch(struct ph_ctx *c, struct cu_err *err)
{
    cu_autofree char *text = NULL;
    int r = ph_migrate_manifest(c, val_get_str(c->migration->journal, "manifest"), &text, err);
    if (r == 0)
        r = cu_file_write_str(MANIFEST, text, 0600, err);
    if (r < 0)
        return r;
    ph_say(c, "[migrate] Starting the API server on etcd");
    kube_client_free(c->kube); /* its connection is to the old one */
    c->kube = NULL;
    r = ph_wait_api_port(c, err);
    return r == 0 ? ph_wait_components(c, err) : r;
}

/* --- finish: the configuration, the backup, the end of the journal --- */

static int keep_backup(struct ph_ctx *c, struct cu_err *err)
{
    cu_autofree char *backup = NULL;
    int r = ph_migrate_keep(val_get_str(c->migration->journal, "store"), &backup, err);
    if (r == 0)
        ph_say(
            c,
            "[migrate] The old store is kept as \"%s\"; delete it when you no longer want to go back to it",
            backup);
    return r;
}

static int run_finish(struct ph_ctx *c, struct cu_err *err)
{
    struct store_move move = move_of(c);
    int r = ph_upload_config_kubeadm(c, err);
    if (r == 0)
        r = keep_backup(c, err);
    if (r == 0)
        r = store_move_done(&move, err);
    return r == 0 ? cu_unlink(PH_MIGRATION_JOURNAL, err) : r;
}

/* --- the move is given up --- */

/* Best effort: the part of a copy that is there is nobody's cluster. */
static void clear_external(struct ph_ctx *c)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = connect_etcd(c, &e);
    struct store_move move = move_of(c);
    if (r == 0)
        r = store_move_claim(&move, &e); /* deletes it */
    if (r == 0)
        r = store_move_done(&move, &e);
    if (r < 0)
        cu_log_warning("what was copied to etcd so far stays there: %s", cu_err_text(&e));
}

static int run_undo(struct ph_ctx *c, struct cu_err *err)
{
    const struct cfg_etcd_local *local = c->init->cluster.etcd.local;
    cu_autofree char *etcd_manifest = cu_path_join(c->paths.manifests, "etcd.yaml");
    int r = start_old(c, err);
    if (r == 0 && local) {
        r = cu_unlink(etcd_manifest, err);
        if (r == 0)
            r = ph_wait(c, &(struct ph_waiting){ "etcd to end", STOP_MS, INTERVAL_MS, etcd_gone, c }, err);
        if (r == 0)
            r = cu_rm_rf(local->data_dir, true, err);
    }
    if (r == 0 && !local)
        clear_external(c);
    if (r == 0)
        r = cu_unlink(PH_MIGRATION_JOURNAL, err);
    if (r == 0)
        ph_say(c, "[migrate] The move is given up: the API server serves from \"%s\" as before",
               val_get_str(c->migration->journal, "store"));
    return r == 0 ? ph_wait_api_port(c, err) : r;
}

static const struct wf_phase undo_steps[] = {
    { .name = "undo", .run = run_undo, .brief = "Give an interrupted move up" },
};

const struct wf_tree ph_migrate_undo_tree = { undo_steps, CU_LEN(undo_steps) };

static const struct wf_phase steps[] = {
    { .name = "etcd", .run = run_etcd, .brief = "Set up etcd, or find the one that is named" },
    { .name = "revision", .run = run_revision, .brief = "Count etcd's revision up" },
    { .name = "copy", .run = run_copy, .brief = "Stop the API server and copy every object" },
    { .name = "switch", .run = run_switch, .brief = "Start the API server on etcd" },
    { .name = "finish",
      .run = run_finish,
      .brief = "Store the configuration and keep the old store as a backup" },
};

const struct wf_tree ph_migrate_tree = { steps, CU_LEN(steps) };
