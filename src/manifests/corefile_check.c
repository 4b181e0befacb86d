/* What each version of CoreDNS reads in a Corefile (spec operations 9.6.2).
 * Must not know where a Corefile comes from. */
#include "base/str.h"
#include "base/strlist.h"
#include "manifests/addons.h"
#include "manifests/corefile.h"
#include <regex.h>
#include <string.h>

/* In order; a version that is not here is not known. */
static const char *const versions[] = {
    "1.8.0",  "1.8.3",  "1.8.4",  "1.8.5",  "1.8.6",  "1.8.7",  "1.9.0",  "1.9.1",  "1.9.2",  "1.9.3",
    "1.9.4",  "1.10.0", "1.10.1", "1.11.0", "1.11.1", "1.11.3", "1.11.4", "1.12.0", "1.12.1", "1.12.2",
    "1.12.3", "1.12.4", "1.13.0", "1.13.1", "1.13.2", "1.14.0", "1.14.1", "1.14.2"
};

static const char *const plugins[] = { "errors",      "log",        "health",       "ready",
                                       "autopath",    "kubernetes", "k8s_external", "prometheus",
                                       "forward",     "cache",      "loop",         "reload",
                                       "loadbalance", "hosts",      "rewrite",      "transfer" };

static const struct option {
    const char *plugin, *name;
    const char *first, *last; /* versions that have it; NULL: from the first, to the last */
} options[] = {
    { "errors", "consolidate", NULL, NULL },
    { "errors", "stacktrace", "1.9.3", NULL },
    { "log", "class", NULL, NULL },
    { "health", "lameduck", NULL, NULL },
    { "kubernetes", "endpoint", NULL, NULL },
    { "kubernetes", "tls", NULL, NULL },
    { "kubernetes", "kubeconfig", NULL, NULL },
    { "kubernetes", "namespaces", NULL, NULL },
    { "kubernetes", "labels", NULL, NULL },
    { "kubernetes", "pods", NULL, NULL },
    { "kubernetes", "endpoint_pod_names", NULL, NULL },
    { "kubernetes", "ttl", NULL, NULL },
    { "kubernetes", "noendpoints", NULL, NULL },
    { "kubernetes", "fallthrough", NULL, NULL },
    { "kubernetes", "ignore", NULL, NULL },
    { "k8s_external", "apex", NULL, NULL },
    { "k8s_external", "ttl", NULL, NULL },
    { "k8s_external", "fallthrough", "1.11.0", NULL },
    { "forward", "except", NULL, NULL },
    { "forward", "force_tcp", NULL, NULL },
    { "forward", "prefer_udp", NULL, NULL },
    { "forward", "expire", NULL, NULL },
    { "forward", "max_fails", NULL, NULL },
    { "forward", "tls", NULL, NULL },
    { "forward", "tls_servername", NULL, NULL },
    { "forward", "policy", NULL, NULL },
    { "forward", "health_check", NULL, NULL },
    { "forward", "max_concurrent", NULL, NULL },
    { "forward", "next", "1.11.4", NULL },
    { "forward", "fail_fast", "1.11.4", "1.11.4" },
    { "forward", "failfast_all_unhealthy_upstreams", "1.12.0", NULL },
    { "cache", "success", NULL, NULL },
    { "cache", "denial", NULL, NULL },
    { "cache", "prefetch", NULL, NULL },
    { "cache", "serve_stale", "1.9.4", NULL },
    { "cache", "disable", "1.9.4", NULL },
    { "cache", "servfail", "1.9.4", NULL },
    { "cache", "keepttl", "1.10.1", NULL },
    { "hosts", "ttl", NULL, NULL },
    { "hosts", "no_reverse", NULL, NULL },
    { "hosts", "reload", NULL, NULL },
    { "hosts", "fallthrough", NULL, NULL },
    { "rewrite", "type", NULL, NULL },
    { "rewrite", "class", NULL, NULL },
    { "rewrite", "name", NULL, NULL },
    { "rewrite", "answer name", NULL, NULL },
    { "rewrite", "edns0", NULL, NULL },
    { "rewrite", "ttl", NULL, NULL },
    { "rewrite", "cname_target", "1.11.0", NULL },
    { "transfer", "to", NULL, NULL },
};

static size_t index_of(const char *version) /* behind the last when it is not known */
{
    size_t i = 0;
    while (i < CU_LEN(versions) && !cu_streq(versions[i], version))
        i++;
    return i;
}

/* The first words of a line are these, and no more of a word. */
static bool begins(const char *line, const char *words)
{
    size_t n = strlen(words);
    return strncmp(line, words, n) == 0 && (line[n] == ' ' || line[n] == '\0');
}

static bool knows_plugin(const char *line)
{
    for (size_t i = 0; i < CU_LEN(plugins); i++)
        if (begins(line, plugins[i]))
            return true;
    return false;
}

/* In "hosts" a line may be an address with names. */
static bool is_host(const char *plugin, const char *line)
{
    static const char address[] = "^[^ ]*([0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}|"
                                  "[0-9A-Fa-f]{1,4}:[:0-9A-Fa-f]+:[0-9A-Fa-f]{1,4})";
    regex_t re;
    if (!begins(plugin, "hosts"))
        return false;
    if (regcomp(&re, address, REG_EXTENDED | REG_NOSUB) != 0)
        abort();
    bool found = regexec(&re, line, 0, NULL, 0) == 0;
    regfree(&re);
    return found;
}

static bool knows_option(const char *plugin, const char *line, size_t version)
{
    for (size_t i = 0; i < CU_LEN(options); i++) {
        const struct option *o = &options[i];
        if (begins(plugin, o->plugin) && begins(line, o->name) &&
            (!o->first || index_of(o->first) <= version) && (!o->last || index_of(o->last) >= version))
            return true;
    }
    return is_host(plugin, line);
}

/* Words as one line. Caller frees. */
static char *line_of(const struct val *words)
{
    cu_autostrlist struct cu_strlist l = CU_STRLIST_INIT;
    for (size_t i = 0; i < val_len(words); i++)
        cu_strlist_add(&l, cu_or(val_str(val_at(words, i)), ""));
    return cu_strlist_join(&l, " ");
}

static void note(struct cu_strlist *notices, char *notice)
{
    if (cu_strlist_has(notices, notice))
        free(notice);
    else
        cu_strlist_take(notices, notice);
}

static void check_plugin(const struct val *plugin, size_t version, struct cu_strlist *notices)
{
    const struct val *words = val_get(plugin, "words"), *all = val_get(plugin, "options");
    cu_autofree char *head = line_of(words);
    const char *name = cu_or(val_str(val_at(words, 0)), "");
    if (!knows_plugin(head)) { /* of its options nothing is known either */
        note(notices, cu_asprintf("plugin \"%s\"", name));
        return;
    }
    for (size_t i = 0; i < val_len(all); i++) {
        cu_autofree char *line = line_of(val_at(all, i));
        if (!knows_option(head, line, version))
            note(notices, cu_asprintf("option \"%s\" of plugin \"%s\"",
                                      cu_or(val_str(val_at(val_at(all, i), 0)), ""), name));
    }
}

static void check_version(const struct val *corefile, size_t version, struct cu_strlist *notices)
{
    for (size_t i = 0; i < val_len(corefile); i++) {
        const struct val *list = val_get(val_at(corefile, i), "plugins");
        for (size_t k = 0; k < val_len(list); k++)
            check_plugin(val_at(list, k), version, notices);
    }
}

int mf_corefile_check(const char *corefile, const char *from, const char *to, struct cu_strlist *notices,
                      struct cu_err *err)
{
    cu_autoval struct val *file = NULL;
    size_t begin = index_of(from), end = index_of(to);
    if (begin == CU_LEN(versions))
        return cu_fail(err, CU_E_INVALID,
                       "the installed version of CoreDNS, \"%s\", is not one that is known", from);
    if (end == CU_LEN(versions) || end < begin)
        return cu_fail(err, CU_E_INVALID, "CoreDNS %s cannot become %s", from, to);
    int r = mf_corefile_parse(corefile, &file, err);
    if (r < 0)
        return r;
    for (size_t i = begin + 1; i <= end; i++)
        check_version(file, i, notices);
    return 0;
}
