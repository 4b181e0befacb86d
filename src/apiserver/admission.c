/* Admission: the table of plug-ins, which of them are on, and the life cycle of namespaces.
 * Must not know how objects are stored. */
#include "apiserver/admission_private.h"
#include "apiserver/node_authorizer.h"
#include "apiserver/options.h"
#include "base/str.h"
#include <stdarg.h>

static const struct {
    const char *name;
    bool by_default;
    int (*admit)(struct api_entry *e);
} plugins[] = {
    { "NamespaceLifecycle", true, api_admit_namespace },
    { "Priority", true, api_admit_priority },
    { "DefaultTolerationSeconds", true, api_admit_tolerations },
    { "ServiceAccount", true, api_admit_service_account },
    { "TaintNodesByCondition", true, api_admit_node_taint },
    { "NodeRestriction", false, api_admit_node_restriction },
    { "CertificateApproval", true, api_admit_cert_approval },
    { "CertificateSigning", true, api_admit_cert_signing },
    { "CertificateSubjectRestriction", true, api_admit_cert_subject },
    { "escalation of rights", true,
      api_admit_rbac_escalation }, /* no plug-in upstream, so it cannot be named */
};

struct api_admission {
    struct api_registry *registry;
    struct api_authz *z;
    bool on[CU_LEN(plugins)];
};

struct api_admission *api_admission_new(const struct api_options *o, struct api_registry *registry,
                                        struct api_authz *z)
{
    struct api_admission *ad = cu_calloc(1, sizeof(*ad));

    ad->registry = registry;
    ad->z = z;
    for (size_t i = 0; i < CU_LEN(plugins); i++) {
        ad->on[i] =
            (plugins[i].by_default || cu_strlist_has(&o->enable_admission_plugins, plugins[i].name)) &&
            !cu_strlist_has(&o->disable_admission_plugins, plugins[i].name);
    }
    return ad;
}

void api_admission_free(struct api_admission *ad)
{
    free(ad);
}

bool api_entry_is(const struct api_entry *e, const char *group, const char *resource, const char *sub)
{
    return cu_streq(e->a->resource, resource) && cu_streq(e->a->subresource, sub) &&
           cu_streq(e->a->group, group);
}

int api_entry_refuse(const struct api_entry *e, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return api_fail_forbidden(e->s, e->r, e->name, text);
}

bool api_is_mirror_pod(const struct val *pod)
{
    return val_find(pod, "metadata", "annotations", API_MIRROR_ANNOTATION, NULL) != NULL;
}

int api_admit(struct api_admission *ad, const struct api_attributes *a, struct val *obj,
              const struct val *old, struct api_status *s)
{
    struct api_entry e = {
        .registry = ad->registry,
        .z = ad->z,
        .a = a,
        .r = api_resource_find(a->group, a->version, a->resource),
        .op = !obj  ? API_OP_DELETE
              : old ? API_OP_UPDATE
                    : API_OP_CREATE,
        .node = api_node_of_user(a->user),
        .name = *a->name ? a->name : cu_or(val_find_str(obj, "metadata", "name", NULL), ""),
        .obj = obj,
        .old = old,
        .s = s,
    };

    for (size_t i = 0; i < CU_LEN(plugins); i++) {
        if (ad->on[i] && plugins[i].admit(&e) < 0) {
            return -1;
        }
    }
    return 0;
}

/* 403 with the cause that clients look for when a namespace is being deleted. */
static int refuse_terminating(const struct api_entry *e)
{
    cu_autofree char *text = cu_asprintf("namespace %s is on its way out", e->a->ns);
    cu_autofree char *message =
        cu_asprintf("namespace %s is being deleted and takes no new objects", e->a->ns);
    struct val *cause = val_new_map();

    api_fail_forbidden(e->s, e->r, e->name, message);
    val_set_str(cause, "reason", "NamespaceTerminating");
    val_set_str(cause, "message", text);
    val_set_str(cause, "field", "metadata.namespace");
    val_append(val_need_list(val_need_map(e->s->body, "details"), "causes"), cause);
    return -1;
}

int api_admit_namespace(struct api_entry *e)
{
    static const char *const immortal[] = { "default", "kube-system", "kube-public" };

    if (cu_streq(e->a->resource, "namespaces") && *e->a->group == '\0') {
        for (size_t i = 0; e->op == API_OP_DELETE && i < CU_LEN(immortal); i++) {
            if (cu_streq(e->name, immortal[i])) {
                return api_entry_refuse(e, "the cluster needs this namespace; it cannot be deleted");
            }
        }
        return 0;
    }
    if (e->op != API_OP_CREATE || *e->a->ns == '\0') {
        return 0;
    }
    const struct api_resource *namespaces = api_resource_find("", "v1", "namespaces");
    const struct api_object *ns = api_registry_get(e->registry, namespaces, NULL, e->a->ns);
    if (!ns) {
        return api_fail_not_found(e->s, namespaces, e->a->ns);
    }
    bool leaving = val_find_str(ns->v, "metadata", "deletionTimestamp", NULL) ||
                   cu_streq(val_find_str(ns->v, "status", "phase", NULL), "Terminating");
    return leaving ? refuse_terminating(e) : 0;
}
