/* Reads and writes Corefiles, word by word. It must not know what a plugin means. */
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "manifests/corefile.h"
#include <ctype.h>
#include <string.h>

enum { BLOCK = 1, PLUGIN = 2 }; /* depth of what a line in it belongs to */

/* The words of one line without its comment; a quoted word may hold blanks and newlines. Returns what follows; NULL: a
 * quote is not closed. */
static const char *read_line(const char *p, struct val *words)
{
    while (*p && *p != '\n') {
        if (*p == '#')
            return p + strcspn(p, "\n");
        if (isspace((unsigned char)*p)) {
            p++;
            continue;
        }
        cu_autobuf struct cu_buf word = CU_BUF_INIT(LIM_TEXT);
        bool quoted = *p == '"';
        for (p += quoted; *p && (quoted ? *p != '"' : !isspace((unsigned char)*p)); p++) {
            p += quoted && *p == '\\' && p[1] == '"';
            cu_buf_addc(&word, *p);
        }
        if (quoted && !*p)
            return NULL;
        p += quoted;
        val_append_str(words, cu_buf_str(&word));
    }
    return p;
}

static const char *last_word(const struct val *words)
{
    return cu_or(val_str(val_at(words, val_len(words) - 1)), "");
}

static struct val *last_of(const struct val *list)
{
    return val_at(list, val_len(list) - 1);
}

/* One line at a depth: a new block, plugin or option. Takes the words. */
static int add_line(struct val *blocks, int depth, struct val *words, struct cu_err *err)
{
    struct val *item = val_new_map();
    if (depth < PLUGIN)
        val_set(item, depth == 0 ? "keys" : "words", words);
    if (depth == 0) {
        val_need_list(item, "plugins");
        val_append(blocks, item);
        return 0;
    }
    struct val *plugins = val_get(last_of(blocks), "plugins");
    if (depth == BLOCK) {
        val_need_list(item, "options");
        val_append(plugins, item);
        return 0;
    }
    val_unref(item);
    if (depth == PLUGIN) {
        val_append(val_get(last_of(plugins), "options"), words);
        return 0;
    }
    val_unref(words);
    return cu_fail(err, CU_E_INVALID, "the Corefile has braces deeper than the options of a plugin");
}

int mf_corefile_parse(const char *text, struct val **out, struct cu_err *err)
{
    cu_autoval struct val *blocks = val_new_list();
    int depth = 0;
    for (const char *p = cu_or(text, ""); *p; p += *p == '\n') {
        struct val *words = val_new_list();
        p = read_line(p, words);
        if (!p) {
            val_unref(words);
            return cu_fail(err, CU_E_INVALID, "the Corefile has a quote that is not closed");
        }
        bool opens = val_len(words) && cu_streq(last_word(words), "{");
        bool closes = val_len(words) == 1 && cu_streq(last_word(words), "}");
        int r = 0;
        if (opens)
            val_remove(words, val_len(words) - 1);
        if (opens && !val_len(words))
            r = cu_fail(err, CU_E_INVALID, "the Corefile has a brace without a name before it");
        if (r == 0 && val_len(words) && !closes)
            r = add_line(blocks, depth, words, err);
        else
            val_unref(words);
        depth += opens ? 1 : closes ? -1 : 0;
        if (r == 0 && (depth < 0 || depth > PLUGIN))
            r = cu_fail(err, CU_E_INVALID, "the Corefile has a brace too many");
        if (r < 0)
            return r;
    }
    if (depth)
        return cu_fail(err, CU_E_INVALID, "the Corefile ends inside a block");
    *out = cu_steal(&blocks);
    return 0;
}

static bool needs_quotes(const char *word)
{
    bool blank = *word == '\0' || *word == '"' || *word == '#';
    for (; *word; word++)
        blank = blank || isspace((unsigned char)*word);
    return blank;
}

static void put_words(struct cu_buf *b, const char *indent, const struct val *words)
{
    cu_buf_add(b, indent);
    for (size_t i = 0; i < val_len(words); i++) {
        const char *w = cu_or(val_str(val_at(words, i)), "");
        cu_autofree char *escaped = needs_quotes(w) ? cu_replace(w, "\"", "\\\"") : NULL;
        cu_buf_addf(b, escaped ? "%s\"%s\"" : "%s%s", i ? " " : "", escaped ? escaped : w);
    }
}

char *mf_corefile_text(const struct val *corefile)
{
    struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    for (size_t i = 0; i < val_len(corefile); i++) {
        const struct val *block = val_at(corefile, i), *plugins = val_get(block, "plugins");
        cu_buf_add(&b, i ? "\n" : "");
        put_words(&b, "", val_get(block, "keys"));
        cu_buf_add(&b, " {\n");
        for (size_t k = 0; k < val_len(plugins); k++) {
            const struct val *options = val_get(val_at(plugins, k), "options");
            put_words(&b, "    ", val_get(val_at(plugins, k), "words"));
            for (size_t o = 0; o < val_len(options); o++) {
                cu_buf_add(&b, o ? "\n" : " {\n");
                put_words(&b, "        ", val_at(options, o));
            }
            cu_buf_add(&b, val_len(options) ? "\n    }\n" : "\n");
        }
        cu_buf_add(&b, "}\n");
    }
    char *out = NULL;
    return cu_buf_take(&b, &out, NULL) < 0 ? NULL : out;
}
