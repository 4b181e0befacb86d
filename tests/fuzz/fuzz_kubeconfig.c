/* A kubeconfig that is read must be written and read again as the same, and every look-up must end: they are asked of
 * files that strangers hand out (discovery). */
#include "base/str.h"
#include "kube/kubeconfig.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* Answers of all look-ups but the CA's from a file, as one text. Caller frees. */
static char *look(const struct kube_config *c)
{
    cu_autofree char *ca = NULL;
    const struct val *cluster = kube_config_default_cluster(c);
    bool embedded = !cu_is_empty(val_get_str(cluster, "certificate-authority-data"));
    int r = embedded ? kube_config_ca(c, &ca, NULL) : 1;

    check((r == 0) == (ca != NULL));
    return cu_asprintf("%s|%d|%d|%d|%d|%d", cu_or(kube_config_server(c), "-"), r, cluster != NULL,
                       kube_config_current_context(c) != NULL, kube_config_current_user(c) != NULL,
                       kube_config_has_credentials(c));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    kube_autoconfig struct kube_config *c = NULL, *again = NULL, *moved = NULL;

    if (kube_config_parse((const char *)data, n, &c, NULL) < 0)
        return 0;
    cu_autofree char *text = kube_config_dump(c);
    check(kube_config_parse(text, strlen(text), &again, NULL) == 0);
    cu_autofree char *answers = look(c);
    cu_autofree char *answers_again = look(again);
    check(val_equal(c->doc, again->doc) && strcmp(answers, answers_again) == 0);

    kube_config_set_server(again, "https://192.0.2.1:6443");
    cu_autofree char *third = kube_config_dump(again);
    check(kube_config_parse(third, strlen(third), &moved, NULL) == 0);
    if (kube_config_default_cluster(moved))
        check(cu_streq(kube_config_server(moved), "https://192.0.2.1:6443"));
    return 0;
}
