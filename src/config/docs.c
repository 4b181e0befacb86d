/* Writes docs/config.md from the field tables: `config-docs > docs/config.md`; with a file as argument it compares
 * instead and exits with 1 when the file is out of date. A tool of the build, not part of the programs. */
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/field.h"
#include <string.h>

static const char *type_text(const struct cfg_field *f)
{
    switch (f->type) {
    case CFG_STRING:
    case CFG_SECRET:
    case CFG_TOKEN:
    case CFG_OPT_STRING: return "string";
    case CFG_TIME: return "time";
    case CFG_BOOL:
    case CFG_OPT_BOOL: return "bool";
    case CFG_INT32:
    case CFG_OPT_INT32: return "int32";
    case CFG_INT64:
    case CFG_OPT_INT64: return "int64";
    case CFG_UINT32: return "uint32";
    case CFG_NUMBER:
    case CFG_OPT_NUMBER: return "number";
    case CFG_DURATION:
    case CFG_OPT_DURATION: return "duration";
    case CFG_QUANTITY: return "quantity";
    case CFG_NANOSECONDS: return "nanoseconds or duration";
    case CFG_STRINGS: return "list of string";
    case CFG_INTS: return "list of int32";
    case CFG_STRING_MAP: return "map of string";
    case CFG_BOOL_MAP: return "map of bool";
    case CFG_STRINGS_MAP: return "map of list of string";
    case CFG_QUANTITY_MAP: return "map of quantity";
    case CFG_LIST: return "list of ";
    case CFG_OBJECT:
    case CFG_OPT_OBJECT:
    case CFG_DOCUMENT: break;
    }
    return "";
}

struct seen { /* parts mentioned, in the order they are described */
    const struct cfg_object *v[64];
    size_t n;
};

static void mention(struct seen *s, const struct cfg_object *o)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i] == o)
            return;
    if (s->n < CU_LEN(s->v))
        s->v[s->n++] = o;
}

static void lower_link(struct cu_buf *b, const char *name)
{
    cu_autofree char *anchor = cu_lower(name);
    cu_buf_addf(b, "[%s](#%s)", name, anchor);
}

static void row(struct cu_buf *b, const struct cfg_field *f, struct seen *s)
{
    cu_buf_addf(b, "| `%s` | %s", f->name, type_text(f));
    if (f->child) {
        lower_link(b, f->child->name);
        mention(s, f->child);
    }
    if (f->flags & CFG_MAP_IN_V3)
        cu_buf_add(b, " (v1beta3: map of string)");
    cu_buf_add(b, " | ");
    if (f->fallback)
        cu_buf_addf(b, "`%s`", f->fallback);
    cu_buf_addf(b, " | %s%s%s |\n", cu_or(f->doc, ""), f->flags & CFG_ONLY_V4 ? " Not in v1beta3." : "",
                f->flags & CFG_ONLY_V3 ? " Only in v1beta3." : "");
}

static void table(struct cu_buf *b, const struct cfg_object *o, struct seen *s)
{
    cu_buf_add(b, "| field | type | default | meaning |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < o->n; i++)
        if (!o->fields[i].until)
            row(b, &o->fields[i], s);
    cu_buf_add(b, "\n");
}

static void page(struct cu_buf *b)
{
    struct seen parts = { { NULL }, 0 };

    cu_buf_add(b,
               "# Configuration files\n\n"
               "The fields of every kind a `--config` file may hold. This page is written by the build from "
               "the tables that\n"
               "read the files (`src/config/table_*.c`): `build/src/config/config-docs > docs/config.md`.\n\n"
               "- Several documents in one file are parted by lines `---`. Field names are case sensitive.\n"
               "- A duration is text such as `4m0s`, a quantity text such as `500m` or `1Gi`.\n"
               "- `kubeadm config print init-defaults` prints a file to begin with, `kubeadm config "
               "validate` checks one,\n"
               "  `kubeadm config migrate` brings one in an older version to the newest.\n\n"
               "## Kinds\n\n| kind | apiVersion |\n| --- | --- |\n");
    for (size_t i = 0; i < CFG_KIND_COUNT; i++) {
        cu_buf_add(b, "| ");
        lower_link(b, cfg_kinds[i].kind);
        cu_buf_add(b, " |");
        for (size_t k = 0; cfg_kinds[i].versions[k]; k++)
            cu_buf_addf(b, "%s `%s/%s`%s", k ? "," : "", cfg_kinds[i].group, cfg_kinds[i].versions[k],
                        k ? " (deprecated)" : "");
        cu_buf_add(b, " |\n");
    }
    cu_buf_add(b, "\n");
    for (size_t i = 0; i < CFG_KIND_COUNT; i++) {
        cu_buf_addf(b, "## %s\n\n%s\n\n", cfg_kinds[i].kind, cfg_kinds[i].object->doc);
        table(b, cfg_kinds[i].object, &parts);
    }
    cu_buf_add(b, "# Parts\n\n");
    for (size_t i = 0; i < parts.n; i++) {
        cu_buf_addf(b, "## %s\n\n", parts.v[i]->name);
        if (*parts.v[i]->doc)
            cu_buf_addf(b, "%s\n\n", parts.v[i]->doc);
        table(b, parts.v[i], &parts);
    }
    while (b->len > 1 && b->data[b->len - 2] == '\n')
        b->data[--b->len] = '\0';
}

int main(int argc, char **argv)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    cu_autofree char *old = NULL;

    page(&b);
    if (argc < 2)
        return fputs(cu_buf_str(&b), stdout) < 0;
    if (cu_file_read(argv[1], LIM_TEXT, &old, NULL, NULL) == 0 && strcmp(old, cu_buf_str(&b)) == 0)
        return 0;
    fprintf(stderr, "%s is not what the field tables say; write it anew: %s > %s\n", argv[1], argv[0],
            argv[1]);
    return 1;
}
