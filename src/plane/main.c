/* plane/main.c - `main` of cubeplane: one program, a component per name it is called by. Must not know what the
 * components do. */
#include "agent/agent.h"
#include "agent/options.h"
#include "apiserver/server.h"
#include "base/file.h"
#include "base/str.h"
#include "controllers/main.h"

#include <stdio.h>

static const struct component {
    const char *name;
    int (*main)(int argc, char **argv);
} components[] = {
    { "kube-apiserver", api_server_main },
    { "kube-controller-manager", ctl_manager_main },
    { "kube-scheduler", ctl_scheduler_main },
    { "kubelet", agent_main },
};

static const struct component *find(const char *name)
{
    for (size_t i = 0; name && i < CU_LEN(components); i++)
        if (cu_streq(components[i].name, name))
            return &components[i];
    return NULL;
}

static int help(FILE *to, int status)
{
    fputs(
        "cubeplane is the embedded control plane of cubeadm: several components in one program.\n\n"
        "Usage: cubeplane COMPONENT [flags]     or by a link with the component's name: COMPONENT [flags]\n\n"
        "Components:\n",
        to);
    for (size_t i = 0; i < CU_LEN(components); i++)
        fprintf(to, "  %s\n", components[i].name);
    fputs("\nThe flags are upstream's; kubeadm init --embedded and kubeadm join --embedded write them.\n",
          to);
    return status;
}

int main(int argc, char **argv)
{
    const struct component *c = find(argc > 0 ? cu_path_base(argv[0]) : NULL);
    if (!c && argc > 1 && (c = find(argv[1]))) {
        argc--;
        argv++;
    }
    for (int i = 1; i < argc; i++) {
        if (cu_streq(argv[i], "--version") || cu_streq(argv[i], "--version=true")) {
            /* As the real ones answer; kubeadm's preflight reads it. */
            puts("Kubernetes " AGENT_VERSION);
            return 0;
        }
        if (cu_streq(argv[i], "--help") || cu_streq(argv[i], "-h"))
            return help(stdout, 0);
    }
    return c ? c->main(argc, argv) : help(stderr, 1);
}
