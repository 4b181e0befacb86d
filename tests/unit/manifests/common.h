/* tests/unit/manifests/common.h - cmocka, and configurations from text. */
#ifndef TEST_MANIFESTS_COMMON_H
#define TEST_MANIFESTS_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "config/load.h"

/* A ClusterConfiguration with these lines and, when `init` is not NULL, an InitConfiguration with those. */
static inline struct cfg_init *configured(const char *cluster, const char *init)
{
    struct cu_err err = CU_ERR_INIT;
    struct cfg_load_options o = { .host = { .hostname = "node1" } };
    struct cfg_init *c = NULL;
    char path[] = "/tmp/cubeadm-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    char *text =
        cu_asprintf("apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint:\n"
                    "  advertiseAddress: %s\n---\napiVersion: kubeadm.k8s.io/v1beta4\n"
                    "kind: ClusterConfiguration\n%s",
                    init ? init : "192.0.2.10", cluster);
    assert_int_equal(cu_file_write_str(path, text, 0600, NULL), 0);
    int rc = cfg_load_init(path, &o, &c, &err);
    unlink(path);
    close(fd);
    free(text);
    if (rc < 0)
        fail_msg("%s", err.msg);
    return c;
}

static inline bool has_argument(const struct val *pod, const char *argument)
{
    const struct val *command = val_get(val_at(val_find(pod, "spec", "containers", NULL), 0), "command");
    for (size_t i = 0; i < val_len(command); i++)
        if (cu_streq(val_str(val_at(command, i)), argument))
            return true;
    return false;
}

static inline struct val *container_of(const struct val *pod)
{
    return val_at(val_find(pod, "spec", "containers", NULL), 0);
}

static inline const struct val *named(const struct val *list, const char *name)
{
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "name"), name))
            return val_at(list, i);
    return NULL;
}

#endif
