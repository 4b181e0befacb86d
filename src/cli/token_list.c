/* `kubeadm token list`: the bootstrap tokens of the cluster as text or objects (spec operations 5.3). */
#include "base/str.h"
#include "base/timefmt.h"
#include "cli/token.h"
#include "config/constants.h"
#include "kube/kubeconfig.h"
#include "phases/bootstrap_secret.h"

#define HEADER "TOKEN\tTTL\tEXPIRES\tUSAGES\tDESCRIPTION\tEXTRA GROUPS\n"

/* Remaining life in the short form of spec operations 3.3. Caller frees. */
static char *remaining(const char *expires)
{
    cu_autoerr struct cu_err ignored = CU_ERR_INIT;
    int64_t at = 0;
    if (!expires || cu_parse_rfc3339(expires, &at, &ignored) < 0)
        return cu_strdup("<forever>");
    long long s = (at - cu_now_ms()) / 1000;
    static const struct {
        long long below, unit;
        char letter;
    } steps[] = { { 60, 1, 's' }, { 3600, 60, 'm' }, { 86400, 3600, 'h' }, { 365LL * 86400, 86400, 'd' } };
    if (s < -1)
        return cu_strdup("<invalid>");
    if (s < 0)
        return cu_strdup("0s");
    for (size_t i = 0; i < CU_LEN(steps); i++)
        if (s < steps[i].below)
            return cu_asprintf("%lld%c", s / steps[i].unit, steps[i].letter);
    return cu_asprintf("%lldy", s / (365LL * 86400));
}

static char *joined(const struct cu_strlist *l)
{
    return l->n ? cu_strlist_join(l, ",") : cu_strdup("<none>");
}

static void print_text(const struct cfg_token *t, bool first, FILE *out)
{
    cu_autofree char *ttl = remaining(t->expires), *usages = joined(&t->usages), *groups = joined(&t->groups);
    cu_autofree char *rows =
        cu_asprintf("%s%s\t%-9s\t%s\t%-22s\t%-56s\t%s\n", first ? HEADER : "", t->token, ttl,
                    cu_or(t->expires, "<never>"), usages, cu_or(t->description, "<none>"), groups);
    cu_autofree char *table = codec_print_table(rows);
    fputs(table, out);
}

static struct val *list_value(const struct cu_strlist *l)
{
    struct val *list = val_new_list();
    for (size_t i = 0; i < l->n; i++)
        val_append_str(list, l->v[i]);
    return list;
}

static struct val *object(const struct cfg_token *t)
{
    struct val *o = cli_output_object("BootstrapToken");
    val_set_str(o, "token", t->token);
    if (!cu_is_empty(t->description))
        val_set_str(o, "description", t->description);
    val_set_str(o, "expires", t->expires);
    if (t->usages.n)
        val_set(o, "usages", list_value(&t->usages));
    if (t->groups.n)
        val_set(o, "groups", list_value(&t->groups));
    return o;
}

static int print_one(struct codec_printer *printer, const struct cfg_token *t, bool first, FILE *out,
                     struct cu_err *err)
{
    if (codec_printer_is_text(printer)) {
        print_text(t, first, out);
        return 0;
    }
    cu_autoval struct val *o = object(t);
    return cli_output_print(printer, o, out, err);
}

static int print_all(const struct cli_call *c, struct codec_printer *printer, const struct val *secrets,
                     struct cu_err *err)
{
    bool first = true;
    int r = 0;
    for (size_t i = 0; r == 0 && i < val_len(secrets); i++) {
        struct cfg_token t = { 0 };
        cu_autoerr struct cu_err problem = CU_ERR_INIT;
        if (ph_token_from_secret(val_at(secrets, i), &t, &problem) < 0) {
            fprintf(c->err, "%s\n", cu_err_text(&problem));
            continue;
        }
        r = print_one(printer, &t, first, c->out, err);
        ph_token_clear(&t);
        first = false;
    }
    return r;
}

int cli_token_list(const struct cli_call *c, struct cu_err *err)
{
    const struct cli_token_opts *o = c->opts;
    kube_autoconfig struct kube_config *config = NULL;
    struct kube_client *client = NULL;
    struct codec_printer *printer = NULL;
    cu_autoval struct val *list = NULL;
    cu_autofree char *path = kube_path("v1", "secrets", CFG_NS_SYSTEM, NULL);
    int r = cli_output_printer(&o->output, &printer, err);
    if (r < 0)
        return r;
    r = cli_token_kubeconfig(c, &config, err);
    if (r == 0)
        r = cli_token_client(c, config, &client, err);
    if (r == 0 &&
        kube_get(client, path, "fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken", &list, err) < 0)
        r = cu_wrap(err, "failed to list bootstrap tokens");
    if (r == 0)
        r = print_all(c, printer, val_get(list, "items"), err);
    codec_printer_free(printer);
    kube_client_free(client);
    return r;
}
