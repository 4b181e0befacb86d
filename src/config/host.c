/* Address and container runtime of this machine for loading (spec config 8.3, 8.4).
 * Must not know what is done with the answers. */
#include "config/host.h"
#include "base/str.h"
#include "config/constants.h"
#include "node/net.h"
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

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

struct cfg_host cfg_host_of(const struct node_sys *sys)
{
    struct cfg_host h = { 0 };

    h.choose_address = choose_address;
    h.find_cri = find_cri;
    h.arg = (void *)(uintptr_t)(sys ? sys : node_sys_host());
    return h;
}
