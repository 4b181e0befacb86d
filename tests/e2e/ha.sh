#!/bin/bash
# shellcheck disable=SC2154 # lib.sh makes the work folder
# Three embedded control planes on real etcd: joined at once, one lost and back, one reset, joins killed half way.
LAB=ha . "$(dirname "$0")/lib.sh"

for tool in etcd etcdctl kubectl; do
    command -v $tool >/dev/null || { echo "skipped: there is no $tool (apt-get install etcd-server etcd-client)"; exit 77; }
done
scripts/hosts up cp1 cp2 cp3 node1 || exit 1

# etcdctl on a host, against that host's member
members() {
    on "$1" env ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt \
        --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt --key /etc/kubernetes/pki/etcd/healthcheck-client.key member list
}
show_members() { echo "     members ($1):"; members "$2" | sed 's/^/     | /'; }
voters() { [ "$(members "$1" | grep -c ', started, .*, false$')" -eq "$2" ] && [ "$(members "$1" | wc -l)" -eq "$2" ]; }
# kubectl on a host, against that host's own API server
k() { local h=$1; shift; on "$h" kubectl --server "https://$h:6443" "$@"; }
node_is() { [ "$(k "$1" get node "$2" --no-headers | awk '{ print $2 }')" = "$3" ]; }
writes() { k "$1" create configmap "$2" --from-literal=by="$1"; }
reads() { k "$1" get configmap "$2"; }
endpoint_is() { # the name of the control plane, as a load balancer or DNS would move it
    local h
    for h in cp1 cp2 cp3 node1; do
        on "$h" sh -c "grep -v cluster.example.org /etc/hosts >/run/hosts; echo '$1 cluster.example.org' >>/run/hosts; cat /run/hosts >/etc/hosts" 2>/dev/null
    done
}
upload() { on "$1" kubeadm init phase upload-certs --upload-certs --config /run/cluster.yaml | tail -n 1; }
join_line() { on "$1" kubeadm token create --print-join-command | tail -n 1; }
config() {
    on "$1" sh -c 'cat >/run/cluster.yaml' <<EOF
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: $2}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
controlPlaneEndpoint: cluster.example.org:6443
etcd: {local: {}}
EOF
}
# shellcheck disable=SC2086
joins() { local h=$1; shift; on "$h" timeout 180 $join --control-plane --certificate-key "$key" --embedded "$@"; }
two_at_once() {
    joins cp2 >"$work/cp2" 2>&1 & local a=$!
    joins cp3 >"$work/cp3" 2>&1 & local b=$!
    local bad=0
    wait $a || { bad=1; cat "$work/cp2"; }
    wait $b || { bad=1; cat "$work/cp3"; }
    return $bad
}
# killed_at REGEX: a join of cp3 that is killed (-9) as soon as it prints that
killed_at() {
    # shellcheck disable=SC2016
    on cp3 timeout 120 bash -c 'at=$1; shift; rm -f /run/said; mkfifo /run/said
        "$@" >/run/said 2>&1 & pid=$!
        while read -r line; do echo "$line"; [[ $line =~ $at ]] && kill -9 $pid; done </run/said' \
        killed_at "$1" $join --control-plane --certificate-key "$key" --embedded >"$work/killed" 2>&1
    grep -Eq "$1" "$work/killed" && ! grep -Eq "has joined the cluster|^error" "$work/killed" && return
    tail -n 5 "$work/killed"
    return 1
}
own_server() { on "$1" grep -q "server: https://$2:6443" /etc/kubernetes/kubelet.conf; }
nothing_left() {
    on "$1" sh -c 'ls -A /etc/kubernetes/manifests /var/lib/kubelet /var/lib/etcd /etc/kubernetes/pki 2>/dev/null | grep -v : | grep .
        ls /etc/kubernetes/*.conf /etc/kubernetes/cubeadm-unfinished.json 2>/dev/null' | grep . && return 1
    ! on "$1" sh -c 'readlink /proc/[0-9]*/exe' | grep -E 'cubeplane|etcd'
}

# --- growing
endpoint_is 10.88.0.11
config cp1 10.88.0.11
check "init on real etcd" on cp1 timeout 120 kubeadm init --embedded --upload-certs --config /run/cluster.yaml
key=$(upload cp1) join=$(join_line cp1)
check "two control planes join at once" two_at_once
check "three voting members" within 20 voters cp1 3
show_members before cp1
for h in cp1:10.88.0.11 cp2:10.88.0.12 cp3:10.88.0.13; do
    [ "$h" = cp1:10.88.0.11 ] || check "the kubelet of ${h%:*} asks its own API server" own_server "${h%:*}" "${h#*:}"
    check "${h%:*} is Ready" within 30 node_is cp1 "${h%:*}" Ready
done
# shellcheck disable=SC2086
check "a worker joins" on node1 timeout 120 $join --embedded
says "the nodes are marked" "NoSchedule" k cp2 get node cp3 -o "jsonpath={.metadata.labels.node-role\.kubernetes\.io/control-plane}{.spec.taints[*].effect}"
check "written on cp1" writes cp1 first
check "seen on cp3" within 5 reads cp3 first

# --- losing one
scripts/hosts kill cp1
lost=$SECONDS
check "cp2 writes without cp1" within 20 writes cp2 second
check "cp3 reads it" within 5 reads cp3 second
check "cp3 writes" within 20 writes cp3 third
check "cp2 reads it" within 5 reads cp2 third
check "nothing written before is lost" reads cp2 first
echo "     writing again $((SECONDS - lost)) s after the loss at the latest"
show_members during cp2
endpoint_is 10.88.0.12
config cp2 10.88.0.12
check "the lost node is told NotReady" within 90 node_is cp2 cp1 NotReady
scripts/hosts up cp1
endpoint_is 10.88.0.12
key=$(upload cp2) join=$(join_line cp2)
check "the lost one rejoins, with an empty disk" joins cp1
check "three voting members again" within 20 voters cp2 3
show_members after cp2
check "it has what was written meanwhile" within 5 reads cp1 third
check "cp1 is Ready" within 30 node_is cp2 cp1 Ready

# --- leaving
check "reset of cp3" on cp3 kubeadm reset --force
check "its member is gone" voters cp2 2
check "nothing of it is left" nothing_left cp3
check "the others write" within 10 writes cp1 fourth
k cp1 delete node cp3 >/dev/null

# --- interrupted: the same command finishes, or reset undoes
for at in '\[download-certs\]' '"apiserver" certificate' '"admin.conf"' 'for "kube-scheduler"' '\[kubelet-start\] Starting' \
    '\[etcd\] Announcing' '\[etcd\] Waiting' '\[etcd\] The new' '\[kubelet-wait\]'; do
    check "killed at $at" killed_at "$at"
    check "  the same command finishes it" joins cp3
    check "  three voting members" within 20 voters cp2 3
    check "  reset" on cp3 kubeadm reset --force
    check "  two members" voters cp2 2
    k cp2 delete node cp3 --ignore-not-found >/dev/null # else it counts as Ready for a while
    check "killed again at $at" killed_at "$at"
    check "  reset undoes it" on cp3 kubeadm reset --force
    check "  two members again" voters cp2 2
    check "  nothing is left" nothing_left cp3
    k cp2 delete node cp3 --ignore-not-found >/dev/null
done
