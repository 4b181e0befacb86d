/* apiserver/authz.h - may they: system:masters, then the modes in order, first "yes" wins (spec
 * apiserver 4.2). */
#ifndef APISERVER_AUTHZ_H
#define APISERVER_AUTHZ_H

#include "apiserver/request.h"

struct api_registry;
struct api_authz; /* opaque */

/* modes: "Node", "RBAC", "AlwaysAllow", "AlwaysDeny", in order. The registry is borrowed; the index over its
 * RBAC objects and pods is renewed when they have changed. CU_E_INVALID: unknown mode. */
int api_authz_new(const struct cu_strlist *modes, struct api_registry *registry, struct api_authz **out,
                  struct cu_err *err);
void api_authz_free(struct api_authz *z); /* NULL is fine */

/* *why (may be NULL; owned by the caller) is set on "no" when a mode gave a reason, else NULL. */
bool api_authorize(struct api_authz *z, const struct api_attributes *a, char **why);

/* {resourceRules, nonResourceRules, incomplete[, evaluationError]}: what the user may do in a namespace, for
 * SelfSubjectRulesReview. Owned by the caller. */
struct val *api_authz_rules(struct api_authz *z, const struct api_user *u, const char *ns);

#endif
