/* Starts a pod on the host's network in a container runtime, as a kubelet would, so that reset has one to remove:
 * `test-cri-pod unix:///path NAME` prints its id. */
#include "cri_pod.pb-c.h"
#include "grpc/grpc.h"
#include <string.h>

enum { RUN_MS = 20000 };

static int run_pod(struct grpc_channel *channel, char *name, struct cu_err *err)
{
    char ns[] = "kube-system";
    Runtime__V1__PodSandboxMetadata metadata;
    Runtime__V1__NamespaceOption option;
    Runtime__V1__LinuxSandboxSecurityContext security;
    Runtime__V1__LinuxPodSandboxConfig system;
    Runtime__V1__PodSandboxConfig config;
    Runtime__V1__RunPodSandboxRequest ask;
    Runtime__V1__RunPodSandboxResponse *answer = NULL;
    runtime__v1__pod_sandbox_metadata__init(&metadata);
    runtime__v1__namespace_option__init(&option);
    runtime__v1__linux_sandbox_security_context__init(&security);
    runtime__v1__linux_pod_sandbox_config__init(&system);
    runtime__v1__pod_sandbox_config__init(&config);
    runtime__v1__run_pod_sandbox_request__init(&ask);
    metadata.name = metadata.uid = name;
    metadata.namespace_ = ns;
    option.network = RUNTIME__V1__NAMESPACE_MODE__NODE;
    security.namespace_options = &option;
    system.security_context = &security;
    config.metadata = &metadata;
    config.linux = &system;
    ask.config = &config;
    const struct grpc_request req = { .method = "/runtime.v1.RuntimeService/RunPodSandbox",
                                      .message = &ask.base,
                                      .timeout_ms = RUN_MS };
    int r = grpc_call(channel, &req, &runtime__v1__run_pod_sandbox_response__descriptor,
                      (ProtobufCMessage **)(void *)&answer, NULL, err);
    if (r < 0)
        return r;
    puts(answer->pod_sandbox_id);
    runtime__v1__run_pod_sandbox_response__free_unpacked(answer, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct grpc_channel *channel = NULL;
    if (argc != 3) {
        fprintf(stderr, "usage: %s unix:///path NAME\n", argv[0]);
        return 2;
    }
    const struct grpc_channel_options o = { .target = argv[1] };
    int r = grpc_channel_new(&o, &channel, &err);
    if (r == 0)
        r = run_pod(channel, argv[2], &err);
    if (r < 0)
        fprintf(stderr, "%s\n", cu_err_text(&err));
    grpc_channel_free(channel);
    return r < 0;
}
