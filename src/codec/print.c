/* The printers behind -o, chosen by name. Must not know the kinds that are printed. */
#include "codec/print.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/print_parts.h"
#include "codec/yaml.h"
#include <string.h>

enum kind { TEXT, JSON, YAML, KYAML, PATH, PATH_JSON, TEMPLATE };

static const struct {
    const char *name;
    enum kind kind;
    bool takes_template, from_file;
} formats[] = { /* in the order upstream's message names them */
                { "go-template", TEMPLATE, true, false },
                { "go-template-file", TEMPLATE, true, true },
                { "json", JSON, false, false },
                { "jsonpath", PATH, true, false },
                { "jsonpath-as-json", PATH_JSON, true, false },
                { "jsonpath-file", PATH, true, true },
                { "kyaml", KYAML, false, false },
                { "template", TEMPLATE, true, false },
                { "templatefile", TEMPLATE, true, true },
                { "text", TEXT, false, false },
                { "yaml", YAML, false, false }
};

struct codec_printer {
    enum kind kind;
    bool missing_fails, printed;
    struct codec_path *path;
    struct codec_template *template;
};

/* The user may take kyaml out (spec operations 3). */
static bool is_off(enum kind kind)
{
    return kind == KYAML && cu_streq(getenv("KUBECTL_KYAML"), "false");
}

void codec_printer_formats(struct cu_strlist *out)
{
    for (size_t i = 0; i < CU_LEN(formats); i++)
        if (!is_off(formats[i].kind))
            cu_strlist_add(out, formats[i].name);
}

static int unknown(const char *format, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;
    codec_printer_formats(&names);
    cu_autofree char *all = cu_strlist_join(&names, ",");
    return cu_fail(err, CU_E_INVALID, "no printer for the output format \"%s\", allowed formats are: %s",
                   format, all);
}

/* Formats of whole objects are known in any case, "JSON" too; the others only as they are written. */
static bool is_named(enum kind kind, const char *name, const char *wanted, size_t n)
{
    bool any_case = kind == JSON || kind == YAML || kind == KYAML;
    return strlen(name) == n && !is_off(kind) &&
           (any_case ? strncasecmp(name, wanted, n) : strncmp(name, wanted, n)) == 0;
}

static int parse(struct codec_printer *p, const char *text, struct cu_err *err)
{
    if (p->kind == TEMPLATE)
        return codec_template_parse(text, &p->template, err);
    return codec_path_parse(text, &p->path, err);
}

int codec_printer_new(const char *format, const struct codec_print_options *options,
                      struct codec_printer **out, struct cu_err *err)
{
    const char *wanted = cu_or(format, "text"), *equals = strchr(wanted, '=');
    size_t n = equals ? (size_t)(equals - wanted) : strlen(wanted), i = 0;
    while (i < CU_LEN(formats) && !is_named(formats[i].kind, formats[i].name, wanted, n))
        i++;
    if (i == CU_LEN(formats) || (equals && !formats[i].takes_template))
        return unknown(wanted, err);
    if (formats[i].takes_template && (!equals || !equals[1]))
        return cu_fail(err, CU_E_INVALID, "the output format \"%s\" wants a template: %s=...",
                       formats[i].name, formats[i].name);
    struct codec_printer *p = cu_calloc(1, sizeof *p);
    p->kind = formats[i].kind;
    p->missing_fails = options && options->missing_keys_fail;
    cu_autofree char *text = NULL;
    int rc = 0;
    if (formats[i].from_file)
        rc = cu_file_read(equals + 1, LIM_CONFIG_FILE, &text, NULL, err);
    else if (formats[i].takes_template)
        text = cu_strdup(equals + 1);
    if (rc == 0 && text)
        rc = parse(p, text, err);
    if (rc < 0) {
        codec_printer_free(p);
        return rc;
    }
    *out = p;
    return 0;
}

bool codec_printer_is_text(const struct codec_printer *p)
{
    return p->kind == TEXT;
}

/* A copy in which every number is a real: Go decodes JSON that way before a template sees it. */
static struct val *as_decoded(const struct val *v)
{
    const char *key;
    struct val *child, *out;
    struct val_iter it = VAL_ITER_INIT;
    if (val_kind(v) == VAL_INT)
        return val_new_real((double)val_int(v, 0));
    if (!val_is_list(v) && !val_is_map(v))
        return val_ref(v);
    out = val_is_list(v) ? val_new_list() : val_new_map();
    for (size_t i = 0; val_is_list(v) && i < val_len(v); i++)
        val_append(out, as_decoded(val_at(v, i)));
    while (val_is_map(v) && val_next(v, &it, &key, &child))
        val_set(out, key, as_decoded(child));
    return out;
}

int codec_print(struct codec_printer *p, const struct val *v, struct cu_buf *out, struct cu_err *err)
{
    cu_autofree char *text = NULL;
    cu_autoval struct val *decoded = NULL;
    switch (p->kind) {
    case TEXT: return cu_fail(err, CU_E_INVALID, "the text format has no printer for objects");
    case JSON: text = val_dump_json(v, VAL_JSON_INDENT); break;
    case YAML:
        text = codec_yaml_dump(v, CODEC_YAML_SORT);
        if (p->printed)
            cu_buf_add(out, "---\n");
        break;
    case KYAML:
        cu_buf_add(out, "---\n");
        codec_kyaml(v, out);
        break;
    case PATH:
    case PATH_JSON:
        decoded = as_decoded(v);
        return codec_path_print(p->path, decoded,
                                &(struct codec_path_how){ p->missing_fails, p->kind == PATH_JSON }, out, err);
    case TEMPLATE:
        decoded = as_decoded(v);
        return codec_template_print(p->template, decoded, p->missing_fails, out, err);
    }
    p->printed = true;
    if (text) {
        cu_buf_add(out, text);
        if (p->kind != YAML)
            cu_buf_addc(out, '\n');
    }
    return 0;
}

void codec_printer_free(struct codec_printer *p)
{
    if (!p)
        return;
    codec_path_free(p->path);
    codec_template_free(p->template);
    free(p);
}
