/* base/map.h - string keys to pointers; open addressing, seeded hash, iteration in insertion order. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct cu_map; /* opaque */

/* free_value is called on values that leave the map by set, remove or free; may be NULL (values borrowed). */
struct cu_map *cu_map_new(void (*free_value)(void *value));
void cu_map_free(struct cu_map *m); /* NULL is fine */

void cu_map_set(struct cu_map *m, const char *key, void *value); /* copies key, takes value; replaces */
void *cu_map_get(const struct cu_map *m, const char *key);       /* borrowed; NULL when absent */
bool cu_map_remove(struct cu_map *m, const char *key);           /* false when absent */
void *cu_map_take(struct cu_map *m, const char *key);            /* removes without freeing; caller owns */
size_t cu_map_len(const struct cu_map *m);

/* Walk: `size_t pos = 0; while (cu_map_next(m, &pos, &key, &value))`. Removing the current entry is allowed,
 * adding is not. */
bool cu_map_next(const struct cu_map *m, size_t *pos, const char **key, void **value);

#define cu_automap __attribute__((cleanup(cu_cleanup_map)))
void cu_cleanup_map(struct cu_map **m);

#endif
