/* phases/discovery_file.c - discovery by a kubeconfig, from a file or an https URL (spec join 6.2, 6.3).
 * Must not know what the credentials in it are used for later. */
#include "phases/discovery.h"

#include "base/encode.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "base/wait.h"
#include "config/net.h"
#include "config/types.h"
#include "http/client.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "phases/dry_run_cluster.h"

#include <string.h>

#define INTERVAL_MS 500

static int load(const char *path_or_url, struct kube_config **out, struct cu_err *err)
{
    cu_autofree char *scheme = cfg_url_scheme(path_or_url);
    if (!cu_streq(scheme, "https"))
        return kube_config_load(path_or_url, out, err);
    struct http_client_options o = { .follow_redirects = true };
    struct http_call call = { .url = path_or_url, .max_response = LIM_KUBECONFIG };
    cu_autoresponse struct http_response r = HTTP_RESPONSE_INIT;
    struct http_client *http = http_client_new(&o);
    int rc = http_client_do(http, &call, &r, err);
    enum http_cause cause = http_client_cause(http);
    http_client_free(http);
    if (rc < 0 && http_cause_is_tls(cause)) {
        cu_autofree char *mend =
            cause == HTTP_CAUSE_TLS_UNKNOWN_CA
                ? cu_strdup("; give this machine its CA (put it in "
                            "/usr/local/share/ca-certificates and run "
                            "update-ca-certificates), or name a file you fetched yourself")
                : ph_tls_mend(cause, path_or_url);
        cu_autofree char *said = cu_strdup(cu_err_text(err));
        cu_err_clear(err);
        rc = cu_fail(err, CU_E_AUTH, "%s%s", said, mend);
    }
    if (rc == 0 && r.code != 200)
        rc = cu_fail(err, CU_E_NOTFOUND, "%s answered with HTTP status %d", path_or_url, r.code);
    if (rc == 0 && kube_config_parse(r.body, r.len, out, err) < 0)
        rc = cu_wrap(err, "%s", path_or_url);
    return rc;
}

/* The contents of <key> (a path) become <key>-data, so that the result stands alone. */
static int embed(struct val *map, const char *key, bool base64, const char *as, struct cu_err *err)
{
    const char *path = val_get_str(map, key);
    if (cu_is_empty(path) || !cu_is_empty(val_get_str(map, as)))
        return 0;
    cu_autowipe char *text = NULL;
    size_t n = 0;
    int r = cu_file_read(path, LIM_PEM_FILE, &text, &n, err);
    if (r < 0)
        return r;
    cu_autowipe char *coded = base64 ? cu_base64(text, n) : cu_trim(text);
    val_set_str(map, as, coded);
    val_del(map, key);
    return 0;
}

static int embed_all(const struct kube_config *c, struct cu_err *err)
{
    struct val *cluster = kube_config_default_cluster(c), *user = kube_config_current_user(c);
    int r = embed(cluster, "certificate-authority", true, "certificate-authority-data", err);
    if (r == 0 && user)
        r = embed(user, "client-certificate", true, "client-certificate-data", err);
    if (r == 0 && user)
        r = embed(user, "client-key", true, "client-key-data", err);
    if (r == 0 && user)
        r = embed(user, "tokenFile", false, "token", err);
    return r;
}

struct attempt {
    struct kube_client *client;
    const char *tls_server_name; /* of the file; NULL none */
    struct val *info;
    bool forbidden;
};

static enum cu_wait_state fetch(void *arg, char **missing, struct cu_err *err)
{
    struct attempt *a = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = kube_get(a->client, PH_CLUSTER_INFO_PATH, NULL, &a->info, &e);
    a->forbidden = r == -CU_E_FORBIDDEN;
    if (r == 0 || a->forbidden)
        return CU_WAIT_DONE;
    if (r ==
        -CU_E_AUTH) { /* another CA, a name not in the certificate, or credentials that are not accepted */
        cu_autofree char *url = cu_asprintf("%s/version", kube_client_server(a->client));
        enum http_cause cause = kube_client_cause(a->client);
        cu_autofree char *mend =
            a->tls_server_name && cause == HTTP_CAUSE_TLS_NAME
                ? cu_asprintf("; correct tls-server-name in the discovery file (it is \"%s\")",
                              a->tls_server_name)
                : ph_tls_mend(cause, url);
        cu_fail(err, CU_E_AUTH, "%s%s", cu_err_text(&e), mend);
        return CU_WAIT_FINAL;
    }
    *missing = cu_strdup(cu_err_text(&e));
    return CU_WAIT_PENDING;
}

/* What cluster-info knows that the file does not: the CA, when the file has none. The file's server stays. */
static int refresh(struct kube_config *c, const struct val *info, struct cu_err *err)
{
    const char *text = val_find_str(info, "data", "kubeconfig", NULL);
    kube_autoconfig struct kube_config *there = NULL;
    cu_autoerr struct cu_err ignored = CU_ERR_INIT;
    if (cu_is_empty(text) || kube_config_parse(text, strlen(text), &there, &ignored) < 0)
        return 0;
    struct val *ours = kube_config_default_cluster(c), *theirs = kube_config_default_cluster(there);
    if (!theirs)
        return cu_fail(err, CU_E_AUTH, "cluster-info names no cluster");
    if (!cu_streq(val_get_str(ours, "server"), val_get_str(theirs, "server")))
        cu_log_warning("the discovery file names server %s, cluster-info names %s; the file's is used",
                       val_get_str(ours, "server"), cu_or(val_get_str(theirs, "server"), "none"));
    if (cu_is_empty(val_get_str(ours, "certificate-authority-data")))
        val_set_str(ours, "certificate-authority-data", val_get_str(theirs, "certificate-authority-data"));
    return 0;
}

/* What upstream fails at later: its clients take no authority beside insecure-skip-tls-verify, and the kubelet gets one.
 * With a token of its own for the bootstrap only server and authority of the file are used. */
static int check_insecure(const struct ph_ctx *c, const struct kube_config *found, const char *path_or_url,
                          struct cu_err *err)
{
    bool insecure = val_get_bool(kube_config_default_cluster(found), "insecure-skip-tls-verify", false);
    if (!insecure || !cu_is_empty(c->join->discovery.tls_bootstrap_token))
        return 0;
    return cu_fail(
        err, CU_E_INVALID,
        "discovery file \"%s\" has insecure-skip-tls-verify, with which no kubelet can start; put "
        "certificate-authority-data there instead, as the key kubeconfig of ConfigMap cluster-info in "
        "kube-public has it",
        path_or_url);
}

/* A worker's kubelet makes its kubeconfig of server and authority alone; ours takes all. */
static bool will_be_forgotten(const struct ph_ctx *c)
{
    return !c->embedded && !c->join->control_plane && cu_is_empty(c->join->discovery.tls_bootstrap_token);
}

int ph_discover_file(struct ph_ctx *c, const char *path_or_url, struct kube_config **out, struct cu_err *err)
{
    kube_autoconfig struct kube_config *found = NULL;
    struct attempt a = { 0 };
    const struct kube_options o = { .timeout_ms = ph_discovery_try_ms(c),
                                    .max_response = PH_CLUSTER_INFO_MAX };
    int r = load(path_or_url, &found, err);
    if (r == 0 && kube_config_validate(found, err) < 0)
        r = cu_wrap(err, "discovery file \"%s\"", path_or_url);
    if (r == 0 && (!kube_config_default_cluster(found) || cu_is_empty(kube_config_server(found))))
        r = cu_fail(err, CU_E_INVALID,
                    "discovery file \"%s\" names no cluster with a server in its current context",
                    path_or_url);
    if (r == 0)
        r = check_insecure(c, found, path_or_url, err);
    if (r == 0)
        r = embed_all(found, err);
    if (r == 0)
        a.tls_server_name = val_get_str(kube_config_default_cluster(found), "tls-server-name");
    if (a.tls_server_name && will_be_forgotten(c))
        cu_log_warning(
            "the kubelet of Kubernetes does not take tls-server-name (\"%s\") over into kubelet.conf; "
            "add it there after the join, or have the name of the server in its certificate",
            a.tls_server_name);
    if (r == 0)
        r = c->dry_run ? ph_dry_run_cluster(c, ph_dry_run_real(c, found, NULL), &a.client, err)
                       : kube_client_new(found, &o, &a.client, err);
    if (r < 0)
        return r;
    cu_autofree char *what = cu_asprintf("cluster-info from %s", kube_config_server(found));
    r = ph_wait(c, &(struct ph_waiting){ what, cfg_ms(c->join->timeouts.discovery), INTERVAL_MS, fetch, &a },
                err);
    kube_client_free(a.client);
    if (r == 0 && a.forbidden)
        cu_log_warning("cluster-info may not be read with the discovery file's credentials; going on with "
                       "the file alone");
    else if (r == 0)
        r = refresh(found, a.info, err);
    val_unref(a.info);
    if (r == 0)
        *out = cu_steal(&found);
    return r;
}
