/* config/gates.h - kubeadm's feature gates (spec config 15). */
#ifndef CONFIG_GATES_H
#define CONFIG_GATES_H

#include "config/types.h"

/* Gates by name; one that only older control planes have is known for their minors alone. minor 0: the newest. */
bool cfg_gate_known(const char *name, int minor);
bool cfg_gate_on(const struct cfg_gates *g, const char *name); /* the explicit value, else the default */
/* Lines "Name=true|false (ALPHA - default=false)", sorted. */
void cfg_gates_help(struct cu_strlist *out);
/* --feature-gates "k=v,k=v"; deprecated gates warn. CU_E_INVALID: syntax, unknown gate, no bool. */
int cfg_gates_parse(struct cfg_gates *g, const char *text, struct cu_strlist *warnings, struct cu_err *err);
/* One sentence per gate of the set that a cluster of that minor does not know, or will not for long. Appended. */
void cfg_gates_notes(const struct cfg_gates *g, int minor, struct cu_strlist *out);

/* "RSA-2048" ... "ECDSA-P384": encryptionAlgorithm, overridden by the gate PublicKeysECDSA. Borrowed. */
const char *cfg_key_algorithm(const struct cfg_cluster *c);

#endif
