/* node/kernel.h - facts of the running kernel: release, build options, modules, sysctls. */
#ifndef NODE_KERNEL_H
#define NODE_KERNEL_H

#include "node/sys.h"

/* uname(2) sysname ("Linux") and release. Caller frees. */
int node_kernel_name(const struct node_sys *sys, char **out, struct cu_err *err);
int node_kernel_release(const struct node_sys *sys, char **out, struct cu_err *err);

struct node_kconfig; /* opaque: the build options of the kernel */

/* First existing file of spec init 3.3, after "modprobe configs" when there is none. CU_E_NOTFOUND: no file
 * even then (the text holds modprobe's output). *out: free with node_kconfig_free. */
int node_kconfig_load(const struct node_sys *sys, struct node_kconfig **out, struct cu_err *err);
void node_kconfig_free(struct node_kconfig *k);
/* 'y', 'm' or 'n' as written, 0 when absent. `option` is without "CONFIG_". */
char node_kconfig_get(const struct node_kconfig *k, const char *option);

/* True when the module is loaded or built in. */
bool node_module_present(const struct node_sys *sys, const char *name);

/* Value of "net.ipv4.ip_forward" (dots), trimmed; NULL when there is no such sysctl. Caller frees. */
char *node_sysctl(const struct node_sys *sys, const char *name);

#endif
