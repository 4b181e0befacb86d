#!/bin/bash
# What users get wrong: each gets one clear message, upstream's exit code, and nothing half-written.
LAB=bad-input . "$(dirname "$0")/lib.sh"

scripts/hosts up cp1 node1 || exit 1

init() { on cp1 kubeadm init --embedded "$@"; }
config() { # config FILE: standard input becomes FILE on cp1
    on cp1 sh -c "cat >/run/$1"
}
untouched() { ! on cp1 sh -c 'find /etc/kubernetes /var/lib/kubelet /var/lib/cubeadm -type f 2>/dev/null | grep .'; }

config tab.yaml <<'Y'
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration:
	name: x
Y
refuses "YAML with a tab names line and column" 1 'line 4' init --config /run/tab.yaml
config unknown.yaml <<'Y'
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterNam: x
Y
refuses "unknown field is named" 1 'clusterNam' on cp1 kubeadm config validate --config /run/unknown.yaml
config twice.yaml <<'Y'
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: x
clusterName: y
Y
refuses "duplicate field is named" 1 'clusterName' init --config /run/twice.yaml
refuses "missing config file" 1 '/run/none.yaml' init --config /run/none.yaml
refuses "invalid pod CIDR" 1 '10.244.0.0/99' init --pod-network-cidr 10.244.0.0/99
refuses "invalid service CIDR" 1 'nonsense' init --service-cidr nonsense
refuses "invalid node name" 1 'not_a_name' init --node-name Not_A_Name
refuses "invalid version" 1 'banana' init --kubernetes-version banana
refuses "invalid token" 1 'token' init --token short
refuses "unknown flag" 1 'unknown flag: --no-such-flag' init --no-such-flag
refuses "mistyped flag: what was meant" 1 '^	--dry-run$' init --dryrun
refuses "mistyped phase: what was meant" 1 '^	apiserver$' on cp1 kubeadm init phase certs apisrver
refuses "not root, where no check says so" 1 'Permission denied; this user is not root: run it with sudo' \
    on cp1 setpriv --reuid=65534 --clear-groups kubeadm init phase certs ca
refuses "unknown phase" 1 'invalid phase name: nonsense' init --skip-phases nonsense
refuses "unknown command" 1 'unknown command "nonsense" for "kubeadm"' on cp1 kubeadm nonsense
refuses "a file without its flag" 1 'a file is given with  --config /run/unknown.yaml' \
    on cp1 kubeadm config validate /run/unknown.yaml
refuses "a command taken for a flag" 1 '^	kubeadm version$' on cp1 kubeadm --version
says "help for a mistyped command" '^	init$' on cp1 kubeadm help inti
refuses "a file that is no configuration" 1 'apiVersion v1, kind Pod is no configuration of kubeadm' \
    on cp1 sh -c 'printf "apiVersion: v1\nkind: Pod\n" >/run/pod.yaml; kubeadm config validate --config /run/pod.yaml'
refuses "a phase that is mistyped within a group" 1 'there are: certs/ca, certs/apiserver,' init --skip-phases certs/apiservr
# dry, so that a failure of this test takes nothing along: the host's / is the machine's
refuses "reset of a folder of the system" 1 '"/etc/../usr" is a folder of the system' \
    on cp1 kubeadm reset --force --dry-run --cert-dir /etc/../usr
refuses "export where there is no cluster" 1 'run this on a control plane.*/etc/kubernetes/admin.conf: No such file' \
    on cp1 kubeadm embedded export
check "nothing was written" untouched

on cp1 sh -c 'exec python3 -c "
import socket,time
s=socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind((\"0.0.0.0\",6443)); s.listen(); time.sleep(30)"' >/dev/null &
taken() { on cp1 ss -ltn | grep -q ':6443 '; }
within 20 taken
refuses "a taken port is named" 1 'ERROR Port-6443' init
wait # until it lets go of the port
refuses "no permission" 1 'ERROR IsPrivilegedUser' on cp1 setpriv --reuid=65534 --clear-groups kubeadm init --embedded
on cp1 sh -c 'mkdir -p /etc/kubernetes/pki && mount -t tmpfs -o size=16k tmpfs /etc/kubernetes/pki'
refuses "disk full while writing names file and cause" 1 '/etc/kubernetes/pki.*No space left' on cp1 kubeadm init phase certs all
check "no half-written file on the full disk" on cp1 sh -c '! find /etc/kubernetes/pki -type f -size 0 | grep . && for c in $(find /etc/kubernetes/pki -name "*.crt"); do openssl x509 -noout -in $c || exit 1; done'
on cp1 umount /etc/kubernetes/pki

check "init" init
token=$(on cp1 kubeadm token create)
pin=$(on cp1 sh -c 'openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum | cut -d" " -f1')
join() { timeout 60 scripts/hosts exec node1 kubeadm join --embedded "$@"; }
refuses "join without a pin" 1 'caCertHashes|discovery-token-ca-cert-hash' join cp1:6443 --token "$token"
refuses "join with an unknown token ends at once" 1 'token' join cp1:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash "sha256:$pin"
refuses "join with a wrong secret ends at once" 1 'token|signature|JWS' join cp1:6443 --token "${token%.*}.0123456789abcdef" --discovery-token-ca-cert-hash "sha256:$pin"
refuses "join with a wrong pin" 1 'hash|pin' join cp1:6443 --token "$token" --discovery-token-ca-cert-hash "sha256:${pin//[0-9]/a}"
on node1 sh -c 'cat >/run/join.yaml' <<Y
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    token: $token
    apiServerEndpoint: cp1:6444
    caCertHashes: ["sha256:$pin"]
timeouts:
  discovery: 2s
Y
refuses "join to a port nobody listens on" 1 'cp1:6444.*refused|refused.*cp1:6444' join --config /run/join.yaml
expired=$(on cp1 kubeadm token create --ttl 1s)
sleep 2
refuses "join with an expired token says so" 1 'expired|unknown' join cp1:6443 --token "$expired" --discovery-token-ca-cert-hash "sha256:$pin"
check "failed joins left nothing" on node1 sh -c '! find /etc/kubernetes /var/lib/kubelet -type f 2>/dev/null | grep .'
check "the right join still works" join cp1:6443 --token "$token" --discovery-token-ca-cert-hash "sha256:$pin"
