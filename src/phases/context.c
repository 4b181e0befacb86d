/* Life of the context and the small things every phase uses. It must not know any phase. */
#include "phases/context.h"
#include "base/buf.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "config/types.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "phases/migrate.h"
#include "phases/patches.h"
#include "phases/upgrade.h"
#include "pki/key.h"
#include "workflow/progress.h"
#include <stdarg.h>

void ph_ctx_enter(struct ph_ctx *c, const struct wf_phase *phase)
{
    c->phase = phase;
}

static void paths_clear(struct ph_paths *p)
{
    free(p->certs);
    free(p->certs_real);
    free(p->kubeconfig_dir);
    free(p->kubeconfig);
    free(p->manifests);
    free(p->kubelet);
    free(p->dry_run_dir);
    *p = (struct ph_paths){ 0 };
}

void ph_ctx_clear(struct ph_ctx *c)
{
    cfg_init_free(c->init);
    cfg_join_free(c->join);
    cfg_reset_free(c->reset);
    ph_upgrade_free(c->upgrade);
    paths_clear(&c->paths);
    free(c->component_dir);
    free(c->patches_dir);
    cu_strlist_clear(&c->skip_phases);
    cu_strlist_clear(&c->old_requests);
    cu_free_secret(c->certificate_key);
    pki_keypool_free(c->keys);
    ph_patches_free(c->patches);
    kube_config_free(c->bootstrap);
    kube_client_free(c->kube);
    kube_client_free(c->admin);
    ph_migration_free(c->migration);
    *c = (struct ph_ctx){ 0 };
}

void ph_say(struct ph_ctx *c, const char *fmt, ...)
{
    cu_autobuf struct cu_buf line = CU_BUF_INIT(LIM_TEXT);
    va_list ap;
    va_start(ap, fmt);
    cu_buf_vaddf(&line, fmt, ap);
    va_end(ap);
    fprintf(c->out, "%s\n", cu_buf_str(&line));
}

void ph_warn_endpoint_port(const struct cfg_init *init)
{
    cu_autofree char *host = NULL;
    int port = -1;
    const char *endpoint = init->cluster.control_plane_endpoint;
    if (!cu_is_empty(endpoint) && cu_split_host_port(endpoint, &host, &port, NULL) == 0 && port > 0 &&
        port != init->local_api_endpoint.bind_port)
        cu_log_warning(
            "the port of controlPlaneEndpoint, %d, is used instead of bindPort %d in addresses of the "
            "control plane",
            port, (int)init->local_api_endpoint.bind_port);
}

void ph_warn_all(struct cu_strlist *warnings)
{
    for (size_t i = 0; i < warnings->n; i++)
        cu_log_warning("%s", warnings->v[i]);
    cu_strlist_clear(warnings);
}

/* Joins the caller's probe with the run's reporter: a wait has one argument for both. */
struct reported {
    struct ph_ctx *ctx;
    const struct ph_waiting *waiting;
};

static enum cu_wait_state probe_reported(void *arg, char **missing, struct cu_err *err)
{
    struct reported *r = arg;
    return r->waiting->probe(r->waiting->arg, missing, err);
}

static void report(void *arg, const char *what, const char *missing, int64_t elapsed_ms)
{
    struct reported *r = arg;
    wf_progress_wait(r->ctx->progress, what, missing, elapsed_ms);
}

int ph_wait(struct ph_ctx *c, const struct ph_waiting *w, struct cu_err *err)
{
    struct reported r = { .ctx = c, .waiting = w };
    const struct cu_wait wait = { .what = w->what,
                                  .timeout_ms = w->timeout_ms,
                                  .interval_ms = w->interval_ms,
                                  .probe = probe_reported,
                                  .report = report,
                                  .arg = &r };
    return cu_wait_for(&wait, err);
}
