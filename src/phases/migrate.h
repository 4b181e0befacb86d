/* phases/migrate.h - `kubeadm embedded migrate --to etcd`: the embedded control plane moves from SQLite to etcd; `--to
 * sqlite` gives an interrupted move up.
 *
 * What is true when is written in a journal, so that a run that was killed at any moment is finished by the next one:
 *   prepare  the API server serves from SQLite; etcd is being set up and holds nothing that counts
 *   copy     the API server is stopped (its manifest is in the journal only); SQLite counts, etcd holds a part of it
 *   switch   etcd holds everything and counts from now on; the API server is started on it, SQLite is a backup
 */
#ifndef PHASES_MIGRATE_H
#define PHASES_MIGRATE_H

#include "phases/context.h"
#include "phases/reset_store.h"

#define PH_MIGRATION_JOURNAL PH_EMBEDDED_DIR "/migration.json"
#define PH_MIGRATION_LOCK PH_EMBEDDED_DIR "/migration.lock"
#define PH_MIGRATION_BACKUP ".before-etcd" /* behind the name of the SQLite file */

struct etcd_client;

struct ph_migration {
    struct val *journal;      /* owned: id, step, store, root, manifest, node, address, port, cluster */
    int lock;                 /* descriptor; one migration at a time */
    bool resumed;             /* an earlier run was interrupted */
    struct etcd_client *etcd; /* owned; NULL until etcd answers */
};
void ph_migration_free(struct ph_migration *m); /* NULL is fine */
/* The journal on disk, with that step. */
int ph_migration_save(struct ph_migration *m, const char *step, struct cu_err *err);
bool ph_migration_is(const struct ph_migration *m, const char *step);

/* Finds the cluster, or the migration that was interrupted, and the configuration it shall have. CU_E_EXISTS: it is on
 * etcd already; CU_E_NOTFOUND: no control plane here; CU_E_CONFLICT: another run is at work, there are other control
 * planes, or the flags are not those of the interrupted run. */
int ph_migrate_begin(struct ph_ctx *c, struct cu_err *err);
extern const struct wf_tree ph_migrate_tree, ph_migrate_undo_tree;

/* The API server's manifest `old` with the etcd of c->init in place of its own, all else kept. *out: caller frees. */
int ph_migrate_manifest(struct ph_ctx *c, const char *old, char **out, struct cu_err *err);

/* The SQLite file `store` becomes <store>.before-etcd, complete in itself: what a killed process left in its -wal is
 * written into it first. Nothing to do when it is not there any more. *backup: that name, caller frees. CU_E_EXISTS: a
 * process has it open; CU_E_IO: the -wal could not be written into it, all is left as it was. */
int ph_migrate_keep(const char *store, char **backup, struct cu_err *err);

#endif
