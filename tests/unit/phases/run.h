/* tests/unit/phases/run.h - a run of init on a made-up machine in a scratch folder. */
#ifndef TESTS_PHASES_RUN_H
#define TESTS_PHASES_RUN_H

#include "../node/fake.h"
#include "config/types.h"
#include "phases/init_tree.h"
#include "phases/phases.h"

struct run {
    struct fake machine;
    struct ph_opts opts;
    struct ph_ctx ctx;
    struct wf_plan *plan;
    char *dir; /* borrowed */
    char *out, *errout;
    size_t n_out, n_errout;
};

static inline void run_set(char **option, const char *value)
{
    free(*option);
    *option = cu_strdup(value);
}

/* Every text option is "" as the command line leaves it; the address is given, so that no network is asked. */
static inline void run_init(struct run *r, char *dir)
{
    *r = (struct run){ .dir = dir };
    fake_init(&r->machine, dir);
    char **const texts[] = { &r->opts.config,
                             &r->opts.events,
                             &r->opts.component_dir,
                             &r->opts.node_name,
                             &r->opts.cri_socket,
                             &r->opts.patches,
                             &r->opts.kubernetes_version,
                             &r->opts.image_repository,
                             &r->opts.control_plane_endpoint,
                             &r->opts.pod_network_cidr,
                             &r->opts.service_cidr,
                             &r->opts.service_dns_domain,
                             &r->opts.feature_gates,
                             &r->opts.cert_dir,
                             &r->opts.apiserver_advertise_address,
                             &r->opts.token,
                             &r->opts.certificate_key,
                             &r->opts.kubeconfig,
                             &r->opts.kubeconfig_dir };
    for (size_t i = 0; i < CU_LEN(texts); i++)
        *texts[i] = cu_strdup("");
    r->opts.apiserver_bind_port = 6443;
    r->opts.token_ttl = INT64_C(86400000000000);
    run_set(&r->opts.apiserver_advertise_address, "192.0.2.10");
    run_set(&r->opts.node_name, "localhost");
    r->opts.cert_dir = (free(r->opts.cert_dir), cu_asprintf("%s/pki", dir));
    run_set(&r->opts.kubeconfig_dir, dir);
    run_set(&r->opts.kubeconfig, "/nosuch/admin.conf");
    r->plan = wf_plan_new(&ph_init_tree);
    r->ctx = (struct ph_ctx){ .flow = PH_INIT,
                              .opts = &r->opts,
                              .sys = &r->machine.sys,
                              .plan = r->plan,
                              .out = open_memstream(&r->out, &r->n_out),
                              .errout = open_memstream(&r->errout, &r->n_errout),
                              .start_ms = INT64_C(1800000000000) };
}

static inline void run_clear(struct run *r)
{
    FILE *out = r->ctx.out, *errout = r->ctx.errout;
    ph_ctx_clear(&r->ctx);
    fclose(out);
    fclose(errout);
    free(r->out);
    free(r->errout);
    wf_plan_free(r->plan);
    char *const texts[] = { r->opts.config,
                            r->opts.events,
                            r->opts.component_dir,
                            r->opts.node_name,
                            r->opts.cri_socket,
                            r->opts.patches,
                            r->opts.kubernetes_version,
                            r->opts.image_repository,
                            r->opts.control_plane_endpoint,
                            r->opts.pod_network_cidr,
                            r->opts.service_cidr,
                            r->opts.service_dns_domain,
                            r->opts.feature_gates,
                            r->opts.cert_dir,
                            r->opts.apiserver_advertise_address,
                            r->opts.token,
                            r->opts.certificate_key,
                            r->opts.kubeconfig,
                            r->opts.kubeconfig_dir };
    for (size_t i = 0; i < CU_LEN(texts); i++)
        free(texts[i]);
    cu_strlist_clear(&r->opts.ignore_preflight_errors);
    cu_strlist_clear(&r->opts.skip_phases);
    cu_strlist_clear(&r->opts.given);
    cu_strlist_clear(&r->opts.known);
    fake_clear(&r->machine);
}

/* Everything printed so far. */
static inline const char *run_out(struct run *r)
{
    fflush(r->ctx.out);
    return r->out;
}

static inline const char *run_errout(struct run *r)
{
    fflush(r->ctx.errout);
    return r->errout;
}

/* Runs the phases `only` selects. */
static inline int run_phases(struct run *r, const char *only, struct cu_err *err)
{
    const struct wf_hooks h = { .ctx = &r->ctx, .enter = ph_ctx_enter };
    int done = wf_plan_select(r->plan, only, NULL, err);
    return done == 0 ? wf_plan_run(r->plan, &h, err) : done;
}

#endif
