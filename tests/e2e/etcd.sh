#!/bin/bash
# The embedded control plane on real etcd: a static Pod run as a process, two API servers on one etcd, an etcd that
# stops, dies and comes back, values of a real API server, and an external etcd.
LAB=etcd . "$(dirname "$0")/lib.sh"
if ! command -v etcd >/dev/null || ! command -v etcdctl >/dev/null; then
    echo "etcd and etcdctl are not installed (apt-get install etcd-server etcd-client)"
    exit 77
fi

scripts/hosts up cp1 cp2 store || exit 1

pki=/etc/kubernetes/pki
ctl() {
    on cp1 env ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert $pki/etcd/ca.crt \
        --cert $pki/etcd/healthcheck-client.crt --key $pki/etcd/healthcheck-client.key "$@"
}
pods_running() { [ "$(on "$1" kubectl get pods -n kube-system --no-headers | grep -c "1/1 *Running")" -ge "$2" ]; }
etcd_signal() { on cp1 sh -c "kill -$1 \$(pidof etcd)"; }
etcd_check() { on cp1 kubectl get --raw "/healthz/etcd"; }
second() { on cp1 kubectl --server https://10.88.0.11:6444 "$@"; }
# kubectl gives up on an unavailable server by itself; the limit is for a hanging one
write() { timeout 10 scripts/hosts exec cp1 kubectl create configmap "$@"; }

on cp1 sh -c 'cat >/run/config.yaml' <<'YAML'
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
etcd:
  local:
    dataDir: /var/lib/etcd
YAML
check "init on a local etcd" timeout 60 scripts/hosts exec cp1 kubeadm init --embedded --config /run/config.yaml
check "four static Pods run" within 20 pods_running cp1 4
says "one member" "started, cp1, https://10.88.0.11:2380, https://10.88.0.11:2379, false" ctl member list
says "values are JSON" '^\{"kind":"Namespace","apiVersion":"v1"' ctl get --print-value-only /registry/namespaces/default
says "nodes lie under minions" "/registry/minions/cp1" ctl get --keys-only /registry/minions/cp1
says "resourceVersion is the revision of etcd" "^equal$" on cp1 sh -ec "kubectl create configmap rv
    rv=\$(kubectl get configmap rv -o 'jsonpath={.metadata.resourceVersion}')
    rev=\$(ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert $pki/etcd/ca.crt --cert $pki/etcd/server.crt \
        --key $pki/etcd/server.key get -w fields /registry/configmaps/default/rv | sed -n 's/^\"ModRevision\" : //p')
    [ \"\$rv\" = \"\$rev\" ] && echo equal"

# --- what a real API server writes: protobuf ---
on cp1 sh -c 'cat >/run/protobuf.py' <<'PY'
import sys
def field(n, data): return bytes([n << 3 | 2, len(data)]) + data
meta = field(1, b"from-protobuf") + field(5, b"0b9a1b6e-0000-4000-8000-000000000001") + field(8, b"\x08\x80\xe4\xa9\xb0\x06")
raw = field(1, meta) + field(2, field(1, b"kubernetes")) + field(3, field(1, b"Active"))
sys.stdout.buffer.write(b"k8s\0" + field(1, field(1, b"v1") + field(2, b"Namespace")) + field(2, raw))
PY
check "a protobuf value is put into etcd" on cp1 sh -c "python3 /run/protobuf.py | ETCDCTL_API=3 etcdctl \
    --endpoints https://127.0.0.1:2379 --cacert $pki/etcd/ca.crt --cert $pki/etcd/server.crt --key $pki/etcd/server.key \
    put /registry/namespaces/from-protobuf"
protobuf_read() { on cp1 kubectl get namespace from-protobuf --no-headers | grep -Eq "from-protobuf +Active"; }
check "and read as an object" within 5 protobuf_read

# --- a second API server on the same etcd ---
on cp1 sh -ec "sed -n 's/^    - \(--.*\)/\1/p' /etc/kubernetes/manifests/kube-apiserver.yaml |
    sed 's/--secure-port=.*/--secure-port=6444/' >/run/flags
    xargs -d '\n' setsid $CUBEADM_BUILD/src/plane/kube-apiserver </run/flags >/var/log/second.log 2>&1 &"
check "a second server comes up" within 15 second get --raw /readyz
check "written through one" on cp1 kubectl create configmap shared --from-literal=a=1
says "seen through the other" "^1$" second get configmap shared -o 'jsonpath={.data.a}'
check "changed through the other" second patch configmap shared -p '{"data":{"a":"2"}}'
says "seen through the first" "^2$" on cp1 kubectl get configmap shared -o 'jsonpath={.data.a}'
on cp1 sh -c 'kubectl --server https://10.88.0.11:6444 get configmaps -w --output-watch-events --no-headers >/run/watch 2>/run/watch.err & echo $! >/run/watch.pid'
check "a watch through the other stands" within 10 on cp1 grep -q shared /run/watch

# --- etcd does not answer: said clearly, at once, and over when it is back ---
check "health is good" etcd_check
etcd_signal STOP
not_healthy() { ! etcd_check; }
check "a stopped etcd is noticed" within 15 not_healthy
memory() { on cp1 kubectl get --raw "/api/v1/namespaces/default/configmaps?resourceVersion=0"; }
says "reads from memory go on" "shared" memory
refuses "nothing is told as if it were the latest" 1 "the latest state is not known: etcd: .*127.0.0.1:2379" on cp1 kubectl get configmaps
started=$SECONDS
# an election is waited for; after that it is said
refuses "a write fails and says why" 1 "etcd" write while-away
check "and fails soon" [ $((SECONDS - started)) -le 9 ]
started=$SECONDS
refuses "the next one fails too" 1 "etcd" write while-away
check "and at once" [ $((SECONDS - started)) -le 3 ]
etcd_signal CONT
check "it comes back" within 15 etcd_check
check "writes go on" within 10 write after-stop
etcd_signal KILL
check "the agent starts a killed etcd again" within 30 etcd_check
check "writes go on after a kill" within 15 write after-kill
check "nothing acknowledged was lost" on cp1 kubectl get configmap shared rv after-stop after-kill
# shellcheck disable=SC2016
check "the watch lost nothing" within 10 on cp1 sh -ec 'for c in after-stop after-kill; do grep -q "ADDED *$c " /run/watch; done'
on cp1 sh -c "kill \$(cat /run/watch.pid)"
check "all Pods run again" within 40 pods_running cp1 4

# --- an etcd with roles: an API server may watch its own keys only ---
roles() {
    ctl user add root --no-password && ctl user grant-role root root &&
        ctl user add kube-etcd-healthcheck-client --no-password && ctl user grant-role kube-etcd-healthcheck-client root &&
        ctl role add kubernetes && ctl role grant-permission kubernetes readwrite /registry/ --prefix &&
        ctl user add kube-apiserver-etcd-client --no-password &&
        ctl user grant-role kube-apiserver-etcd-client kubernetes && ctl auth enable
}
check "roles are set up" roles
# shellcheck disable=SC2016
check "kill -9 of the API server" on cp1 sh -c 'kill -9 $(pgrep -f "[s]ecure-port=6443")'
check "it comes up again" within 20 on cp1 kubectl get --raw /readyz
check "a key that is not its own changes" ctl put other 1
agree() { on cp1 python3 "$PWD/tests/e2e/agree.py" 5 agree https://10.88.0.11:6443 https://10.88.0.11:6444; }
says "what one acknowledged the other knows" "verdict: good" agree
says "the role that is missing is named" "etcdctl role grant-permission ROLE" on cp1 grep -rh "watch /registry/ only" /var/log/cubeadm
check "without roles again" ctl auth disable

# --- reset takes etcd down ---
on cp1 sh -c "kill \$(pgrep -f secure-port=6444)"
check "reset" timeout 60 scripts/hosts exec cp1 kubeadm reset --force
gone() { ! on cp1 pidof etcd; }
check "no etcd is left" within 10 gone
# shellcheck disable=SC2016
check "its data are gone" on cp1 sh -c '[ -z "$(ls -A /var/lib/etcd 2>/dev/null)" ]'

# --- the only etcd is dead: its API server still answers from memory, and reset does not wait for what cannot come ---
check "init for a dead etcd" timeout 60 scripts/hosts exec cp1 kubeadm init --embedded --config /run/config.yaml
check "its Pods run" within 20 pods_running cp1 4
check "kill -9 of the node agent" on cp1 sh -c 'kill -9 $(cut -d" " -f1 /run/cubeadm/kubelet.pid)'
etcd_signal KILL
check "etcd is dead" within 10 gone
says "reset without etcd" "etcdctl member remove" timeout 20 scripts/hosts exec cp1 kubeadm reset --force
fault "the only etcd is dead at reset"
# shellcheck disable=SC2016
check "its data are gone all the same" on cp1 sh -c '[ -z "$(ls -A /var/lib/etcd 2>/dev/null)" ]'

# --- an external etcd ---
on store sh -c 'setsid etcd --name store --data-dir /var/lib/etcd --listen-client-urls http://10.88.0.13:2379 \
    --advertise-client-urls http://10.88.0.13:2379 --listen-peer-urls http://10.88.0.13:2380 \
    --initial-advertise-peer-urls http://10.88.0.13:2380 --initial-cluster store=http://10.88.0.13:2380 >/var/log/etcd.log 2>&1 &'
on cp2 sh -c 'cat >/run/config.yaml' <<'YAML'
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
etcd:
  external:
    endpoints: ["http://10.88.0.13:2379"]
YAML
check "init on an external etcd" timeout 60 scripts/hosts exec cp2 kubeadm init --embedded --config /run/config.yaml
check "three static Pods run" within 20 pods_running cp2 3
none_on_cp2() { ! on cp2 pidof etcd; }
check "no etcd on this machine" none_on_cp2
