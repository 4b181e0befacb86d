/* apiserver/node_authorizer.h - what a node's own agent may do (spec apiserver 4.4), and what pods refer to. */
#ifndef APISERVER_NODE_AUTHORIZER_H
#define APISERVER_NODE_AUTHORIZER_H

#include "apiserver/request.h"

struct api_registry;

/* "<name>" of user system:node:<name> in group system:nodes; NULL for everybody else. Borrowed from the user. */
const char *api_node_of_user(const struct api_user *u);

/* "Yes" of the Node mode. On "no" *why (may be NULL; owned by the caller) may be set; no opinion on users that are no
 * nodes. */
bool api_node_allows(struct api_registry *g, const struct api_attributes *a, char **why);

/* Does the pod name this object: kind "secrets", "configmaps", "persistentvolumeclaims", "serviceaccounts",
 * "resourceclaims"? name NULL: any object of that kind. */
bool api_pod_refers(const struct val *pod, const char *kind, const char *name);

/* Value of an equality on `field` in a raw field selector ("spec.nodeName=n1,x!=y"); caller frees; NULL: none. */
char *api_field_equals(const char *selector, const char *field);

#endif
