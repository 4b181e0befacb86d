/* apiserver/schema_table.h - the generated table behind schema.h, sorted by name. Only schema.c looks at it.
 */
#ifndef APISERVER_SCHEMA_TABLE_H
#define APISERVER_SCHEMA_TABLE_H

#include "apiserver/schema.h"

extern const struct api_type api_types[];
extern const size_t api_n_types;

#endif
