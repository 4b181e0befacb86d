#!/bin/bash
# lib.sh - what the end-to-end stories share: virtual hosts that go away at the end, and checks that are counted.
# Source it; name the lab first:  LAB=cluster . "$(dirname "$0")/lib.sh"
set -uo pipefail
# Each story has a limit of time, also when it is run alone; its hosts go away even when it has to be killed.
if [ -z "${CUBEADM_LIMITED:-}" ]; then
    export CUBEADM_LAB=e2e-${LAB:?}-$$
    CUBEADM_LIMITED=yes timeout -k 30 "${LIMIT:-420}" bash "$0" "$@" &
    trap 'kill -TERM $!' INT TERM
    until wait $!; status=$?; ! kill -0 $! 2>/dev/null; do :; done
    "$(dirname "${BASH_SOURCE[0]}")/../../scripts/hosts" down 2>/dev/null
    exit $status
fi
unset CUBEADM_LIMITED
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
export CUBEADM_BUILD=${CUBEADM_BUILD:-$PWD/build}
passed=0 failed=0
work=$(mktemp -d)

on() { scripts/hosts exec "$@"; }

# check NAME CMD... - the command must succeed
check() {
    local name=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name: $*"
        sed 's/^/     | /' "$work/out" | tail -n 30
    fi
}

# says NAME REGEX CMD... - the command must succeed and print a line that matches
says() {
    local name=$1 regex=$2
    shift 2
    if "$@" >"$work/out" 2>&1 && grep -Eq -- "$regex" "$work/out"; then
        passed=$((passed + 1))
        echo "ok   $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name: $* (wanted /$regex/)"
        sed 's/^/     | /' "$work/out" | tail -n 30
    fi
}

# refuses NAME STATUS REGEX CMD... - the command must end with that status and print a line that matches
refuses() {
    local name=$1 status=$2 regex=$3 got=0
    shift 3
    "$@" >"$work/out" 2>&1 || got=$?
    if [ "$got" -eq "$status" ] && grep -Eq -- "$regex" "$work/out"; then
        passed=$((passed + 1))
        echo "ok   $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name: $* (status $got, wanted $status and /$regex/)"
        sed 's/^/     | /' "$work/out" | tail -n 30
    fi
}

# lacks NAME REGEX - what the last of these printed has no line that matches
lacks() {
    local name=$1 regex=$2
    if grep -E -- "$regex" "$work/out" >"$work/found"; then
        failed=$((failed + 1))
        echo "FAIL $name: it has /$regex/"
        sed 's/^/     | /' "$work/found"
    else
        passed=$((passed + 1))
        echo "ok   $name"
    fi
}

# fault NAME - what the command before printed is what docs/faults.md says a user sees of that fault ("..." is anything)
fault() {
    local seen
    seen=$(awk -F ' *[|] *' -v name="$1" '$2 == name { print $3 }' docs/faults.md | sed 's/^`//; s/`$//')
    if [ -n "$seen" ] && grep -Eq -- "$(sed 's/[][\\.*^$(){}?+|]/\\&/g; s/\\\.\\\.\\\./.*/g' <<<"$seen")" "$work/out"; then
        passed=$((passed + 1))
        echo "ok     docs/faults.md: $1"
    else
        failed=$((failed + 1))
        echo "FAIL docs/faults.md has no row \"$1\" that shows what was seen:"
        sed 's/^/     | /' "$work/out" | tail -n 30
    fi
}

# killed HOST REGEX CMD... - the command is killed (-9) as soon as it prints a line that matches; it must have come that far
killed() {
    local host=$1 status=0
    shift
    on "$host" timeout 120 "$CUBEADM_BUILD/tests/e2e/test-kill-at" "$@" >"$work/killed" 2>&1 </dev/null || status=$?
    [ $status -eq 137 ] && return
    tail -n 5 "$work/killed"
    return 1
}

# within SECONDS CMD... - repeats until the command succeeds
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >"$work/within" 2>&1; do
        if [ $SECONDS -ge $end ]; then
            cat "$work/within"
            return 1
        fi
        sleep 0.1
    done
}

finish() {
    scripts/hosts down
    rm -rf "$work"
    echo "$passed passed, $failed failed"
    echo "took $SECONDS s"
    [ "$failed" -eq 0 ]
}
trap 'finish; exit $?' EXIT
trap 'exit 130' INT TERM

# --- three control planes on stacked etcd: cp1, cp2, cp3 at 10.88.0.11 to .13, under the name cluster.example.org ---

# etcdctl on a host, against that host's member
etcd_on() {
    local h=$1 pki=/etc/kubernetes/pki/etcd
    shift
    on "$h" env ETCDCTL_API=3 etcdctl --endpoints "${ENDPOINTS:-https://127.0.0.1:2379}" --cacert $pki/ca.crt \
        --cert $pki/healthcheck-client.crt --key $pki/healthcheck-client.key "$@"
}
# kubectl on a host, against that host's own API server
k() { local h=$1; shift; on "$h" kubectl --server "https://$h:6443" "$@"; }

three_control_planes() {
    scripts/hosts up cp1 cp2 cp3 || return 1
    local h key join bad=0
    for h in cp1 cp2 cp3; do on "$h" sh -c 'echo "10.88.0.11 cluster.example.org" >>/etc/hosts'; done
    on cp1 sh -c 'cat >/run/cluster.yaml' <<'YAML'
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
controlPlaneEndpoint: cluster.example.org:6443
etcd: {local: {}}
YAML
    on cp1 timeout 120 kubeadm init --embedded --upload-certs --config /run/cluster.yaml || return 1
    key=$(on cp1 kubeadm init phase upload-certs --upload-certs --config /run/cluster.yaml | tail -n 1)
    join=$(on cp1 kubeadm token create --print-join-command | tail -n 1)
    for h in cp2 cp3; do
        # shellcheck disable=SC2086
        on $h timeout 120 $join --control-plane --certificate-key "$key" --embedded &
    done
    wait -n || bad=1
    wait -n || bad=1
    return $bad
}
# name of the host whose member leads, as `$1` sees it
etcd_leader() {
    local id
    id=$(etcd_on "$1" endpoint status -w json | sed -n 's/.*"leader":\([0-9]*\).*/\1/p')
    etcd_on "$1" member list -w json | python3 -c 'import json, sys
for m in json.load(sys.stdin)["members"]:
    if m["ID"] == int(sys.argv[1]): print(m["name"])' "${id:-0}"
}
# writers KIND NAME: one on each of the three hosts, each through its own API server; writers_end waits for them
writers() {
    local h
    writer_pids=()
    for h in cp1 cp2 cp3; do
        on $h rm -f "/run/$2" "/run/$2.stop"
        on $h python3 "$PWD/tests/e2e/writer.py" "https://$h:6443" "$1" "$2-$h" "/run/$2" &
        writer_pids+=($!)
    done
}
writers_end() { # NAME; what they wrote down: $work/NAME-<host>.json
    local h bad=0
    for h in cp1 cp2 cp3; do on $h touch "/run/$1.stop"; done
    wait "${writer_pids[@]}" || bad=1
    for h in cp1 cp2 cp3; do on $h cat "/run/$1" >"$work/$1-$h.json" || bad=1; done
    return $bad
}
# verdict KIND NAME: nothing acknowledged is lost, nothing is there twice or was never asked for; tells the figures. What is
# there etcd says, by a read that a majority stands for.
verdict() {
    local h folder=$1
    [ "$1" != services ] || folder=services/specs
    for h in cp1 cp2 cp3; do
        etcd_on $h get --keys-only --prefix "/registry/$folder/default/" >"$work/keys" 2>/dev/null || continue
        sed -n 's|.*/||p' "$work/keys" >"$work/there"
        python3 tests/e2e/verdict.py "$work/there" "$2" "$work/$2"-cp?.json
        return
    done
    return 1
}
# listed_by_all KIND: each API server lists what etcd holds
listed_by_all() {
    local h
    for h in cp1 cp2 cp3; do
        k $h get "$1" --no-headers -o custom-columns=:metadata.name | sort >"$work/listed"
        sort "$work/there" | grep . | cmp -s - "$work/listed" || return 1
    done
}
