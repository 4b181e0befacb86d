/* phases/confirm.h - asks a person before something is done that cannot be undone. */
#ifndef PHASES_CONFIRM_H
#define PHASES_CONFIRM_H

#include "phases/context.h"

/* "[reset] Are you sure you want to proceed? [y/N]: " on c->out, the answer from standard input: "y" or "yes" in any case
 * goes on, everything else and a closed input is CU_E_CANCELED. flag: what goes on unasked. */
int ph_confirm(struct ph_ctx *c, const char *command, const char *flag, struct cu_err *err);

#endif
