/* config/encode.h - configuration objects to value trees (keys in upstream's order: sorted) and YAML text. */
#ifndef CONFIG_ENCODE_H
#define CONFIG_ENCODE_H

#include "config/types.h"
#include "config/version.h"

/* A complete document with apiVersion and kind; caller owns (val_unref). Empty fields are left out by
 * upstream's rules. cfg_encode_cluster stores the CI version where there is one. */
struct val *cfg_encode_init(const struct cfg_init *c, enum cfg_version v);
struct val *cfg_encode_cluster(const struct cfg_cluster *c, enum cfg_version v);
/* As the cluster stores it: in the API version upstream's kubeadm of that minor reads, with the authorization mode that
 * minors up to 1.29 store (spec versions 3.5). */
struct val *cfg_encode_stored(const struct cfg_cluster *c);
struct val *cfg_encode_join(const struct cfg_join *c, enum cfg_version v);
struct val *cfg_encode_reset(const struct cfg_reset *c);
struct val *cfg_encode_upgrade(const struct cfg_upgrade *c);

/* Text of the documents joined by "---" lines, as upstream writes it; caller frees. */
char *cfg_yaml(struct val *const *docs, size_t n);

/* Deep copies; caller owns. */
struct cfg_init *cfg_init_copy(const struct cfg_init *c);
struct cfg_join *cfg_join_copy(const struct cfg_join *c);
struct cfg_reset *cfg_reset_copy(const struct cfg_reset *c);
struct cfg_upgrade *cfg_upgrade_copy(const struct cfg_upgrade *c);

/* Text of `kubeadm config print <what>-defaults`: what is "init", "join", "reset" or "upgrade"; components
 * (may be NULL): kinds to append in order, only with "init". CU_E_INVALID: unknown kind. Caller frees. */
int cfg_print_defaults(const char *what, const struct cu_strlist *components, const char *hostname,
                       char **out, struct cu_err *err);

#endif
