#!/bin/bash
# A worker joins by every way of discovery; each broken one is refused with its reason and its mend.
LAB=discovery . "$(dirname "$0")/lib.sh"

scripts/hosts up cp1 node1 || exit 1

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
