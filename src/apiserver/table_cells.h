/* apiserver/table_cells.h - how the cells of a Table are made; private to table.c and the table_*.c files. */
#ifndef APISERVER_TABLE_CELLS_H
#define APISERVER_TABLE_CELLS_H

#include "apiserver/resource.h"
#include "codec/value.h"

struct api_cell {
    const struct api_resource *r;
    const struct val *obj;
    int64_t now_ms;
};

/* One rule: the cell of `column` for `resource` ("*": any). Either fn makes it, or it is the value at `path`
 * (dotted), `fallback` when that is absent (NULL: "", 0 or false by the column's type). */
struct api_cell_rule {
    const char *resource, *column, *path, *fallback;
    struct val *(*fn)(const struct api_cell *c); /* owned by the caller */
};

/* Looked through in this order; ends with an empty rule. */
extern const struct api_cell_rule api_object_cells[];   /* table_object.c */
extern const struct api_cell_rule api_workload_cells[]; /* table_workload.c */

struct val *api_cell_pod_ready(const struct api_cell *c); /* table_pod.c */
struct val *api_cell_pod_status(const struct api_cell *c);
struct val *api_cell_pod_restarts(const struct api_cell *c);
struct val *api_cell_pod_gates(const struct api_cell *c);

/* Value at a dotted path, NULL when absent. */
const struct val *api_at(const struct val *v, const char *path);
/* Text at a dotted path, "" when absent. */
const char *api_text_at(const struct val *v, const char *path);
/* Element of the list `conditions` with this type, NULL when absent. */
const struct val *api_condition(const struct val *conditions, const char *type);
/* Human duration since an RFC 3339 text; fallback when that is absent. */
struct val *api_cell_since(const struct api_cell *c, const char *time, const char *fallback);
/* Texts of a list joined; fallback when there is none. */
struct val *api_cell_join(const struct val *list, const char *sep, const char *fallback);
/* "k=v,k2=v2" of a map, sorted; "<none>" when empty. */
struct val *api_cell_labels(const struct val *map);
/* A LabelSelector (matchLabels, matchExpressions) as text; "<none>" when empty. */
struct val *api_cell_selector(const struct val *selector);

#endif
