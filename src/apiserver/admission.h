/* apiserver/admission.h - what is changed or refused before an object is stored: NamespaceLifecycle,
 * ServiceAccount, Priority, DefaultTolerationSeconds, TaintNodesByCondition, NodeRestriction, Certificate*
 * (spec apiserver 4.5), and the escalation checks of RBAC writes (4.3). */
#ifndef APISERVER_ADMISSION_H
#define APISERVER_ADMISSION_H

#include "apiserver/request.h"

struct api_options;
struct api_registry;
struct api_authz;
struct api_admission; /* opaque */

/* All are borrowed and must outlive it. Plug-ins are those on by default and those of --enable-admission-plugins,
 * without those of --disable-admission-plugins. */
struct api_admission *api_admission_new(const struct api_options *o, struct api_registry *registry,
                                        struct api_authz *z);
void api_admission_free(struct api_admission *ad); /* NULL is fine */

/* Call it for create, update, patch (after patching) and delete of every resource and subresource, after
 * defaulting and before validation. obj: the new object (the sub-resource's body for serviceaccounts/token
 * and pods/eviction), owned by the caller, not shared, may be changed; NULL on delete. old: the stored
 * object, NULL on create. Fills *s and returns -1 to refuse. a->verb is create, update, patch, delete or
 * deletecollection (then once per object, with a->name set). */
int api_admit(struct api_admission *ad, const struct api_attributes *a, struct val *obj,
              const struct val *old, struct api_status *s);

#endif
