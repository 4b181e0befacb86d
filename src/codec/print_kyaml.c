/* Flow-style YAML (the output format kyaml): braces, quoted texts, trailing commas, keys in given order.
 * Must not know what the values mean. */
#include "codec/internal.h"
#include "codec/print_parts.h"
#include <ctype.h>
#include <string.h>

static void put(struct cu_buf *b, const struct val *v, int level);

static void indent(struct cu_buf *b, int level)
{
    for (int i = 0; i < level; i++)
        cu_buf_add(b, "  ");
}

static void put_json(struct cu_buf *b, const struct val *v)
{
    cu_autofree char *text = val_dump_json(v, VAL_JSON_COMPACT);
    cu_buf_add(b, text);
}

/* Keys stand unquoted where nothing but a text can be meant. */
static void put_key(struct cu_buf *b, const char *key)
{
    bool plain = isalpha((unsigned char)*key) && codec_yaml_resolve(key).kind == VAL_STRING;
    for (const char *p = key; plain && *p; p++)
        plain = isalnum((unsigned char)*p) || strchr("_-./", *p);
    if (plain) {
        cu_buf_add(b, key);
        return;
    }
    cu_autoval struct val *text = val_new_str(key);
    put_json(b, text);
}

static void put_map(struct cu_buf *b, const struct val *v, int level)
{
    const char *key;
    struct val *child;
    struct val_iter it = VAL_ITER_INIT;
    cu_buf_add(b, "{\n");
    while (val_next(v, &it, &key, &child)) {
        indent(b, level + 1);
        put_key(b, key);
        cu_buf_add(b, ": ");
        put(b, child, level + 1);
        cu_buf_add(b, ",\n");
    }
    indent(b, level);
    cu_buf_addc(b, '}');
}

/* Lists of maps keep bracket and brace together: "[{", "}, {", "}]". */
static void put_list(struct cu_buf *b, const struct val *v, int level)
{
    bool maps = true;
    for (size_t i = 0; i < val_len(v); i++)
        maps = maps && val_is_map(val_at(v, i)) && val_len(val_at(v, i)) > 0;
    cu_buf_add(b, maps ? "[" : "[\n");
    for (size_t i = 0; i < val_len(v); i++) {
        if (maps && i > 0)
            cu_buf_add(b, ", ");
        else if (!maps)
            indent(b, level + 1);
        put(b, val_at(v, i), maps ? level : level + 1);
        if (!maps)
            cu_buf_add(b, ",\n");
    }
    if (!maps)
        indent(b, level);
    cu_buf_addc(b, ']');
}

static void put(struct cu_buf *b, const struct val *v, int level)
{
    if (val_is_map(v) && val_len(v) > 0)
        put_map(b, v, level);
    else if (val_is_list(v) && val_len(v) > 0)
        put_list(b, v, level);
    else
        put_json(b, v);
}

void codec_kyaml(const struct val *v, struct cu_buf *out)
{
    put(out, v, 0);
    cu_buf_addc(out, '\n');
}
