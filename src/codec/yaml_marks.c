/* Positions of nodes by path, for messages about a value that was read long ago.
 * Must not know how the text was read. */
#include "base/map.h"
#include "codec/yaml_marks.h"
#include <string.h>

struct codec_marks {
    struct cu_map *by_path; /* path -> struct position */
};

struct position {
    struct codec_mark key, value;
};

struct codec_marks *codec_marks_new(void)
{
    struct codec_marks *m = cu_calloc(1, sizeof *m);
    m->by_path = cu_map_new(free);
    return m;
}

void codec_marks_free(struct codec_marks *m)
{
    if (!m)
        return;
    cu_map_free(m->by_path);
    free(m);
}

void codec_marks_set(struct codec_marks *m, const char *path, struct codec_mark key, struct codec_mark value)
{
    struct position *p = cu_calloc(1, sizeof *p);
    p->key = key;
    p->value = value;
    cu_map_set(m->by_path, path, p);
}

/* Cuts the last step off a path: "a.b[0]" -> "a.b" -> "a" -> "". */
static void cut_step(char *path)
{
    char *dot = strrchr(path, '.'), *bracket = strrchr(path, '[');
    char *at = bracket > dot ? bracket : dot;
    *(at ? at : path) = 0;
}

static struct position find(const struct codec_doc *doc, const char *path)
{
    struct position none = { { 0, 0 }, { 0, 0 } };
    if (!doc || !doc->marks)
        return none;
    cu_autofree char *at = cu_strdup(path);
    for (;;) {
        const struct position *p = cu_map_get(doc->marks->by_path, at);
        if (p)
            return *p;
        if (*at == 0)
            return none;
        cut_step(at);
    }
}

struct codec_mark codec_mark_value(const struct codec_doc *doc, const char *path)
{
    return find(doc, path).value;
}

struct codec_mark codec_mark_key(const struct codec_doc *doc, const char *path)
{
    return find(doc, path).key;
}
