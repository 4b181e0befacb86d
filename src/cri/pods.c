/* Pods and containers of a runtime. Must not know why they are looked at or removed. */
#include "base/str.h"
#include "cri/private.h"

#define REMOVE_TRIES 5

int cri_list_pods(struct cri_client *c, struct cri_pod **out, size_t *n, struct cu_err *err)
{
    Runtime__V1__Empty ask;
    Runtime__V1__ListPodSandboxResponse *m = NULL;
    runtime__v1__empty__init(&ask);
    int r =
        cri_call(c, CRI_ASK(CRI_RUNTIME "ListPodSandbox", &ask, list_pod_sandbox_response), &m, NULL, err);
    if (r < 0)
        return r;
    struct cri_pod *v = cu_calloc(m->n_items ? m->n_items : 1, sizeof(*v));
    for (size_t i = 0; i < m->n_items; i++) {
        const Runtime__V1__PodSandbox *p = m->items[i];
        v[i] = (struct cri_pod){ .id = cu_strdup(cu_or(p->id, "")),
                                 .name = cu_strdup(p->metadata ? cu_or(p->metadata->name, "") : ""),
                                 .ns = cu_strdup(p->metadata ? cu_or(p->metadata->namespace_, "") : ""),
                                 .ready = p->state == RUNTIME__V1__POD_SANDBOX_STATE__SANDBOX_READY };
    }
    *out = v;
    *n = m->n_items;
    runtime__v1__list_pod_sandbox_response__free_unpacked(m, NULL);
    return 0;
}

void cri_pods_free(struct cri_pod *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(v[i].id);
        free(v[i].name);
        free(v[i].ns);
    }
    free(v);
}

/* StopPodSandbox or RemovePodSandbox. */
static int end_pod(struct cri_client *c, const char *method, const char *id, struct cu_err *err)
{
    cu_autofree char *own = cu_strdup(id);
    Runtime__V1__PodSandboxRequest ask;
    Runtime__V1__Empty *m = NULL;
    runtime__v1__pod_sandbox_request__init(&ask);
    ask.pod_sandbox_id = own;
    int r = cri_call(c, CRI_ASK(method, &ask, empty), &m, NULL, err);
    if (r == 0)
        runtime__v1__empty__free_unpacked(m, NULL);
    return r == -CU_E_NOTFOUND ? 0 : r;
}

int cri_remove_pod(struct cri_client *c, const char *id, struct cu_err *err)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = 0;
    for (int i = 0; i < REMOVE_TRIES; i++) {
        cu_err_clear(&e);
        r = end_pod(c, CRI_RUNTIME "StopPodSandbox", id, &e);
        if (r == 0)
            r = end_pod(c, CRI_RUNTIME "RemovePodSandbox", id, &e);
        if (r == 0)
            return 0;
    }
    if (err)
        cu_err_move(err, &e);
    return r;
}

int cri_list_containers(struct cri_client *c, struct cri_container **out, size_t *n, struct cu_err *err)
{
    static const enum cri_container_state states[] = { CRI_CREATED, CRI_RUNNING, CRI_EXITED,
                                                       CRI_STATE_UNKNOWN };
    Runtime__V1__Empty ask;
    Runtime__V1__ListContainersResponse *m = NULL;
    runtime__v1__empty__init(&ask);
    int r = cri_call(c, CRI_ASK(CRI_RUNTIME "ListContainers", &ask, list_containers_response), &m, NULL, err);
    if (r < 0)
        return r;
    struct cri_container *v = cu_calloc(m->n_containers ? m->n_containers : 1, sizeof(*v));
    for (size_t i = 0; i < m->n_containers; i++) {
        const Runtime__V1__Container *k = m->containers[i];
        size_t state = (size_t)k->state;
        v[i] = (struct cri_container){ .id = cu_strdup(cu_or(k->id, "")),
                                       .name = cu_strdup(k->metadata ? cu_or(k->metadata->name, "") : ""),
                                       .pod_id = cu_strdup(cu_or(k->pod_sandbox_id, "")),
                                       .state = state < CU_LEN(states) ? states[state] : CRI_STATE_UNKNOWN,
                                       .created_ns = k->created_at,
                                       .attempt = k->metadata ? k->metadata->attempt : 0 };
    }
    *out = v;
    *n = m->n_containers;
    runtime__v1__list_containers_response__free_unpacked(m, NULL);
    return 0;
}

void cri_containers_free(struct cri_container *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(v[i].id);
        free(v[i].name);
        free(v[i].pod_id);
    }
    free(v);
}
