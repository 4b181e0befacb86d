/* Which objects a pod names: secrets, config maps, claims, its service account.
 * Must not know who asks. */
#include "apiserver/node_authorizer.h"
#include "base/str.h"

/* Where the names are, from the pod's spec: steps through maps, "*" through the elements of a list. */
struct place {
    const char *kind;
    const char *path[6];
};

static const struct place places[] = {
    { "secrets", { "imagePullSecrets", "*", "name" } },
    { "secrets", { "volumes", "*", "secret", "secretName" } },
    { "secrets", { "volumes", "*", "projected", "sources", "*", "secret" } },
    { "secrets", { "volumes", "*", "csi", "nodePublishSecretRef", "name" } },
    { "secrets", { "volumes", "*", "iscsi", "secretRef", "name" } },
    { "secrets", { "volumes", "*", "rbd", "secretRef", "name" } },
    { "secrets", { "volumes", "*", "cephfs", "secretRef", "name" } },
    { "secrets", { "volumes", "*", "flexVolume", "secretRef", "name" } },
    { "secrets", { "volumes", "*", "scaleIO", "secretRef", "name" } },
    { "secrets", { "volumes", "*", "storageos", "secretRef", "name" } },
    { "secrets", { "volumes", "*", "azureFile", "secretName" } },
    { "configmaps", { "volumes", "*", "configMap", "name" } },
    { "configmaps", { "volumes", "*", "projected", "sources", "*", "configMap" } },
    { "persistentvolumeclaims", { "volumes", "*", "persistentVolumeClaim", "claimName" } },
    { "serviceaccounts", { "serviceAccountName" } },
    { "resourceclaims", { "resourceClaims", "*", "resourceClaimName" } },
};

/* The same below each container. */
static const struct place container_places[] = {
    { "secrets", { "env", "*", "valueFrom", "secretKeyRef", "name" } },
    { "secrets", { "envFrom", "*", "secretRef", "name" } },
    { "configmaps", { "env", "*", "valueFrom", "configMapKeyRef", "name" } },
    { "configmaps", { "envFrom", "*", "configMapRef", "name" } },
};

/* Does the walk from `at` end in a text that is `name` (NULL: any text)? A map at the end stands for its name. */
static bool leads_to(const struct val *at, const char *const *path, const char *const *end, const char *name)
{
    for (; path < end && *path; path++) {
        if (cu_streq(*path, "*")) {
            for (size_t i = 0, n = val_len(at); i < n; i++) {
                if (leads_to(val_at(at, i), path + 1, end, name)) {
                    return true;
                }
            }
            return false;
        }
        at = val_get(at, *path);
    }
    const char *found = val_is_map(at) ? val_get_str(at, "name") : val_str(at);
    return found && *found && (!name || cu_streq(found, name));
}

static bool any_place(const struct place *table, size_t n, const struct val *from, const char *kind,
                      const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (cu_streq(table[i].kind, kind) &&
            leads_to(from, table[i].path, table[i].path + CU_LEN(table[i].path), name)) {
            return true;
        }
    }
    return false;
}

bool api_pod_refers(const struct val *pod, const char *kind, const char *name)
{
    static const char *const lists[] = { "containers", "initContainers", "ephemeralContainers" };
    const struct val *spec = val_get(pod, "spec");

    if (any_place(places, CU_LEN(places), spec, kind, name)) {
        return true;
    }
    for (size_t l = 0; l < CU_LEN(lists); l++) {
        const struct val *list = val_get(spec, lists[l]);
        for (size_t i = 0; i < val_len(list); i++) {
            if (any_place(container_places, CU_LEN(container_places), val_at(list, i), kind, name)) {
                return true;
            }
        }
    }
    return false;
}
