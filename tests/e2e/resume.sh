#!/bin/bash
# An init that is killed (-9) anywhere, or fails, is finished by the same command, or undone by reset.
# shellcheck disable=SC2154 # lib.sh makes the work folder
LAB=resume . "$(dirname "$0")/lib.sh"

scripts/hosts up cp1 || exit 1
init() { on cp1 timeout 60 kubeadm init --embedded "$@"; }
reset() { on cp1 kubeadm reset --force; }
# killed_at REGEX: an init that is killed as soon as it prints that
killed_at() { killed cp1 "$1" kubeadm init --embedded; }
# killed_after SECONDS: an init that is killed at whatever it does then
killed_after() { on cp1 timeout -s KILL "$1" kubeadm init --embedded >"$work/killed" 2>&1; [ $? -ne 1 ]; }
ready() { on cp1 kubectl get node cp1 --no-headers | grep -q ' Ready'; }
nothing_left() {
    on cp1 sh -c 'ls -A /etc/kubernetes/manifests /var/lib/kubelet /etc/kubernetes/pki 2>/dev/null | grep -v : | grep .
        ls /etc/kubernetes/*.conf /etc/kubernetes/*.json 2>/dev/null' | grep . && return 1
    ! on cp1 sh -c 'readlink /proc/[0-9]*/exe' | grep cubeplane
}
no_mark() { on cp1 sh -c '! test -e /etc/kubernetes/cubeadm-unfinished.json'; }
no_temporary_files() { ! on cp1 find /etc/kubernetes /var/lib/kubelet -name '.*' -type f | grep .; }
one_ca() { # every certificate of the cluster's CA still fits the one that is there
    # shellcheck disable=SC2016
    on cp1 sh -c 'cd /etc/kubernetes/pki && for c in apiserver apiserver-kubelet-client; do openssl verify -CAfile ca.crt $c.crt || exit 1; done'
}

for at in '"ca" certificate' '"front-proxy-client"' '"sa" key' '"admin.conf"' 'for "kube-apiserver"' \
    '\[kubelet-start\] Starting' '\[kubelet-check\]' '\[upload-config\]' '\[mark-control-plane\]' '\[bootstrap-token\]' \
    '\[kubelet-finalize\]' '\[addons\]'; do
    check "killed at $at" killed_at "$at"
    says "  the same command goes on and finishes" 'going on with what it left' init
    check "  the node is Ready" within 20 ready
    check "  the certificates belong together" one_ca
    check "  no mark is left" no_mark
    check "  no half-written file is left" no_temporary_files
    refuses "  a third init is refused as ever" 1 'FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml' init
    check "  reset" reset
done
for seconds in 0.03 0.07 0.1 0.14 0.18 0.22 0.26 0.3 0.35 0.4; do
    check "killed after $seconds s" killed_after $seconds
    check "  the same command finishes" init --ignore-preflight-errors all
    check "  the node is Ready" within 20 ready
    check "  reset" reset
done
check "killed once more" killed_at '\[kubelet-check\]'
refuses "with other settings it is refused, with the reason" 1 'an earlier init with other settings' init --service-dns-domain other.example
check "reset undoes it" reset
check "nothing is left" nothing_left
check "with other settings it now succeeds" init --service-dns-domain other.example
