/* config/args.h - small operations on argument lists, taints and gates (spec config 19). */
#ifndef CONFIG_ARGS_H
#define CONFIG_ARGS_H

#include "config/part.h"

/* Appends copies. The set_* forms keep at most one entry of a name: the last is replaced, or one is appended.
 */
void cfg_args_add(struct cfg_args *a, const char *name, const char *value);
void cfg_args_set(struct cfg_args *a, const char *name, const char *value);
const char *cfg_args_last(const struct cfg_args *a,
                          const char *name); /* last value of a name, borrowed; NULL */
void cfg_args_clear(struct cfg_args *a);
/* "k=v,k=v" of a deprecated --*-extra-args flag, appended. CU_E_INVALID: a piece without exactly one "=". */
int cfg_args_parse_flag(struct cfg_args *a, const char *text, struct cu_err *err);
/* Command line arguments "--name=value" (spec config 19), appended to out: base sorted by name and value,
 * without those whose name occurs in extra, then extra in its own order. */
void cfg_args_merge(const struct cfg_args *base, const struct cfg_args *extra, struct cu_strlist *out);

/* "key=value:effect", "key:effect", "key=value:" or "key", as kubelet's --register-with-taints; caller frees.
 */
char *cfg_taint_text(const struct cfg_taint *t);
void cfg_taints_add(struct cfg_taints *t, const char *key, const char *value, const char *effect);
void cfg_gates_set(struct cfg_gates *g, const char *name, bool on);

#endif
