/* Admission of pods: priority, default tolerations, service account and its token volume (spec apiserver 4.5).
 * Must not know what node agents may do (admission_node.c). */
#include "apiserver/admission_private.h"
#include "apiserver/node_authorizer.h"
#include "base/random.h"
#include "base/str.h"

#define TOKEN_PATH "/var/run/secrets/kubernetes.io/serviceaccount"
#define TOKEN_SECONDS 3607
#define NAME_ALPHABET "bcdfghjklmnpqrstvwxz2456789"

static bool creates_pod(const struct api_entry *e)
{
    return e->op == API_OP_CREATE && api_entry_is(e, "", "pods", "");
}

static const struct api_resource *priority_classes(void)
{
    return api_resource_find("scheduling.k8s.io", "v1", "priorityclasses");
}

static const struct api_object *global_default(const struct api_entry *e)
{
    struct api_walk w = API_WALK_INIT;
    struct api_object *o, *best = NULL;

    while ((o = api_registry_next(e->registry, priority_classes(), NULL, &w))) {
        /* two can be there when servers raced; the lower one counts */
        if (val_get_bool(o->v, "globalDefault", false) &&
            (!best || val_get_int(o->v, "value", 0) < val_get_int(best->v, "value", 0))) {
            best = o;
        }
    }
    return best;
}

static int pod_priority(struct api_entry *e)
{
    struct val *spec = val_need_map(e->obj, "spec");
    const char *name = val_get_str(spec, "priorityClassName"), *policy = "PreemptLowerPriority";
    const struct api_object *class = NULL;
    int64_t value = 0;

    if (!cu_is_empty(name)) {
        class = api_registry_get(e->registry, priority_classes(), NULL, name);
        if (!class) {
            return api_entry_refuse(e, "there is no PriorityClass \"%s\"", name);
        }
    } else if ((class = global_default(e))) {
        val_set_str(spec, "priorityClassName", class->name);
    }
    if (class) {
        value = val_get_int(class->v, "value", 0);
        policy = cu_or(val_get_str(class->v, "preemptionPolicy"), policy);
    }
    if (val_get(spec, "priority") && val_get_int(spec, "priority", value) != value) {
        return api_entry_refuse(
            e, "spec.priority is %lld, but its priority class gives %lld; leave the number out",
            (long long)val_get_int(spec, "priority", 0), (long long)value);
    }
    val_set_int(spec, "priority", value);
    val_set_str(spec, "preemptionPolicy", policy);
    return 0;
}

int api_admit_priority(struct api_entry *e)
{
    if (creates_pod(e)) {
        return pod_priority(e);
    }
    if (e->op == API_OP_UPDATE && api_entry_is(e, "", "pods", "")) {
        static const char *const kept[] = { "priority", "preemptionPolicy" };
        struct val *spec = val_need_map(e->obj, "spec");

        for (size_t i = 0; i < CU_LEN(kept); i++) {
            const struct val *before = val_find(e->old, "spec", kept[i], NULL);
            if (before && !val_get(spec, kept[i])) {
                val_set(spec, kept[i], val_ref(before));
            }
        }
    }
    if (e->op != API_OP_DELETE && api_entry_is(e, "scheduling.k8s.io", "priorityclasses", "") &&
        val_get_bool(e->obj, "globalDefault", false)) {
        const struct api_object *other = global_default(e);
        if (other && !cu_streq(other->name, e->name)) {
            return api_entry_refuse(
                e, "PriorityClass \"%s\" is the global default already; there can be one only", other->name);
        }
    }
    return 0;
}

int api_admit_tolerations(struct api_entry *e)
{
    static const char *const keys[] = { "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable" };

    if (!creates_pod(e)) {
        return 0;
    }
    struct val *list = val_need_list(val_need_map(e->obj, "spec"), "tolerations");
    for (size_t k = 0; k < CU_LEN(keys); k++) {
        bool tolerated = false;

        for (size_t i = 0; i < val_len(list) && !tolerated; i++) {
            const struct val *t = val_at(list, i);
            const char *key = cu_or(val_get_str(t, "key"), ""), *effect = cu_or(val_get_str(t, "effect"), "");
            tolerated = (cu_streq(key, keys[k]) || *key == '\0') &&
                        (cu_streq(effect, "NoExecute") || *effect == '\0');
        }
        if (!tolerated) {
            struct val *t = val_new_map();
            val_set_str(t, "key", keys[k]);
            val_set_str(t, "operator", "Exists");
            val_set_str(t, "effect", "NoExecute");
            val_set_int(t, "tolerationSeconds", 300);
            val_append(list, t);
        }
    }
    return 0;
}

static int admit_mirror_pod(struct api_entry *e)
{
    if (!cu_is_empty(val_find_str(e->obj, "spec", "serviceAccountName", NULL))) {
        return api_entry_refuse(e, "mirror pods cannot name a service account");
    }
    if (api_pod_refers(e->obj, "secrets", NULL)) {
        return api_entry_refuse(e, "mirror pods cannot name secrets");
    }
    const struct val *volumes = val_find(e->obj, "spec", "volumes", NULL);
    for (size_t i = 0; i < val_len(volumes); i++) {
        const struct val *sources = val_find(val_at(volumes, i), "projected", "sources", NULL);
        for (size_t k = 0; k < val_len(sources); k++) {
            if (val_get(val_at(sources, k), "serviceAccountToken")) {
                return api_entry_refuse(e, "mirror pods cannot mount service account tokens");
            }
        }
    }
    return 0;
}

static struct val *token_volume(const char *name)
{
    static const char text[] =
        "{\"projected\":{\"sources\":["
        "{\"serviceAccountToken\":{\"expirationSeconds\":3607,\"path\":\"token\"}},"
        "{\"configMap\":{\"name\":\"kube-root-ca.crt\",\"items\":[{\"key\":\"ca.crt\",\"path\":\"ca.crt\"}]}}"
        ","
        "{\"downwardAPI\":{\"items\":[{\"path\":\"namespace\",\"fieldRef\":{\"apiVersion\":\"v1\","
        "\"fieldPath\":\"metadata.namespace\"}}]}}],\"defaultMode\":420}}";
    struct val *v = val_new_map();
    cu_autoval struct val *source = NULL;

    _Static_assert(TOKEN_SECONDS == 3607, "the text above says it too");
    val_set_str(v, "name", name);
    if (val_parse_json(text, sizeof(text) - 1, &source, NULL) == 0) {
        val_merge_over(v, source);
    }
    return v;
}

static bool has_token_mount(const struct val *container)
{
    const struct val *mounts = val_get(container, "volumeMounts");

    for (size_t i = 0; i < val_len(mounts); i++) {
        if (cu_streq(val_get_str(val_at(mounts, i), "mountPath"), TOKEN_PATH)) {
            return true;
        }
    }
    return false;
}

/* Mounts a volume named `name` in every container that has nothing at that place; true when one needed it. */
static bool mount_token(struct val *spec, const char *name)
{
    static const char *const lists[] = { "initContainers", "containers" };
    bool needed = false;

    for (size_t l = 0; l < CU_LEN(lists); l++) {
        const struct val *list = val_get(spec, lists[l]);

        for (size_t i = 0; i < val_len(list); i++) {
            struct val *c = val_at(list, i);
            if (!val_is_map(c) || has_token_mount(c)) {
                continue;
            }
            struct val *m = val_new_map();
            val_set_str(m, "name", name);
            val_set_bool(m, "readOnly", true);
            val_set_str(m, "mountPath", TOKEN_PATH);
            val_append(val_need_list(c, "volumeMounts"), m);
            needed = true;
        }
    }
    return needed;
}

int api_admit_service_account(struct api_entry *e)
{
    char name[] = "kube-api-access-XXXXX";

    if (!creates_pod(e)) {
        return 0;
    }
    if (api_is_mirror_pod(e->obj)) {
        return admit_mirror_pod(e);
    }
    struct val *spec = val_need_map(e->obj, "spec");
    const char *account =
        cu_or(val_get_str(spec, "serviceAccountName"), cu_or(val_get_str(spec, "serviceAccount"), "default"));
    const struct api_object *sa =
        api_registry_get(e->registry, api_resource_find("", "v1", "serviceaccounts"), e->a->ns, account);
    if (!sa) {
        return api_entry_refuse(e, "the pod's service account %s/%s is not found", e->a->ns, account);
    }
    val_set_str(spec, "serviceAccountName", sa->name);
    val_set_str(spec, "serviceAccount", sa->name);
    bool automount = val_get_bool(spec, "automountServiceAccountToken",
                                  val_get_bool(sa->v, "automountServiceAccountToken", true));
    cu_random_text(name + sizeof("kube-api-access-") - 1, 5, NAME_ALPHABET);
    if (automount && mount_token(spec, name)) {
        val_append(val_need_list(spec, "volumes"), token_volume(name));
    }
    const struct val *pull = val_get(sa->v, "imagePullSecrets");
    if (val_len(pull) && val_len(val_get(spec, "imagePullSecrets")) == 0) {
        val_set(spec, "imagePullSecrets", val_copy(pull));
    }
    return 0;
}
