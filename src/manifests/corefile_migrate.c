/* What CoreDNS's versions took away from Corefiles and added, as rows (spec init 11.2). It must not know where a Corefile
 * is stored. */
#include "base/str.h"
#include "base/strlist.h"
#include "manifests/corefile.h"
#include <string.h>

static const char *const versions[] = {
    "1.1.3",  "1.1.4",  "1.2.0",  "1.2.1",  "1.2.2",  "1.2.3",  "1.2.4",  "1.2.5",  "1.2.6",
    "1.3.0",  "1.3.1",  "1.4.0",  "1.5.0",  "1.5.1",  "1.5.2",  "1.6.0",  "1.6.1",  "1.6.2",
    "1.6.3",  "1.6.4",  "1.6.5",  "1.6.6",  "1.6.7",  "1.6.9",  "1.7.0",  "1.7.1",  "1.8.0",
    "1.8.3",  "1.8.4",  "1.8.5",  "1.8.6",  "1.8.7",  "1.9.0",  "1.9.1",  "1.9.2",  "1.9.3",
    "1.9.4",  "1.10.0", "1.10.1", "1.11.0", "1.11.1", "1.11.3", "1.11.4", "1.12.0", "1.12.1",
    "1.12.2", "1.12.3", "1.12.4", "1.13.0", "1.13.1", "1.13.2", "1.14.0", "1.14.1", "1.14.2",
};
#define NEWEST "1.14.2"

/* Deprecated things stay as they are, the others are acted on; the last two call for a migration. */
enum severity { DEPRECATED, IGNORED, REMOVED, NEW_DEFAULT };

/* A change of an option (`option` given) or of a whole plugin, in every version of the span. */
static const struct rule {
    const char *from, *to, *plugin, *option;
    enum severity severity;
    enum { DROP, DROP_HTTPS_GOOGLE, FIRST_ARGUMENT, TO_FORWARD, APPEND } action;
    const char *text;    /* APPEND: words of the new option or plugin */
    const char *near[2]; /* APPEND of a plugin: to blocks that have one of these */
} rules[] = {
    { "1.1.4", "1.1.4", "proxy", "protocol", IGNORED, DROP_HTTPS_GOOGLE, NULL, { NULL } },
    { "1.2.0", "1.3.1", "proxy", "protocol", REMOVED, DROP_HTTPS_GOOGLE, NULL, { NULL } },
    { "1.2.1", "1.2.1", "loop", NULL, NEW_DEFAULT, APPEND, "loop", { "forward", "proxy" } },
    { "1.3.1", "1.3.1", "kubernetes", "endpoint", DEPRECATED, FIRST_ARGUMENT, NULL, { NULL } },
    { "1.4.0", NEWEST, "kubernetes", "endpoint", IGNORED, FIRST_ARGUMENT, NULL, { NULL } },
    { "1.4.0", "1.4.0", "kubernetes", "upstream", DEPRECATED, DROP, NULL, { NULL } },
    { "1.4.0", "1.4.0", "proxy", NULL, DEPRECATED, TO_FORWARD, NULL, { NULL } },
    { "1.5.0", "1.5.0", "proxy", NULL, REMOVED, TO_FORWARD, NULL, { NULL } },
    { "1.5.0", "1.5.0", "ready", NULL, NEW_DEFAULT, APPEND, "ready", { "kubernetes" } },
    { "1.5.0", "1.5.2", "kubernetes", "resyncperiod", DEPRECATED, DROP, NULL, { NULL } },
    { "1.5.0", "1.5.2", "kubernetes", "upstream", IGNORED, DROP, NULL, { NULL } },
    { "1.6.0", "1.6.9", "kubernetes", "resyncperiod", IGNORED, DROP, NULL, { NULL } },
    { "1.6.0", "1.6.9", "kubernetes", "upstream", IGNORED, DROP, NULL, { NULL } },
    { "1.6.5", "1.6.5", "health", "lameduck", NEW_DEFAULT, APPEND, "lameduck 5s", { NULL } },
    { "1.7.0", "1.7.1", "kubernetes", "resyncperiod", REMOVED, DROP, NULL, { NULL } },
    { "1.7.0", "1.7.1", "kubernetes", "upstream", REMOVED, DROP, NULL, { NULL } },
    { "1.7.0", "1.7.0", "forward", "max_concurrent", NEW_DEFAULT, APPEND, "max_concurrent 1000", { NULL } },
    { "1.8.0", "1.8.0", "kubernetes", "transfer", REMOVED, DROP, NULL, { NULL } },
};

static int position(const char *version)
{
    for (size_t i = 0; i < CU_LEN(versions); i++)
        if (cu_streq(versions[i], version))
            return (int)i;
    return -1;
}

static bool covers(const struct rule *r, int at)
{
    return position(r->from) <= at && at <= position(r->to);
}

static int find_versions(const char *from, const char *to, int *first, int *last, struct cu_err *err)
{
    *first = position(from + (*from == 'v'));
    *last = position(to + (*to == 'v'));
    if (*first >= 0 && *last >= 0)
        return 0;
    return cu_fail(err, CU_E_INVALID, "CoreDNS %s is none of the versions whose Corefiles are known",
                   *first < 0 ? from : to);
}

static struct val *words_of(const char *text)
{
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    struct val *list = val_new_list();
    cu_strlist_split(&words, text, ' ');
    for (size_t i = 0; i < words.n; i++)
        val_append_str(list, words.v[i]);
    return list;
}

static const char *word(const struct val *words, size_t i)
{
    return cu_or(val_str(val_at(words, i)), "");
}

static bool has_plugin(const struct val *block, const char *name)
{
    const struct val *plugins = val_get(block, "plugins");
    for (size_t i = 0; name && i < val_len(plugins); i++)
        if (cu_streq(word(val_get(val_at(plugins, i), "words"), 0), name))
            return true;
    return false;
}

static void add_plugin(struct val *block, struct val *words)
{
    struct val *plugin = val_new_map();
    val_set(plugin, "words", words);
    val_need_list(plugin, "options");
    val_append(val_get(block, "plugins"), plugin);
}

static bool has_option(const struct val *plugin, const char *name)
{
    const struct val *options = val_get(plugin, "options");
    for (size_t i = 0; i < val_len(options); i++)
        if (cu_streq(word(val_at(options, i), 0), name))
            return true;
    return false;
}

/* A rule has something to say about a block. */
static bool concerns(const struct rule *r, const struct val *block)
{
    const struct val *plugins = val_get(block, "plugins");
    if (!r->option)
        return has_plugin(block, r->plugin) != (r->severity == NEW_DEFAULT);
    for (size_t i = 0; i < val_len(plugins); i++)
        if (cu_streq(word(val_get(val_at(plugins, i), "words"), 0), r->plugin) &&
            has_option(val_at(plugins, i), r->option) != (r->severity == NEW_DEFAULT))
            return true;
    return false;
}

static void apply_to_options(const struct rule *r, struct val *plugin)
{
    struct val *options = val_get(plugin, "options");
    if (r->action == APPEND) {
        if (!has_option(plugin, r->option))
            val_append(options, words_of(r->text));
        return;
    }
    for (size_t i = val_len(options); i-- > 0;) {
        struct val *option = val_at(options, i);
        if (!cu_streq(word(option, 0), r->option))
            continue;
        if (r->action == DROP ||
            (r->action == DROP_HTTPS_GOOGLE && cu_streq(word(option, 1), "https_google")))
            val_remove(options, i);
        else if (r->action == FIRST_ARGUMENT)
            while (val_len(option) > 2)
                val_remove(option, val_len(option) - 1);
    }
}

/* The plugin proxy is forward from now on, with what forward has of its options. */
static void to_forward(struct val *plugin)
{
    struct val *options = val_get(plugin, "options"), *kept = val_new_list();
    val_replace(val_get(plugin, "words"), 0, val_new_str("forward"));
    for (size_t i = 0; i < val_len(options); i++) {
        const struct val *o = val_at(options, i);
        bool policy = cu_streq(word(o, 0), "policy"), protocol = cu_streq(word(o, 0), "protocol");
        if ((policy && cu_streq(word(o, 1), "least_conn")) ||
            (protocol && cu_streq(word(o, 1), "force_tcp") && val_len(o) > 2))
            val_append(kept, words_of("force_tcp"));
        else if (policy || cu_streq(word(o, 0), "except"))
            val_append(kept, val_ref(o));
    }
    val_set(plugin, "options", kept);
}

static void apply(const struct rule *r, struct val *block)
{
    struct val *plugins = val_get(block, "plugins");
    if (!r->option && r->action == APPEND) {
        if (!has_plugin(block, r->plugin) && (has_plugin(block, r->near[0]) || has_plugin(block, r->near[1])))
            add_plugin(block, words_of(r->text));
        return;
    }
    for (size_t i = 0; i < val_len(plugins); i++) {
        struct val *plugin = val_at(plugins, i);
        if (!cu_streq(word(val_get(plugin, "words"), 0), r->plugin))
            continue;
        if (r->option)
            apply_to_options(r, plugin);
        else
            to_forward(plugin);
    }
}

/* 1.8.0: what the option transfer of kubernetes said is a plugin of its own. */
static void split_transfer(struct val *block)
{
    struct val *plugins = val_get(block, "plugins");
    size_t n = val_len(plugins);
    for (size_t i = 0; i < n; i++) {
        const struct val *plugin = val_at(plugins, i), *words = val_get(plugin, "words"),
                         *options = val_get(plugin, "options");
        for (size_t o = 0; cu_streq(word(words, 0), "kubernetes") && o < val_len(options); o++) {
            const struct val *option = val_at(options, o);
            if (!cu_streq(word(option, 0), "transfer") || val_len(option) < 3)
                continue;
            struct val *head = words_of("transfer"), *to = words_of("to");
            if (val_len(words) > 1)
                val_append_str(head, word(words, 1));
            for (size_t k = 2; k < val_len(option); k++)
                val_append_str(to, word(option, k));
            add_plugin(block, head);
            val_append(val_get(val_at(plugins, val_len(plugins) - 1), "options"), to);
        }
    }
}

/* 1.4.0, 1.5.0: forwards of single zones get blocks of their own; forward may stand only once in a block. */
static int split_stub_domains(struct val *corefile, struct cu_err *err)
{
    size_t n = val_len(corefile);
    for (size_t b = 0; b < n; b++) {
        struct val *block = val_at(corefile, b), *plugins = val_get(block, "plugins");
        for (size_t i = 0; i < val_len(plugins); i++) {
            struct val *words = val_get(val_at(plugins, i), "words"), *keys = val_get(block, "keys");
            if (!cu_streq(word(words, 0), "forward") || cu_streq(word(words, 1), "."))
                continue;
            if (val_len(keys) != 1 || (!cu_streq(word(keys, 0), ".") && !cu_streq(word(keys, 0), ".:53")))
                return cu_fail(err, CU_E_INVALID, "the forward of %s stands in the block of %s, not of \".\"",
                               word(words, 1), word(keys, 0));
            struct val *own = val_new_map(), *moved = val_ref(val_at(plugins, i));
            val_append_str(val_need_list(own, "keys"), word(words, 1));
            val_replace(words, 1, val_new_str("."));
            val_append(val_need_list(own, "plugins"), moved);
            val_remove(plugins, i--);
            add_plugin(own, words_of("loop"));
            add_plugin(own, words_of("errors"));
            add_plugin(own, words_of("cache 30"));
            val_append(corefile, own);
        }
    }
    return 0;
}

int mf_corefile_needs_migration(const char *text, const char *from, const char *to, bool *needs,
                                struct cu_err *err)
{
    cu_autoval struct val *corefile = NULL;
    int first, last;
    *needs = false;
    if (cu_is_empty(from) || cu_streq(from + (*from == 'v'), to + (*to == 'v')))
        return 0;
    int r = find_versions(from, to, &first, &last, err);
    if (r == 0)
        r = mf_corefile_parse(text, &corefile, err);
    for (int at = first + 1; r == 0 && at <= last; at++)
        for (size_t i = 0; i < CU_LEN(rules); i++)
            for (size_t b = 0; covers(&rules[i], at) && rules[i].severity >= REMOVED && b < val_len(corefile);
                 b++)
                *needs = *needs || concerns(&rules[i], val_at(corefile, b));
    return r;
}

/* One version further. */
static int advance(struct val *corefile, int at, struct cu_err *err)
{
    for (size_t b = 0; b < val_len(corefile); b++) {
        if (cu_streq(versions[at], "1.8.0"))
            split_transfer(val_at(corefile, b));
        for (size_t i = 0; i < CU_LEN(rules); i++)
            if (covers(&rules[i], at) && rules[i].severity != DEPRECATED)
                apply(&rules[i], val_at(corefile, b));
    }
    bool splits = cu_streq(versions[at], "1.4.0") || cu_streq(versions[at], "1.5.0");
    return splits ? split_stub_domains(corefile, err) : 0;
}

int mf_corefile_migrate(const char *text, const char *from, const char *to, char **out, struct cu_err *err)
{
    cu_autoval struct val *corefile = NULL;
    int first, last, r = find_versions(from, to, &first, &last, err);
    if (r == 0)
        r = mf_corefile_parse(text, &corefile, err);
    for (int at = first + 1; r == 0 && at <= last; at++)
        r = advance(corefile, at, err);
    if (r == 0)
        *out = mf_corefile_text(corefile);
    return r;
}
