/* config/constants.h - names, paths, ports and times fixed by upstream (spec config 18). */
#ifndef CONFIG_CONSTANTS_H
#define CONFIG_CONSTANTS_H

#define CFG_KUBERNETES_DIR "/etc/kubernetes"
#define CFG_MANIFESTS_DIR "/etc/kubernetes/manifests"
#define CFG_TMP_DIR "/etc/kubernetes/tmp"
#define CFG_PKI_DIR "/etc/kubernetes/pki"
#define CFG_CA_CERT "/etc/kubernetes/pki/ca.crt"
#define CFG_ETCD_DATA_DIR "/var/lib/etcd"
#define CFG_KUBELET_DIR "/var/lib/kubelet"
#define CFG_KUBELET_CONFIG_FILE "config.yaml"
#define CFG_KUBELET_INSTANCE_FILE "instance-config.yaml"
#define CFG_KUBELET_FLAGS_FILE "kubeadm-flags.env"
#define CFG_KUBELET_FLAGS_VARIABLE "KUBELET_KUBEADM_ARGS"
#define CFG_KUBE_PROXY_KUBECONFIG "/var/lib/kube-proxy/kubeconfig.conf"
#define CFG_RESOLVED_CONF "/run/systemd/resolve/resolv.conf"
#define CFG_SQLITE_STORE "sqlite:///var/lib/cubeadm/state.db"
#define CFG_SQLITE_SCHEME "sqlite://"

#define CFG_CRI_CONTAINERD "unix:///var/run/containerd/containerd.sock"
#define CFG_CRI_CRIO "unix:///var/run/crio/crio.sock"
#define CFG_CRI_DOCKERD "unix:///var/run/cri-dockerd.sock"

/* kubeconfigs in CFG_KUBERNETES_DIR */
#define CFG_ADMIN_CONF "admin.conf"
#define CFG_SUPER_ADMIN_CONF "super-admin.conf"
#define CFG_KUBELET_CONF "kubelet.conf"
#define CFG_BOOTSTRAP_KUBELET_CONF "bootstrap-kubelet.conf"
#define CFG_CONTROLLER_MANAGER_CONF "controller-manager.conf"
#define CFG_SCHEDULER_CONF "scheduler.conf"

#define CFG_PORT_API_SERVER 6443
#define CFG_PORT_KUBELET 10250
#define CFG_PORT_KUBELET_HEALTHZ 10248
#define CFG_PORT_SCHEDULER 10259
#define CFG_PORT_CONTROLLER_MANAGER 10257
#define CFG_PORT_ETCD_CLIENT 2379
#define CFG_PORT_ETCD_PEER 2380
#define CFG_PORT_ETCD_METRICS 2381

#define CFG_KUBERNETES_VERSION "v1.36.2"   /* what a configuration that names no version gets */
#define CFG_KUBERNETES_MINOR_ZERO "1.36.0" /* printed by config print */
#define CFG_KUBERNETES_MINOR 36
#define CFG_MIN_CONTROL_PLANE_VERSION "v1.35.0" /* lower bound of upstream's own binary */
#define CFG_OLDEST_MINOR 23                     /* oldest control plane deployed here (spec versions 18.5) */
#define CFG_MIN_KUBELET_VERSION "v1.33.0"
#define CFG_MIN_EXTERNAL_ETCD "3.5.24-0"
#define CFG_COREDNS_TAG "v1.14.2"
#define CFG_PAUSE_TAG "3.10.2"
#define CFG_ETCD_TAG "3.6.8-0"
#define CFG_DEFAULT_VERSION_LABEL "stable-1"
#define CFG_IMAGE_REPOSITORY "registry.k8s.io"
#define CFG_OLD_IMAGE_REPOSITORY "k8s.gcr.io"
#define CFG_CI_IMAGE_REPOSITORY "gcr.io/k8s-staging-ci-images"

#define CFG_NS_SYSTEM "kube-system"
#define CFG_NS_PUBLIC "kube-public"
#define CFG_CM_KUBEADM "kubeadm-config"
#define CFG_CM_KUBEADM_KEY "ClusterConfiguration"
#define CFG_CM_KUBELET "kubelet-config"
#define CFG_CM_KUBELET_KEY "kubelet"
#define CFG_CM_KUBE_PROXY "kube-proxy"
#define CFG_CM_KUBE_PROXY_KEY "config.conf"
#define CFG_CM_CLUSTER_INFO "cluster-info"
#define CFG_SECRET_CERTS "kubeadm-certs"
#define CFG_ANNOTATION_HASH "kubeadm.kubernetes.io/component-config.hash"
#define CFG_ANNOTATION_CRI_SOCKET "kubeadm.alpha.kubernetes.io/cri-socket"
#define CFG_ANNOTATION_ADVERTISE "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint"
#define CFG_ANNOTATION_ETCD_URLS "kubeadm.kubernetes.io/etcd.advertise-client-urls"
#define CFG_LABEL_CONTROL_PLANE "node-role.kubernetes.io/control-plane"
#define CFG_LABEL_NO_BALANCER "node.kubernetes.io/exclude-from-external-load-balancers"
#define CFG_GROUP_TOKEN "system:bootstrappers:kubeadm:default-node-token"
#define CFG_GROUP_ADMINS "kubeadm:cluster-admins"
#define CFG_GROUP_MASTERS "system:masters"
#define CFG_GROUP_NODES "system:nodes"

#define CFG_CERT_KEY_BYTES 32
#define CFG_UPLOAD_CERTS_TTL_MS (2 * 3600 * 1000)
#define CFG_PLACEHOLDER_TOKEN "abcdef.0123456789abcdef"

#endif
