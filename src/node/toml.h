/* node/toml.h - as much of TOML as the configuration files of container runtimes need: tables, dotted and quoted
 * keys, text, booleans, numbers, arrays. Everything is kept as text under its full path. */
#ifndef NODE_TOML_H
#define NODE_TOML_H

#include "base/map.h"

/* Reads `text` into `into` (made with cu_map_new(free)): path of keys joined by '\n' to the value; text without its
 * quotes, all else as it is written. A later value replaces an earlier one, so that files can be laid over each other.
 * What is not understood is passed over: the runtime itself judges its file. */
void node_toml_read(const char *text, struct cu_map *into);

#endif
