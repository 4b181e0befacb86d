/* apiserver/defaults_pod.h - defaults of pods and pod templates; private to defaults*.c. */
#ifndef APISERVER_DEFAULTS_POD_H
#define APISERVER_DEFAULTS_POD_H

#include "codec/value.h"

void api_default_pod(struct val *pod);
void api_default_pod_template(struct val *template);

/* Set only where absent. */
void api_def_str(struct val *map, const char *key, const char *s);
void api_def_int(struct val *map, const char *key, int64_t n);
void api_def_bool(struct val *map, const char *key, bool b);

#endif
