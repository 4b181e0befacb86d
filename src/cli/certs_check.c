/* `kubeadm certs check-expiration`: when each certificate ends, as text or object (spec operations 6.3). */
#include "base/limits.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "cli/certs.h"
#include "cli/wrap.h"
#include "config/types.h"
#include "phases/held_certs.h"
#include <string.h>
#include <time.h>

#define SOON_MS (INT64_C(30) * 24 * 3600 * 1000) /* from here on a terminal shows it in yellow */
#define YELLOW "\033[33m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

struct found {
    struct ph_held held;
    bool missing, external;
    int64_t left_ms, not_after_ms;
};
struct list {
    struct found v[PH_HELD_MAX];
    size_t n;
    bool authorities;
};

static int read_list(const struct ph_ctx *c, bool authorities, struct list *l, struct cu_err *err)
{
    struct ph_held all[PH_HELD_MAX];
    size_t n = ph_held_list(authorities, all);
    int r = 0;
    *l = (struct list){ .authorities = authorities };
    for (size_t i = 0; r == 0 && i < n; i++) {
        cu_autoerr struct cu_err e = CU_ERR_INIT;
        pki_autocert struct pki_cert *cert = NULL;
        if (!ph_held_applies(&all[i], c->init))
            continue;
        struct found *f = &l->v[l->n++];
        *f = (struct found){ .held = all[i] };
        r = ph_held_load(c, &f->held, &cert, &e);
        f->missing = r == -CU_E_NOTFOUND;
        if (f->missing)
            r = 0;
        else if (r == 0)
            r = ph_held_is_external(c, &f->held, &f->external, &e);
        if (cert)
            f->not_after_ms = pki_cert_not_after(cert);
        f->left_ms = f->not_after_ms - c->start_ms;
        if (r < 0 && err)
            cu_err_move(err, &e);
    }
    return r;
}

/* "Nov 23, 2027 04:45 UTC" */
static void format_date(int64_t ms, char out[32])
{
    time_t s = (time_t)(ms / 1000);
    struct tm t;
    if (!gmtime_r(&s, &t) || strftime(out, 32, "%b %d, %Y %H:%M UTC", &t) == 0)
        *out = '\0';
}

static char *text_row(const struct found *f, bool authorities)
{
    if (f->missing)
        return cu_asprintf("!MISSING! %s\t\t\t%s", f->held.name, authorities ? "" : "\t");
    char date[32];
    format_date(f->not_after_ms, date);
    cu_autofree char *left = cu_human_duration(f->left_ms / 1000);
    return cu_asprintf("%s\t%s\t%s\t%s%s%-8s", f->held.name, date, left,
                       authorities ? "" : ph_held_issuer(&f->held), authorities ? "" : "\t",
                       f->external ? "yes" : "no");
}

static const char *colour_of(const struct found *f)
{
    return f->missing || f->left_ms < 0 ? RED : f->left_ms < SOON_MS ? YELLOW : NULL;
}

/* Colours go round whole lines of the finished table, so that they cannot shift columns. */
static void print_table(const struct list *l, bool colour, FILE *out)
{
    cu_autobuf struct cu_buf rows = CU_BUF_INIT(LIM_TEXT);
    cu_buf_addf(&rows, "CERTIFICATE%s\tEXPIRES\tRESIDUAL TIME%s\tEXTERNALLY MANAGED\n",
                l->authorities ? " AUTHORITY" : "", l->authorities ? "" : "\tCERTIFICATE AUTHORITY");
    for (size_t i = 0; i < l->n; i++) {
        cu_autofree char *row = text_row(&l->v[i], l->authorities);
        cu_buf_addf(&rows, "%s\n", row);
    }
    cu_autofree char *table = codec_print_table(cu_buf_str(&rows));
    const char *line = table;
    for (size_t i = 0; *line; i++) {
        int len = (int)strcspn(line, "\n");
        const char *c = colour && i > 0 && i <= l->n ? colour_of(&l->v[i - 1]) : NULL;
        fprintf(out, "%s%.*s%s\n", c ? c : "", len, line, c ? PLAIN : "");
        line += len + (line[len] == '\n');
    }
}

static struct val *list_value(const struct list *l)
{
    struct val *list = val_new_list();
    for (size_t i = 0; i < l->n; i++) {
        const struct found *f = &l->v[i];
        struct val *o = val_new_map();
        char date[CU_RFC3339_MAX];
        cu_rfc3339(f->not_after_ms, date);
        val_set_str(o, "name", f->held.name);
        val_set(o, "expirationDate", val_new_str(f->missing ? NULL : date));
        val_set_int(o, "residualTime", f->missing ? 0 : f->left_ms / 1000);
        val_set_bool(o, "externallyManaged", f->external);
        if (f->held.ca && !f->missing)
            val_set_str(o, "caName", ph_held_issuer(&f->held));
        val_set_bool(o, "missing", f->missing);
        val_append(list, o);
    }
    return list;
}

static int print_object(struct codec_printer *printer, const struct list lists[2], FILE *out,
                        struct cu_err *err)
{
    cu_autoval struct val *o = cli_output_object("CertificateExpirationInfo");
    val_set(o, "certificates", list_value(&lists[0]));
    val_set(o, "certificateAuthorities", list_value(&lists[1]));
    return cli_output_print(printer, o, out, err);
}

static int check(const struct cli_call *call, struct codec_printer *printer, struct ph_ctx *c,
                 struct cu_err *err)
{
    bool text = codec_printer_is_text(printer), colour = cli_colour(call->out);
    struct list lists[2] = { { .n = 0 } };
    int r = cli_certs_find_config(call, text ? "check-expiration" : NULL, c, err);
    for (size_t i = 0; r == 0 && i < 2; i++)
        r = read_list(c, i == 1, &lists[i], err);
    if (r < 0)
        return r;
    if (!text)
        return print_object(printer, lists, call->out, err);
    print_table(&lists[0], colour, call->out);
    fputc('\n', call->out);
    print_table(&lists[1], colour, call->out);
    return 0;
}

static int run(const struct cli_call *call, struct cu_err *err)
{
    const struct cli_certs_opts *o = call->opts;
    struct codec_printer *printer = NULL;
    struct ph_ctx c;
    int r = cli_output_printer(&o->output, &printer, err);
    if (r < 0)
        return r;
    r = cli_certs_begin(call, &c, err);
    if (r == 0)
        r = check(call, printer, &c, err);
    cli_certs_end(&c);
    codec_printer_free(printer);
    return r;
}

static const struct cli_flag flags[] = { CLI_CERTS_FLAGS,
                                         CLI_OUTPUT_FLAGS(offsetof(struct cli_certs_opts, output)) };

const struct cli_command cli_certs_check = {
    .name = "check-expiration",
    .brief = "Tell when the certificates of this control plane end",
    .doc = "Tells when each certificate of this control plane and each certificate authority ends, and "
           "whether an\n"
           "authority keeps its key elsewhere. kubelet.conf is not among them: the kubelet renews it itself.",
    .flags = flags,
    .n_flags = CU_LEN(flags),
    .run = run,
};
