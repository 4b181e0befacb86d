/* phases/dry_run.h - the folder a dry run writes to, and showing what would be written (spec init 2.5, 13.4). */
#ifndef PHASES_DRY_RUN_H
#define PHASES_DRY_RUN_H

#include "phases/context.h"

/* The folder named by the environment variable, used as it is; else a new one, mode 0700, below
 * /etc/kubernetes/tmp, told in a warning. *out: caller frees. */
int ph_dry_run_dir(const char *variable, const char *prefix, char **out, struct cu_err *err);

struct ph_dry_file {
    const char *name;  /* in the dry-run folder */
    const char *shown; /* path it would have */
};
/* Prints "[dryrun] Would write file ... with content:" and the content of each. All missing files are one error. */
int ph_dry_run_show(struct ph_ctx *c, const struct ph_dry_file *files, size_t n, struct cu_err *err);

#endif
