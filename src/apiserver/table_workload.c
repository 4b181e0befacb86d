/* Cells of kinds that carry a pod template, and of pods. Source of the rules: spec apiserver 3.10. */
#include "apiserver/table_cells.h"

#include "apiserver/scalar.h"
#include "base/str.h"
#include "base/strlist.h"
#include "base/timefmt.h"

static const struct val *pod_spec(const struct api_cell *c)
{
    if (cu_streq(c->r->resource, "podtemplates"))
        return api_at(c->obj, "template.spec");
    if (cu_streq(c->r->resource, "cronjobs"))
        return api_at(c->obj, "spec.jobTemplate.spec.template.spec");
    return api_at(c->obj, "spec.template.spec");
}

static struct val *container_texts(const struct api_cell *c, const char *key)
{
    cu_autoval struct val *texts = val_new_list();
    const struct val *list = val_get(pod_spec(c), "containers");
    for (size_t i = 0; i < val_len(list); i++)
        val_append_str(texts, api_text_at(val_at(list, i), key));
    return api_cell_join(texts, ",", "");
}

static struct val *containers(const struct api_cell *c)
{
    return container_texts(c, "name");
}

static struct val *images(const struct api_cell *c)
{
    return container_texts(c, "image");
}

static struct val *selector(const struct api_cell *c)
{
    const char *path =
        cu_streq(c->r->resource, "cronjobs") ? "spec.jobTemplate.spec.selector" : "spec.selector";
    return api_cell_selector(api_at(c->obj, path));
}

static struct val *plain_selector(const struct api_cell *c)
{
    return api_cell_labels(api_at(c->obj, "spec.selector"));
}

static struct val *template_labels(const struct api_cell *c)
{
    return api_cell_labels(api_at(c->obj, "template.metadata.labels"));
}

static struct val *node_selector(const struct api_cell *c)
{
    return api_cell_labels(val_get(pod_spec(c), "nodeSelector"));
}

static struct val *ready_of_wanted(const struct api_cell *c)
{
    return val_new_strf("%lld/%lld", (long long)val_int(api_at(c->obj, "status.readyReplicas"), 0),
                        (long long)val_int(api_at(c->obj, "spec.replicas"), 0));
}

static struct val *job_status(const struct api_cell *c)
{
    static const char *const words[] = { "Complete", "Failed", "Suspended", "FailureTarget",
                                         "SuccessCriteriaMet" };
    const struct val *conditions = api_at(c->obj, "status.conditions");
    for (size_t i = 0; i < CU_LEN(words); i++) {
        if (i == 2 && api_text_at(c->obj, "metadata.deletionTimestamp")[0])
            return val_new_str("Terminating");
        if (cu_streq(val_get_str(api_condition(conditions, words[i]), "status"), "True"))
            return val_new_str(words[i]);
    }
    return val_new_str("Running");
}

static struct val *job_completions(const struct api_cell *c)
{
    const struct val *spec = val_get(c->obj, "spec");
    long long done = (long long)val_int(api_at(c->obj, "status.succeeded"), 0);
    long long parallel = (long long)val_get_int(spec, "parallelism", 0);

    if (val_get(spec, "completions"))
        return val_new_strf("%lld/%lld", done, (long long)val_get_int(spec, "completions", 0));
    if (parallel > 1)
        return val_new_strf("%lld/1 of %lld", done, parallel);
    return val_new_strf("%lld/1", done);
}

static struct val *job_duration(const struct api_cell *c)
{
    int64_t start = api_time_seconds(val_str(api_at(c->obj, "status.startTime")), INT64_MIN);
    if (start == INT64_MIN)
        return val_new_str("");
    int64_t end = api_time_seconds(val_str(api_at(c->obj, "status.completionTime")), c->now_ms / 1000);
    cu_autofree char *text = cu_human_duration(end - start);
    return val_new_str(text);
}

static struct val *cronjob_active(const struct api_cell *c)
{
    return val_new_int((int64_t)val_len(api_at(c->obj, "status.active")));
}

static struct val *cronjob_last(const struct api_cell *c)
{
    return api_cell_since(c, val_str(api_at(c->obj, "status.lastScheduleTime")), "<none>");
}

static struct val *revision_controller(const struct api_cell *c)
{
    const struct val *owners = api_at(c->obj, "metadata.ownerReferences");
    for (size_t i = 0; i < val_len(owners); i++) {
        const struct val *o = val_at(owners, i);
        if (!val_get_bool(o, "controller", false))
            continue;
        cu_autofree char *kind = cu_lower(api_text_at(o, "kind"));
        cu_autostrlist struct cu_strlist gv = CU_STRLIST_INIT;
        cu_strlist_split(&gv, api_text_at(o, "apiVersion"), '/');
        return val_new_strf("%s%s%s/%s", kind, gv.n == 2 ? "." : "", gv.n == 2 ? gv.v[0] : "",
                            api_text_at(o, "name"));
    }
    return val_new_str("<none>");
}

const struct api_cell_rule api_workload_cells[] = {
    { "pods", "Ready", NULL, NULL, api_cell_pod_ready },
    { "pods", "Status", NULL, NULL, api_cell_pod_status },
    { "pods", "Restarts", NULL, NULL, api_cell_pod_restarts },
    { "pods", "IP", "status.podIP", "<none>", NULL },
    { "pods", "Node", "spec.nodeName", "<none>", NULL },
    { "pods", "Nominated Node", "status.nominatedNodeName", "<none>", NULL },
    { "pods", "Readiness Gates", NULL, NULL, api_cell_pod_gates },
    { "podtemplates", "Pod Labels", NULL, NULL, template_labels },
    { "replicationcontrollers", "Selector", NULL, NULL, plain_selector },
    { "services", "Selector", NULL, NULL, plain_selector },
    { "daemonsets", "Desired", "status.desiredNumberScheduled", NULL, NULL },
    { "daemonsets", "Current", "status.currentNumberScheduled", NULL, NULL },
    { "daemonsets", "Ready", "status.numberReady", NULL, NULL },
    { "daemonsets", "Up-to-date", "status.updatedNumberScheduled", NULL, NULL },
    { "daemonsets", "Available", "status.numberAvailable", NULL, NULL },
    { "daemonsets", "Node Selector", NULL, NULL, node_selector },
    { "deployments", "Ready", NULL, NULL, ready_of_wanted },
    { "deployments", "Up-to-date", "status.updatedReplicas", "0", NULL },
    { "deployments", "Available", "status.availableReplicas", "0", NULL },
    { "statefulsets", "Ready", NULL, NULL, ready_of_wanted },
    { "jobs", "Status", NULL, NULL, job_status },
    { "jobs", "Completions", NULL, NULL, job_completions },
    { "jobs", "Duration", NULL, NULL, job_duration },
    { "cronjobs", "Schedule", "spec.schedule", NULL, NULL },
    { "cronjobs", "Timezone", "spec.timeZone", "<none>", NULL },
    { "cronjobs", "Suspend", "spec.suspend", NULL, NULL },
    { "cronjobs", "Active", NULL, NULL, cronjob_active },
    { "cronjobs", "Last Schedule", NULL, NULL, cronjob_last },
    { "controllerrevisions", "Controller", NULL, NULL, revision_controller },
    { "controllerrevisions", "Revision", "revision", "0", NULL },
    /* replicasets, replicationcontrollers */
    { "*", "Desired", "spec.replicas", NULL, NULL },
    { "*", "Current", "status.replicas", NULL, NULL },
    { "*", "Ready", "status.readyReplicas", NULL, NULL },
    { "*", "Containers", NULL, NULL, containers },
    { "*", "Images", NULL, NULL, images },
    { "*", "Selector", NULL, NULL, selector },
    { NULL, NULL, NULL, NULL, NULL },
};
