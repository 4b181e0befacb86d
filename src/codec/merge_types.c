/* Which lists of the built-in kinds merge under strategic merge patch, and by which key: the patchStrategy and
 * patchMergeKey marks of the Kubernetes API types (spec apiserver 3.8). Parts of types without a merging list below
 * them have no row. Must not know how patches are applied. */
#include "codec/patch.h"
#include <string.h>

#define MERGE CODEC_MERGE_LIST
#define REPLACE CODEC_MERGE_REPLACE
#define END                                                                                                  \
    {                                                                                                        \
        NULL, 0, NULL, NULL                                                                                  \
    }
/* A map with merging lists below it. */
#define BELOW(name, type)                                                                                    \
    {                                                                                                        \
        name, 0, NULL, &(type)                                                                               \
    }
#define TYPE(name) static const struct codec_merge_type name = { #name, name##_fields }

static const struct codec_merge_field object_meta_fields[] = {
    { "ownerReferences", MERGE, "uid", NULL },
    { "finalizers", MERGE, NULL, NULL },
    END,
};
TYPE(object_meta);

static const struct codec_merge_field persistent_volume_claim_template_fields[] = {
    BELOW("metadata", object_meta),
    END,
};
TYPE(persistent_volume_claim_template);

static const struct codec_merge_field ephemeral_volume_source_fields[] = {
    BELOW("volumeClaimTemplate", persistent_volume_claim_template),
    END,
};
TYPE(ephemeral_volume_source);

static const struct codec_merge_field volume_fields[] = {
    BELOW("ephemeral", ephemeral_volume_source),
    END,
};
TYPE(volume);

static const struct codec_merge_field container_fields[] = {
    { "ports", MERGE, "containerPort", NULL },
    { "env", MERGE, "name", NULL },
    { "volumeMounts", MERGE, "mountPath", NULL },
    { "volumeDevices", MERGE, "devicePath", NULL },
    END,
};
TYPE(container);

static const struct codec_merge_field ephemeral_container_fields[] = {
    { "ports", MERGE, "containerPort", NULL },
    { "env", MERGE, "name", NULL },
    { "volumeMounts", MERGE, "mountPath", NULL },
    { "volumeDevices", MERGE, "devicePath", NULL },
    END,
};
TYPE(ephemeral_container);

static const struct codec_merge_field pod_spec_fields[] = {
    { "volumes", MERGE, "name", &volume },
    { "containers", MERGE, "name", &container },
    { "imagePullSecrets", MERGE, "name", NULL },
    { "initContainers", MERGE, "name", &container },
    { "hostAliases", MERGE, "ip", NULL },
    { "topologySpreadConstraints", MERGE, "topologyKey", NULL },
    { "ephemeralContainers", MERGE, "name", &ephemeral_container },
    { "schedulingGates", MERGE, "name", NULL },
    { "resourceClaims", MERGE, "name", NULL },
    END,
};
TYPE(pod_spec);

static const struct codec_merge_field pod_template_spec_fields[] = {
    BELOW("metadata", object_meta),
    BELOW("spec", pod_spec),
    END,
};
TYPE(pod_template_spec);

static const struct codec_merge_field daemon_set_spec_fields[] = {
    BELOW("template", pod_template_spec),
    END,
};
TYPE(daemon_set_spec);

static const struct codec_merge_field daemon_set_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(daemon_set_status);

static const struct codec_merge_field deployment_spec_fields[] = {
    BELOW("template", pod_template_spec),
    END,
};
TYPE(deployment_spec);

static const struct codec_merge_field deployment_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(deployment_status);

static const struct codec_merge_field replica_set_spec_fields[] = {
    BELOW("template", pod_template_spec),
    END,
};
TYPE(replica_set_spec);

static const struct codec_merge_field replica_set_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(replica_set_status);

static const struct codec_merge_field persistent_volume_claim_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(persistent_volume_claim_status);

static const struct codec_merge_field stateful_set_spec_fields[] = {
    BELOW("template", pod_template_spec),
    END,
};
TYPE(stateful_set_spec);

static const struct codec_merge_field stateful_set_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(stateful_set_status);

static const struct codec_merge_field job_spec_fields[] = {
    BELOW("template", pod_template_spec),
    END,
};
TYPE(job_spec);

static const struct codec_merge_field job_template_spec_fields[] = {
    BELOW("metadata", object_meta),
    BELOW("spec", job_spec),
    END,
};
TYPE(job_template_spec);

static const struct codec_merge_field cron_job_spec_fields[] = {
    BELOW("jobTemplate", job_template_spec),
    END,
};
TYPE(cron_job_spec);

static const struct codec_merge_field job_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(job_status);

static const struct codec_merge_field flow_schema_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(flow_schema_status);

static const struct codec_merge_field priority_level_configuration_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(priority_level_configuration_status);

static const struct codec_merge_field service_cidr_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(service_cidr_status);

static const struct codec_merge_field pod_disruption_budget_spec_fields[] = {
    { "selector", REPLACE, NULL, NULL },
    END,
};
TYPE(pod_disruption_budget_spec);

static const struct codec_merge_field pod_disruption_budget_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(pod_disruption_budget_status);

static const struct codec_merge_field csi_node_spec_fields[] = {
    { "drivers", MERGE, "name", NULL },
    END,
};
TYPE(csi_node_spec);

static const struct codec_merge_field namespace_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(namespace_status);

static const struct codec_merge_field node_spec_fields[] = {
    { "podCIDRs", MERGE, NULL, NULL },
    END,
};
TYPE(node_spec);

static const struct codec_merge_field node_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    { "addresses", MERGE, "type", NULL },
    END,
};
TYPE(node_status);

static const struct codec_merge_field container_status_fields[] = {
    { "volumeMounts", MERGE, "mountPath", NULL },
    { "allocatedResourcesStatus", MERGE, "name", NULL },
    END,
};
TYPE(container_status);

static const struct codec_merge_field pod_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    BELOW("containerStatuses", container_status),
    BELOW("initContainerStatuses", container_status),
    { "podIPs", MERGE, "ip", NULL },
    BELOW("ephemeralContainerStatuses", container_status),
    { "resourceClaimStatuses", MERGE, "name", NULL },
    { "hostIPs", MERGE, "ip", NULL },
    END,
};
TYPE(pod_status);

static const struct codec_merge_field replication_controller_spec_fields[] = {
    BELOW("template", pod_template_spec),
    END,
};
TYPE(replication_controller_spec);

static const struct codec_merge_field replication_controller_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(replication_controller_status);

static const struct codec_merge_field service_spec_fields[] = {
    { "ports", MERGE, "port", NULL },
    END,
};
TYPE(service_spec);

static const struct codec_merge_field service_status_fields[] = {
    { "conditions", MERGE, "type", NULL },
    END,
};
TYPE(service_status);

static const struct codec_merge_field metadata_only[] = { BELOW("metadata", object_meta), END };
static const struct codec_merge_field daemon_set_fields[] = { BELOW("metadata", object_meta),
                                                              BELOW("spec", daemon_set_spec),
                                                              BELOW("status", daemon_set_status), END };
static const struct codec_merge_field deployment_fields[] = { BELOW("metadata", object_meta),
                                                              BELOW("spec", deployment_spec),
                                                              BELOW("status", deployment_status), END };
static const struct codec_merge_field replica_set_fields[] = { BELOW("metadata", object_meta),
                                                               BELOW("spec", replica_set_spec),
                                                               BELOW("status", replica_set_status), END };
static const struct codec_merge_field stateful_set_fields[] = { BELOW("metadata", object_meta),
                                                                BELOW("spec", stateful_set_spec),
                                                                BELOW("status", stateful_set_status), END };
static const struct codec_merge_field cron_job_fields[] = { BELOW("metadata", object_meta),
                                                            BELOW("spec", cron_job_spec), END };
static const struct codec_merge_field job_fields[] = { BELOW("metadata", object_meta),
                                                       BELOW("spec", job_spec), BELOW("status", job_status),
                                                       END };
static const struct codec_merge_field flow_schema_fields[] = { BELOW("metadata", object_meta),
                                                               BELOW("status", flow_schema_status), END };
static const struct codec_merge_field priority_level_configuration_fields[] = {
    BELOW("metadata", object_meta), BELOW("status", priority_level_configuration_status), END
};
static const struct codec_merge_field service_cidr_fields[] = { BELOW("metadata", object_meta),
                                                                BELOW("status", service_cidr_status), END };
static const struct codec_merge_field pod_disruption_budget_fields[] = {
    BELOW("metadata", object_meta), BELOW("spec", pod_disruption_budget_spec),
    BELOW("status", pod_disruption_budget_status), END
};
static const struct codec_merge_field csi_node_fields[] = { BELOW("metadata", object_meta),
                                                            BELOW("spec", csi_node_spec), END };
static const struct codec_merge_field component_status_fields[] = { BELOW("metadata", object_meta),
                                                                    { "conditions", MERGE, "type", NULL },
                                                                    END };
static const struct codec_merge_field namespace_fields[] = { BELOW("metadata", object_meta),
                                                             BELOW("status", namespace_status), END };
static const struct codec_merge_field node_fields[] = { BELOW("metadata", object_meta),
                                                        BELOW("spec", node_spec),
                                                        BELOW("status", node_status), END };
static const struct codec_merge_field persistent_volume_claim_fields[] = {
    BELOW("metadata", object_meta), BELOW("status", persistent_volume_claim_status), END
};
static const struct codec_merge_field pod_fields[] = { BELOW("metadata", object_meta),
                                                       BELOW("spec", pod_spec), BELOW("status", pod_status),
                                                       END };
static const struct codec_merge_field pod_status_result_fields[] = { BELOW("metadata", object_meta),
                                                                     BELOW("status", pod_status), END };
static const struct codec_merge_field pod_template_fields[] = { BELOW("metadata", object_meta),
                                                                BELOW("template", pod_template_spec), END };
static const struct codec_merge_field replication_controller_fields[] = {
    BELOW("metadata", object_meta), BELOW("spec", replication_controller_spec),
    BELOW("status", replication_controller_status), END
};
static const struct codec_merge_field service_fields[] = { BELOW("metadata", object_meta),
                                                           BELOW("spec", service_spec),
                                                           BELOW("status", service_status), END };
static const struct codec_merge_field service_account_fields[] = { BELOW("metadata", object_meta),
                                                                   { "secrets", MERGE, "name", NULL },
                                                                   END };
static const struct codec_merge_field webhooks[] = {
    BELOW("metadata", object_meta),
    { "webhooks", MERGE, "name", NULL },
    END,
};

static const struct codec_merge_type kinds[] = {
    { "admissionregistration.k8s.io/v1.MutatingWebhookConfiguration", webhooks },
    { "admissionregistration.k8s.io/v1.ValidatingWebhookConfiguration", webhooks },
    { "apiextensions.k8s.io/v1.CustomResourceDefinition", metadata_only },
    { "apiregistration.k8s.io/v1.APIService", metadata_only },
    { "apps/v1.ControllerRevision", metadata_only },
    { "apps/v1.DaemonSet", daemon_set_fields },
    { "apps/v1.Deployment", deployment_fields },
    { "apps/v1.ReplicaSet", replica_set_fields },
    { "apps/v1.StatefulSet", stateful_set_fields },
    { "authentication.k8s.io/v1.SelfSubjectReview", metadata_only },
    { "authentication.k8s.io/v1.TokenRequest", metadata_only },
    { "authentication.k8s.io/v1.TokenReview", metadata_only },
    { "authorization.k8s.io/v1.LocalSubjectAccessReview", metadata_only },
    { "authorization.k8s.io/v1.SelfSubjectAccessReview", metadata_only },
    { "authorization.k8s.io/v1.SelfSubjectRulesReview", metadata_only },
    { "authorization.k8s.io/v1.SubjectAccessReview", metadata_only },
    { "autoscaling/v1.HorizontalPodAutoscaler", metadata_only },
    { "autoscaling/v1.Scale", metadata_only },
    { "batch/v1.CronJob", cron_job_fields },
    { "batch/v1.Job", job_fields },
    { "certificates.k8s.io/v1.CertificateSigningRequest", metadata_only },
    { "coordination.k8s.io/v1.Lease", metadata_only },
    { "discovery.k8s.io/v1.EndpointSlice", metadata_only },
    { "events.k8s.io/v1.Event", metadata_only },
    { "flowcontrol.apiserver.k8s.io/v1.FlowSchema", flow_schema_fields },
    { "flowcontrol.apiserver.k8s.io/v1.PriorityLevelConfiguration", priority_level_configuration_fields },
    { "networking.k8s.io/v1.IPAddress", metadata_only },
    { "networking.k8s.io/v1.Ingress", metadata_only },
    { "networking.k8s.io/v1.IngressClass", metadata_only },
    { "networking.k8s.io/v1.NetworkPolicy", metadata_only },
    { "networking.k8s.io/v1.ServiceCIDR", service_cidr_fields },
    { "node.k8s.io/v1.RuntimeClass", metadata_only },
    { "policy/v1.Eviction", metadata_only },
    { "policy/v1.PodDisruptionBudget", pod_disruption_budget_fields },
    { "rbac.authorization.k8s.io/v1.ClusterRole", metadata_only },
    { "rbac.authorization.k8s.io/v1.ClusterRoleBinding", metadata_only },
    { "rbac.authorization.k8s.io/v1.Role", metadata_only },
    { "rbac.authorization.k8s.io/v1.RoleBinding", metadata_only },
    { "scheduling.k8s.io/v1.PriorityClass", metadata_only },
    { "storage.k8s.io/v1.CSIDriver", metadata_only },
    { "storage.k8s.io/v1.CSINode", csi_node_fields },
    { "storage.k8s.io/v1.CSIStorageCapacity", metadata_only },
    { "storage.k8s.io/v1.StorageClass", metadata_only },
    { "storage.k8s.io/v1.VolumeAttachment", metadata_only },
    { "storage.k8s.io/v1.VolumeAttributesClass", metadata_only },
    { "v1.Binding", metadata_only },
    { "v1.ComponentStatus", component_status_fields },
    { "v1.ConfigMap", metadata_only },
    { "v1.Endpoints", metadata_only },
    { "v1.Event", metadata_only },
    { "v1.LimitRange", metadata_only },
    { "v1.Namespace", namespace_fields },
    { "v1.Node", node_fields },
    { "v1.PersistentVolume", metadata_only },
    { "v1.PersistentVolumeClaim", persistent_volume_claim_fields },
    { "v1.Pod", pod_fields },
    { "v1.PodStatusResult", pod_status_result_fields },
    { "v1.PodTemplate", pod_template_fields },
    { "v1.RangeAllocation", metadata_only },
    { "v1.ReplicationController", replication_controller_fields },
    { "v1.ResourceQuota", metadata_only },
    { "v1.Secret", metadata_only },
    { "v1.Service", service_fields },
    { "v1.ServiceAccount", service_account_fields },
};

const struct codec_merge_type *codec_merge_lookup(const char *api_version, const char *kind)
{
    if (!api_version || !kind)
        return NULL;
    size_t n = strlen(api_version);
    for (size_t i = 0; i < CU_LEN(kinds); i++)
        if (strncmp(kinds[i].name, api_version, n) == 0 && kinds[i].name[n] == '.' &&
            strcmp(kinds[i].name + n + 1, kind) == 0)
            return &kinds[i];
    return NULL;
}
