/* config/validate.h - the rules of spec config 12, in upstream's order; all findings are gathered. */
#ifndef CONFIG_VALIDATE_H
#define CONFIG_VALIDATE_H

#include "config/error.h"
#include "config/types.h"

void cfg_validate_init(const struct cfg_init *c, struct cfg_errors *e); /* the ClusterConfiguration too */
void cfg_validate_join(const struct cfg_join *c, struct cfg_errors *e);
void cfg_validate_reset(const struct cfg_reset *c, struct cfg_errors *e);
void cfg_validate_upgrade(const struct cfg_upgrade *c, struct cfg_errors *e);
/* What is allowed but unwise: long validity periods, subnets in fec0::/10. Texts are appended. */
void cfg_validate_warn(const struct cfg_cluster *c, struct cu_strlist *warnings);

/* --ignore-preflight-errors and the configuration's list together: lower case, sorted, unique, appended to
 * out. CU_E_INVALID: "all" beside others. */
int cfg_ignored_preflight(const struct cu_strlist *flag, const struct cu_strlist *config,
                          struct cu_strlist *out, struct cu_err *err);

/* \A[a-z0-9]{6}\.[a-z0-9]{16}\z */
bool cfg_is_token(const char *s);
bool cfg_is_token_id(const char *s);
char *cfg_new_token(void);              /* random; caller frees with cu_free_secret */
bool cfg_is_token_group(const char *s); /* system:bootstrappers:... */

/* `--config` beside another flag that was set: CU_E_INVALID naming all that cannot be mixed (spec config 13).
 * names: flags the user set. */
int cfg_check_mixed_flags(const struct cu_strlist *names, struct cu_err *err);

#endif
