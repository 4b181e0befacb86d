#!/bin/bash
# shellcheck disable=SC2154 # lib.sh makes the work folder
# An upgrade that brings another etcd, on a control plane with real etcd: one that does not start is put back, its data are
# kept throughout, and an older one never replaces a newer.
LAB=upgrade-etcd . "$(dirname "$0")/lib.sh"

for tool in etcd kubectl; do
    command -v $tool >/dev/null || { echo "skipped: there is no $tool (apt-get install etcd-server)"; exit 77; }
done
scripts/hosts up cp1 || exit 1
old=v1.35.4 new=v1.36.2 was=3.6.6-0 will=3.6.7-0

apply() { on cp1 timeout 200 kubeadm upgrade apply "$@" </dev/null; }
# image COMPONENT TAG: its manifest and its Pod have that image
image() {
    on cp1 grep -q "image: .*/$1:$2\$" "/etc/kubernetes/manifests/$1.yaml" &&
        [ "$(on cp1 kubectl -n kube-system get pod "$1-cp1" -o 'jsonpath={.spec.containers[0].image}' | sed 's/.*://')" = "$2" ]
}
# wanted TAG: the cluster's configuration asks for that etcd
wanted() {
    on cp1 sh -c "kubectl -n kube-system get cm kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' >/run/ClusterConfiguration &&
        sed -i 's/imageTag: .*/imageTag: $1/' /run/ClusterConfiguration && kubectl -n kube-system create cm kubeadm-config \
        --from-file /run/ClusterConfiguration -o yaml --dry-run=client | kubectl replace -f -"
}
kept() { [ "$(on cp1 kubectl get cm kept -o 'jsonpath={.data.a}')" = b ]; }
serial() { on cp1 openssl x509 -noout -serial -in "/etc/kubernetes/pki/etcd/$1.crt"; }
same() { [ "$1" = "$2" ]; }
other() { [ "$1" != "$2" ]; }
patch() { # patch FOLDER JSON: a folder of patches with one of etcd
    on cp1 sh -c "mkdir -p /run/$1 && cat >/run/$1/etcd+json.json" <<<"$2"
}

on cp1 sh -c 'cat >/run/cluster.yaml' <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: $old
etcd: {local: {imageTag: $was}}
END
check "init at $old" on cp1 timeout 60 kubeadm init --embedded --config /run/cluster.yaml
check "etcd is the old one" within 20 image etcd $was
check "another is asked for" wanted $will
on cp1 kubectl create cm kept --from-literal=a=b >/dev/null

# --- one that does not come up
before=$(serial server)
patch broken '[{"op": "add", "path": "/spec/containers/0/command/-", "value": "--no-such-flag"}]'
refuses "an etcd that does not start" 1 "etcd was not upgraded: the old manifests are in place again, .* etcd ended with exit status 2" \
    apply $new -y --patches /run/broken
cp "$work/out" "$work/said"
says "  is told when it is healthy as it was" "etcd is healthy again" cat "$work/said"
check "the old one is there again" within 20 image etcd $was
check "  with its data" within 20 kept
check "  and nothing else was upgraded" image kube-apiserver $old
check "its data were copied" on cp1 sh -c 'ls /etc/kubernetes/tmp/kubeadm-backup-etcd-*/etcd/member/snap/db'

# --- left out, then made good for
check "without etcd" apply $new -y --etcd-upgrade=false
check "  the API server is new" within 20 image kube-apiserver $new
check "  etcd is not" image etcd $was
says "the same with etcd" "Component \"etcd\" upgraded successfully" apply $new -y
cp "$work/out" "$work/said"
says "  leaves what is equal" "manifests of kube-apiserver are equal, skipping upgrade" cat "$work/said"
check "  etcd is the new one" within 20 image etcd $will
check "  with its data" within 20 kept
check "  and new certificates" other "$before" "$(serial server)"
check "  its certificates are good" on cp1 openssl verify -CAfile /etc/kubernetes/pki/etcd/ca.crt \
    /etc/kubernetes/pki/etcd/server.crt /etc/kubernetes/pki/etcd/peer.crt /etc/kubernetes/pki/etcd/healthcheck-client.crt

# --- back
before=$(serial server)
check "an older one is asked for" wanted $was
says "an older etcd does not replace it" "etcd that runs is newer .* left as it is" \
    apply $old -y
check "  the API server is the old one" within 20 image kube-apiserver $old
check "  etcd is still the new one" image etcd $will
check "  with the certificates it had" same "$before" "$(serial server)"
check "  and its data" kept
