#!/bin/bash
# A worker joins by every way of discovery; each broken one is refused with its reason and its mend.
LAB=discovery . "$(dirname "$0")/lib.sh"

scripts/hosts up cp1 node1 evil || exit 1

to_node() { on cp1 cat "$1" | on node1 sh -c "umask 077; cat >$2"; }
ready() { [ "$(on cp1 kubectl get node node1 --no-headers | awk '{ print $2 }')" = Ready ]; }
# joins NAME ARGUMENT... - joins, is Ready, and leaves again
joins() {
    local name=$1
    shift
    check "$name" on node1 timeout 60 kubeadm join --embedded "$@"
    check "  is Ready" within 20 ready
    check "  keeps no token" on node1 sh -c '! test -e /etc/kubernetes/bootstrap-kubelet.conf'
    check "  leaves" on node1 kubeadm reset --force
    on cp1 kubectl delete node node1 --ignore-not-found >/dev/null
}
# refused NAME REGEX ARGUMENT... - fails with that reason and leaves nothing behind
refused() {
    local name=$1 regex=$2
    shift 2
    refuses "$name" 1 "$regex" on node1 timeout 60 kubeadm join --embedded "$@"
    fault "$name"
    check "  and nothing was written" on node1 sh -c '! ls /etc/kubernetes/*.conf /var/lib/kubelet/config.yaml 2>/dev/null | grep .'
}
conf() { # a discovery file: $1 lines of the user
    on cp1 sh -c 'printf "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n    server: https://10.88.0.11:6443\n    certificate-authority-data: %s\ncontexts:\n- name: x\n  context: {cluster: c, user: u}\ncurrent-context: x\nusers:\n- name: u\n  user: '"$1"'\n" "$(base64 -w0 /etc/kubernetes/pki/ca.crt)" >/run/discovery.conf'
    to_node /run/discovery.conf /run/discovery.conf
}

check "init" on cp1 kubeadm init --embedded
token=$(on cp1 kubeadm token create)
pin=$(on cp1 kubeadm token create --print-join-command | grep -o 'sha256:[0-9a-f]*')
api=10.88.0.11:6443
other=sha256:$(printf '%064d' 7)

joins "token and pin" $api --token "$token" --discovery-token-ca-cert-hash "$pin"
joins "token and several pins" $api --token "$token" --discovery-token-ca-cert-hash "$other,$pin"
joins "token without pin" $api --token "$token" --discovery-token-unsafe-skip-ca-verification
conf '{}'
joins "file without credentials, and a token" --discovery-file /run/discovery.conf --tls-bootstrap-token "$token"
refused "file without credentials, and no token" "no credentials" --discovery-file /run/discovery.conf
conf "{token: $token}"
joins "file with a token" --discovery-file /run/discovery.conf
on node1 sh -c "echo '10.88.0.11 outside.example.org' >>/etc/hosts; sed -i 's/10.88.0.11:6443/outside.example.org:6443/; s/certificate-authority-data/tls-server-name: kubernetes\\n    &/' /run/discovery.conf"
joins "file with a name for TLS" --discovery-file /run/discovery.conf
conf "{exec: {apiVersion: client.authentication.k8s.io/v1, command: /run/give, interactiveMode: Never}}"
on node1 sh -c "umask 077; printf '#!/bin/sh\\necho \\047{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {\"token\": \"$token\"}}\\047\\n' >/run/give; chmod +x /run/give"
joins "file with a program" --discovery-file /run/discovery.conf
to_node /etc/kubernetes/admin.conf /run/admin.conf
joins "file with a certificate" --discovery-file /run/admin.conf
conf '{}'
on cp1 sh -c 'cd /run; exec openssl s_server -accept 8443 -cert /etc/kubernetes/pki/apiserver.crt -key /etc/kubernetes/pki/apiserver.key -WWW >/run/web.log 2>&1' &
web=$!
check "the web server is there" within 10 on node1 sh -c '(: </dev/tcp/10.88.0.11/8443) 2>/dev/null || bash -c ": </dev/tcp/10.88.0.11/8443"'
refused "https URL of a server nobody vouches for" "certificate" --discovery-file https://10.88.0.11:8443/discovery.conf --tls-bootstrap-token "$token"
on cp1 cat /etc/kubernetes/pki/ca.crt | on node1 sh -c 'cat >>/etc/ssl/certs/ca-certificates.crt'
joins "https URL" --discovery-file https://10.88.0.11:8443/discovery.conf --tls-bootstrap-token "$token"
kill $web 2>/dev/null

refused "wrong pin" "does not match.*discovery-token-ca-cert-hash" $api --token "$token" --discovery-token-ca-cert-hash "$other"
refused "unknown token" "kubeadm token create --print-join-command" $api --token zzzzzz.0123456789abcdef --discovery-token-ca-cert-hash "$pin"
refused "right token id, wrong secret" "not signed with the secret" $api --token "${token%.*}.aaaaaaaaaaaaaaaa" --discovery-token-ca-cert-hash "$pin"
short=$(on cp1 kubeadm token create --ttl 1s)
sleep 2
refused "expired token" "expired" $api --token "$short" --discovery-token-ca-cert-hash "$pin"
refused "name taken by a Ready node" "already in the cluster and Ready" $api --token "$token" --discovery-token-ca-cert-hash "$pin" --node-name cp1
on node1 sh -c 'echo "10.88.0.11 other.example.org" >>/etc/hosts'
refused "a name that is not in the certificate" "other.example.org" other.example.org:6443 --token "$token" --discovery-token-ca-cert-hash "$pin"
refused "no way of discovery" "discovery" --token "$token"

# --- a server in between: it is never trusted and never learns the token; each refusal says why, and soon ---
on evil sh -c 'cd /run && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert -subj /CN=evil -addext "subjectAltName=IP:10.88.0.13" 2>/dev/null'
on cp1 kubectl get configmap -n kube-public cluster-info -o json | on evil sh -c 'cat >/run/info.json'
join_config() { # join_config PIN LIMIT: an empty pin trusts the token alone
    on node1 sh -c 'umask 077; cat >/run/hostile.yaml' <<Y
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    token: $token
    apiServerEndpoint: "10.88.0.13:6443"
$([ -n "$1" ] && echo "    caCertHashes: [\"$1\"]" || echo "    unsafeSkipCAVerification: true")
timeouts: {discovery: $2, tlsBootstrap: 1s}
Y
}
# hostile MODE PIN final|waits REGEX WHICH-PIN: the join ends with that reason, with little memory and nothing written; at a
# final cause long before the time for discovery is over
hostile() {
    local mode=$1 start
    on evil sh -c ': >/run/log'
    # shellcheck disable=SC2016
    on evil sh -c 'echo $$ >/run/pid; exec "$@"' sh python3 "$PWD/tests/e2e/hostile.py" "$mode" 6443 /run/cert /run/key /run/info.json /run/log >/dev/null 2>&1 &
    local server=$!
    disown
    within 5 on evil sh -c 'ss -ltn | grep -q :6443' || exit 1
    if [ "$3" = final ]; then join_config "$2" 60s; else join_config "$2" 1s; fi
    start=$SECONDS
    refuses "hostile: $mode${2:+, pinned}" 1 "$4" on node1 prlimit --as=400000000 timeout 60 kubeadm join --embedded --config /run/hostile.yaml
    fault "a server in between: $mode, $5"
    check "  in time" test $((SECONDS - start)) -le 20
    check "  never sees the token" on evil sh -c "! grep -i -e authorization -e '${token#*.}' /run/log"
    check "  and nothing was written" on node1 sh -c '! ls /etc/kubernetes/*.conf /var/lib/kubelet/config.yaml 2>/dev/null | grep .'
    on evil sh -c 'kill $(cat /run/pid)'
    wait $server 2>/dev/null
}
hostile replay "$pin" final 'certificate' 'pinned'
hostile replay "$other" final 'does not match.*discovery-token-ca-cert-hash' 'another pin'
hostile stripped "$pin" waits 'no signature of token .*kubeadm token create' 'pinned'
hostile stripped "$other" final 'does not match.*discovery-token-ca-cert-hash' 'another pin'
hostile stripped "" waits 'no signature of token .*kubeadm token create' 'not pinned'
hostile forged "$pin" final 'not signed with the secret' 'pinned'
hostile forged "" final 'not signed with the secret' 'not pinned'
hostile garbage "$pin" waits '10.88.0.13' 'pinned'
hostile plain "$pin" waits '10.88.0.13:6443' 'pinned'
hostile redirect "$pin" waits '302|redirect|not JSON' 'pinned'
hostile endless "$pin" waits 'too large|larger|more than|limit' 'pinned'
hostile huge "$pin" waits 'too large|larger|more than|limit' 'pinned'
hostile slow "$pin" waits 'timed out|no answer' 'pinned'
hostile mute "$pin" waits 'timed out|no answer' 'pinned'
