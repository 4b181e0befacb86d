/* apiserver/path.h - what a URL path asks for (spec apiserver 3.1). */
#ifndef APISERVER_PATH_H
#define APISERVER_PATH_H

#include "apiserver/resource.h"
#include "base/err.h"

/* Every text is owned, decoded, and "" when absent. */
struct api_path {
    char *path;                 /* the whole, decoded */
    bool resource_request;      /* else only `path`, `group` and `version` count */
    bool under_api, under_apis; /* below /api, below /apis */
    bool old_watch;             /* deprecated /api/v1/watch/... form */
    char *group, *version, *resource, *sub, *ns, *name;
    const struct api_resource *r;    /* NULL: not in the table */
    const struct api_subresource *s; /* NULL: none, or not in the table */
};

/* raw: encoded path of the request line. CU_E_INVALID on bad percent escapes. Free with api_path_clear(). */
int api_path_parse(const char *raw, struct api_path *out, struct cu_err *err);
void api_path_clear(struct api_path *p);

#endif
