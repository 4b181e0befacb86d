/* The mark of an init or join under way: a small JSON file. It must not know what the phases do. */
#include "phases/run_mark.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "codec/value.h"
#include "config/encode.h"
#include "pki/hash.h"
#include <string.h>

/* "sha256:<hex>" of what must not change between two tries. Caller frees. */
static char *settings(const struct cfg_init *init)
{
    static const char *const of_a_try[] = { "bootstrapTokens", "certificateKey", "dryRun", "skipPhases",
                                            "timeouts" };
    cu_autoval struct val *node = cfg_encode_init(init, CFG_V1BETA4);
    cu_autoval struct val *cluster = cfg_encode_cluster(&init->cluster, CFG_V1BETA4);
    struct val *registration = val_get(node, "nodeRegistration");
    for (size_t i = 0; i < CU_LEN(of_a_try); i++)
        val_del(node, of_a_try[i]);
    if (registration)
        val_del(registration, "ignorePreflightErrors");
    cu_autofree char *a = val_dump_json(node, 0), *b = val_dump_json(cluster, 0);
    cu_autofree char *both = cu_asprintf("%s\n%s", a, b);
    cu_autofree char *hex = pki_sha256_hex(both, strlen(both));
    return cu_asprintf("sha256:%s", hex);
}

/* What the mark of this run says. Caller owns. */
static struct val *describe(const struct ph_ctx *c)
{
    struct val *mark = val_new_map();
    bool join = c->flow == PH_JOIN;
    val_set_str(mark, "command", join ? "join" : "init");
    val_set_str(mark, "node", join ? c->join->node.name : c->init->node.name);
    val_set_str(mark, "role", join && !c->join->control_plane ? "worker" : "control-plane");
    if (!join) {
        cu_autofree char *hash = settings(c->init);
        val_set_str(mark, "settings", hash);
    }
    return mark;
}

enum ph_run_mark ph_run_mark_look(const struct ph_ctx *c)
{
    cu_autofree char *text = NULL;
    cu_autoval struct val *found = NULL;
    size_t n = 0;
    if (cu_file_read(PH_RUN_MARK, LIM_CONFIG_FILE, &text, &n, NULL) < 0 ||
        val_parse_json(text, n, &found, NULL) < 0)
        return PH_MARK_NONE;
    cu_autoval struct val *own = describe(c);
    return val_equal(found, own) ? PH_MARK_SAME : PH_MARK_OTHER;
}

int ph_run_mark_write(const struct ph_ctx *c, struct cu_err *err)
{
    cu_autoval struct val *mark = describe(c);
    cu_autofree char *text = val_dump_json(mark, 0);
    int r = cu_mkdir_p(CFG_KUBERNETES_DIR, 0755, err);
    return r == 0 ? cu_file_write_str(PH_RUN_MARK, text, 0600, err) : r;
}

void ph_run_mark_remove(void)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    if (cu_unlink(PH_RUN_MARK, &e) < 0)
        cu_log_warning("the mark of an unfinished run stays: %s", cu_err_text(&e));
}
