#!/bin/bash
# The certificates of a control plane on real etcd: when they end, renewed one by one and all, also after they ended, with
# a full disk and without the authority's key; requests signed by openssl; kubeconfigs for users. openssl, kubectl and the
# restarted components are the witnesses.
LAB=certs . "$(dirname "$0")/lib.sh"
work=${work:?}
for tool in etcd openssl kubectl faketime; do
    command -v $tool >/dev/null || { echo "certs: $tool is missing; install it:  scripts/setup test"; exit 1; }
done
scripts/hosts up cp1 || exit 1

pki=/etc/kubernetes/pki
kubeadm() { timeout 60 scripts/hosts exec cp1 kubeadm "$@"; }
cat >"$work/witness" <<'W'
# crt_of NAME: PEM of a certificate, from its file or out of its kubeconfig;  key_of NAME: its key
cd /etc/kubernetes/pki || exit 1
file_of() { case $1 in etcd-*) echo "etcd/${1#etcd-}" ;; *) echo "$1" ;; esac; }
embedded() { sed -n "s/^ *$2: //p" "/etc/kubernetes/$1" | base64 -d; }
crt_of() { case $1 in *.conf) embedded "$1" client-certificate-data ;; *) cat "$(file_of "$1").crt" ;; esac; }
key_of() { case $1 in *.conf) embedded "$1" client-key-data ;; *) cat "$(file_of "$1").key" ;; esac; }
ca_of() { case $1 in etcd-* | *-etcd-client) echo etcd/ca.crt ;; front-proxy-client) echo front-proxy-ca.crt ;; *) echo ca.crt ;; esac; }
names="admin.conf apiserver apiserver-etcd-client apiserver-kubelet-client controller-manager.conf etcd-healthcheck-client
    etcd-peer etcd-server front-proxy-client scheduler.conf super-admin.conf"
facts() { crt_of "$1" | openssl x509 -noout -subject -issuer -ext subjectAltName,extendedKeyUsage,keyUsage,basicConstraints 2>&1; }
good() { # good NAME: it chains, its key belongs to it, nobody else may read that
    crt_of "$1" >/run/crt && openssl verify -CAfile "$(ca_of "$1")" /run/crt &&
        [ "$(openssl x509 -noout -pubkey -in /run/crt)" = "$(key_of "$1" | openssl pkey -pubout)" ] &&
        [ -z "$(find /etc/kubernetes \( -name '*.key' -o -name '*.conf' \) ! -perm 0600)" ] &&
        [ -z "$(find /etc/kubernetes -name '*.new')" ]
}
W
on cp1 sh -c 'cat >/run/witness' <"$work/witness"
witness() { on cp1 bash -c ". /run/witness; $1"; }
# shellcheck disable=SC2016 # for the host's shell
each_good() { witness 'for n in $names; do good $n || { echo "$n is not good"; exit 1; }; done'; }
snapshot() { witness "for n in \$names; do crt_of \$n | sha256sum; facts \$n; done >/run/$1; for n in \$names; do facts \$n; done >/run/$1.facts"; }
serving() { on cp1 sh -c "openssl s_client -connect 10.88.0.11:6443 </dev/null 2>/dev/null | openssl x509 -noout -serial"; }
on_disk() { on cp1 openssl x509 -noout -serial -in $pki/apiserver.crt; }
served_is_on_disk() { [ "$(serving)" = "$(on_disk)" ] && on cp1 kubectl get nodes; }
pods_running() { [ "$(on cp1 kubectl get pods -n kube-system --no-headers | grep -c "1/1 *Running")" -ge "$1" ]; }
on cp1 sh -c 'cat >/run/config.yaml' <<'YAML'
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
encryptionAlgorithm: ECDSA-P256
certificateValidityPeriod: 100h
apiServer: {certSANs: [api.example.org, 192.0.2.77]}
etcd: {local: {dataDir: /var/lib/etcd}}
YAML
check "init" kubeadm init --embedded --config /run/config.yaml
check "all run" within 20 pods_running 4

# check-expiration
says "configuration from the cluster" '^\[check-expiration\] Reading configuration from the "kubeadm-config"' kubeadm certs check-expiration
says "100 hours" '^etcd-server +[A-Z][a-z]{2} [0-9]{2}, 20[0-9]{2} [0-9:]{5} UTC +4d3h +etcd-ca +no +$' kubeadm certs check-expiration
says "and the authorities" '^front-proxy-ca .* 9y +no' kubeadm certs check-expiration
says "piped output has no colours" 'apiserver' kubeadm certs check-expiration
lacks "none at all" $'\033'
says "a terminal sees in yellow what ends soon" $'\033\\[33mapiserver .*\033\\[0m' \
    on cp1 env -u NO_COLOR script -qec "kubeadm certs check-expiration" /dev/null
says "jsonpath" '^admin.conf apiserver .* super-admin.conf$' kubeadm certs check-expiration -o 'jsonpath={.certificates[*].name}'
says "by a file" '^apiserver-etcd-client' kubeadm certs check-expiration --config /run/config.yaml
lacks "without the cluster" 'Reading'
refuses "an unknown format" 1 'allowed formats' kubeadm certs check-expiration -o nosuch
refuses "a bad file" 1 'nosuch.yaml' kubeadm certs check-expiration --config nosuch.yaml

# renew, one by one
check "snapshot" snapshot before
for name in $(witness 'echo $names'); do
    old=$(witness "crt_of $name | openssl x509 -noout -serial; key_of $name | sha256sum")
    kubeadm certs renew "$name" >"$work/renewed" 2>&1
    new=$(witness "crt_of $name | openssl x509 -noout -serial; key_of $name | sha256sum")
    check "$name: new serial number and key" test "${old%% *}" != "${new%% *}" -a "${old##*=}" != "${new##*=}"
    check "$name: chains, key belongs to it, private" witness "good $name"
done
check "snapshot" snapshot after
check "names, groups, usages as before" on cp1 diff /run/before.facts /run/after.facts
says "the key's algorithm is the cluster's" 'prime256v1' on cp1 openssl x509 -noout -text -in $pki/apiserver.crt
says "so is the period" '4d3h' kubeadm certs check-expiration
says "who has to be restarted" 'Restart these.*: etcd\.' kubeadm certs renew etcd-peer
says "nobody" '^client certificate of administrators.* renewed$' kubeadm certs renew admin.conf
lacks "indeed" Restart
refuses "no such certificate" 1 'unknown command "kubelet.conf" for "kubeadm certs renew"' kubeadm certs renew kubelet.conf
refuses "none named" 1 'subcommand is required' kubeadm certs renew
check "the renewed administrator is known" on cp1 kubectl get nodes

# renew all, and restart as told
says "all" 'kube-apiserver, kube-controller-manager, etcd, kube-scheduler' kubeadm certs renew all
check "eleven" test "$(grep -c 'renewed$' "$work/out")" -eq 11
check "each is good" each_good
on cp1 sh -c 'mkdir -p /run/out; mv /etc/kubernetes/manifests/*.yaml /run/out/'
check "their Pods end" within 20 on cp1 sh -c '! readlink /proc/[0-9]*/exe | grep -E "etcd$" && ! pidof kube-apiserver'
on cp1 sh -c 'mv /run/out/*.yaml /etc/kubernetes/manifests/'
check "and come back with the new one" within 30 served_is_on_disk
check "all run again" within 20 pods_running 4

# what is not there
on cp1 mv /etc/kubernetes/scheduler.conf /run/
says "a missing file in the table" '^!MISSING! scheduler.conf +$' kubeadm certs check-expiration
says "and in JSON" '^null true 0$' kubeadm certs check-expiration -o \
    'jsonpath={.certificates[9].expirationDate} {.certificates[9].missing} {.certificates[9].residualTime}'
says "and for renew" '^MISSING! client certificate of the scheduler' kubeadm certs renew all
on cp1 mv /run/scheduler.conf /etc/kubernetes/

# a broken file is told and nothing is written
on cp1 sh -c "cp $pki/apiserver.crt /run/ && echo broken >$pki/apiserver.crt"
refuses "a broken certificate" 1 'failed to renew the certificate the API server serves with.*apiserver.crt' kubeadm certs renew apiserver
refuses "for check-expiration too" 1 'apiserver.crt' kubeadm certs check-expiration
on cp1 cp /run/apiserver.crt $pki/

# a full disk leaves the old pair
on cp1 sh -c "mkdir /run/small && mount -t tmpfs -o size=128k tmpfs /run/small && cp -a $pki/. /run/small/ &&
    mount --bind /run/small $pki && dd if=/dev/zero of=$pki/fill bs=4k 2>/dev/null; cd $pki && sha256sum apiserver.crt apiserver.key >/run/sums"
refuses "a full disk" 1 'No space left' kubeadm certs renew apiserver
check "the old pair is whole" on cp1 sh -c "cd $pki && sha256sum -c /run/sums"
check "nothing beside it" on cp1 sh -c "! ls $pki/*.new"
on cp1 umount $pki

# after they ended
old=$(witness 'crt_of admin.conf | sha256sum')
says "ended" '^!?admin.conf +.*<invalid>' on cp1 faketime '+200 hours' kubeadm certs check-expiration
says "and the cluster cannot be asked" "configuration cannot be read, the defaults are used.*(expired|certificate)" \
    on cp1 faketime '+200 hours' kubeadm certs renew admin.conf
check "renewed all the same" test "$old" != "$(witness 'crt_of admin.conf | sha256sum')"
check "with the file the period is the cluster's" kubeadm certs renew all --config /run/config.yaml
check "each is good again" each_good
check "and works" on cp1 kubectl get nodes

# the authority's key is kept elsewhere
on cp1 mv $pki/ca.key $pki/front-proxy-ca.key /run/
says "externally managed" '^apiserver .* ca +yes' kubeadm certs check-expiration
says "so is the authority" '^ca .* yes' kubeadm certs check-expiration -o text
says "etcd's is not" '^etcd-ca .* no' kubeadm certs check-expiration
before=$(witness 'crt_of apiserver | sha256sum')
says "it is told" 'External ca detected: the certificate the API server serves with cannot be renewed' kubeadm certs renew apiserver
says "with the way out" 'generate-csr' kubeadm certs renew apiserver
check "nothing changed" test "$before" = "$(witness 'crt_of apiserver | sha256sum')"
says "all renews the others" 'certificate etcd serves with renewed' kubeadm certs renew all
refuses "no kubeconfig for users" 1 "authority is needed, with its key" kubeadm kubeconfig user --client-name alice
says "requests" '^  apiserver-kubelet-client$' kubeadm certs generate-csr --cert-dir /run/csr --kubeconfig-dir /run/csr --config /run/config.yaml
check "all twelve are requests, and private" on cp1 sh -ec 'cd /run/csr; n=0
    for f in *.csr etcd/*.csr; do openssl req -verify -noout -in $f; [ "$(stat -c %a $f)" = 600 ]; n=$((n + 1)); done; [ $n -eq 12 ]
    [ -z "$(find . -type f ! -perm 0600)" ]'
refuses "nothing is overwritten" 1 'is there already' kubeadm certs generate-csr --cert-dir /run/csr --kubeconfig-dir /run/csr
check "signed elsewhere" on cp1 sh -ec "cd /run/csr; printf 'extendedKeyUsage=serverAuth\n' >ext
    openssl x509 -req -in apiserver.csr -CA $pki/ca.crt -CAkey /run/ca.key -CAcreateserial -days 3 -copy_extensions copy -extfile ext -out apiserver.crt
    cp apiserver.crt apiserver.key $pki/"
says "it has the names" 'DNS:api.example.org.*IP Address:192.0.2.77' on cp1 openssl x509 -noout -ext subjectAltName -in $pki/apiserver.crt
says "and is seen" '^apiserver .* 2d23h +ca +yes' kubeadm certs check-expiration
on cp1 mv $pki/apiserver-kubelet-client.key /run/
refuses "what an external authority signed must be whole" 1 'apiserver-kubelet-client' kubeadm certs check-expiration
on cp1 mv /run/apiserver-kubelet-client.key $pki/
on cp1 mv /run/ca.key /run/front-proxy-ca.key $pki/

# kubeconfigs for users
as() { on cp1 kubectl --kubeconfig "/run/$1" "${@:2}"; }
check "a user" on cp1 sh -c 'umask 077; kubeadm kubeconfig user --client-name alice --org dev --org ops --validity-period 24h >/run/alice'
refuses "the server knows her" 1 'User "alice" cannot list resource "nodes"' as alice get nodes
check "her group gets a role" on cp1 kubectl create clusterrolebinding dev --clusterrole=cluster-admin --group=dev
check "which counts" as alice get nodes
says "groups in their order, a day" 'O = dev \+ O = ops, CN = alice|O = dev, O = ops, CN = alice' on cp1 sh -c \
    'sed -n "s/^ *client-certificate-data: //p" /run/alice | base64 -d >/run/alice.crt; openssl x509 -noout -subject -in /run/alice.crt; ! openssl x509 -checkend 90000 -noout -in /run/alice.crt && openssl x509 -checkend 86000 -noout -in /run/alice.crt'
token=$(kubeadm token create)
check "by token" on cp1 sh -c "umask 077; kubeadm kubeconfig user --client-name bob --token $token >/run/bob"
refuses "the token counts" 1 "User \"system:bootstrap:${token%.*}\"" as bob get secrets
says "more than a year warns" 'valid for 800 days' kubeadm kubeconfig user --client-name carol --validity-period 19200h
refuses "no name" 1 'required flag\(s\) "client-name" not set' kubeadm kubeconfig user
refuses "an empty name" 1 'client-name is empty' kubeadm kubeconfig user --client-name ''
refuses "no time" 1 'longer than nothing' kubeadm kubeconfig user --client-name dan --validity-period 0s
says "the endpoint of the file" 'server: https://10.9.9.9:7443' kubeadm kubeconfig user --client-name eve --config /dev/stdin <<'YAML'
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: other
controlPlaneEndpoint: 10.9.9.9:7443
YAML

# certificate-key
key=$(kubeadm certs certificate-key)
check "64 hexadecimal digits" sh -c 'echo "$1" | grep -Exq "[0-9a-f]{64}"' sh "$key"
check "each another" test "$key" != "$(kubeadm certs certificate-key)"
says "it seals" "$key" kubeadm init phase upload-certs --upload-certs --certificate-key "$key"

on cp1 mv /etc/kubernetes/kubelet.conf /run/
says "without kubelet.conf the host name tells which node this is" "^apiserver " kubeadm certs check-expiration
lacks "nothing is missed" "defaults are used"
on cp1 mv /run/kubelet.conf /etc/kubernetes/

# a cluster that does not answer
on cp1 sh -c 'sed "s/10.88.0.11:6443/10.88.0.11:7/" /etc/kubernetes/admin.conf >/run/elsewhere'
says "falls back at once, and says why" 'defaults are used.*refused' timeout 5 scripts/hosts exec cp1 kubeadm certs check-expiration --kubeconfig /run/elsewhere
says "on standard error where programs read" 'W[0-9]{4}.*defaults are used' kubeadm certs check-expiration --kubeconfig /run/elsewhere -o yaml
on cp1 sh -c 'sed "s/10.88.0.11:6443/10.88.0.11:5998/" /etc/kubernetes/admin.conf >/run/silent'
on cp1 python3 -c 'import socket,time; s=socket.socket(); s.bind(("10.88.0.11",5998)); s.listen(); time.sleep(20)' 2>/dev/null &
disown
within 5 on cp1 sh -c "ss -ltn | grep -q :5998" || exit 1
began=$SECONDS
refuses "one that never answers: an interrupt ends it at once" 124 'Reading configuration' \
    on cp1 timeout -s INT 1 kubeadm certs check-expiration --kubeconfig /run/silent
check "within seconds" test $((SECONDS - began)) -le 5
