/* Runs checks and tells what they found, in the form scripts read (spec init 3.1). It must not know any check. */
#include "phases/preflight.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/types.h"
#include "phases/phases.h"
#include <stdarg.h>

struct finding {
    char *name, *text; /* owned */
};
struct findings {
    struct finding *v;
    size_t n, cap;
};

struct ph_checks {
    struct ph_ctx *ctx;
    const struct ph_check *row;
    const struct cu_strlist *ignored;
    struct findings failed; /* errors of the row now running */
    struct cu_buf block;    /* "[ERROR X]: ..." lines of the whole run */
};

struct ph_ctx *ph_checks_ctx(const struct ph_checks *k)
{
    return k->ctx;
}

static char *full_name(const struct ph_checks *k, const char *suffix)
{
    return suffix ? cu_asprintf("%s-%s", k->row->name, suffix) : cu_strdup(k->row->name);
}

static void tell_warning(const struct ph_checks *k, const char *name, const char *text)
{
    fflush(k->ctx->out);
    fprintf(k->ctx->errout, "\t[WARNING %s]: %s\n", name, text);
}

static void vtext(struct cu_buf *b, const char *fmt, va_list ap) CU_PRINTF(2, 0);
static void vtext(struct cu_buf *b, const char *fmt, va_list ap)
{
    *b = (struct cu_buf)CU_BUF_INIT(LIM_PROC_FILE);
    cu_buf_vaddf(b, fmt, ap);
}

void ph_check_warn(struct ph_checks *k, const char *suffix, const char *fmt, ...)
{
    cu_autobuf struct cu_buf text;
    va_list ap;
    va_start(ap, fmt);
    vtext(&text, fmt, ap);
    va_end(ap);
    cu_autofree char *name = full_name(k, suffix);
    tell_warning(k, name, cu_buf_str(&text));
}

void ph_check_fail(struct ph_checks *k, const char *suffix, const char *fmt, ...)
{
    cu_autobuf struct cu_buf text;
    va_list ap;
    va_start(ap, fmt);
    vtext(&text, fmt, ap);
    va_end(ap);
    cu_grow(&k->failed.v, &k->failed.cap, k->failed.n + 1, sizeof(*k->failed.v));
    k->failed.v[k->failed.n++] = (struct finding){ full_name(k, suffix), cu_strdup(cu_buf_str(&text)) };
}

static bool is_ignored(const struct ph_checks *k, const char *name)
{
    cu_autofree char *lower = cu_lower(name);
    return cu_strlist_has(k->ignored, "all") || cu_strlist_has(k->ignored, lower);
}

/* Errors of a row come behind its warnings. */
static void settle_row(struct ph_checks *k)
{
    bool mild = k->ctx->embedded && k->row->embedded == PH_EMBEDDED_WARN;
    for (size_t i = 0; i < k->failed.n; i++) {
        struct finding *f = &k->failed.v[i];
        if (mild || is_ignored(k, f->name))
            tell_warning(k, f->name, f->text);
        else
            cu_buf_addf(&k->block, "\t[ERROR %s]: %s\n", f->name, f->text);
        free(f->name);
        free(f->text);
    }
    k->failed.n = 0;
}

int ph_checks_run(struct ph_ctx *c, enum ph_check_group group, const struct cu_strlist *ignored,
                  struct cu_err *err)
{
    struct ph_checks k = { .ctx = c, .ignored = ignored, .block = CU_BUF_INIT(LIM_TEXT) };
    for (size_t i = 0; i < ph_check_count; i++) {
        k.row = &ph_check_table[i];
        bool skip = c->embedded && k.row->embedded == PH_EMBEDDED_SKIP;
        if (!(k.row->groups & group) || skip || (k.row->when && !k.row->when(c)))
            continue;
        k.row->run(&k, k.row);
        settle_row(&k);
    }
    int r = 0;
    if (k.block.len) {
        fflush(c->out);
        fprintf(c->errout,
                "[preflight] Some fatal errors occurred:\n%s[preflight] If you know what you are doing, you "
                "can make "
                "a check non-fatal with `--ignore-preflight-errors=...`\n",
                k.block.data);
        r = cu_fail(err, CU_E_FINAL, "preflight checks failed");
    }
    free(k.failed.v);
    cu_buf_clear(&k.block);
    return r;
}

int ph_preflight_init(struct ph_ctx *c, struct cu_err *err)
{
    const struct cu_strlist *ignored = &c->init->node.ignore_preflight_errors;
    ph_say(c, "[preflight] Running pre-flight checks");
    int r = ph_checks_run(c, PH_CHECK_ROOT, ignored, err);
    if (r == 0)
        r = ph_checks_run(c, PH_CHECK_INIT, ignored, err);
    if (r < 0 || c->embedded)
        return r;
    ph_say(c, "[preflight] The images of the control plane %s pulled by the kubelet",
           c->dry_run ? "would be" : "are");
    return 0;
}
