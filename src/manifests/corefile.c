/* Recognises Corefiles that kubeadm wrote (spec init 11.2).
 * Must not know where they are stored. */
#include "base/str.h"
#include "base/strlist.h"
#include "manifests/addons.h"
#include "manifests/corefile.h"
#include <string.h>

/* Plugins of the default block ".:53" of all versions, in any order: "name arguments { options }". "*" stands for one
 * argument, "***" for any that remain. Options stand sorted. */
#define MAX_PLUGINS 12

#define COMMON "errors", "prometheus :9153", "cache 30"
#define KUBERNETES "kubernetes * *** {fallthrough in-addr.arpa ip6.arpa;pods insecure;ttl 30}"

static const char *const variants[][MAX_PLUGINS] = {
    { COMMON, "health {lameduck 5s}", "ready", KUBERNETES, "forward . * {max_concurrent 1000}", "loop",
      "reload", "loadbalance" },
    { COMMON, "health {lameduck 5s}", "ready", KUBERNETES, "forward . *", "loop", "reload", "loadbalance" },
    { COMMON, "health", "ready", KUBERNETES, "forward . *", "loop", "reload", "loadbalance" },
    { COMMON, "health", "kubernetes * *** {fallthrough in-addr.arpa ip6.arpa;pods insecure;ttl 30;upstream}",
      "forward . *", "loop", "reload", "loadbalance" },
    { COMMON, "health", "kubernetes * *** {fallthrough in-addr.arpa ip6.arpa;pods insecure;upstream}",
      "proxy . *", "loop", "reload", "loadbalance" },
    { COMMON, "health", "kubernetes * *** {fallthrough in-addr.arpa ip6.arpa;pods insecure;upstream}",
      "proxy . *", "reload" },
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *joined(const struct val *words)
{
    cu_autostrlist struct cu_strlist list = CU_STRLIST_INIT;
    for (size_t i = 0; i < val_len(words); i++)
        cu_strlist_add(&list, val_str(val_at(words, i)));
    return cu_strlist_join(&list, " ");
}

/* One plugin with its options sorted: "name args {a;b}". */
static void add_plugin(struct cu_strlist *plugins, const struct val *plugin)
{
    const struct val *rows = val_get(plugin, "options");
    cu_autostrlist struct cu_strlist options = CU_STRLIST_INIT;
    cu_autofree char *head = joined(val_get(plugin, "words"));
    for (size_t i = 0; i < val_len(rows); i++) {
        cu_autofree char *option = joined(val_at(rows, i));
        cu_strlist_add(&options, option);
    }
    if (options.n > 0) {
        qsort(options.v, options.n, sizeof *options.v, by_text);
        cu_autofree char *all = cu_strlist_join(&options, ";");
        cu_strlist_addf(plugins, "%s {%s}", head, all);
    } else {
        cu_strlist_add(plugins, head);
    }
}

/* Reads a Corefile that has exactly one block ".:53"; false for any other. *blocks: number of blocks seen. */
static bool read_plugins(const char *text, struct cu_strlist *plugins, size_t *blocks)
{
    cu_autoval struct val *corefile = NULL;
    if (mf_corefile_parse(text, &corefile, NULL) < 0)
        return false;
    *blocks = val_len(corefile);
    const struct val *list = val_get(val_at(corefile, 0), "plugins");
    cu_autofree char *keys = joined(val_get(val_at(corefile, 0), "keys"));
    for (size_t i = 0; i < val_len(list); i++)
        add_plugin(plugins, val_at(list, i));
    return *blocks == 0 || (*blocks == 1 && cu_streq(keys, ".:53"));
}

/* Word by word; "*" one word, "***" any further words up to the options. */
static bool matches(const char *pattern, const char *text)
{
    while (*pattern) {
        size_t p = strcspn(pattern, " "), t = strcspn(text, " ");
        if (p == 3 && strncmp(pattern, "***", 3) == 0) {
            while (*text && *text != '{')
                text += strcspn(text, " "), text += *text == ' ';
            pattern += p + (pattern[p] == ' ');
            continue;
        }
        bool any = p == 1 && *pattern == '*' && t > 0 && *text != '{';
        if (!any && (p != t || strncmp(pattern, text, p) != 0))
            return false;
        pattern += p + (pattern[p] == ' ');
        text += t + (text[t] == ' ');
    }
    return *text == 0;
}

static bool is_variant(const char *const *variant, const struct cu_strlist *plugins)
{
    size_t n = 0, found = 0;
    for (; n < MAX_PLUGINS && variant[n]; n++)
        for (size_t i = 0; i < plugins->n; i++)
            if (matches(variant[n], plugins->v[i])) {
                found++;
                break;
            }
    return n == plugins->n && found == n;
}

bool mf_corefile_is_default(const char *corefile)
{
    cu_autostrlist struct cu_strlist plugins = CU_STRLIST_INIT;
    size_t blocks = 1;
    bool readable = read_plugins(corefile, &plugins, &blocks);
    if (readable && blocks == 0)
        return true;
    for (size_t i = 0; readable && i < CU_LEN(variants); i++)
        if (is_variant(variants[i], &plugins))
            return true;
    return false;
}
