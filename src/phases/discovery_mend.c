/* phases/discovery_mend.c - what mends a TLS connection that failed while the cluster was looked for: the clock, or the
 * name. Must not know by which way of discovery. */
#include "phases/discovery.h"

#include "base/str.h"
#include "base/timefmt.h"
#include "http/url.h"

#define WORTH_TELLING_MS 60000
#define ASK_MS 2000

char *ph_clock_note(int64_t skew_ms)
{
    if (skew_ms > -WORTH_TELLING_MS && skew_ms < WORTH_TELLING_MS)
        return cu_strdup("");
    return cu_asprintf(" (this machine's clock is %lld s %s the server's: set it, e.g. with chronyd or "
                       "\"timedatectl set-ntp true\")",
                       (long long)(skew_ms < 0 ? -skew_ms : skew_ms) / 1000,
                       skew_ms < 0 ? "ahead of" : "behind");
}

static char *clock_note_from(const char *url)
{
    const struct http_client_options o = { .insecure = true,
                                           .timeout_ms = ASK_MS,
                                           .connect_timeout_ms = ASK_MS };
    const struct http_call call = { .url = url, .max_response = PH_CLUSTER_INFO_MAX };
    cu_autoresponse struct http_response r = HTTP_RESPONSE_INIT;
    struct http_client *http = http_client_new(&o);
    int rc = http_client_do(http, &call, &r, NULL);
    int64_t date = rc == 0 ? http_response_date_ms(&r) : 0;
    http_client_free(http);
    return ph_clock_note(date ? date - cu_now_ms() : 0);
}

char *ph_tls_mend(enum http_cause cause, const char *url)
{
    if (cause == HTTP_CAUSE_TLS_NOT_YET || cause == HTTP_CAUSE_TLS_EXPIRED)
        return clock_note_from(url);
    if (cause != HTTP_CAUSE_TLS_NAME)
        return cu_strdup("");
    cu_autofree char *host = NULL;
    bool https;
    int port;
    http_url_split(url, &https, &host, &port);
    return cu_asprintf(
        "; use a name that is in it, or put this one in on every control plane:  rm "
        "/etc/kubernetes/pki/apiserver.crt /etc/kubernetes/pki/apiserver.key && kubeadm init phase "
        "certs apiserver --apiserver-cert-extra-sans %s",
        cu_or(host, "NAME"));
}
