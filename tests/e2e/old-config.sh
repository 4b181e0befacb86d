#!/bin/bash
# Configuration files of other times: what config print gives works as input, and so does a file written for 1.23.
LAB=old-config . "$(dirname "$0")/lib.sh"

scripts/hosts up cp1 node1 || exit 1

on cp1 sh -c 'cat >/run/old.yaml' <<'Y'
apiVersion: kubeadm.k8s.io/v1beta3
kind: InitConfiguration
bootstrapTokens:
- token: abcdef.0123456789abcdef
  ttl: 24h0m0s
  usages: [signing, authentication]
  groups: [system:bootstrappers:kubeadm:default-node-token]
localAPIEndpoint: {bindPort: 6443}
nodeRegistration:
  criSocket: /var/run/dockershim.sock
  taints: null
---
apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
imageRepository: k8s.gcr.io
kubernetesVersion: 1.23.0
apiServer:
  timeoutForControlPlane: 4m0s
networking: {dnsDomain: cluster.local, serviceSubnet: 10.96.0.0/12}
Y
says "a file of 1.23 says what is deprecated" 'deprecated' on cp1 kubeadm init --embedded --config /run/old.yaml
check "it deploys that version" on cp1 grep -q 'image: k8s.gcr.io/kube-apiserver:v1.23.0' /etc/kubernetes/manifests/kube-apiserver.yaml
pin=$(on cp1 sh -c 'openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum | cut -d" " -f1')
check "a node joins it" timeout 60 scripts/hosts exec node1 kubeadm join 10.88.0.11:6443 --embedded --token abcdef.0123456789abcdef \
    --discovery-token-ca-cert-hash "sha256:$pin"
ready() { on cp1 kubectl get node node1 --no-headers | grep -q ' Ready'; }
check "the node is Ready" within 20 ready
check "reset node1" on node1 kubeadm reset --force
check "reset cp1" on cp1 kubeadm reset --force

on cp1 sh -c 'kubeadm config print init-defaults | sed -e "/^etcd:/,/dataDir:/d" -e "s/1.2.3.4/10.88.0.11/" -e "s/  name: node/  name: cp1/" >/run/new.yaml'
# etcd.sh has the same with its etcd
check "config print init-defaults works as input" on cp1 kubeadm init --embedded --config /run/new.yaml
on node1 sh -c "kubeadm config print join-defaults | sed -e 's/kube-apiserver:6443/10.88.0.11:6443/' -e 's/  name: .*/  name: node1/' \
    -e 's/    unsafeSkipCAVerification: true/    caCertHashes: [\"sha256:$(on cp1 sh -c 'openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum | cut -d" " -f1')\"]/' >/run/new.yaml"
check "config print join-defaults works as input" timeout 60 scripts/hosts exec node1 kubeadm join --embedded --config /run/new.yaml
check "its node is Ready" within 20 ready
