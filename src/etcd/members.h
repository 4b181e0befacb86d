/* etcd/members.h - the members of an etcd cluster and their health. Blocking; error codes as in etcd/etcd.h. */
#ifndef ETCD_MEMBERS_H
#define ETCD_MEMBERS_H

#include "etcd/etcd.h"

struct etcd_member {
    uint64_t id;
    char *name;                      /* "" until it has started for the first time */
    char **peer_urls, **client_urls; /* NULL-terminated */
    bool learner;
};
struct etcd_members {
    struct etcd_member *v;
    size_t n;
};
#define ETCD_MEMBERS_INIT                                                                                    \
    {                                                                                                        \
        NULL, 0                                                                                              \
    }
#define cu_autoetcdmembers __attribute__((cleanup(etcd_members_clear)))
void etcd_members_clear(struct etcd_members *m);
/* The member whose first peer URL is `url`; NULL when there is none. */
const struct etcd_member *etcd_members_by_peer(const struct etcd_members *m, const char *url);
#define ETCD_ID_MAX 17
void etcd_id_text(uint64_t id, char out[ETCD_ID_MAX]); /* lower case hex without leading zeros */

/* *out is filled anew in each; owned by the caller. */
int etcd_member_list(struct etcd_client *c, struct etcd_members *out, struct cu_err *err);
/* *out: all members afterwards; *id (may be NULL): the new one. CU_E_EXISTS: a member has this peer URL.
 * CU_E_CONFLICT: refused for now (too many learners, not enough started members, unhealthy cluster). */
int etcd_member_add(struct etcd_client *c, const char *peer_url, bool learner, uint64_t *id,
                    struct etcd_members *out, struct cu_err *err);
/* CU_E_CONFLICT: not in sync with the leader yet: try again. CU_E_EXISTS: it is a voting member already.
 * CU_E_NOTFOUND: no such member. */
int etcd_member_promote(struct etcd_client *c, uint64_t id, struct etcd_members *out, struct cu_err *err);
/* CU_E_NOTFOUND: no such member (any more). out may be NULL. */
int etcd_member_remove(struct etcd_client *c, uint64_t id, struct etcd_members *out, struct cu_err *err);
/* The endpoints of the client become the client URLs of all members that have a name and are no learners. */
int etcd_client_sync(struct etcd_client *c, struct cu_err *err);

struct etcd_status {
    char version[32]; /* "3.4.23" */
    int64_t db_bytes, revision;
    uint64_t member, leader; /* leader 0: none */
    uint64_t raft_term, raft_index;
    bool learner;
    char *errors; /* owned; "; " between them; NULL when there is none: the member is healthy */
};
/* Of one endpoint (NULL: the one in use). The caller frees out->errors. */
int etcd_status(struct etcd_client *c, const char *endpoint, struct etcd_status *out, struct cu_err *err);
/* Asks every endpoint once: 0 when more than half are healthy, else CU_E_UNREACHABLE naming each sick one. */
int etcd_healthy(struct etcd_client *c, struct cu_err *err);
/* Lifts every alarm that is raised (NOSPACE, CORRUPT); *n: how many there were. */
int etcd_alarms_clear(struct etcd_client *c, size_t *n, struct cu_err *err);

#endif
