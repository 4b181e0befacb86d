/* Field tables of the parts several kinds share.
 * Must not know how tables are read (field_*.c). */
#include "config/constants.h"
#include "config/field.h"
#include <stddef.h>

static const struct cfg_field arg_fields[] = {
    { "name", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_arg, name),
      .doc = "Flag name without the leading dashes." },
    { "value", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_arg, value), .doc = "Flag value." },
};
const struct cfg_object cfg_object_arg =
    CFG_OBJECT_OF(arg_fields, "Arg", cfg_arg, "One command line argument of a component.");

static const struct cfg_field key_ref_fields[] = {
    { "key", CFG_STRING, CFG_ALWAYS, .doc = "Key to take." },
    { "name", CFG_STRING, 0, .doc = "Name of the object." },
    { "optional", CFG_OPT_BOOL, 0, .doc = "Whether object or key may be missing." },
};
static const struct cfg_object key_ref =
    CFG_DOCUMENT_OF(key_ref_fields, "KeySelector", "A key of another object.");

static const struct cfg_field field_ref_fields[] = {
    { "apiVersion", CFG_STRING, 0, .fallback = "v1", .doc = "Schema version of the path." },
    { "fieldPath", CFG_STRING, CFG_ALWAYS, .doc = "Path of the field of the Pod." },
};
static const struct cfg_object field_ref =
    CFG_DOCUMENT_OF(field_ref_fields, "ObjectFieldSelector", "A field of the Pod.");

static const struct cfg_field file_ref_fields[] = {
    { "key", CFG_STRING, CFG_ALWAYS, .doc = "Key in the file." },
    { "optional", CFG_OPT_BOOL, 0, .doc = "Whether file or key may be missing." },
    { "path", CFG_STRING, CFG_ALWAYS, .doc = "Path in the volume." },
    { "volumeName", CFG_STRING, CFG_ALWAYS, .doc = "Volume that holds the file." },
};
static const struct cfg_object file_ref =
    CFG_DOCUMENT_OF(file_ref_fields, "FileKeySelector", "A key of an env file.");

static const struct cfg_field resource_ref_fields[] = {
    { "containerName", CFG_STRING, 0, .doc = "Container to look at." },
    { "divisor", CFG_QUANTITY, CFG_ALWAYS, .doc = "Unit of the result." },
    { "resource", CFG_STRING, CFG_ALWAYS, .doc = "Resource to select." },
};
static const struct cfg_object resource_ref =
    CFG_DOCUMENT_OF(resource_ref_fields, "ResourceFieldSelector", "A resource of the container.");

static const struct cfg_field env_source_fields[] = {
    { "configMapKeyRef", CFG_OPT_OBJECT, .child = &key_ref, .doc = "From a ConfigMap." },
    { "fieldRef", CFG_OPT_OBJECT, .child = &field_ref, .doc = "From a field of the Pod." },
    { "fileKeyRef", CFG_OPT_OBJECT, .child = &file_ref, .doc = "From a file of a volume." },
    { "resourceFieldRef", CFG_OPT_OBJECT, .child = &resource_ref,
      .doc = "From a resource of the container." },
    { "secretKeyRef", CFG_OPT_OBJECT, .child = &key_ref, .doc = "From a Secret." },
};
const struct cfg_object cfg_object_env_source = CFG_DOCUMENT_OF(
    env_source_fields, "EnvVarSource", "Where the value of an environment variable comes from.");

static const struct cfg_field env_fields[] = {
    { "name", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_env, name), .doc = "Name of the variable." },
    { "value", CFG_STRING, 0, CFG_OFF(cfg_env, value), .doc = "Its value." },
    { "valueFrom", CFG_DOCUMENT, 0, CFG_OFF(cfg_env, value_from), &cfg_object_env_source,
      .doc = "Where the value comes from instead." },
};
static const struct cfg_object env_object =
    CFG_OBJECT_OF(env_fields, "EnvVar", cfg_env, "An environment variable of a container.");

static const struct cfg_field volume_fields[] = {
    { "hostPath", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_volume, host_path), .doc = "Path on the host." },
    { "mountPath", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_volume, mount_path), .doc = "Path in the container." },
    { "name", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_volume, name), .doc = "Name of the volume." },
    { "pathType", CFG_STRING, 0, CFG_OFF(cfg_volume, path_type),
      .doc = "Type of the path: `DirectoryOrCreate`, `Directory`, `FileOrCreate`, `File`, `Socket`, "
             "`CharDevice`, "
             "`BlockDevice` or empty." },
    { "readOnly", CFG_BOOL, 0, CFG_OFF(cfg_volume, read_only), .doc = "Whether the mount is read-only." },
};
static const struct cfg_object volume_object =
    CFG_OBJECT_OF(volume_fields, "HostPathMount", cfg_volume, "A path of the host mounted into a component.");

#define EXTRA_ARGS                                                                                           \
    {                                                                                                        \
        "extraArgs", CFG_LIST, CFG_MAP_IN_V3, CFG_OFF(cfg_component, extra_args), &cfg_object_arg,           \
            .doc = "Arguments added to the command line; one with the name of a default replaces it."        \
    }
#define EXTRA_ENVS                                                                                           \
    {                                                                                                        \
        "extraEnvs", CFG_LIST, CFG_ONLY_V4, CFG_OFF(cfg_component, extra_envs), &env_object,                 \
            .doc = "Environment variables of the container."                                                 \
    }
#define EXTRA_VOLUMES                                                                                        \
    {                                                                                                        \
        "extraVolumes", CFG_LIST, 0, CFG_OFF(cfg_component, extra_volumes), &volume_object,                  \
            .doc = "Paths of the host mounted into the container."                                           \
    }

static const struct cfg_field component_fields[] = { EXTRA_ARGS, EXTRA_ENVS, EXTRA_VOLUMES };
const struct cfg_object cfg_object_component = CFG_OBJECT_OF(
    component_fields, "ControlPlaneComponent", cfg_component, "Settings of a control-plane component.");

static const struct cfg_field api_server_fields[] = {
    { "certSANs", CFG_STRINGS, 0, CFG_OFF(cfg_component, cert_sans),
      .doc = "Further names and addresses in the serving certificate." },
    EXTRA_ARGS,
    EXTRA_ENVS,
    EXTRA_VOLUMES,
    { "timeoutForControlPlane", CFG_OPT_DURATION, CFG_ONLY_V3,
      CFG_OFF(cfg_component, timeout_for_control_plane), .fallback = "4m0s",
      .doc = "How long to wait for the API server; now `timeouts.controlPlaneComponentHealthCheck`." },
};
const struct cfg_object cfg_object_api_server =
    CFG_OBJECT_OF(api_server_fields, "APIServer", cfg_component, "Settings of the API server.");

static const struct cfg_field local_fields[] = {
    { "dataDir", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_etcd_local, data_dir), .fallback = CFG_ETCD_DATA_DIR,
      .doc = "Where etcd keeps its data." },
    { "extraArgs", CFG_LIST, CFG_MAP_IN_V3, CFG_OFF(cfg_etcd_local, extra_args), &cfg_object_arg,
      .doc = "Arguments added to etcd's command line." },
    { "extraEnvs", CFG_LIST, CFG_ONLY_V4, CFG_OFF(cfg_etcd_local, extra_envs), &env_object,
      .doc = "Environment variables of the container." },
    { "imageRepository", CFG_STRING, 0, CFG_OFF(cfg_etcd_local, image_repository),
      .doc = "Registry of the etcd image." },
    { "imageTag", CFG_STRING, 0, CFG_OFF(cfg_etcd_local, image_tag), .doc = "Tag of the etcd image." },
    { "peerCertSANs", CFG_STRINGS, 0, CFG_OFF(cfg_etcd_local, peer_cert_sans),
      .doc = "Further names in the certificate for other members." },
    { "serverCertSANs", CFG_STRINGS, 0, CFG_OFF(cfg_etcd_local, server_cert_sans),
      .doc = "Further names in the serving certificate." },
};
static const struct cfg_object local_object =
    CFG_OBJECT_OF(local_fields, "LocalEtcd", cfg_etcd_local, "An etcd member on the control-plane node.");

static const struct cfg_field external_fields[] = {
    { "caFile", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_etcd_external, ca_file),
      .doc = "Certificate authority of etcd." },
    { "certFile", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_etcd_external, cert_file),
      .doc = "Client certificate." },
    { "endpoints", CFG_STRINGS, CFG_ALWAYS, CFG_OFF(cfg_etcd_external, endpoints),
      .doc = "URLs of the members. One `sqlite:///path` is the store of the embedded control plane." },
    { "httpEndpoints", CFG_STRINGS, CFG_ONLY_V4, CFG_OFF(cfg_etcd_external, http_endpoints),
      .doc = "URLs for health and version; the endpoints when empty." },
    { "keyFile", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_etcd_external, key_file),
      .doc = "Key of the client certificate." },
};
static const struct cfg_object external_object = CFG_OBJECT_OF(
    external_fields, "ExternalEtcd", cfg_etcd_external, "An etcd cluster kept by someone else.");

static const struct cfg_field etcd_fields[] = {
    { "external", CFG_OPT_OBJECT, 0, CFG_OFF(cfg_etcd, external), &external_object,
      .doc = "etcd kept by someone else." },
    { "local", CFG_OPT_OBJECT, 0, CFG_OFF(cfg_etcd, local), &local_object, .doc = "etcd on this node." },
};
const struct cfg_object cfg_object_etcd =
    CFG_OBJECT_OF(etcd_fields, "Etcd", cfg_etcd, "The store; `local` and `external` exclude each other.");

static const struct cfg_field taint_fields[] = {
    { "effect", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_taint, effect),
      .doc = "`NoSchedule`, `PreferNoSchedule` or `NoExecute`." },
    { "key", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_taint, key), .doc = "Key of the taint." },
    { "timeAdded", CFG_TIME, 0, CFG_OFF(cfg_taint, time_added), .doc = "When it was added." },
    { "value", CFG_STRING, 0, CFG_OFF(cfg_taint, value), .doc = "Value of the taint." },
};
const struct cfg_object cfg_object_taint =
    CFG_OBJECT_OF(taint_fields, "Taint", cfg_taint, "A taint of a node.");

static const struct cfg_field node_fields[] = {
    { "criSocket", CFG_STRING, 0, CFG_OFF(cfg_node, cri_socket),
      .doc = "Socket of the container runtime; found by connecting to the known ones when empty." },
    { "ignorePreflightErrors", CFG_STRINGS, 0, CFG_OFF(cfg_node, ignore_preflight_errors),
      .doc = "Checks whose errors are only warnings; `all` for every check." },
    { "imagePullPolicy", CFG_STRING, 0, CFG_OFF(cfg_node, image_pull_policy), .fallback = "IfNotPresent",
      .doc = "`Always`, `IfNotPresent` or `Never`." },
    { "imagePullSerial", CFG_OPT_BOOL, CFG_ONLY_V4, CFG_OFF(cfg_node, image_pull_serial), .fallback = "true",
      .doc = "Whether images are pulled one after the other." },
    { "kubeletExtraArgs", CFG_LIST, CFG_MAP_IN_V3, CFG_OFF(cfg_node, kubelet_extra_args), &cfg_object_arg,
      .doc = "Arguments added to the kubelet's command line." },
    { "name", CFG_STRING, 0, CFG_OFF(cfg_node, name), .doc = "Name of the node; the host name when empty." },
    { "taints", CFG_LIST, CFG_ALWAYS, CFG_OFF(cfg_node, taints), &cfg_object_taint,
      .doc =
          "Taints of the node. Not given: the control-plane taint on control planes; an empty list: none." },
};
const struct cfg_object cfg_object_node =
    CFG_OBJECT_OF(node_fields, "NodeRegistrationOptions", cfg_node, "How a node is registered.");

static const struct cfg_field endpoint_fields[] = {
    { "advertiseAddress", CFG_STRING, 0, CFG_OFF(cfg_endpoint, advertise_address),
      .doc = "Address the API server advertises; that of the default route when empty." },
    { "bindPort", CFG_INT32, 0, CFG_OFF(cfg_endpoint, bind_port), .fallback = "6443",
      .doc = "Port of the API server." },
};
const struct cfg_object cfg_object_endpoint =
    CFG_OBJECT_OF(endpoint_fields, "APIEndpoint", cfg_endpoint, "Where the API server of one node listens.");

#define TIMEOUT(json, member, dflt, text)                                                                    \
    {                                                                                                        \
        json, CFG_OPT_DURATION, 0, CFG_OFF(cfg_timeouts, member), .fallback = (dflt), .doc = (text)          \
    }
static const struct cfg_field timeout_fields[] = {
    TIMEOUT("controlPlaneComponentHealthCheck", control_plane_component_health_check, "4m0s",
            "Wait for the control-plane components; also sizes their startup probes."),
    TIMEOUT("discovery", discovery, "5m0s", "Finding the cluster while joining."),
    TIMEOUT("etcdAPICall", etcd_api_call, "2m0s", "Calls to etcd, with repetitions."),
    TIMEOUT("kubeletHealthCheck", kubelet_health_check, "4m0s", "Wait for the kubelet to be healthy."),
    TIMEOUT("kubernetesAPICall", kubernetes_api_call, "1m0s", "Calls to the API server, with repetitions."),
    TIMEOUT("tlsBootstrap", tls_bootstrap, "5m0s", "Wait for the kubelet's TLS bootstrap."),
    TIMEOUT("upgradeManifests", upgrade_manifests, "5m0s", "Wait for a changed static Pod to come back."),
};
const struct cfg_object cfg_object_timeouts =
    CFG_OBJECT_OF(timeout_fields, "Timeouts", cfg_timeouts, "How long to wait for what.");

static const struct cfg_field patches_fields[] = {
    { "directory", CFG_STRING, 0, CFG_OFF(cfg_patches, directory),
      .doc = "Folder with files named `target[suffix][+patchtype].extension`." },
};
const struct cfg_object cfg_object_patches =
    CFG_OBJECT_OF(patches_fields, "Patches", cfg_patches, "Changes to what is generated.");

static const struct cfg_field token_fields[] = {
    { "description", CFG_STRING, 0, CFG_OFF(cfg_token, description), .doc = "A note for people." },
    { "expires", CFG_TIME, 0, CFG_OFF(cfg_token, expires), .doc = "When it ends; excludes `ttl`." },
    { "groups", CFG_STRINGS, 0, CFG_OFF(cfg_token, groups), .fallback = CFG_GROUP_TOKEN,
      .doc = "Groups a client with this token is in." },
    { "token", CFG_TOKEN, CFG_ALWAYS, CFG_OFF(cfg_token, token),
      .doc = "The token, `id.secret`; random when absent." },
    { "ttl", CFG_OPT_DURATION, 0, CFG_OFF(cfg_token, ttl), .fallback = "24h0m0s",
      .doc = "How long it lasts; `0s` for ever." },
    { "usages", CFG_STRINGS, 0, CFG_OFF(cfg_token, usages), .fallback = "signing,authentication",
      .doc = "`signing`, `authentication` or both." },
};
const struct cfg_object cfg_object_token =
    CFG_OBJECT_OF(token_fields, "BootstrapToken", cfg_token, "A token new nodes join with.");
