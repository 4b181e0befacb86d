/* store/move.h - copies what a store holds into an empty etcd. Every revision there is later than any in the store: who
 * remembers one of the store's is told that it is too old (410 Gone), and nobody mistakes old for new. */
#ifndef STORE_MOVE_H
#define STORE_MOVE_H

#include "etcd/etcd.h"
#include "store/store.h"

struct store_move {
    struct etcd_client *to;
    const char *root; /* "/registry/" */
    const char *mark; /* key outside root that says whose unfinished copy is there, and the text in it */
    const char *mark_text;
    void (*progress)(void *arg, const char *what, int64_t done, int64_t of); /* now and then; may be NULL */
    void *arg;
};

/* May the copy go there? 0: etcd holds nothing below root, or the unfinished copy of this very move, which is then
 * deleted. CU_E_EXISTS: it holds objects of others. Puts the mark. */
int store_move_claim(const struct store_move *m, struct cu_err *err);
/* Raises etcd's revision to at least `rev`, by writing the mark often enough, and forgets those writes. May be called
 * again. */
int store_move_raise(const struct store_move *m, int64_t rev, struct cu_err *err);
/* Copies every key of `from` below root, reads all back and compares. *n: how many. CU_E_CONFLICT: etcd holds something
 * else than what was written, so somebody else writes there. Before: store_move_raise() above the store's revision. */
int store_move_copy(const struct store_move *m, struct store *from, size_t *n, struct cu_err *err);
/* Takes the mark away: from now on the copy is a cluster's. Absent is success. */
int store_move_done(const struct store_move *m, struct cu_err *err);

#endif
