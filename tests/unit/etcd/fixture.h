/* A real etcd on loopback ports of its own and in a folder of its own, for tests. */
#ifndef TEST_ETCD_FIXTURE_H
#define TEST_ETCD_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

struct test_etcd {
    int pid;
    char dir[64], endpoint[64], peer[64], name[16];
};

bool test_etcd_installed(void);
/* Picks ports and a folder and starts a cluster of one; waits until it answers. Exits the test on failure. */
void test_etcd_start(struct test_etcd *e);
void test_etcd_kill(struct test_etcd *e);  /* kill -9; the data stays */
void test_etcd_pause(struct test_etcd *e); /* it stands still when this returns; connections stay */
void test_etcd_go_on(struct test_etcd *e);
void test_etcd_again(struct test_etcd *e); /* starts it again with the same ports and data */
void test_etcd_stop(struct test_etcd *e);  /* kills it and removes the folder */
/* A second member: ports and folder chosen, not started; then started as a member of `initial_cluster`. */
void test_etcd_prepare(struct test_etcd *e, const char *name);
void test_etcd_join(struct test_etcd *e, const char *initial_cluster);

#endif
