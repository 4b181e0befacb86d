/* apiserver/embedded.h - objects that stand in files of src/apiserver/data/, one JSON object per line. */
#ifndef APISERVER_EMBEDDED_H
#define APISERVER_EMBEDDED_H

#include <stddef.h>

/* bootstrap-policy.jsonl: the default RBAC objects without apiVersion and what all of them have in common. */
extern const char *const api_policy_lines[];
extern const size_t api_policy_lines_count;
/* startup-objects.jsonl: namespaces and priority classes, complete. */
extern const char *const api_startup_lines[];
extern const size_t api_startup_lines_count;

#endif
