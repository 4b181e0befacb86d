/* A configuration file that loads must be written and load again as the same configuration, component configurations
 * included; so must the form a cluster stores. */
#include "config/encode.h"
#include "config/read.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct cfg_load_options options(struct cu_strlist *warnings)
{
    struct cfg_load_options o = { 0 };
    o.host.hostname = "fuzz";
    o.warnings = warnings;
    return o;
}

static int open_text(const char *text, struct cfg_file *f)
{
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;
    return cfg_file_open(NULL, text, f, &e, NULL) < 0 ? -1 : cfg_errors_report(&e, NULL);
}

/* Text of what the first kind found in the file loads to, component configurations too when asked for; NULL when
 * nothing loads. */
static char *load(const char *text, bool components)
{
    cfg_autofile struct cfg_file f = CFG_FILE_INIT;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    const struct cfg_load_options o = options(&warnings);
    struct val *docs[4] = { NULL };
    size_t count = 0;

    if (open_text(text, &f) < 0)
        return NULL;
    if (cfg_file_find(&f, CFG_KIND_INIT) || cfg_file_find(&f, CFG_KIND_CLUSTER)) {
        struct cfg_init *c = NULL;
        if (cfg_load_init_file(&f, &o, &c, NULL) == 0) {
            docs[count++] = cfg_encode_init(c, CFG_V1BETA4);
            docs[count++] = cfg_encode_cluster(&c->cluster, CFG_V1BETA4);
        }
        if (count && components) {
            docs[count++] = val_ref(c->cluster.kubelet.doc);
            docs[count++] = val_ref(c->cluster.kube_proxy.doc);
        }
        cfg_init_free(c);
    } else if (cfg_file_find(&f, CFG_KIND_JOIN)) {
        struct cfg_join *c = NULL;
        if (cfg_load_join_file(&f, &o, &c, NULL) == 0)
            docs[count++] = cfg_encode_join(c, CFG_V1BETA4);
        cfg_join_free(c);
    } else if (cfg_file_find(&f, CFG_KIND_RESET)) {
        struct cfg_reset *c = NULL;
        if (cfg_load_reset_file(&f, &o, &c, NULL) == 0)
            docs[count++] = cfg_encode_reset(c);
        cfg_reset_free(c);
    } else {
        struct cfg_upgrade *c = NULL;
        if (cfg_load_upgrade_file(&f, &o, &c, NULL) == 0)
            docs[count++] = cfg_encode_upgrade(c);
        cfg_upgrade_free(c);
    }
    char *out = count ? cfg_yaml(docs, count) : NULL;
    for (size_t i = 0; i < count; i++)
        val_unref(docs[i]);
    return out;
}

/* The ClusterConfiguration in the text as an old cluster stores it; NULL when there is none. */
static char *stored(const char *text)
{
    const struct cfg_load_options o = options(NULL);
    struct cfg_init *c = NULL;

    if (cfg_from_cluster(text, &o, &c, NULL) < 0)
        return NULL;
    struct val *doc = cfg_encode_cluster(&c->cluster, CFG_V1BETA3);
    char *out = cfg_yaml(&doc, 1);
    val_unref(doc);
    cfg_init_free(c);
    return out;
}

static void check_same(const char *first, const char *second)
{
    if (!first || (second && strcmp(first, second) == 0))
        return;
    fprintf(stderr, "%s\n--- again:\n%s\n", first, second ? second : "does not load");
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    cu_autofree char *text = cu_strndup((const char *)data, n);
    cu_autofree char *first = load(text, false);
    cu_autofree char *second = first ? load(first, false) : NULL;
    check_same(first, second);
    /* an empty clusterDNS is kept but not written, so component configurations come to rest one turn later */
    cu_autofree char *whole = load(text, true);
    cu_autofree char *again = whole ? load(whole, true) : NULL;
    cu_autofree char *third = again ? load(again, true) : NULL;
    check_same(whole, again ? whole : NULL); /* loads again at all */
    check_same(again, third);
    cu_autofree char *old = stored(text);
    cu_autofree char *old_again = old ? stored(old) : NULL;
    check_same(old, old_again);
    return 0;
}
