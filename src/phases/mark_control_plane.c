/* Phase mark-control-plane: the labels and taints that make a node a control plane (spec init 10.5, 13.1). */
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/types.h"
#include "kube/client.h"
#include "phases/causes.h"
#include "phases/objects.h"
#include "phases/phases.h"

#define INTERVAL_MS 500

static const char *const labels[] = { "node-role.kubernetes.io/control-plane",
                                      "node.kubernetes.io/exclude-from-external-load-balancers" };

static struct val *taint_value(const struct cfg_taint *t)
{
    struct val *v = val_new_map();
    val_set_str(v, "effect", t->effect);
    val_set_str(v, "key", t->key);
    if (!cu_is_empty(t->value))
        val_set_str(v, "value", t->value);
    val_set_str(v, "timeAdded", t->time_added);
    return v;
}

static bool has_taint(const struct val *list, const struct val *taint)
{
    for (size_t i = 0; i < val_len(list); i++)
        if (val_equal(val_at(list, i), taint))
            return true;
    return false;
}

/* Configured taints, then those the node has besides. */
static struct val *wanted_taints(const struct cfg_taints *configured, const struct val *existing)
{
    struct val *list = val_new_list();
    for (size_t i = 0; i < configured->n; i++)
        val_append(list, taint_value(&configured->v[i]));
    for (size_t i = 0; i < val_len(existing); i++)
        if (!has_taint(list, val_at(existing, i)))
            val_append(list, val_ref(val_at(existing, i)));
    return list;
}

/* What has to change; empty when nothing has to. */
static struct val *difference(const struct val *node, const struct cfg_taints *configured)
{
    struct val *patch = val_new_map();
    const struct val *there = val_find(node, "metadata", "labels", NULL),
                     *existing = val_find(node, "spec", "taints", NULL);
    for (size_t i = 0; i < CU_LEN(labels); i++)
        if (!cu_streq(val_get_str(there, labels[i]), ""))
            val_set_str(val_need_map(val_need_map(patch, "metadata"), "labels"), labels[i], "");
    struct val *taints = wanted_taints(configured, existing);
    if (val_len(taints) == 0 || val_equal(taints, existing))
        val_unref(taints);
    else
        val_set(val_need_map(patch, "spec"), "taints", taints);
    return patch;
}

struct marking {
    struct ph_ctx *ctx;
    struct kube_client *kube;
    char *path;
};

static enum cu_wait_state mark_once(void *arg, char **missing, struct cu_err *err)
{
    struct marking *m = arg;
    cu_autoval struct val *node = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = kube_get(m->kube, m->path, NULL, &node, &e);
    if (r == 0 && !val_find_str(node, "metadata", "labels", "kubernetes.io/hostname", NULL))
        r = cu_fail(&e, CU_E_NOTFOUND, "the kubelet has not labelled its node yet");
    if (r == 0) {
        cu_autoval struct val *patch = difference(node, &m->ctx->init->node.taints);
        r = kube_patch(m->kube, m->path, KUBE_PATCH_STRATEGIC, patch, NULL, &e);
    }
    if (r == 0)
        return CU_WAIT_DONE;
    *missing = cu_strdup(cu_err_text(&e));
    return ph_cause_kubelet(m->ctx, missing, err);
}

static void say_taints(struct ph_ctx *c, const char *name, const struct cfg_taints *taints)
{
    cu_autostrlist struct cu_strlist texts = CU_STRLIST_INIT;
    for (size_t i = 0; i < taints->n; i++)
        cu_strlist_take(&texts, cfg_taint_text(&taints->v[i]));
    cu_autofree char *text = cu_strlist_join(&texts, " ");
    if (taints->n)
        ph_say(c, "[mark-control-plane] Marking the node %s as control-plane by adding the taints [%s]", name,
               text);
}

int ph_mark_control_plane(struct ph_ctx *c, struct cu_err *err)
{
    const char *name = c->init->node.name;
    cu_autofree char *path = kube_path("v1", "nodes", NULL, name);
    cu_autofree char *what = cu_asprintf("node \"%s\" to be registered", name);
    struct marking m = { .ctx = c, .path = path };
    ph_say(c, "[mark-control-plane] Marking the node %s as control-plane by adding the labels: [%s %s]", name,
           labels[0], labels[1]);
    say_taints(c, name, &c->init->node.taints);
    int r = ph_ctx_kube(c, &m.kube, err);
    return r < 0
               ? r
               : ph_wait(c, &(struct ph_waiting){ what, ph_api_timeout(c), INTERVAL_MS, mark_once, &m }, err);
}
