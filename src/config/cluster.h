/* config/cluster.h - ClusterConfiguration in memory, with the component configurations that travel with it. */
#ifndef CONFIG_CLUSTER_H
#define CONFIG_CLUSTER_H

#include "config/part.h"

struct cfg_component { /* ControlPlaneComponent; cert_sans and the timeout belong to the API server alone */
    struct cfg_args extra_args;
    struct cfg_envs extra_envs;
    struct cfg_volumes extra_volumes;
    struct cu_strlist cert_sans;
    struct cfg_duration timeout_for_control_plane; /* v1beta3 only */
};

struct cfg_networking { /* subnets: one CIDR, or two of different families joined by "," */
    char *service_subnet, *pod_subnet, *dns_domain;
};
struct cfg_etcd_local {
    char *data_dir, *image_repository, *image_tag;
    struct cfg_args extra_args;
    struct cfg_envs extra_envs;
    struct cu_strlist server_cert_sans, peer_cert_sans;
};
struct cfg_etcd_external {
    struct cu_strlist endpoints, http_endpoints;
    char *ca_file, *cert_file, *key_file;
};

struct cfg_etcd { /* exactly one of the two is there after loading */
    struct cfg_etcd_local *local;
    struct cfg_etcd_external *external;
};
struct cfg_dns {
    char *image_repository, *image_tag;
    bool disabled;
};
struct cfg_proxy {
    bool disabled;
};

/* A KubeletConfiguration or KubeProxyConfiguration document. */
struct cfg_document {
    struct val
        *doc; /* complete document, every field upstream always writes present; NULL before defaulting */
    bool user_supplied; /* came from the user: its ConfigMap is not signed */
};

struct cfg_cluster {
    char *kubernetes_version;     /* resolved after loading: "v1.36.2" */
    char *control_plane_endpoint; /* "host:port" after loading, or NULL */
    char *certificates_dir, *cluster_name, *image_repository, *encryption_algorithm;
    struct cfg_duration certificate_validity_period, ca_certificate_validity_period;
    struct cfg_networking networking;
    struct cfg_etcd etcd;
    struct cfg_component api_server, controller_manager, scheduler;
    struct cfg_dns dns;
    struct cfg_proxy proxy;
    struct cfg_gates feature_gates;

    /* Never written to ClusterConfiguration. */
    char *ci_kubernetes_version; /* "ci/v..." to be stored instead of kubernetes_version, or NULL */
    char *ci_image_repository;   /* repository of the CI images, or NULL */
    struct cfg_document kubelet, kube_proxy;
};

#endif
