#!/bin/bash
# Things break: each wait says what is missing, ends early at a final cause, and a second run goes on.
LAB=faults . "$(dirname "$0")/lib.sh"

scripts/hosts up cp1 node1 || exit 1

# quick SECONDS NAME STATUS REGEX CMD... - as refuses, and within that many seconds
quick() {
    local limit=$1 start=$SECONDS
    shift
    refuses "$@"
    fault "$1"
    check "... within $limit s" test $((SECONDS - start)) -le "$limit"
}
config() { on "$1" sh -c "cat >/run/$2"; }
reset() { on "$1" kubeadm reset --force; }

# --- components that cannot start ---
config cp1 broken.yaml <<'Y'
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
apiServer:
  extraArgs:
  - {name: encryption-provider-config, value: /etc/none.yaml}
Y
quick 20 "an API server that ends again and again" 1 'kube-apiserver.*ended with exit status 1|encryption-provider-config' \
    on cp1 kubeadm init --embedded --config /run/broken.yaml
check "reset after a broken init" reset cp1
on cp1 sh -c 'mkdir -p /run/parts && printf "#!/bin/sh\necho no such luck >&2\nexit 7\n" >/run/parts/kubelet && chmod +x /run/parts/kubelet'
quick 10 "a node agent that ends at once" 1 'no such luck' on cp1 kubeadm init --embedded --component-dir /run/parts
check "reset after a dead agent" reset cp1
quick 5 "a missing component folder" 1 '/run/none' on cp1 kubeadm init --embedded --component-dir /run/none

# --- a good cluster, its events and its survival ---
check "init with events" on cp1 kubeadm init --embedded --events /run/events.jsonl
check "events are JSON, one object a line" on cp1 python3 -c '
import json
rows = [json.loads(l) for l in open("/run/events.jsonl")]
assert rows and all({"step", "state", "time", "duration"} <= set(r) for r in rows), rows[:2]
assert any(r["step"] == "certs/ca" and r["state"] == "done" for r in rows)'
check "events are private" on cp1 sh -c '[ "$(stat -c %a /run/events.jsonl)" = 600 ]'
on cp1 kubectl create configmap kept --from-literal=a=b >/dev/null
pid_of() { on cp1 sh -c "for p in /proc/[0-9]*; do case \$(tr '\\0' ' ' <\$p/cmdline) in *$1\ *|*/$1\ *) case \$(readlink \$p/exe) in *cubeplane) echo \${p#/proc/};; esac;; esac; done" | head -n1; }
old=$(pid_of kube-apiserver)
check "kill -9 of the API server" on cp1 kill -9 "$old"
check "it is back, with its data" within 20 on cp1 kubectl get configmap kept
says "nothing is lost" '^kept ' on cp1 kubectl get configmap kept
fault "kill -9 of the API server"
check "it is another process" test "$(pid_of kube-apiserver)" != "$old"
check "kill -9 of the node agent" on cp1 sh -c 'kill -9 $(cut -d" " -f1 /run/cubeadm/kubelet.pid)'
check "the API server runs on without it" on cp1 kubectl get configmap kept

# --- joins that wait or must not wait ---
read -r endpoint token pin <<<"$(on cp1 kubeadm token create --print-join-command | awk '{print $3, $5, $7}')"
joining() { # joining FILE: a join configuration with short limits
    config node1 "$1" <<Y
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken: {token: $token, apiServerEndpoint: "$endpoint", caCertHashes: ["$pin"]}
timeouts: {discovery: 4s, tlsBootstrap: 4s}
Y
}
joining join.yaml
join() { timeout 60 scripts/hosts exec node1 kubeadm join --embedded --config /run/join.yaml; }
scripts/hosts cut cp1
quick 30 "a control plane that does not answer" 1 "\[wait\].*$endpoint|no route|timed out|unreachable" join
scripts/hosts mend cp1
on cp1 kubectl delete clusterrolebinding kubeadm:node-autoapprove-bootstrap >/dev/null
quick 20 "a certificate request that nobody approves" 1 'pending.*kubectl certificate approve csr-' join
check "reset after it" reset node1
on cp1 kubectl delete csr --all >/dev/null
deny() { on cp1 kubectl get csr -o name | xargs -r -n1 scripts/hosts exec cp1 kubectl certificate deny | grep .; }
within 15 deny >/dev/null 2>&1 &
quick 20 "a certificate request that is denied" 1 'error: .*(refused|denied)' join
wait
check "reset after it too" reset node1
on cp1 kubeadm init phase bootstrap-token >/dev/null
check "with the binding back the same join succeeds" join
ready() { on cp1 kubectl get node node1 --no-headers | grep -q ' Ready'; }
check "the node is Ready" within 20 ready
check "reset for the clock" reset node1
on cp1 kubectl delete node node1 >/dev/null
quick 10 "a clock that is an hour behind" 1 'not valid yet.*clock is 3[56][0-9]{2} s behind' \
    on node1 faketime -f -1h kubeadm join --embedded --config /run/join.yaml
check "with the right clock it joins" join
check "the node is Ready again" within 20 ready
quick 10 "the name of a Ready node, preflight ignored" 1 'node1.*already in the cluster' \
    on node1 sh -c "kubeadm join --embedded --config /run/join.yaml --ignore-preflight-errors all"

# --- the agent is dead: reset still ends what it started ---
check "reset without an agent" reset cp1
check "nothing of it runs" on cp1 sh -c '! readlink /proc/[0-9]*/exe | grep cubeplane'
