/* controllers/manager.c - kube-controller-manager: the table of its controllers. */
#include "base/log.h"
#include "base/str.h"
#include "controllers/component.h"
#include "controllers/csr.h"
#include "controllers/gc.h"
#include "controllers/main.h"
#include "controllers/namespaces.h"
#include "controllers/nodes.h"
#include "controllers/tokens.h"

static const struct ctl_controller *const controllers[] = {
    &ctl_csr,
    &ctl_bootstrap_signer,
    &ctl_service_account,
    &ctl_root_ca,
    &ctl_node_ipam,
    &ctl_node_lifecycle,
    &ctl_token_cleaner,
    &ctl_namespace,
    &ctl_csr_cleaner,
    &ctl_gc,
};

struct manager {
    void *self[CU_LEN(controllers)]; /* NULL: not running */
};

/* What --controllers says about one: the last word that names it counts, "*" stands for those on by default. */
static bool is_wanted(const struct ctl_options *o, const struct ctl_controller *c)
{
    bool star = o->controllers.n == 0;
    for (size_t i = 0; i < o->controllers.n; i++) {
        const char *word = o->controllers.v[i];
        bool off = *word == '-';
        if (cu_streq(word + off, c->name) || cu_streq(word + off, c->alias))
            return !off;
        star = star || cu_streq(word, "*");
    }
    return star && c->on;
}

static void *start(struct ctl *c)
{
    struct manager *m = cu_calloc(1, sizeof(*m));
    for (size_t i = 0; i < CU_LEN(controllers); i++)
        if (is_wanted(c->o, controllers[i]))
            m->self[i] = controllers[i]->start(c);
    return m;
}

static void stop(void *self)
{
    struct manager *m = self;
    for (size_t i = 0; i < CU_LEN(controllers); i++)
        if (m->self[i])
            controllers[i]->stop(m->self[i]);
    free(m);
}

int ctl_manager_main(int argc, char **argv)
{
    static const struct ctl_component component = { "kube-controller-manager", 10257, start, stop };
    return ctl_component_main(&component, argc, argv);
}
