/* Runs checks and tells what they found, in the form scripts read (spec init 3.1) or as a list for programs. It must
 * not know any check. */
#include "phases/preflight.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "codec/print.h"
#include "config/types.h"
#include "phases/kubelet.h"
#include "phases/phases.h"
#include "phases/run_mark.h"
#include <stdarg.h>
#include <string.h>

struct finding {
    enum ph_check_severity severity;
    char *name, *text, *fix; /* owned; fix may be NULL */
};

struct ph_checks {
    struct ph_ctx *ctx;
    const struct ph_check *row;
    const struct cu_strlist *ignored;
    struct finding *v; /* of the row now running */
    size_t n, cap;
    struct cu_buf block; /* "[ERROR X]: ..." lines of the whole run */
    bool failed;
    char *kubelet_version; /* owned; NULL: not asked yet, or not known */
};

struct ph_ctx *ph_checks_ctx(const struct ph_checks *k)
{
    return k->ctx;
}

const struct cfg_node *ph_checks_node(const struct ph_checks *k)
{
    return k->ctx->join ? &k->ctx->join->node : &k->ctx->init->node;
}

int ph_checks_kubelet_version(struct ph_checks *k, const char **version, struct cu_err *err)
{
    int r = k->kubelet_version ? 0 : ph_kubelet_version(k->ctx, &k->kubelet_version, err);
    if (r == 0)
        *version = k->kubelet_version;
    return r;
}

char *ph_check_dashed(const char *path)
{
    return cu_replace(path, "/", "-");
}

char *ph_check_title(const struct ph_check *row)
{
    cu_autofree char *dashed = row->path ? ph_check_dashed(row->path) : NULL;
    if (row->suffix)
        return *row->suffix ? cu_asprintf("%s-%s", row->name, row->suffix) : cu_strdup(row->name);
    if (row->port)
        return cu_asprintf("%s-%d", row->name, row->port);
    return dashed ? cu_asprintf("%s-%s", row->name, dashed) : cu_strdup(row->name);
}

static char *vtext(const char *fmt, va_list ap) CU_PRINTF(1, 0);
static char *vtext(const char *fmt, va_list ap)
{
    struct cu_buf b = CU_BUF_INIT(LIM_PROC_FILE);
    char *text = NULL;
    cu_buf_vaddf(&b, fmt, ap);
    if (cu_buf_take(&b, &text, NULL) < 0)
        text = cu_strdup("(too long to be told)");
    return text;
}

/* The row's mending command for a finding; NULL when it has none. Caller frees. */
static char *row_fix(const struct ph_check *row)
{
    if (!row->fix)
        return NULL;
    cu_autofree char *port = cu_asprintf("%d", row->port);
    cu_autofree char *with_path = cu_replace(row->fix, "<path>", row->path ? row->path : "<path>");
    return cu_replace(with_path, "<port>", row->port ? port : "<port>");
}

static void add(struct ph_checks *k, enum ph_check_severity severity, const char *suffix, char *text)
{
    cu_grow(&k->v, &k->cap, k->n + 1, sizeof(*k->v));
    k->v[k->n++] =
        (struct finding){ severity,
                          suffix ? cu_asprintf("%s-%s", k->row->name, suffix) : cu_strdup(k->row->name), text,
                          row_fix(k->row) };
}

void ph_check_warn(struct ph_checks *k, const char *suffix, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(k, PH_CHECK_WARNING, suffix, vtext(fmt, ap));
    va_end(ap);
}

void ph_check_fail(struct ph_checks *k, const char *suffix, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(k, PH_CHECK_ERROR, suffix, vtext(fmt, ap));
    va_end(ap);
}

void ph_check_fix(struct ph_checks *k, const char *fmt, ...)
{
    va_list ap;
    if (!k->n)
        return;
    va_start(ap, fmt);
    free(k->v[k->n - 1].fix);
    k->v[k->n - 1].fix = vtext(fmt, ap);
    va_end(ap);
}

static bool named(const struct ph_checks *k, const struct finding *f)
{
    cu_autofree char *lower = cu_lower(f->name);
    return cu_strlist_has(k->ignored, lower);
}

static enum ph_check_severity weigh(const struct ph_checks *k, const struct finding *f)
{
    bool mild = k->ctx->embedded && k->row->embedded == PH_EMBEDDED_WARN;
    return mild || cu_strlist_has(k->ignored, "all") || named(k, f) ? PH_CHECK_WARNING : f->severity;
}

static void tell(struct ph_checks *k, const struct finding *f)
{
    struct ph_ctx *c = k->ctx;
    bool warning = weigh(k, f) == PH_CHECK_WARNING;
    k->failed = k->failed || !warning;
    if (c->findings) {
        struct val *one = val_new_map();
        val_set_str(one, "name", f->name);
        val_set_str(one, "severity", warning ? "warning" : "error");
        val_set_str(one, "message", f->text);
        val_set_str(one, "fix", f->fix ? f->fix : "");
        val_append(c->findings, one);
        return;
    }
    cu_autofree char *fix =
        !cu_is_empty(f->fix) && !strstr(f->text, f->fix) ? cu_asprintf("; fix: %s", f->fix) : cu_strdup("");
    if (warning) {
        fflush(c->out);
        fprintf(c->errout, "\t[WARNING %s]: %s%s\n", f->name, f->text, fix);
    } else {
        cu_buf_addf(&k->block, "\t[ERROR %s]: %s%s\n", f->name, f->text, fix);
    }
}

static void drop_findings(struct ph_checks *k)
{
    for (size_t i = 0; i < k->n; i++) {
        free(k->v[i].name);
        free(k->v[i].text);
        free(k->v[i].fix);
    }
    k->n = 0;
}

/* What a row found to be an error comes behind its warnings, also when it was made a warning. */
static void settle_row(struct ph_checks *k)
{
    static const enum ph_check_severity order[] = { PH_CHECK_WARNING, PH_CHECK_ERROR };
    for (size_t o = 0; o < CU_LEN(order); o++)
        for (size_t i = 0; i < k->n; i++)
            if (k->v[i].severity == order[o])
                tell(k, &k->v[i]);
    drop_findings(k);
}

bool ph_mend_says(struct ph_checks *k, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    cu_autofree char *text = vtext(fmt, ap);
    va_end(ap);
    ph_say(k->ctx, "[preflight] %s %s: %s", k->ctx->dry_run ? "Would fix" : "Fixing", k->row->name, text);
    return !k->ctx->dry_run;
}

/* Mends what was found, and looks again. What is ignored by name is meant to be as it is. */
static void mend_row(struct ph_checks *k)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    for (size_t i = 0; i < k->n; i++)
        if (named(k, &k->v[i]))
            return;
    int r = k->row->mend(k, k->row, &err);
    if (r < 0) {
        ph_check_warn(k, NULL, "this could not be fixed: %s", cu_err_text(&err));
    } else if (!k->ctx->dry_run) {
        drop_findings(k);
        k->row->run(k, k->row);
    }
}

/* What an interrupted run leaves behind is no hindrance to its second run. */
static bool is_own_trace(const struct ph_check *row)
{
    return row->run == ph_check_file_absent || row->run == ph_check_port || row->run == ph_check_api_port ||
           row->run == ph_check_etcd_dir || row->run == ph_check_leftover_path;
}

int ph_checks_run(struct ph_ctx *c, enum ph_check_group group, const struct cu_strlist *ignored,
                  struct cu_err *err)
{
    struct ph_checks k = { .ctx = c, .ignored = ignored, .block = CU_BUF_INIT(LIM_TEXT) };
    for (size_t i = 0; i < ph_check_count; i++) {
        k.row = &ph_check_table[i];
        bool skip = c->embedded && k.row->embedded == PH_EMBEDDED_SKIP;
        if (!(k.row->groups & group) || skip || (c->resumed && is_own_trace(k.row)) ||
            (k.row->when && !k.row->when->holds(c)))
            continue;
        k.row->run(&k, k.row);
        if (k.n && k.row->mend && c->opts->fix_preflight)
            mend_row(&k);
        settle_row(&k);
    }
    if (k.block.len) {
        fflush(c->out);
        fprintf(c->errout,
                "[preflight] Some fatal errors occurred:\n%s[preflight] If you know what you are doing, you "
                "can make "
                "a check non-fatal with `--ignore-preflight-errors=...`\n",
                k.block.data);
    }
    free(k.v);
    free(k.kubelet_version);
    cu_buf_clear(&k.block);
    return k.failed ? cu_fail(err, CU_E_FINAL, "preflight checks failed") : 0;
}

int ph_checks_told(struct ph_ctx *c, int (*phase)(struct ph_ctx *c, struct cu_err *err), struct cu_err *err)
{
    struct codec_printer *printer = NULL;
    cu_autobuf struct cu_buf text = CU_BUF_INIT(LIM_TEXT);
    int r = codec_printer_new(cu_or(c->opts->output, "text"), &(const struct codec_print_options){ false },
                              &printer, err);
    if (r < 0)
        return r;
    if (!codec_printer_is_text(printer))
        c->findings = val_new_list();
    r = phase(c, err);
    if (c->findings) {
        int printed = codec_print(printer, c->findings, &text, r < 0 ? NULL : err);
        fputs(cu_buf_str(&text), c->result);
        r = r < 0 ? r : printed;
    }
    val_unref(c->findings);
    c->findings = NULL;
    codec_printer_free(printer);
    return r;
}

/* What an interrupted init left is gone on with by the same settings only: others would meet certificates and objects
 * that do not fit them. */
static void look_for_mark(struct ph_ctx *c)
{
    enum ph_run_mark mark = ph_run_mark_look(c);
    c->resumed = mark == PH_MARK_SAME;
    if (c->resumed)
        ph_say(c, "[preflight] An earlier init was interrupted: going on with what it left");
    else if (mark == PH_MARK_OTHER)
        cu_log_warning("[preflight] an earlier init with other settings, or a join, was interrupted on this "
                       "machine; repeat it as it was, or undo it with  kubeadm reset");
}

static int run_init(struct ph_ctx *c, struct cu_err *err)
{
    const struct cu_strlist *ignored = &c->init->node.ignore_preflight_errors;
    bool whole = c->plan && wf_plan_selected(c->plan, "kubelet-start");
    ph_say(c, "[preflight] Running pre-flight checks");
    if (whole)
        look_for_mark(c);
    int r = ph_checks_run(c, PH_CHECK_ROOT, ignored, err);
    if (r == 0)
        r = ph_checks_run(c, PH_CHECK_INIT, ignored, err);
    if (r == 0)
        r = ph_preflight_images(c, ignored, err);
    return r == 0 && whole && !c->dry_run ? ph_run_mark_write(c, err) : r;
}

int ph_preflight_init(struct ph_ctx *c, struct cu_err *err)
{
    return ph_checks_told(c, run_init, err);
}
