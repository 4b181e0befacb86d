#!/bin/bash
# shellcheck disable=SC2154 # lib.sh makes the work folder
# Three embedded control planes on real etcd and three workers, behind a plain TCP proxy (haproxy): joined at once, one
# control plane lost and back, one reset, joins killed half way.
LAB=ha . "$(dirname "$0")/lib.sh"

for tool in etcd etcdctl kubectl haproxy; do
    command -v $tool >/dev/null || { echo "skipped: there is no $tool; install it:  scripts/setup run test"; exit 77; }
done
workers=(node1 node2 node3)
scripts/hosts up lb cp1 cp2 cp3 "${workers[@]}" || exit 1

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
join_line() { on "$1" kubeadm token create --print-join-command | tail -n 1; }
# The proxy knows nothing of Kubernetes: it passes connections on to whoever accepts them.
on lb sh -c 'cat >/run/proxy.cfg && { setsid haproxy -db -f /run/proxy.cfg >/run/proxy.log 2>&1 & }' <<'P'
defaults
    mode tcp
    timeout connect 1s
    timeout check 500ms
    timeout client 1h
    timeout server 1h
    default-server check inter 300ms fall 2 rise 1 on-marked-down shutdown-sessions
listen api
    bind :6443
    option redispatch
    server cp1 10.88.0.12:6443
    server cp2 10.88.0.13:6443
    server cp3 10.88.0.14:6443
P
# The controllers notice sooner than usual, so that the test need not wait.
on cp1 sh -c 'cat >/run/cluster.yaml' <<'Y'
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
controlPlaneEndpoint: lb:6443
etcd: {local: {}}
controllerManager:
  extraArgs:
  - {name: node-monitor-grace-period, value: 20s}
  - {name: leader-elect-lease-duration, value: 4s}
  - {name: leader-elect-renew-deadline, value: 3s}
  - {name: leader-elect-retry-period, value: 1s}
Y
upload() { on "$1" kubeadm init phase upload-certs --upload-certs | tail -n 1; }
# shellcheck disable=SC2086
joins() { local h=$1; shift; on "$h" timeout 180 $join --control-plane --certificate-key "$key" --embedded "$@"; }
# shellcheck disable=SC2086
worker_joins() { on "$1" timeout 120 $join --embedded; }
# at_once FUNCTION HOST...: on all of them at the same time
at_once() {
    local what=$1 h bad=0
    shift
    local -A pids=()
    for h in "$@"; do $what "$h" >"$work/$h" 2>&1 & pids[$h]=$!; done
    for h in "$@"; do wait "${pids[$h]}" || { bad=1; cat "$work/$h"; }; done
    return $bad
}
heartbeats() { k "$1" get leases -n kube-node-lease -o 'jsonpath={range .items[*]}{.metadata.name}={.spec.renewTime}{"\n"}{end}' | grep ^node; }
all_renewed() { # all_renewed HOST BEFORE: each worker's lease is newer than it was
    local now
    now=$(heartbeats "$1") || return 1
    [ "$(wc -l <<<"$now")" -eq ${#workers[@]} ] && ! grep -Fx -f <(echo "$2") <<<"$now"
}
# killed_at REGEX: a join of cp3 that is killed (-9) as soon as it prints that
# shellcheck disable=SC2086
killed_at() { killed cp3 "$1" $join --control-plane --certificate-key "$key" --embedded; }
own_server() { on "$1" grep -q "server: https://$2:6443" /etc/kubernetes/kubelet.conf; }
nothing_left() {
    on "$1" sh -c 'ls -A /etc/kubernetes/manifests /var/lib/kubelet /var/lib/etcd /etc/kubernetes/pki 2>/dev/null | grep -v : | grep .
        ls /etc/kubernetes/*.conf /etc/kubernetes/cubeadm-unfinished.json 2>/dev/null' | grep . && return 1
    ! on "$1" sh -c 'readlink /proc/[0-9]*/exe' | grep -E 'cubeplane|etcd'
}

# --- growing
check "init on real etcd" on cp1 timeout 120 kubeadm init --embedded --upload-certs --config /run/cluster.yaml
key=$(upload cp1) join=$(join_line cp1)
says "the join line names the proxy" '^kubeadm join lb:6443 ' echo "$join"
check "two control planes join at once" at_once joins cp2 cp3
check "three voting members" within 20 voters cp1 3
show_members before cp1
check "three workers join at once" at_once worker_joins "${workers[@]}"
for h in cp2:10.88.0.13 cp3:10.88.0.14; do
    check "the kubelet of ${h%:*} asks its own API server" own_server "${h%:*}" "${h#*:}"
done
check "a worker's kubelet asks the proxy" on node1 grep -q 'server: https://lb:6443' /etc/kubernetes/kubelet.conf
for h in cp1 cp2 cp3 "${workers[@]}"; do check "$h is Ready" within 30 node_is cp1 "$h" Ready; done
says "the nodes are marked" "NoSchedule" k cp2 get node cp3 -o "jsonpath={.metadata.labels.node-role\.kubernetes\.io/control-plane}{.spec.taints[*].effect}"
check "written on cp1" writes cp1 first
check "seen on cp3" within 5 reads cp3 first

# --- losing one
scripts/hosts kill cp1
lost=$SECONDS before=$(heartbeats cp2)
check "cp2 writes without cp1" within 20 writes cp2 second
check "cp3 reads it" within 5 reads cp3 second
check "cp3 writes" within 20 writes cp3 third
check "cp2 reads it" within 5 reads cp2 third
check "nothing written before is lost" reads cp2 first
fault "the host of a control plane dies"
echo "     writing again $((SECONDS - lost)) s after the loss at the latest"
check "kubectl goes on through the proxy" within 20 on cp2 kubectl create configmap fourth
check "the workers go on renewing" within 25 all_renewed cp2 "$before"
show_members during cp2
check "the lost node is told NotReady" within 60 node_is cp2 cp1 NotReady
for h in "${workers[@]}"; do check "$h is Ready all the while" node_is cp2 "$h" Ready; done
scripts/hosts up cp1
key=$(upload cp2) join=$(join_line cp2)
check "the lost one rejoins through the proxy, with an empty disk" joins cp1
fault "a control plane comes back with an empty disk"
check "three voting members again" within 20 voters cp2 3
show_members after cp2
check "it has what was written meanwhile" within 5 reads cp1 third
check "cp1 is Ready" within 30 node_is cp2 cp1 Ready

# --- leaving
check "reset of cp3" on cp3 kubeadm reset --force
check "its member is gone" voters cp2 2
check "nothing of it is left" nothing_left cp3
check "the others write" within 10 writes cp1 fifth
k cp1 delete node cp3 >/dev/null

# --- interrupted: the same command goes on from wherever it was killed, or reset undoes it
places=('\[download-certs\]' '"apiserver" certificate' '"admin.conf"' 'for "kube-scheduler"' '\[kubelet-start\] Starting'
    '\[etcd\] Announcing' '\[etcd\] Waiting' '\[etcd\] The new' '\[kubelet-wait\]')
for at in "${places[@]}"; do check "the same command, killed at $at" killed_at "$at"; done
check "and at last it finishes" joins cp3
fault "a control plane's join is killed (-9), at nine places in turn"
check "three voting members" within 20 voters cp2 3
check "cp3 is Ready" within 30 node_is cp2 cp3 Ready
for at in "" "${places[@]}"; do # the first reset is of the whole join
    [ -z "$at" ] || check "killed at $at" killed_at "$at"
    check "  reset undoes it" on cp3 kubeadm reset --force
    [ -z "$at" ] || [ "$at" != "${places[6]}" ] || fault "a control plane's join is killed (-9) while its etcd member starts, and given up"
    check "  two members" voters cp2 2
    check "  nothing is left" nothing_left cp3
    k cp2 delete node cp3 --ignore-not-found >/dev/null # else it counts as Ready for a while
done
echo "     took $SECONDS s"
