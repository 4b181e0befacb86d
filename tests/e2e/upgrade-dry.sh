#!/bin/bash
# shellcheck disable=SC2154 # lib.sh makes the work folder
# Upgrades that change nothing: dry runs where there is no cluster, plans of what is no version and without CoreDNS.
LAB=upgrade-dry . "$(dirname "$0")/lib.sh"

command -v kubectl >/dev/null || { echo "skipped: there is no kubectl"; exit 77; }
scripts/hosts up cp1 bare || exit 1
old=v1.35.4 new=v1.36.2

# --- no cluster
dry() { on bare kubeadm upgrade "$@" --dry-run --ignore-preflight-errors=all </dev/null; }
also() { says "$1" "$2" cat "$work/said"; } # what the last dry run said as well
says "a dry run where there is no cluster" "no /etc/kubernetes/admin.conf: going on with an invented cluster" dry apply $new
cp "$work/out" "$work/said"
also "  shows manifests" 'Would write file "/etc/kubernetes/manifests/etcd.yaml"'
also "  what is stored" 'UPDATE on resource "configmaps"'
also "  addons" '\[addons\] Applied essential addon: kube-proxy'
also "  and ends well" "Finished dryrunning successfully"
says "that of a node too" 'Would write file "/var/lib/kubelet/config.yaml"' dry node
check "they leave nothing but their folders" on bare sh -c \
    '! find /etc/kubernetes /var/lib/kubelet -type f ! -path "/etc/kubernetes/tmp/*" 2>/dev/null | grep .'
on bare sh -c 'mkdir -p /run/k && echo "no kubeconfig" >/run/k/admin.conf'
refuses "a kubeconfig that is none is told" 1 "/run/k/admin.conf" dry apply $new --kubeconfig /run/k/admin.conf
on bare sh -c 'kubeadm init phase certs ca && kubeadm init phase kubeconfig admin --kubeconfig-dir /run/dead &&
    sed -i s/:6443/:6999/ /run/dead/admin.conf' >/dev/null
refuses "so is a server that is not there" 1 "nothing listens at https://10.88.0.12:6999" dry apply $new --kubeconfig /run/dead/admin.conf

# --- the container runtime of a node that does not tell it
on bare sh -c 'mkdir -p /run/crio; exec python3 -c "
import socket, time
s = socket.socket(socket.AF_UNIX); s.bind(\"/run/crio/crio.sock\"); s.listen()
open(\"/run/listening\", \"w\")
time.sleep(200)"' &
within 20 on bare test -e /run/listening
says "it is looked for" '^containerRuntimeEndpoint: unix:///var/run/crio/crio.sock' dry apply $new
cp "$work/out" "$work/said"
also "  and told" 'W.*neither the Node nor /var/lib/kubelet/instance-config.yaml tells the socket'

# --- plans
check "init at $old" on cp1 timeout 60 kubeadm init --embedded --kubernetes-version $old
says "a plan of what is no version is told" 'W.*"nonsense" is no version' on cp1 kubeadm upgrade plan nonsense
cp "$work/out" "$work/said"
also "  and is one for kubeadm's own" "kubeadm upgrade apply $new\$"
on cp1 kubectl -n kube-system delete deployment coredns >/dev/null
refuses "without CoreDNS: that, and how to go on, is told" 1 \
    'CoreDNSMigration\]: .*no Deployment with label k8s-app=kube-dns .*fix: .*ignore-preflight-errors=CoreDNSUnsupportedPlugins,CoreDNSMigration' \
    on cp1 kubeadm upgrade plan $new
