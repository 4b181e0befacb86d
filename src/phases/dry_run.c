/* The folder of a dry run and showing its files. It must not know which files a phase writes. */
#include "phases/dry_run.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "base/str.h"
#include "config/constants.h"
#include <errno.h>
#include <sys/stat.h>

int ph_dry_run_dir(const char *variable, const char *prefix, char **out, struct cu_err *err)
{
    const char *chosen = getenv(variable);
    if (!cu_is_empty(chosen)) {
        *out = cu_strdup(chosen);
        return 0;
    }
    int r = cu_mkdir_p(CFG_TMP_DIR, 0700, err);
    if (r < 0)
        return cu_wrap(err, "cannot make the folder of the dry run");
    cu_autofree char *dir = NULL;
    do { /* upstream's names end in digits */
        free(dir);
        dir = cu_asprintf("%s/%s%u", CFG_TMP_DIR, prefix, cu_random_below(UINT32_MAX));
        r = mkdir(dir, 0700);
    } while (r < 0 && errno == EEXIST);
    if (r < 0)
        return cu_fail_errno(err, errno, "cannot make the folder of the dry run %s", dir);
    cu_log_warning("The dry run writes to %s; set %s to choose another folder. It is not removed.", dir,
                   variable);
    *out = cu_steal(&dir);
    return 0;
}

int ph_dry_run_show(struct ph_ctx *c, const struct ph_dry_file *files, size_t n, struct cu_err *err)
{
    cu_autobuf struct cu_buf missing = CU_BUF_INIT(LIM_PROC_FILE);
    size_t n_missing = 0;
    for (size_t i = 0; i < n; i++) {
        cu_autofree char *path = cu_path_join(c->paths.dry_run_dir, files[i].name), *text = NULL;
        cu_autoerr struct cu_err one = CU_ERR_INIT;
        if (cu_file_read(path, LIM_MANIFEST, &text, NULL, &one) < 0) {
            cu_buf_addf(&missing, "%s%s", n_missing++ ? ", " : "", cu_err_text(&one));
            continue;
        }
        ph_say(c, "[dryrun] Would write file \"%s\" with content:", files[i].shown);
        fputs(text, c->out);
    }
    if (n_missing == 0)
        return 0;
    return n_missing == 1 ? cu_fail(err, CU_E_NOTFOUND, "%s", missing.data)
                          : cu_fail(err, CU_E_NOTFOUND, "[%s]", missing.data);
}
