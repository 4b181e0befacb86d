/* tests/unit/scratch.h - a folder of its own for each test that touches files. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include "base/file.h"

static inline int scratch_setup(void **state)
{
    const char *top = getenv("TMPDIR");
    char *dir = cu_asprintf("%s/cubeadm-test-XXXXXX", top ? top : "/tmp");
    *state = dir;
    return mkdtemp(dir) ? 0 : -1;
}

static inline int scratch_teardown(void **state)
{
    int r = cu_rm_rf(*state, false, NULL);
    free(*state);
    return r;
}

#define SCRATCH_TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

#endif
