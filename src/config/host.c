/* Address and container runtime of this machine, and the web's word on version labels, for loading (spec config 8.3,
 * 8.4, 9).
 * Must not know what is done with the answers. */
#include "config/host.h"
#include "base/str.h"
#include "config/constants.h"
#include "http/client.h"
#include "node/net.h"
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { FETCH_MS = 900, FETCH_MAX = 4096 };

static int choose_address(void *arg, const char *wanted, char **out, struct cu_err *err)
{
    return node_advertise_address(arg, wanted, out, NULL, err);
}

static bool answers(const struct node_sys *sys, const char *url)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    cu_autofree char *path = node_path(sys, url + strlen("unix://"));
    cu_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || strlen(path) >= sizeof(to.sun_path))
        return false;
    memcpy(to.sun_path, path, strlen(path) + 1);
    return connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
}

static void find_cri(void *arg, struct cu_strlist *found)
{
    static const char *const known[] = { CFG_CRI_CONTAINERD, CFG_CRI_CRIO, CFG_CRI_DOCKERD };

    for (size_t i = 0; i < CU_LEN(known); i++)
        if (answers(arg, known[i]))
            cu_strlist_add(found, known[i]);
}

/* One try that ends within a second: an offline machine must not wait for the web. */
static int fetch(void *arg, const char *url, char **out, struct cu_err *err)
{
    const struct http_client_options options = { .follow_redirects = true,
                                                 .connect_timeout_ms = FETCH_MS,
                                                 .timeout_ms = FETCH_MS };
    const struct http_call call = { .url = url, .max_response = FETCH_MAX };
    cu_autoresponse struct http_response response = HTTP_RESPONSE_INIT;
    struct http_client *client = http_client_new(&options);
    int r = http_client_do(client, &call, &response, err);

    (void)arg;
    http_client_free(client);
    if (r < 0)
        return r;
    if (response.code != 200)
        return cu_fail(err, CU_E_NOTFOUND, "%s answers with HTTP status %d", url, response.code);
    *out = cu_strdup(response.body ? response.body : "");
    return 0;
}

struct cfg_host cfg_host_of(const struct node_sys *sys)
{
    struct cfg_host h = { 0 };

    h.choose_address = choose_address;
    h.find_cri = find_cri;
    h.fetch = fetch;
    h.arg = (void *)(uintptr_t)(sys ? sys : node_sys_host());
    return h;
}
