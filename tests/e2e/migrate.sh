#!/bin/bash
# shellcheck disable=SC2154 # lib.sh makes the work folder
# An embedded cluster moves from SQLite to etcd: with a writer at work, killed at every step, to an etcd elsewhere, and
# out to a file that another cluster takes in.
LAB=migrate . "$(dirname "$0")/lib.sh"

for tool in etcd etcdctl kubectl python3; do
    command -v $tool >/dev/null || { echo "skipped: there is no $tool (apt-get install etcd-server etcd-client)"; exit 77; }
done
scripts/hosts up cp1 cp2 node1 other store || exit 1

pki=/etc/kubernetes/pki
ctl() {
    on cp1 env ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert $pki/etcd/ca.crt \
        --cert $pki/etcd/healthcheck-client.crt --key $pki/etcd/healthcheck-client.key "$@"
}
migrate_on() { local h=$1; shift; on "$h" timeout 120 kubeadm embedded migrate --to etcd "$@"; }
# shellcheck disable=SC2120
migrate() { migrate_on cp1 "$@"; }
ready() { [ "$(on cp1 kubectl get nodes --no-headers | awk '$2 == "Ready"' | wc -l)" -eq "$1" ]; }
endpoint_is() {
    local h
    for h in cp1 cp2 node1; do
        on "$h" sh -c "grep -v cluster.example.org /etc/hosts >/run/hosts; echo '$1 cluster.example.org' >>/run/hosts; cat /run/hosts >/etc/hosts"
    done
}
config() {
    on "$1" sh -c 'cat >/run/cluster.yaml' <<YAML
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: $2}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
controlPlaneEndpoint: cluster.example.org:6443
networking: {podSubnet: 10.244.0.0/16}
YAML
}
# objects of many kinds, with long values and odd names
fill() {
    on "$1" sh -ec '
        kubectl create namespace shop
        kubectl create -n shop secret generic login --from-literal=user=äöü --from-literal=password="a b\"c"
        head -c 700000 /dev/urandom | base64 -w0 >/run/long
        kubectl create -n shop configmap long --from-file=/run/long
        kubectl create -n shop configmap "name.with.dots" --from-literal=empty=
        kubectl create -n shop deployment web --image=nginx --replicas=3
        kubectl create -n shop service clusterip web --tcp=80:8080
        kubectl create -n shop service nodeport open --tcp=80:8080
        kubectl create -n shop serviceaccount robot
        kubectl create -n shop role reader --verb=get,list --resource=pods
        kubectl create -n shop rolebinding reader --role=reader --serviceaccount=shop:robot
        kubectl create -n shop job once --image=busybox -- true
        kubectl create -n shop cronjob often --image=busybox --schedule="*/5 * * * *" -- true
        kubectl create -n shop poddisruptionbudget web --selector=app=web --min-available=1
        kubectl create -n shop ingress web --rule="example.org/=web:80"
        kubectl create priorityclass high --value=1000
        kubectl annotate -n shop deployment web note="two
lines"'
}
export_raw() { on "${2:-cp1}" kubeadm embedded export --raw -o json --file "$1"; } # FILE [HOST]
# compare BEFORE AFTER: every object is there with the same content and a later revision than any before
cat >"$work/compare.py" <<'PY'
import copy, json, sys
before, after = (json.load(open(f)) for f in sys.argv[1:3])
key = lambda o: (o["apiVersion"], o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"])
now = {key(o): o for o in after["items"]}
last = max(int(o["metadata"]["resourceVersion"]) for o in before["items"])
moving = {"Lease", "Node", "Event", "CertificateSigningRequest"} # written all the time
mirror = lambda o: o["metadata"].get("annotations", {}).get("kubernetes.io/config.mirror") # made anew with its process
bad = 0
for o in before["items"]:
    k, n = key(o), now.get(key(o))
    if not n:
        print("lost:", k); bad += 1; continue
    if int(n["metadata"]["resourceVersion"]) <= last:
        print("revision not later:", k, n["metadata"]["resourceVersion"], "<=", last); bad += 1
    a, b = copy.deepcopy(o), copy.deepcopy(n)
    for x in (a, b): del x["metadata"]["resourceVersion"]
    if k[1] in moving or k[3] == "kubeadm-config":
        a, b = ({f: x["metadata"].get(f) for f in ("uid", "name", "namespace", "creationTimestamp")} for x in (a, b))
    if a != b and not mirror(o):
        print("changed:", k); bad += 1
print(len(before["items"]), "objects compared, last revision", last)
sys.exit(bad > 0 or len(before["items"]) < 150)
PY
compare() { on "${3:-cp1}" python3 "$work/compare.py" "$1" "$2"; } # BEFORE AFTER [HOST]
# creates ConfigMaps one after the other until told to stop; writes down what was acknowledged
writer() {
    on cp1 sh -c 'rm -f /run/stop /run/written; i=0
        while [ ! -e /run/stop ]; do i=$((i + 1)); kubectl create configmap w$i --request-timeout=3s >/dev/null 2>&1 && echo w$i >>/run/written || sleep 0.05; done'
}
all_written() {
    on cp1 sh -ec 'kubectl get configmaps --no-headers | awk "{ print \$1 }" | sort >/run/there; sort /run/written >/run/acknowledged
        [ $(wc -l </run/acknowledged) -gt 5 ]; comm -23 /run/acknowledged /run/there >/run/lost; cat /run/lost; [ ! -s /run/lost ]'
}

# --- a cluster with a worker, on SQLite ---
endpoint_is 10.88.0.11
config cp1 10.88.0.11
check "init on SQLite" on cp1 timeout 60 kubeadm init --embedded --config /run/cluster.yaml
join=$(on cp1 kubeadm token create --print-join-command)
# shellcheck disable=SC2086
check "a worker joins" on node1 timeout 60 $join --embedded
check "objects of many kinds" fill cp1
check "both are Ready" within 20 ready 2
refuses "a store that is none" 1 'takes etcd or sqlite, not "x"' on cp1 kubeadm embedded migrate --to x
refuses "nothing to give up" 1 'on SQLite already' on cp1 kubeadm embedded migrate --to sqlite
refuses "on a worker" 1 "no control plane runs on this machine" on node1 kubeadm embedded migrate --to etcd
refuses "no such etcd" 1 "Connection refused|refused" migrate --etcd-servers http://10.88.0.11:2379
on cp1 mkdir -p /var/lib/etcd/member
refuses "data of another etcd" 1 "/var/lib/etcd is not empty" migrate
on cp1 rm -r /var/lib/etcd/member
check "the API server still serves" on cp1 kubectl get --raw /readyz
version=$(on cp1 kubectl get configmap -n shop long -o 'jsonpath={.metadata.resourceVersion}')
check "everything before" export_raw /run/before.json
refuses "not for nodes" 1 "Forbidden" on cp1 kubectl --as=system:node:node1 --as-group=system:nodes get --raw /cubeadm/export
says "it is private" "^600$" on cp1 stat -c %a /run/before.json

# --- the move, under load ---
writer & writing=$!
check "migrate" migrate
on cp1 touch /run/stop
wait $writing
check "everything after" export_raw /run/after.json
says "every object is there, with a later revision" "objects compared" compare /run/before.json /run/after.json
check "no acknowledged write was lost" all_written
says "values are JSON as the real API server reads them" '^\{"kind":"Secret","apiVersion":"v1",.*"uid":"' ctl get --print-value-only /registry/secrets/shop/login
says "keys are those of the real API server" '^/registry/(deployments/shop/web|minions/cp1|services/specs/shop/web)$' ctl get --keys-only --prefix /registry/
says "an old watch is told to begin anew" '"code":410' on cp1 kubectl get --raw "/api/v1/namespaces/shop/configmaps?watch=1&timeoutSeconds=2&resourceVersion=$version"
check "both are still Ready" within 20 ready 2
check "writes go on" on cp1 kubectl create namespace later
check "controllers see them" within 10 on cp1 kubectl get -n later serviceaccount default
says "the configuration says so" 'dataDir: /var/lib/etcd' on cp1 kubectl get -n kube-system configmap kubeadm-config -o yaml
says "the old store is kept" 'state.db.before-etcd' on cp1 ls /var/lib/cubeadm
refuses "a second time" 1 "on etcd already" migrate
key=$(on cp1 kubeadm init phase upload-certs --upload-certs --config /run/cluster.yaml | tail -n 1)
# shellcheck disable=SC2086
check "a second control plane joins" on cp2 timeout 120 $join --control-plane --certificate-key "$key" --embedded
two_members() { [ "$(ctl member list | grep -c 'started.*false$')" -eq 2 ]; }
check "two members" within 20 two_members
says "it serves what was moved" "^5$" on cp2 sh -c "kubectl --server https://10.88.0.12:6443 get -n shop secret login -o 'jsonpath={.data.password}' | base64 -d | wc -c"

# --- out to a file, into another cluster ---
check "export" on cp1 kubeadm embedded export --file /run/export.yaml
# what is longer than an annotation may be needs --server-side
check "it applies where it came from" on cp1 kubectl apply --server-side --force-conflicts -f /run/export.yaml
check "as one List, too" on cp1 sh -c 'kubeadm embedded export -o json | kubectl apply --server-side --force-conflicts -f -'
on cp1 cat /run/export.yaml | on other sh -c 'cat >/run/export.yaml'
check "another cluster" on other timeout 60 kubeadm init --embedded
check "takes it in" on other kubectl apply --server-side --force-conflicts -f /run/export.yaml
says "with its Secrets" '^a b"c$' on other sh -c "kubectl get -n shop secret login -o 'jsonpath={.data.password}' | base64 -d; echo"
check "and the same long value" on other sh -ec "kubectl get -n shop configmap long -o 'jsonpath={.data.long}' >/run/long.there; cmp /run/long.there /run/long.here" < <(on cp1 cat /run/long | on other sh -c 'cat >/run/long.here')
refuses "a store that is in use" 1 "leave --store out" on other kubeadm embedded export --store /var/lib/cubeadm/state.db
says "the old store, read by itself" "kind: Deployment" on cp1 kubeadm embedded export --store /var/lib/cubeadm/state.db.before-etcd

# --- that one, to an etcd that runs elsewhere ---
on store sh -c 'setsid etcd --name store --data-dir /var/lib/etcd --listen-client-urls http://10.88.0.15:2379 \
    --advertise-client-urls http://10.88.0.15:2379 --listen-peer-urls http://10.88.0.15:2380 \
    --initial-advertise-peer-urls http://10.88.0.15:2380 --initial-cluster store=http://10.88.0.15:2380 >/var/log/etcd.log 2>&1 &'
elsewhere() { on store env ETCDCTL_API=3 etcdctl --endpoints http://10.88.0.15:2379 "$@"; }
check "everything before" export_raw /run/before.json other
check "somebody else's object is there" within 10 elsewhere put /registry/pods/default/theirs x
refuses "an etcd that is not empty" 1 "holds objects already .*theirs.*an empty one is needed" migrate_on other --etcd-servers http://10.88.0.15:2379
says "it is not touched" "^x$" elsewhere get --print-value-only /registry/pods/default/theirs
elsewhere del /registry/pods/default/theirs >/dev/null
check "to an empty one" migrate_on other --etcd-servers http://10.88.0.15:2379
check "everything after" export_raw /run/after.json other
says "every object is there, with a later revision" "objects compared" compare /run/before.json /run/after.json other
says "it is there" "/registry/secrets/shop/login" elsewhere get --keys-only /registry/secrets/shop/login
none_here() { ! on other pidof etcd; }
check "no etcd on this machine" none_here

# --- killed at every step: the same command goes on, and finishes it ---
check "reset of the second" on cp2 kubeadm reset --force
for h in cp2 node1 other store; do scripts/hosts kill $h; done # what follows needs one machine
killed_at() { # REGEX of a line
    check "killed at $1" killed cp1 "$1" kubeadm embedded migrate --to etcd
}
# shellcheck disable=SC2016
killed_after() { # milliseconds since its first line; wherever it is then
    on cp1 timeout 20 bash -c 'rm -f /run/said; kubeadm embedded migrate --to etcd >/run/said 2>&1 & pid=$!
        until [ -s /run/said ]; do sleep 0.01; done
        sleep "$(printf "0.%03d" "$1")"; kill -9 $pid; wait $pid
        echo "status $? after: $(grep "^\[" /run/said | tail -n 1)"' killed_after "$1" >"$work/killed" 2>&1
    says "killed after $1 ms" '^status (137|0) after: \[' cat "$work/killed"
    sed 's/^/     | /' "$work/out"
}
anew() { # a cluster on SQLite, and what it holds
    on cp1 kubeadm reset --force >/dev/null 2>&1
    on cp1 sh -c 'rm -rf /var/lib/etcd/*'
    check "init on SQLite" on cp1 timeout 60 kubeadm init --embedded --config /run/cluster.yaml
    check "an object" on cp1 kubectl create secret generic login --from-literal=password=secret
    check "everything before" export_raw /run/before.json
}
finished() { on cp1 sh -ec 'test ! -e /var/lib/cubeadm/migration.json; grep -q etcd-servers=https /etc/kubernetes/manifests/kube-apiserver.yaml'; }
finish_it() { finished || migrate; finished; }
complete() {
    check "the same command finishes it" finish_it
    check "everything is there" export_raw /run/after.json
    says "with later revisions" "objects compared" compare /run/before.json /run/after.json
}
# each run goes beyond the step at which the one before was killed
for moments in '"etcd/peer" certificate|Stopping|Starting the API' 'Counting|were copied|upload-config'; do
    anew
    IFS='|' read -ra each <<<"$moments"
    for at in "${each[@]}"; do killed_at "$at"; done
    complete
done
anew
for ms in 100 300 400; do finished || killed_after $ms; done
complete

# --- given up ---
anew
killed_at 'Stopping'
says "while the API server is down" '"step": "copy"' on cp1 cat /var/lib/cubeadm/migration.json
check "given up" on cp1 timeout 60 kubeadm embedded migrate --to sqlite
serves() { on cp1 kubectl get secret login; }
check "the API server serves as before" within 10 serves
no_etcd() { ! on cp1 pidof etcd && ! on cp1 test -e /var/lib/cubeadm/migration.json; }
check "nothing of it is left" no_etcd
killed_at 'Stopping'
on cp1 sh -c 'mv /etc/kubernetes/pki/apiserver-etcd-client.key /run/'
refuses "a second run that cannot go on" 1 "is started again from its old store" migrate
check "leaves the API server on SQLite" within 10 serves
on cp1 sh -c 'mv /run/apiserver-etcd-client.key /etc/kubernetes/pki/'
complete
check "with everything" serves
refuses "too late to give up" 1 "none back from etcd" on cp1 kubeadm embedded migrate --to sqlite
