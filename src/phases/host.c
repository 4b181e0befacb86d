/* Answers about this machine for loading configurations and for the embedded mode. It must not know phases. */
#include "phases/host.h"
#include "base/file.h"
#include "base/str.h"
#include "config/host.h"
#include "http/client.h"
#include <limits.h>

enum { FETCH_MS = 1000 }; /* an offline machine must not wait for the web */

static int fetch(void *arg, const char *url, char **out, struct cu_err *err)
{
    (void)arg;
    const struct http_client_options o = { .follow_redirects = true,
                                           .connect_timeout_ms = FETCH_MS,
                                           .timeout_ms = FETCH_MS };
    const struct http_call call = { .url = url, .max_response = 4096 };
    struct http_client *client = http_client_new(&o);
    cu_autoresponse struct http_response response = HTTP_RESPONSE_INIT;
    int r = http_client_do(client, &call, &response, err);
    http_client_free(client);
    if (r < 0)
        return r;
    if (response.code != 200)
        return cu_fail(err, CU_E_NOTFOUND, "%s answers with HTTP status %d", url, response.code);
    *out = cu_trim(response.body ? response.body : "");
    return 0;
}

void ph_host_options(struct ph_ctx *c, struct cfg_host *host)
{
    *host = cfg_host_of(c->sys);
    host->fetch = fetch;
}

/* Folder of the running program; NULL when the kernel does not tell. Caller frees. */
static char *program_dir(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n < 0)
        return NULL;
    path[n] = '\0';
    return cu_path_dir(path);
}

static bool has_kubelet(const char *dir)
{
    cu_autofree char *path = cu_path_join(dir, "kubelet");
    return access(path, X_OK) == 0;
}

int ph_host_component_dir(struct ph_ctx *c, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist places = CU_STRLIST_INIT;
    cu_autofree char *own = program_dir();
    if (*c->opts->component_dir) {
        cu_strlist_add(&places, c->opts->component_dir);
    } else {
        if (own)
            cu_strlist_addf(&places, "%s/../libexec/cubeadm", own);
        if (own)
            cu_strlist_addf(&places, "%s/../plane", own);
        cu_strlist_add(&places, CUBEADM_LIBEXECDIR);
    }
    for (size_t i = 0; i < places.n; i++) {
        if (!has_kubelet(places.v[i]))
            continue;
        char *real = realpath(places.v[i], NULL);
        c->component_dir = real ? real : cu_strdup(places.v[i]);
        return 0;
    }
    cu_autofree char *looked = cu_strlist_join(&places, ", ");
    return cu_fail(
        err, CU_E_NOTFOUND,
        "the embedded control plane is not installed: no executable kubelet in %s; install cubeplane or name "
        "its folder with --component-dir",
        looked);
}
