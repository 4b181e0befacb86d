#!/bin/bash
# Many joins at once: twenty nodes join one embedded control plane in the same second, twice, and all succeed.
LAB=many . "$(dirname "$0")/lib.sh"

scripts/hosts up cp1 || exit 1
simulate=$CUBEADM_BUILD/tests/bench/simulate

ready_nodes() { [ "$(on cp1 kubectl get nodes --no-headers | grep -c "^$1.* Ready ")" -eq 20 ]; }
no_pending() { ! on cp1 kubectl get csr --no-headers | grep -v 'Approved,Issued' | grep .; }
leases() { [ "$(on cp1 kubectl get leases -n kube-node-lease --no-headers | grep -c "^$1")" -eq 20 ]; }
own_range() { # no two nodes may have the same addresses for their pods
    [ "$(on cp1 kubectl get nodes -o 'jsonpath={range .items[*]}{.spec.podCIDR}{"\n"}{end}' | sort -u | grep -c /24)" -eq 41 ]
}

check "init" on cp1 kubeadm init --embedded --pod-network-cidr 10.244.0.0/16
token=$(on cp1 kubeadm token create)
for wave in first second; do
    says "20 joins at once ($wave)" "^20 joined, 0 failed" \
        on cp1 timeout 30 "$simulate" --token "$token" --nodes 20 --parallel 20 --prefix "$wave"
    check "$wave: all Ready" within 10 ready_nodes "$wave"
    check "$wave: each has its lease" leases "$wave"
done
check "no certificate request is left pending" no_pending
check "every node has a pod range of its own" within 10 own_range
refuses "a name that is taken" 1 "node first0000 is there" on cp1 timeout 30 "$simulate" --token "$token" --nodes 1 --prefix first
refuses "a token that is none" 1 "0 joined, 1 failed" on cp1 timeout 30 "$simulate" --token abcdef.0123456789abcdef --nodes 1 --prefix liar
