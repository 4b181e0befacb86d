/* node/identity.c - names, versions and ids of this machine.
 * Must not know the Node object they end up in. */
#include "node/identity.h"

#include <string.h>

#include "base/str.h"
#include "base/strlist.h"

int node_hostname(const struct node_sys *sys, char **out, struct cu_err *err)
{
    cu_autofree char *name = node_read_line(sys, "/proc/sys/kernel/hostname");
    if (!name)
        return cu_fail(err, CU_E_INVALID,
                       "this machine has no host name; set one with \"hostname NAME\" or pass --node-name");
    *out = cu_lower(name);
    return 0;
}

const char *node_arch(void)
{
#if defined(__x86_64__)
    return "amd64";
#elif defined(__aarch64__)
    return "arm64";
#elif defined(__arm__)
    return "arm";
#elif defined(__i386__)
    return "386";
#elif defined(__riscv) && __riscv_xlen == 64
    return "riscv64";
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
    return "ppc64le";
#elif defined(__s390x__)
    return "s390x";
#elif defined(__loongarch64)
    return "loong64";
#else
#error "name this architecture as Go does"
#endif
}

/* Value of KEY in an os-release file, quotes taken off (os-release(5)). */
static char *os_release(const struct node_sys *sys, const char *path, const char *key)
{
    cu_autofree char *text = NULL;
    if (node_read(sys, path, &text, NULL) < 0)
        return NULL;
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    cu_strlist_split(&lines, text, '\n');
    size_t n_key = strlen(key);
    for (size_t i = 0; i < lines.n; i++) {
        const char *value = lines.v[i] + n_key + 1;
        if (!cu_has_prefix(lines.v[i], key) || lines.v[i][n_key] != '=')
            continue;
        size_t n = strlen(value);
        bool quoted = n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n - 1] == value[0];
        return quoted ? cu_strndup(value + 1, n - 2) : cu_trim(value);
    }
    return NULL;
}

/* The first that is there; takes both over. */
static char *first(char *a, char *b)
{
    if (!a)
        return b ? b : cu_strdup("");
    free(b);
    return a;
}

void node_identity_read(const struct node_sys *sys, struct node_identity *out)
{
    out->machine_id =
        first(node_read_line(sys, "/etc/machine-id"), node_read_line(sys, "/var/lib/dbus/machine-id"));
    out->boot_id = first(node_read_line(sys, "/proc/sys/kernel/random/boot_id"), NULL);
    cu_autofree char *uuid = node_read_line(sys, "/sys/class/dmi/id/product_uuid");
    out->system_uuid = uuid ? cu_lower(uuid) : cu_strdup(out->machine_id);
    out->kernel_version = first(node_read_line(sys, "/proc/sys/kernel/osrelease"), NULL);
    char *pretty = first(os_release(sys, "/etc/os-release", "PRETTY_NAME"),
                         os_release(sys, "/usr/lib/os-release", "PRETTY_NAME"));
    if (!*pretty) {
        free(pretty);
        pretty = cu_strdup("Linux");
    }
    out->os_image = pretty;
    out->architecture = cu_strdup(node_arch());
}

void node_identity_clear(struct node_identity *id)
{
    free(id->machine_id);
    free(id->boot_id);
    free(id->system_uuid);
    free(id->kernel_version);
    free(id->os_image);
    free(id->architecture);
    *id = (struct node_identity){ 0 };
}
