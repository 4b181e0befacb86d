/* tests/unit/config/host.h - a machine that answers always the same, and a file with a given text. */
#ifndef TESTS_CONFIG_HOST_H
#define TESTS_CONFIG_HOST_H

#include "../cmocka_all.h"
#include "../scratch.h"
#include "base/str.h"
#include "config/load.h"
#include <string.h>

static inline int test_address(void *arg, const char *wanted, char **out, struct cu_err *err)
{
    (void)arg;
    (void)err;
    *out = cu_strdup(strchr(wanted, ':') ? "fd00::7" : "192.0.2.7");
    return 0;
}

static inline struct cfg_load_options test_options(struct cu_strlist *warnings, struct cfg_errors *errors)
{
    struct cfg_load_options o = { 0 };
    o.host.hostname = "  Tester ";
    o.host.choose_address = test_address;
    o.warnings = warnings;
    o.errors = errors;
    return o;
}

/* Writes `text` to <dir>/config.yaml; the path is owned by the caller. */
static inline char *test_file(const char *dir, const char *text)
{
    char *path = cu_path_join(dir, "config.yaml");
    assert_int_equal(cu_file_write_str(path, text, 0600, NULL), 0);
    return path;
}

#define INIT_V4 "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
#define CLUSTER_V4 "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
#define JOIN_V4 "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n"

#endif
