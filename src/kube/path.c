/* kube/path.c - URL paths of API objects.
 * Must not know how requests are sent. */
#include "kube/client.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "http/url.h"

/* Kinds that kubeadm, the controllers and the node agent write. */
static const struct {
    const char *kind, *resource;
    bool cluster; /* cluster scope */
} kinds[] = {
    { "CertificateSigningRequest", "certificatesigningrequests", true },
    { "ClusterRole", "clusterroles", true },
    { "ClusterRoleBinding", "clusterrolebindings", true },
    { "ConfigMap", "configmaps", false },
    { "CSINode", "csinodes", true },
    { "DaemonSet", "daemonsets", false },
    { "Deployment", "deployments", false },
    { "Event", "events", false },
    { "Job", "jobs", false },
    { "Lease", "leases", false },
    { "Namespace", "namespaces", true },
    { "Node", "nodes", true },
    { "Pod", "pods", false },
    { "Role", "roles", false },
    { "RoleBinding", "rolebindings", false },
    { "Secret", "secrets", false },
    { "Service", "services", false },
    { "ServiceAccount", "serviceaccounts", false },
};

/* A path segment; ":" is left as it is, as upstream's clients do. */
static void add_segment(struct cu_buf *b, const char *s)
{
    static const char plain[] = "-._~:@!$&'()*+,;=";
    for (; *s; s++) {
        bool alnum = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');
        bool kept = false;
        for (const char *p = plain; *p; p++)
            kept |= *p == *s;
        if (alnum || kept)
            cu_buf_addc(b, *s);
        else
            cu_buf_addf(b, "%%%02X", (unsigned char)*s);
    }
}

char *kube_path(const char *api_version, const char *resource, const char *ns, const char *name)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_HTTP_HEADERS);
    bool core = cu_streq(api_version, "v1");
    cu_buf_addf(&b, "/%s/%s/", core ? "api" : "apis", api_version);
    if (ns && *ns) {
        cu_buf_add(&b, "namespaces/");
        add_segment(&b, ns);
        cu_buf_addc(&b, '/');
    }
    cu_buf_add(&b, resource);
    if (name && *name) {
        cu_buf_addc(&b, '/');
        add_segment(&b, name);
    }
    return cu_strdup(cu_buf_str(&b));
}

char *kube_object_path(const struct val *obj, bool with_name)
{
    const char *kind = val_get_str(obj, "kind"), *version = val_get_str(obj, "apiVersion");
    for (size_t i = 0; i < CU_LEN(kinds); i++) {
        if (!cu_streq(kind, kinds[i].kind) || !version)
            continue;
        const char *ns =
            kinds[i].cluster ? NULL : cu_or(val_find_str(obj, "metadata", "namespace", NULL), "default");
        return kube_path(version, kinds[i].resource, ns,
                         with_name ? val_find_str(obj, "metadata", "name", NULL) : NULL);
    }
    return NULL;
}
