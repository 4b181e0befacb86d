/* apiserver/authz_private.h - what the security parts share and handlers do not need. */
#ifndef APISERVER_AUTHZ_PRIVATE_H
#define APISERVER_AUTHZ_PRIVATE_H

#include "apiserver/authz.h"
#include "apiserver/rbac.h"

#define API_GROUP_MASTERS "system:masters"
#define API_GROUP_AUTHENTICATED "system:authenticated"
#define API_GROUP_UNAUTHENTICATED "system:unauthenticated"
#define API_USER_ANONYMOUS "system:anonymous"

/* The RBAC rules when that mode is on, else NULL: no escalation checks then. */
struct api_rbac *api_authz_rbac(struct api_authz *z);

#endif
