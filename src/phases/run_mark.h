/* phases/run_mark.h - an init or join that has begun leaves a mark until it is done, so that one that was interrupted
 * (an error, kill -9, a power cut) is finished by the same command: what it wrote itself does not stand in its way. */
#ifndef PHASES_RUN_MARK_H
#define PHASES_RUN_MARK_H

#include "config/constants.h"
#include "phases/context.h"

#define PH_RUN_MARK CFG_KUBERNETES_DIR "/cubeadm-unfinished.json"

enum ph_run_mark {
    PH_MARK_NONE,  /* no mark, or one that cannot be read */
    PH_MARK_SAME,  /* of the same command, node and role; of an init, also of the same settings */
    PH_MARK_OTHER, /* of something else */
};
/* The settings of an init are its configuration less what may differ between two tries: tokens, the certificate key,
 * time limits, ignored checks and skipped phases. */
enum ph_run_mark ph_run_mark_look(const struct ph_ctx *c);
int ph_run_mark_write(const struct ph_ctx *c, struct cu_err *err); /* mode 0600; holds no secret */
void ph_run_mark_remove(void); /* absent is fine; what cannot be removed is logged */

#endif
