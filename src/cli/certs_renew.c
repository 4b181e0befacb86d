/* `kubeadm certs renew`: one certificate, or all of them; the sub-commands are made from the list of certificates (spec
 * operations 6.4). */
#include "base/str.h"
#include "cli/certs.h"
#include "phases/keys.h"
#include "phases/renew_certs.h"
#include "workflow/workflow.h"

#define ALL "all"

/* "all", then each certificate by name. */
static bool word(size_t i, struct cli_word *out)
{
    struct ph_held list[PH_HELD_MAX];
    size_t n = ph_held_list(false, list);
    if (i > n)
        return false;
    *out = i ? (struct cli_word){ list[i - 1].name, list[i - 1].title }
             : (struct cli_word){ ALL, "Renew all certificates of this control plane" };
    return true;
}

/* Nothing is restarted here, so the user has to know. */
static void say_restart(struct ph_ctx *c, const struct ph_renewed *done)
{
    cu_autofree char *names = cu_strlist_join(&done->used_by, ", ");
    if (done->n_external)
        ph_say(c, "\nWhat an external authority signs is renewed there: make requests with  kubeadm certs "
                  "generate-csr "
                  "--cert-dir DIR --kubeconfig-dir DIR,\nhave them signed, and put the certificates in the "
                  "place of "
                  "the old ones.");
    if (done->used_by.n)
        ph_say(c,
               "\nRestart these, so that they use what is new: %s. Static Pods: move each manifest out of "
               "%s,\nwait "
               "until the Pod has ended, and move it back. On every control plane, one after another.",
               names, CFG_MANIFESTS_DIR);
}

static int renew(const struct cli_call *call, struct ph_ctx *c, struct cu_err *err)
{
    struct ph_held list[PH_HELD_MAX];
    struct ph_renewed done = PH_RENEWED_INIT;
    size_t n = ph_held_list(false, list);
    bool all = cu_streq(call->word, ALL);
    int r = cli_certs_find_config(call, "renew", c, err);
    if (r == 0 && all)
        ph_keys_start_n(c, n);
    wf_catch_signals(); /* from here on files change */
    for (size_t i = 0; r == 0 && !wf_interrupted() && i < n; i++)
        if (all ? ph_held_applies(&list[i], c->init) : cu_streq(call->word, list[i].name))
            r = ph_renew(c, &list[i], &done, err);
    say_restart(c, &done);
    if (r == 0 && wf_interrupted())
        r = cu_fail(err, CU_E_CANCELED, "interrupted; what was renewed is told above, the rest is as it was");
    cu_strlist_clear(&done.used_by);
    return r;
}

static int run(const struct cli_call *call, struct cu_err *err)
{
    struct ph_ctx c;
    int r = cli_certs_begin(call, &c, err);
    if (r == 0)
        r = renew(call, &c, err);
    cli_certs_end(&c);
    return r;
}

static const struct cli_flag flags[] = { CLI_CERTS_FLAGS };

const struct cli_command cli_certs_renew = {
    .name = "renew",
    .brief = "Renew certificates of this control plane",
    .doc = "Makes new keys and certificates in the place of those that are there, whenever they end. Names, "
           "groups and\n"
           "alternative names are taken from the certificate that is there; how long the new one is valid "
           "comes from\n"
           "certificateValidityPeriod in the cluster's configuration. The keys of the authorities must be on "
           "this\n"
           "machine. Afterwards the components have to be restarted; kubelet.conf is renewed by the kubelet "
           "itself.",
    .phase_flags = flags,
    .n_phase_flags = CU_LEN(flags),
    .word = word,
    .strict = true,
    .run = run,
};
