/* Defaults inside pods and pod templates (spec apiserver 3.14). Must not know the kinds around a template. */
#include "apiserver/defaults_pod.h"

#include "base/str.h"

#include <string.h>

static void each(struct val *list, void (*fn)(struct val *item))
{
    for (size_t i = 0; i < val_len(list); i++)
        fn(val_at(list, i));
}

static void http_get(struct val *action)
{
    if (!action)
        return;
    api_def_str(action, "path", "/");
    api_def_str(action, "scheme", "HTTP");
}

static void probe(struct val *p)
{
    if (!p)
        return;
    http_get(val_get(p, "httpGet"));
    if (val_get(p, "grpc"))
        api_def_str(val_get(p, "grpc"), "service", "");
    api_def_int(p, "timeoutSeconds", 1);
    api_def_int(p, "periodSeconds", 10);
    api_def_int(p, "successThreshold", 1);
    api_def_int(p, "failureThreshold", 3);
}

static void field_ref(struct val *ref)
{
    if (ref)
        api_def_str(ref, "apiVersion", "v1");
}

static void env(struct val *e)
{
    field_ref(val_find(e, "valueFrom", "fieldRef", NULL));
}

static void port(struct val *p)
{
    api_def_str(p, "protocol", "TCP");
}

/* No tag or "latest", and no digest: the image may change, so it is always pulled. */
static bool moves(const char *image)
{
    const char *name = strrchr(image, '/');
    name = name ? name + 1 : image;
    const char *tag = strchr(name, ':');
    if (strchr(name, '@'))
        return false;
    return !tag || strcmp(tag, ":latest") == 0;
}

static void container(struct val *c)
{
    const char *image = cu_or(val_get_str(c, "image"), "");
    api_def_str(c, "imagePullPolicy", moves(image) ? "Always" : "IfNotPresent");
    api_def_str(c, "terminationMessagePath", "/dev/termination-log");
    api_def_str(c, "terminationMessagePolicy", "File");
    val_need_map(c, "resources");
    each(val_get(c, "ports"), port);
    each(val_get(c, "env"), env);
    probe(val_get(c, "livenessProbe"));
    probe(val_get(c, "readinessProbe"));
    probe(val_get(c, "startupProbe"));
    http_get(val_find(c, "lifecycle", "postStart", "httpGet", NULL));
    http_get(val_find(c, "lifecycle", "preStop", "httpGet", NULL));
}

static void downward_item(struct val *item)
{
    field_ref(val_get(item, "fieldRef"));
}

static void projection(struct val *source)
{
    struct val *token = val_get(source, "serviceAccountToken");
    if (token)
        api_def_int(token, "expirationSeconds", 3600);
    each(val_find(source, "downwardAPI", "items", NULL), downward_item);
}

static void volume(struct val *v)
{
    static const char *const with_mode[] = { "secret", "configMap", "projected", "downwardAPI" };
    if (val_len(v) <= 1) /* only a name */
        val_need_map(v, "emptyDir");
    for (size_t i = 0; i < CU_LEN(with_mode); i++) {
        if (val_get(v, with_mode[i]))
            api_def_int(val_get(v, with_mode[i]), "defaultMode", 0644);
    }
    if (val_get(v, "hostPath"))
        api_def_str(val_get(v, "hostPath"), "type", "");
    each(val_find(v, "projected", "sources", NULL), projection);
    each(val_find(v, "downwardAPI", "items", NULL), downward_item);
}

static void pod_spec(struct val *spec)
{
    api_def_str(spec, "dnsPolicy", "ClusterFirst");
    api_def_str(spec, "restartPolicy", "Always");
    val_need_map(spec, "securityContext");
    api_def_int(spec, "terminationGracePeriodSeconds", 30);
    api_def_str(spec, "schedulerName", "default-scheduler");
    /* Two names of one field. */
    if (val_get(spec, "serviceAccountName"))
        val_set_str(spec, "serviceAccount", val_get_str(spec, "serviceAccountName"));
    else if (val_get(spec, "serviceAccount"))
        val_set_str(spec, "serviceAccountName", val_get_str(spec, "serviceAccount"));
    each(val_get(spec, "initContainers"), container);
    each(val_get(spec, "containers"), container);
    each(val_get(spec, "ephemeralContainers"), container);
    each(val_get(spec, "volumes"), volume);
}

/* Requests that are not given equal the limits. */
static void requests(struct val *c)
{
    struct val *resources = val_get(c, "resources"), *v;
    const char *key;
    struct val_iter it = VAL_ITER_INIT;
    while (val_next(val_get(resources, "limits"), &it, &key, &v)) {
        struct val *wanted = val_need_map(resources, "requests");
        if (!val_get(wanted, key))
            val_set(wanted, key, val_ref(v));
    }
}

static void host_port(struct val *p)
{
    api_def_int(p, "hostPort", val_get_int(p, "containerPort", 0));
}

static void host_ports(struct val *c)
{
    each(val_get(c, "ports"), host_port);
}

void api_default_pod(struct val *pod)
{
    struct val *spec = val_need_map(pod, "spec");
    pod_spec(spec);
    api_def_bool(spec, "enableServiceLinks", true);
    each(val_get(spec, "initContainers"), requests);
    each(val_get(spec, "containers"), requests);
    if (val_get_bool(spec, "hostNetwork", false)) {
        each(val_get(spec, "initContainers"), host_ports);
        each(val_get(spec, "containers"), host_ports);
    }
}

void api_default_pod_template(struct val *template)
{
    val_need_map(template, "metadata");
    pod_spec(val_need_map(template, "spec"));
}
