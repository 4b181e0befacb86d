/* The mark of a join under way: a small JSON file. It must not know what the phases do. */
#include "config/constants.h"
#include "phases/join_mark.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "codec/value.h"
#include "config/types.h"

static const char *role(const struct ph_ctx *c)
{
    return c->join->control_plane ? "control-plane" : "worker";
}

bool ph_join_mark_found(const struct ph_ctx *c)
{
    cu_autofree char *text = NULL;
    cu_autoval struct val *mark = NULL;
    size_t n = 0;
    if (cu_file_read(PH_JOIN_MARK, LIM_CONFIG_FILE, &text, &n, NULL) < 0 ||
        val_parse_json(text, n, &mark, NULL) < 0)
        return false;
    return cu_streq(val_get_str(mark, "node"), c->join->node.name) &&
           cu_streq(val_get_str(mark, "role"), role(c));
}

int ph_join_mark_write(const struct ph_ctx *c, struct cu_err *err)
{
    cu_autoval struct val *mark = val_new_map();
    val_set_str(mark, "node", c->join->node.name);
    val_set_str(mark, "role", role(c));
    cu_autofree char *text = val_dump_json(mark, 0);
    int r = cu_mkdir_p(CFG_KUBERNETES_DIR, 0755, err);
    return r == 0 ? cu_file_write_str(PH_JOIN_MARK, text, 0600, err) : r;
}

void ph_join_mark_remove(void)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    if (cu_unlink(PH_JOIN_MARK, &e) < 0)
        cu_log_warning("the mark of an unfinished join stays: %s", cu_err_text(&e));
}
