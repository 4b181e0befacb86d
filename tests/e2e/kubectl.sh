#!/bin/bash
# The API server alone, judged by real kubectls: the one on the PATH and Debian's 1.20 (unpacked beside the build when it
# can be had). A server of its own on a free loopback port, certificates made with openssl, everything below one
# temporary folder.  KUBE_APISERVER names another program to test.
# shellcheck disable=SC2154 # lib.sh sets passed, failed and work
LAB=kubectl . "$(dirname "$0")/lib.sh"

server=${KUBE_APISERVER:-$CUBEADM_BUILD/tests/e2e/test-apiserver}
server_pid=
finish() {
    [ -z "$server_pid" ] || { kill "$server_pid" 2>/dev/null && wait "$server_pid" 2>/dev/null; }
    if [ "$failed" -gt 0 ]; then tail -n 30 "$work/server.log"; fi
    rm -rf "$work"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

# --- certificates
pki=$work/pki
mkdir -p "$pki"
sign() { # sign NAME SUBJECT EXTENSIONS
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$pki/$1.key" -out "$pki/$1.csr" -subj "$2" &&
        openssl x509 -req -in "$pki/$1.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -days 2 \
            -out "$pki/$1.crt" -extfile <(printf '%b' "$3")
}
{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$pki/ca.key" -out "$pki/ca.crt" \
        -days 2 -subj /CN=kubernetes &&
        sign server /CN=kube-apiserver 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth' &&
        sign admin /O=system:masters/CN=admin 'extendedKeyUsage=clientAuth' &&
        sign jane /O=developers/CN=jane 'extendedKeyUsage=clientAuth' &&
        openssl genrsa -out "$pki/sa.key" 2048
} >"$work/openssl.log" 2>&1 || { cat "$work/openssl.log"; exit 1; }

# --- the server
start_server() {
    rm -f "$work/port"
    mkfifo "$work/port"
    "$server" --advertise-address=127.0.0.1 --bind-address=127.0.0.1 --secure-port=0 --ready-fd=3 \
        --tls-cert-file="$pki/server.crt" --tls-private-key-file="$pki/server.key" --client-ca-file="$pki/ca.crt" \
        --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --enable-bootstrap-token-auth=true \
        --service-account-issuer=https://kubernetes.default.svc.cluster.local \
        --service-account-key-file="$pki/sa.key" --service-account-signing-key-file="$pki/sa.key" \
        --service-cluster-ip-range=10.96.0.0/12 --etcd-servers="sqlite://$work/db/state.db" \
        3>"$work/port" >>"$work/server.log" 2>&1 &
    server_pid=$!
    read -r -t 10 port <"$work/port" || { echo "the server did not start:"; cat "$work/server.log"; exit 1; }
}
started=$(date +%s%N)
start_server
echo "server ready after $((($(date +%s%N) - started) / 1000000)) ms"

config() { # config USER
    KUBECONFIG=$work/$1.conf
    export KUBECONFIG
    kubectl config set-cluster c --server="https://127.0.0.1:$port" --certificate-authority="$pki/ca.crt" --embed-certs &&
        kubectl config set-credentials u --client-certificate="$pki/$1.crt" --client-key="$pki/$1.key" --embed-certs &&
        kubectl config set-context x --cluster=c --user=u && kubectl config use-context x
}
make_configs() {
    config jane >/dev/null && config admin >/dev/null
}
kubectl_bin=$(command -v kubectl) || { echo "kubectl is not on the PATH"; exit 1; }
export HOME=$work
kubectl() { timeout 60 "$kubectl_bin" "$@"; }
export -f kubectl
export kubectl_bin
make_configs || exit 1

as_jane() { KUBECONFIG=$work/jane.conf kubectl "$@"; }
file() { cat >"$work/$1"; }
pipe() { bash -c "set -o pipefail; $1"; }

# --- the story; N is a namespace of its own
story() {
    local N=$1
    says "version" 'Server Version' kubectl version
    check "cluster-info" kubectl cluster-info
    says "api-resources" '^nodes +no +v1 +false +Node' kubectl api-resources
    says "api-versions" '^rbac.authorization.k8s.io/v1$' kubectl api-versions
    says "readyz" 'readyz check passed' kubectl get --raw '/readyz?verbose'
    says "get namespaces" '^kube-system +Active' kubectl get ns
    says "get -A" '.' kubectl get all -A

    # create, get in every form
    says "create namespace" "namespace/$N created" kubectl create namespace "$N"
    check "service account" kubectl create sa default -n "$N"
    says "create configmap" 'configmap/a created' kubectl create configmap a --from-literal=k=v -n "$N"
    refuses "create twice" 1 'AlreadyExists|already exists' kubectl create configmap a -n "$N"
    says "get" '^a +1 ' kubectl get cm a -n "$N"
    says "get -o wide" '^a +1 ' kubectl get cm -o wide -n "$N"
    says "get -o yaml" '^  k: v$' kubectl get cm a -o yaml -n "$N"
    says "get -o json" '"k": "v"' kubectl get cm a -o json -n "$N"
    says "get -o name" '^configmap/a$' kubectl get cm -o name -n "$N"
    says "get -o jsonpath" '^v$' kubectl get cm a -o 'jsonpath={.data.k}' -n "$N"
    says "get --show-labels" 'LABELS' kubectl get cm --show-labels -n "$N"
    says "get --sort-by" '^a ' kubectl get cm --sort-by=.metadata.name -n "$N"
    says "get two kinds" '^configmap/a' kubectl get cm,sa -n "$N"
    refuses "get absent" 1 'NotFound' kubectl get cm absent -n "$N"
    refuses "unknown resource" 1 "doesn't have a resource type" kubectl get foos
    says "create secret" 'created' kubectl create secret generic s --from-literal=pw=geheim -n "$N"
    says "describe secret" 'pw: +6 bytes' kubectl describe secret s -n "$N"
    says "describe configmap" 'k:' kubectl describe cm a -n "$N"

    # apply
    file apply.yaml <<Y
apiVersion: v1
kind: ConfigMap
metadata: {name: applied, namespace: $N, labels: {app: x}}
data: {one: "1", two: "2"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: $N}
spec:
  replicas: 2
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec: {containers: [{name: c, image: i}]}
Y
    says "apply creates" 'configmap/applied created' kubectl apply -f "$work/apply.yaml"
    says "apply again" 'deployment.apps/d unchanged' kubectl apply -f "$work/apply.yaml"
    sed -i 's/, two: "2"/, three: "3"/; s/replicas: 2/replicas: 3/' "$work/apply.yaml"
    says "apply changes" 'deployment.apps/d configured' kubectl apply -f "$work/apply.yaml"
    says "apply prunes keys" '^\{"one":"1","three":"3"\}$' kubectl get cm applied -n "$N" -o 'jsonpath={.data}'
    says "deployment columns" '^d +0/3 +0 +0' kubectl get deploy -n "$N"
    says "generation" '^2$' kubectl get deploy d -n "$N" -o 'jsonpath={.metadata.generation}'
    [ "$2" -lt 27 ] || check "diff, nothing to do" kubectl diff -f "$work/apply.yaml"
    says "scale" 'scaled' kubectl scale deploy d --replicas=5 -n "$N"
    says "scaled" '^5$' kubectl get deploy d -n "$N" -o 'jsonpath={.spec.replicas}'
    says "set image" 'updated' kubectl set image deploy/d c=j -n "$N"
    says "server-side apply" 'serverside-applied' kubectl apply --server-side --force-conflicts -f "$work/apply.yaml"
    says "replace" 'replaced' pipe "kubectl get cm applied -n $N -o yaml | sed 's/\"1\"/\"11\"/' | kubectl replace -f -"
    says "delete -f" 'deleted' kubectl delete -f "$work/apply.yaml"
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad, namespace: %s}\ndatta: {a: b}\n' "$N" >"$work/bad.yaml"
    if [ "$2" -ge 27 ]; then
        refuses "unknown field" 1 'unknown field' kubectl create -f "$work/bad.yaml"
    fi
    refuses "invalid name" 1 'Invalid value' kubectl create cm Not_valid -n "$N"

    # label, annotate, patch, edit
    says "label" 'labeled' kubectl label cm a tier=x -n "$N"
    says "label selector" '^configmap/a$' kubectl get cm -l 'tier in (x,y)' -o name -n "$N"
    says "label selector, no match" 'No resources found' kubectl get cm -l '!tier,none' -n "$N"
    says "field selector" '^configmap/a$' kubectl get cm --field-selector metadata.name=a -o name -n "$N"
    refuses "bad field selector" 1 'BadRequest|field' kubectl get cm --field-selector data.k=v -n "$N"
    refuses "label exists" 1 'overwrite' kubectl label cm a tier=z -n "$N"
    says "label --overwrite" 'labeled' kubectl label cm a tier=z --overwrite -n "$N"
    says "label removed" 'labeled|unlabeled' kubectl label cm a tier- -n "$N"
    says "annotate" 'annotated' kubectl annotate cm a note=hello -n "$N"
    says "patch merge" 'patched' kubectl patch cm a --type merge -p '{"data":{"m":"1"}}' -n "$N"
    says "patch strategic" 'patched' kubectl patch cm a -p '{"data":{"s":"1","k":null}}' -n "$N"
    says "patch json" 'patched' kubectl patch cm a --type json -p '[{"op":"add","path":"/data/j","value":"1"}]' -n "$N"
    says "patched" '^\{"j":"1","m":"1","s":"1"\}$' kubectl get cm a -n "$N" -o 'jsonpath={.data}'
    says "patch without change" 'no change' kubectl patch cm a -p '{}' -n "$N"
    refuses "patch that does not fit" 1 'does not fit|invalid' kubectl patch cm a --type json \
        -p '[{"op":"remove","path":"/data/none"}]' -n "$N"
    says "edit" 'edited' env EDITOR="sed -i s/hello/goodbye/" bash -c "kubectl edit cm a -n $N"
    says "edited" '^goodbye$' kubectl get cm a -n "$N" -o 'jsonpath={.metadata.annotations.note}'

    # nodes and pods
    file node.yaml <<Y
apiVersion: v1
kind: Node
metadata: {name: $N-node}
spec: {}
status:
  capacity: {cpu: "2", memory: 1Gi, pods: "110"}
  conditions: [{type: Ready, status: "True", reason: KubeletReady, message: ok, lastHeartbeatTime: null, lastTransitionTime: null}]
  addresses: [{type: InternalIP, address: 10.0.0.1}]
  nodeInfo: {kubeletVersion: v1.36.2, osImage: Debian, kernelVersion: "6", containerRuntimeVersion: process://0, architecture: amd64, operatingSystem: linux, bootID: "", machineID: "", systemUUID: "", kubeProxyVersion: ""}
Y
    says "create node" 'created' kubectl create --validate=false -f "$work/node.yaml"
    says "get nodes" "^$N-node +(Not)?Ready" kubectl get nodes
    says "get nodes -o wide" '10\.0\.0\.1' kubectl get nodes -o wide
    says "taint" 'tainted' kubectl taint node "$N-node" a=b:NoSchedule
    says "describe node" 'a=b:NoSchedule' kubectl describe node "$N-node"
    says "cordon" 'cordoned' kubectl cordon "$N-node"
    says "cordoned" 'SchedulingDisabled' kubectl get node "$N-node"
    check "wait for a condition" kubectl wait --for=condition=Ready "node/$N-node" --timeout=5s
    says "run" 'pod/p created' kubectl run p --image=busybox -n "$N"
    says "get pods" '^p +0/1 +Pending +0' kubectl get pods -n "$N"
    says "describe pod" '^Status: +Pending' kubectl describe pod p -n "$N"
    says "bind" '"status":"Success"' pipe "kubectl create --raw /api/v1/namespaces/$N/pods/p/binding -f - <<<'{\"metadata\":{\"name\":\"p\"},\"target\":{\"kind\":\"Node\",\"name\":\"$N-node\"}}'"
    says "bound" "$N-node" kubectl get pods -n "$N" -o wide
    says "delete pod gracefully" 'deleted' kubectl delete pod p -n "$N" --wait=false
    says "pod terminates" '^p +0/1 +Terminating' kubectl get pods -n "$N"
    says "delete pod now" 'deleted' kubectl delete pod p -n "$N" --grace-period=0 --force
    check "pod is gone" within 5 pipe "! kubectl get pod p -n $N"
    says "create service" 'created' kubectl create service clusterip svc --tcp=80:80 -n "$N"
    says "service address" '^svc +ClusterIP +10\.' kubectl get svc -n "$N"

    # watches and waiting
    kubectl get cm -n "$N" -w --no-headers >"$work/watch" 2>&1 &
    local watcher=$!
    check "watch starts" within 5 grep -q '^a ' "$work/watch"
    kubectl create cm watched -n "$N" >/dev/null
    check "watch shows a creation" within 5 grep -q '^watched ' "$work/watch"
    kill $watcher 2>/dev/null
    wait $watcher 2>/dev/null
    kubectl wait --for=delete cm/watched -n "$N" --timeout=10s >"$work/waited" 2>&1 &
    watcher=$!
    sleep 0.3
    check "delete" kubectl delete cm watched -n "$N"
    check "wait for deletion" wait $watcher

    # owners
    local uid
    uid=$(kubectl get cm a -n "$N" -o 'jsonpath={.metadata.uid}')
    kubectl create -f - >/dev/null 2>&1 <<Y
apiVersion: v1
kind: ConfigMap
metadata:
  name: owned
  namespace: $N
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: a, uid: $uid}]
Y
    check "an owned object is there" kubectl get cm owned -n "$N"
    check "delete its owner" kubectl delete cm a -n "$N"
    check "it goes with its owner" within 5 pipe "! kubectl get cm owned -n $N"

    # who may what
    says "auth can-i, admin" '^yes' kubectl auth can-i create pods
    refuses "auth can-i, somebody" 1 '^no' as_jane auth can-i create pods -n "$N"
    refuses "forbidden" 1 'cannot list resource "pods" in API group ""' as_jane get pods -n "$N"
    check "create role" kubectl create role reader --verb=get,list --resource=pods -n "$N"
    check "create rolebinding" kubectl create rolebinding jane --role=reader --user=jane -n "$N"
    says "granted" '^yes' as_jane auth can-i list pods -n "$N"
    says "auth can-i --list" 'pods +\[\] +\[\] +\[get list\]' as_jane auth can-i --list -n "$N"
    check "uses the right" as_jane get pods -n "$N"
    refuses "impersonation is forbidden" 1 'forbidden|cannot impersonate' as_jane get pods --as=admin -n "$N"
    says "impersonation" '^yes' kubectl auth can-i list pods -n "$N" --as=jane

    # the end of a namespace
    says "delete namespace" 'deleted' kubectl delete ns "$N"
    check "namespace is gone" pipe "! kubectl get ns $N"
    check "delete node" kubectl delete node "$N-node"
}

echo "# $kubectl_bin: $(kubectl version --client 2>/dev/null | head -1)"
story new 32

# --- a restart keeps everything and lets watches resume
kubectl create cm keep --from-literal=a=b -n default >/dev/null
kill -9 "$server_pid"
wait "$server_pid" 2>/dev/null
start_server
make_configs
says "killed and restarted: objects are there" '^b$' kubectl get cm keep -n default -o 'jsonpath={.data.a}'
check "second server on the same database is refused" pipe "! $server --secure-port=0 --tls-cert-file=$pki/server.crt --tls-private-key-file=$pki/server.key --etcd-servers=sqlite://$work/db/state.db"
check "orderly stop" pipe "kill $server_pid && timeout 5 tail --pid=$server_pid -f /dev/null"
wait "$server_pid" 2>/dev/null
start_server
make_configs

# --- Debian's kubectl 1.20
old=$CUBEADM_BUILD/kubectl-1.20
if [ ! -x "$old/usr/bin/kubectl" ]; then
    (cd "$work" && apt-get download kubernetes-client && dpkg -x kubernetes-client_1.20*.deb "$old") >"$work/apt.log" 2>&1
fi
if [ -x "$old/usr/bin/kubectl" ]; then
    kubectl_bin=$old/usr/bin/kubectl
    echo "# $kubectl_bin: $(kubectl version --client --short)"
    story old 20
else
    echo "# kubectl 1.20 cannot be had here, skipped"
fi
