/* Recognises Corefiles that kubeadm wrote (spec init 11.2).
 * Must not know where they are stored. */
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "manifests/addons.h"
#include <ctype.h>
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

/* Words of a line joined by single spaces, without its comment; caller frees. */
static char *squeezed(const char *line, size_t n)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    for (size_t i = 0; i < n && line[i] != '#';) {
        size_t from = i;
        while (i < n && line[i] != '#' && !isspace((unsigned char)line[i]))
            i++;
        if (i > from) {
            cu_buf_addf(&b, "%s%.*s", b.len > 0 ? " " : "", (int)(i - from), line + from);
        } else {
            i++;
        }
    }
    char *out = NULL;
    return cu_buf_take(&b, &out, NULL) < 0 ? cu_strdup("") : out;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One plugin with its options sorted: "name args {a;b}". */
static void add_plugin(struct cu_strlist *plugins, const char *head, struct cu_strlist *options)
{
    if (options->n > 0) {
        qsort(options->v, options->n, sizeof *options->v, by_text);
        cu_autofree char *joined = cu_strlist_join(options, ";");
        cu_strlist_addf(plugins, "%s {%s}", head, joined);
    } else {
        cu_strlist_add(plugins, head);
    }
    cu_strlist_clear(options);
}

/* Reads a Corefile that has exactly one block ".:53"; false for any other. *blocks: number of blocks seen. */
static bool read_plugins(const char *text, struct cu_strlist *plugins, size_t *blocks)
{
    cu_autostrlist struct cu_strlist options = CU_STRLIST_INIT;
    cu_autofree char *open = NULL;
    int depth = 0;
    *blocks = 0;
    while (*text) {
        size_t n = strcspn(text, "\n");
        cu_autofree char *line = squeezed(text, n);
        text += n + (text[n] == '\n');
        size_t len = strlen(line);
        if (len == 0)
            continue;
        if (strcmp(line, "}") == 0) {
            if (depth == 2) {
                add_plugin(plugins, open, &options);
                free(open);
                open = NULL;
            }
            if (--depth < 0)
                return false;
        } else if (line[len - 1] == '{') {
            line[len > 1 ? len - 2 : 0] = 0;
            if (++depth == 1 && (++*blocks > 1 || strcmp(line, ".:53") != 0))
                return false;
            if (depth == 2)
                open = cu_steal(&line);
            else if (depth > 2)
                return false;
        } else if (depth == 2) {
            cu_strlist_add(&options, line);
        } else if (depth == 1) {
            cu_strlist_add(plugins, line);
        } else {
            return false;
        }
    }
    return depth == 0;
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
    size_t blocks;
    bool readable = read_plugins(cu_or(corefile, ""), &plugins, &blocks);
    if (readable && blocks == 0)
        return true;
    for (size_t i = 0; readable && i < CU_LEN(variants); i++)
        if (is_variant(variants[i], &plugins))
            return true;
    return false;
}
