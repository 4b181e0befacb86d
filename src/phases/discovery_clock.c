/* phases/discovery_clock.c - does this machine's clock agree with the server's? Certificates that are not valid yet, or no
 * longer, mostly mean that it does not. Must not know which certificate was refused. */
#include "phases/discovery.h"

#include "base/str.h"
#include "base/timefmt.h"
#include "http/client.h"

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

char *ph_clock_note_from(const char *url)
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
