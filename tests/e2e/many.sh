#!/bin/bash
# shellcheck disable=SC2154 # lib.sh makes the work folder
# Many joins at once: a hundred simulated nodes join one embedded control plane in the same second, twice, then sixteen
# machines with the real `kubeadm join`, and all succeed. (scripts/growth: a hundred machines.)
LAB=many . "$(dirname "$0")/lib.sh"

mapfile -t machines < <(printf "n%02d\n" {1..16})
scripts/hosts up cp1 "${machines[@]}" || exit 1
simulate=$CUBEADM_BUILD/tests/bench/simulate

ready_nodes() { [ "$(on cp1 kubectl get nodes --no-headers | grep -c "^$1.* Ready ")" -eq "$2" ]; }
no_pending() { ! on cp1 kubectl get csr --no-headers | grep -v 'Approved,Issued' | grep .; }
leases() { [ "$(on cp1 kubectl get leases -n kube-node-lease --no-headers | grep -c "^$1")" -eq "$2" ]; }
own_range() { # no two nodes may have the same addresses for their pods
    [ "$(on cp1 kubectl get nodes -o 'jsonpath={range .items[*]}{.spec.podCIDR}{"\n"}{end}' | sort -u | grep -c /24)" -eq 217 ]
}

check "init" on cp1 kubeadm init --embedded --pod-network-cidr 10.244.0.0/16
token=$(on cp1 kubeadm token create)
for wave in first second; do
    says "100 joins at once ($wave)" "^100 joined, 0 failed" \
        on cp1 timeout 30 "$simulate" --token "$token" --nodes 100 --parallel 100 --prefix "$wave"
    check "$wave: all Ready" within 10 ready_nodes "$wave" 100
    check "$wave: each has its lease" leases "$wave" 100
done
join=$(on cp1 kubeadm token create --print-join-command)
# shellcheck disable=SC2086
machines_join() {
    local h bad=0
    local -A pids=()
    for h in "${machines[@]}"; do on "$h" timeout 60 $join --embedded >"$work/$h" 2>&1 & pids[$h]=$!; done
    for h in "${machines[@]}"; do wait "${pids[$h]}" || { bad=1; tail -n 3 "$work/$h"; }; done
    return $bad
}
check "16 machines join at once" machines_join
check "all are Ready" within 20 ready_nodes n 16
check "each has its lease too" leases n 16
check "no certificate request is left pending" no_pending
check "every node has a pod range of its own" within 10 own_range
refuses "a name that is taken" 1 "node first0000 is there" on cp1 timeout 30 "$simulate" --token "$token" --nodes 1 --prefix first
refuses "a token that is none" 1 "0 joined, 1 failed" on cp1 timeout 30 "$simulate" --token abcdef.0123456789abcdef --nodes 1 --prefix liar
