#!/bin/bash
# A cluster from two virtual hosts: init, join, the real kubectl as witness, reset, and all of it again.
LAB=cluster . "$(dirname "$0")/lib.sh"

scripts/hosts up cp1 node1 || exit 1

two_ready() { [ "$(on cp1 kubectl get nodes --no-headers | awk '$2 == "Ready"' | wc -l)" -eq 2 ]; }
pods_running() { [ "$(on cp1 kubectl get pods -n kube-system --no-headers | grep -c "1/1 *Running")" -ge 3 ]; }
all_verify() {
    on cp1 sh -ec 'cd /etc/kubernetes/pki
        for c in apiserver apiserver-kubelet-client; do openssl verify -CAfile ca.crt $c.crt; done
        openssl verify -CAfile front-proxy-ca.crt front-proxy-client.crt
        for c in *.crt; do openssl x509 -noout -text -in $c >/dev/null; done'
}
same_key() {
    on cp1 sh -ec 'cd /etc/kubernetes/pki
        for c in ca apiserver apiserver-kubelet-client front-proxy-ca front-proxy-client; do
            [ "$(openssl x509 -noout -pubkey -in $c.crt)" = "$(openssl pkey -pubout -in $c.key)" ]
        done
        [ "$(openssl pkey -pubout -in sa.key)" = "$(cat sa.pub)" ]'
}
modes() { on cp1 sh -ec '[ -z "$(find /etc/kubernetes \( -name "*.key" -o -name "*.conf" -o -name "*.yaml" \) ! -perm 0600)" ]'; }
# kubectl asks for a user name when it has no credentials, so the bare request is curl's
anonymous() { on node1 curl -sS --fail-with-body --cacert /etc/kubernetes/pki/ca.crt "https://10.88.0.11:6443$1"; }
as_anonymous() { on cp1 kubectl --as=system:anonymous --as-group=system:unauthenticated "$@"; }
nothing_left() {
    on "$1" sh -c 'ls -A /etc/kubernetes/manifests /var/lib/kubelet /etc/kubernetes/pki 2>/dev/null | grep -v : | grep .; ls /etc/kubernetes/*.conf 2>/dev/null' | grep . && return 1
    ! on "$1" sh -c 'readlink /proc/[0-9]*/exe' | grep cubeplane
}

for round in first second; do
    check "$round init" on cp1 kubeadm init --embedded --pod-network-cidr 10.244.0.0/16
    join=$(on cp1 kubeadm token create --print-join-command)
    # shellcheck disable=SC2086
    check "$round join" on node1 $join --embedded
    check "$round: two nodes Ready" within 20 two_ready
    check "$round: control plane pods run" within 20 pods_running
    [ "$round" = second ] && break
    # an add-on that is there already: a changed Corefile is kept, that of an old CoreDNS migrated
    corefile() { # corefile IMAGE TEXT: what is in the cluster
        on cp1 kubectl -n kube-system set image deployment/coredns "coredns=$1" &&
            on cp1 kubectl -n kube-system patch configmap coredns --type merge -p "{\"data\":{\"Corefile\":\"$2\"}}"
    }
    stored() { on cp1 kubectl -n kube-system get configmap coredns -o "jsonpath={.data.$1}"; }
    addon() { on cp1 kubeadm init phase addon coredns; }
    corefile reg.ex:5000/coredns:1.8.7 '.:53 {\n  health\n  whoami\n}\n' >/dev/null
    says "a changed Corefile: the add-on is updated" 'Applied essential addon: CoreDNS' addon
    says "and the Corefile kept" '^  whoami$' stored Corefile
    says "with the new image" 'coredns:v1.14.2' on cp1 kubectl -n kube-system get deployment coredns -o wide
    corefile registry.k8s.io/coredns:1.6.2 '.:53 {\n  health\n  kubernetes a {\n    upstream\n  }\n}\n' >/dev/null
    says "a Corefile of CoreDNS 1.6.2 is migrated" 'Migrating' addon
    says "it has what 1.6.5 added" '^        lameduck 5s$' stored Corefile
    says "what it was is kept" '^    upstream$' stored Corefile-backup
    corefile registry.k8s.io/coredns:1.4.0 'a.ex {\n  proxy b.ex 10.0.0.1\n}\n' >/dev/null
    says "one that cannot be migrated: a warning" '^W.*could not be migrated' addon
    says "and all is left as it was" 'coredns:1.4.0' on cp1 kubectl -n kube-system get deployment coredns -o wide
    corefile registry.k8s.io/coredns:mine '.:53 {\n  whoami\n}\n' >/dev/null
    refuses "a CoreDNS of no known version" 1 'addon/coredns: CoreDNS mine is none of the versions' addon
    corefile registry.k8s.io/coredns:1.4.0 '' >/dev/null
    says "an empty Corefile is replaced" 'Applied' addon
    says "by the default" 'max_concurrent 1000' stored Corefile
    says "get nodes -o wide names runtime" "cubeadm://" on cp1 kubectl get nodes -o wide
    says "get pods -A shows mirror pods" "kube-system +kube-apiserver-cp1 " on cp1 kubectl get pods -A
    says "node got a pod CIDR" "10.244.[01].0/24" on cp1 kubectl get node node1 -o "jsonpath={.spec.podCIDR}"
    says "cluster-info without credentials" "jws-kubeconfig-" anonymous /api/v1/namespaces/kube-public/configmaps/cluster-info
    refuses "nothing else without credentials" 22 'cannot list resource \\"secrets' anonymous /api/v1/namespaces/kube-system/secrets
    says "cluster-info as anonymous by kubectl" "jws-kubeconfig-" as_anonymous get cm -n kube-public cluster-info -o yaml
    refuses "secrets as anonymous by kubectl" 1 'User "system:anonymous" cannot list resource "secrets"' as_anonymous get secrets -n kube-system
    token=$(on cp1 kubeadm token create)
    says "the token may ask for certificates" "certificatesigningrequests" on cp1 kubectl --kubeconfig /dev/null --server https://cp1:6443 \
        --insecure-skip-tls-verify auth can-i --list --token="$token"
    says "token list" "$token" on cp1 kubeadm token list
    says "token delete" "bootstrap token \"${token%.*}\" deleted" on cp1 kubeadm token delete "${token%.*}"
    check "certificates verify" all_verify
    check "keys belong to their certificates" same_key
    check "files are private" modes
    refuses "a second init on a running node" 1 'FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml' on cp1 kubeadm init --embedded
    # shellcheck disable=SC2086
    refuses "a second join on a running node" 1 'FileAvailable--etc-kubernetes-kubelet.conf' on node1 $join --embedded
    check "reset node1" on node1 kubeadm reset --force
    check "reset cp1" on cp1 kubeadm reset --force
    check "nothing left on node1" nothing_left node1
    check "nothing left on cp1" nothing_left cp1
done
