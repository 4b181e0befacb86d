/* Table and PartialObjectMetadata forms. Must not know any single kind: table_*.c do. */
#include "apiserver/table.h"

#include "apiserver/scalar.h"
#include "apiserver/table_cells.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/strlist.h"
#include "base/timefmt.h"

#include <string.h>

const struct val *api_at(const struct val *v, const char *path)
{
    char key[64];
    while (v && *path) {
        size_t n = strcspn(path, ".");
        if (n >= sizeof(key))
            return NULL;
        memcpy(key, path, n);
        key[n] = '\0';
        v = val_get(v, key);
        path += n + (path[n] == '.');
    }
    return v;
}

const char *api_text_at(const struct val *v, const char *path)
{
    const char *s = val_str(api_at(v, path));
    return s ? s : "";
}

const struct val *api_condition(const struct val *conditions, const char *type)
{
    for (size_t i = 0; i < val_len(conditions); i++) {
        const struct val *c = val_at(conditions, i);
        if (cu_streq(val_get_str(c, "type"), type))
            return c;
    }
    return NULL;
}

struct val *api_cell_since(const struct api_cell *c, const char *time, const char *fallback)
{
    int64_t then = api_time_seconds(time, INT64_MIN);
    if (then == INT64_MIN)
        return val_new_str(fallback);
    cu_autofree char *text = cu_human_duration(c->now_ms / 1000 - then);
    return val_new_str(text);
}

struct val *api_cell_join(const struct val *list, const char *sep, const char *fallback)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    for (size_t i = 0; i < val_len(list); i++) {
        const char *s = val_str(val_at(list, i));
        if (s)
            cu_buf_addf(&b, "%s%s", b.len ? sep : "", s);
    }
    return val_new_str(b.len ? cu_buf_str(&b) : fallback);
}

static void add_labels(struct cu_strlist *parts, const struct val *map)
{
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *v;
    while (val_next(map, &it, &key, &v))
        cu_strlist_addf(parts, "%s=%s", key, cu_or(val_str(v), ""));
}

static struct val *join_sorted(struct cu_strlist *parts)
{
    if (parts->n == 0)
        return val_new_str("<none>");
    cu_strlist_sort(parts);
    cu_autofree char *text = cu_strlist_join(parts, ",");
    return val_new_str(text);
}

struct val *api_cell_labels(const struct val *map)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    add_labels(&parts, map);
    return join_sorted(&parts);
}

struct val *api_cell_selector(const struct val *selector)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    const struct val *expressions = val_get(selector, "matchExpressions");

    add_labels(&parts, val_get(selector, "matchLabels"));
    for (size_t i = 0; i < val_len(expressions); i++) {
        const struct val *e = val_at(expressions, i);
        const char *key = api_text_at(e, "key"), *op = api_text_at(e, "operator");
        if (cu_streq(op, "Exists") || cu_streq(op, "DoesNotExist")) {
            cu_strlist_addf(&parts, "%s%s", cu_streq(op, "Exists") ? "" : "!", key);
            continue;
        }
        cu_autoval struct val *values = api_cell_join(val_get(e, "values"), ",", "");
        cu_strlist_addf(&parts, "%s %s (%s)", key, cu_streq(op, "In") ? "in" : "notin", val_str(values));
    }
    return join_sorted(&parts);
}

static const struct api_cell_rule *find_rule(const struct api_resource *r, const char *column)
{
    const struct api_cell_rule *const tables[] = { api_workload_cells, api_object_cells };
    for (size_t t = 0; t < CU_LEN(tables); t++) {
        for (const struct api_cell_rule *rule = tables[t]; rule->column; rule++) {
            if (cu_streq(rule->column, column) &&
                (rule->resource[0] == '*' || cu_streq(rule->resource, r->resource)))
                return rule;
        }
    }
    return NULL;
}

static struct val *make_cell(const struct api_cell *c, const struct api_column *column)
{
    const struct api_cell_rule *rule = find_rule(c->r, column->name);
    if (!rule)
        return val_new_str("");
    if (rule->fn)
        return rule->fn(c);
    const struct val *v = api_at(c->obj, rule->path);
    if (cu_streq(column->type, "integer"))
        return val_new_int(val_int(v, 0));
    if (cu_streq(column->type, "boolean"))
        return val_new_bool(val_bool(v, false));
    if (val_kind(v) == VAL_INT || val_kind(v) == VAL_BOOL)
        return val_ref(v);
    return val_new_str(cu_or(val_str(v), cu_or(rule->fallback, "")));
}

/* Kinds without columns of their own. */
static const struct api_column plain_columns[] = {
    { "Name", "string", "name", 0 },
    { "Created At", "date", "", 0 },
};

static const struct api_column *columns_of(const struct api_resource *r, size_t *n)
{
    *n = r->columns ? r->n_columns : CU_LEN(plain_columns);
    return r->columns ? r->columns : plain_columns;
}

bool api_include_parse(const char *text, enum api_include *out)
{
    static const char *const names[] = { "Metadata", "None", "Object" };
    if (cu_is_empty(text)) {
        *out = API_INCLUDE_METADATA;
        return true;
    }
    for (size_t i = 0; i < CU_LEN(names); i++) {
        if (cu_streq(text, names[i])) {
            *out = (enum api_include)i;
            return true;
        }
    }
    return false;
}

struct val *api_table_new(const struct api_resource *r, bool with_columns)
{
    struct val *table = val_new_map();
    val_set_str(table, "kind", "Table");
    val_set_str(table, "apiVersion", "meta.k8s.io/v1");
    val_need_map(table, "metadata");
    if (!with_columns)
        val_set(table, "columnDefinitions", val_new_null());
    size_t n;
    const struct api_column *columns = columns_of(r, &n);
    for (size_t i = 0; with_columns && i < n; i++) {
        struct val *def = val_new_map();
        val_set_str(def, "name", columns[i].name);
        val_set_str(def, "type", columns[i].type);
        val_set_str(def, "format", columns[i].format);
        val_set_str(def, "description", "");
        val_set_int(def, "priority", columns[i].priority);
        val_append(val_need_list(table, "columnDefinitions"), def);
    }
    val_need_list(table, "rows");
    return table;
}

/* kubectl --watch leaves out pods that are done unless told otherwise by this condition's absence. */
static void add_row_condition(struct val *row, const struct api_cell *c)
{
    const char *phase = api_text_at(c->obj, "status.phase");
    if (!cu_streq(c->r->kind, "Pod") || (!cu_streq(phase, "Succeeded") && !cu_streq(phase, "Failed")))
        return;
    struct val *condition = val_new_map();
    val_set_str(condition, "type", "Completed");
    val_set_str(condition, "status", "True");
    val_set_str(condition, "reason", phase);
    val_set_strf(condition, "message", "The pod has ended: %s.", phase);
    val_append(val_need_list(row, "conditions"), condition);
}

void api_table_add(struct val *table, const struct api_resource *r, const struct val *obj,
                   enum api_include include, int64_t now_ms)
{
    struct api_cell c = { r, obj, now_ms };
    struct val *row = val_new_map(), *cells = val_need_list(row, "cells");
    size_t n;
    const struct api_column *columns = columns_of(r, &n);
    for (size_t i = 0; i < n; i++)
        val_append(cells, make_cell(&c, &columns[i]));
    add_row_condition(row, &c);
    if (include == API_INCLUDE_METADATA)
        val_set(row, "object", api_partial_metadata(obj));
    else if (include == API_INCLUDE_OBJECT)
        val_set(row, "object", val_ref(obj));
    val_append(val_need_list(table, "rows"), row);
}

struct val *api_partial_metadata(const struct val *obj)
{
    struct val *out = val_new_map();
    val_set_str(out, "kind", "PartialObjectMetadata");
    val_set_str(out, "apiVersion", "meta.k8s.io/v1");
    const struct val *meta = val_get(obj, "metadata");
    val_set(out, "metadata", meta ? val_ref(meta) : val_new_map());
    return out;
}
