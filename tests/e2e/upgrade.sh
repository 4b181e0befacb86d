#!/bin/bash
# shellcheck disable=SC2154 # lib.sh makes the work folder
# From v1.35.4 to v1.36.2 on two embedded control planes with real etcd and a worker: what is refused, what is put back, what
# is kept, and upgrades killed half way.
LAB=upgrade . "$(dirname "$0")/lib.sh"

for tool in etcd kubectl jq; do
    command -v $tool >/dev/null || { echo "skipped: there is no $tool (apt-get install etcd-server jq)"; exit 77; }
done
scripts/hosts up cp1 cp2 node1 solo || exit 1
old=v1.35.4 new=v1.36.2

k() { on cp1 kubectl "$@"; }
endpoint() {
    local h
    for h in cp1 cp2 node1; do on "$h" sh -c "echo '10.88.0.11 cluster.example.org' >>/etc/hosts"; done
}
config() {
    on cp1 sh -c 'cat >/run/cluster.yaml' <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 10.88.0.11}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: $old
controlPlaneEndpoint: cluster.example.org:6443
featureGates: {PublicKeysECDSA: false}
etcd: {local: {}}
END
}
# manifests HOST VERSION: all three components are of that version
manifests() { [ "$(on "$1" grep -hc "image: registry.k8s.io/kube-.*:$2" /etc/kubernetes/manifests/kube-{apiserver,controller-manager,scheduler}.yaml | grep -c 1)" -eq 3 ]; }
# images VERSION N: so many Pods of the control plane say that they run it
images() { [ "$(k get pods -n kube-system -o jsonpath='{range .items[*]}{.spec.containers[0].image}{"\n"}{end}' | grep -c "kube-.*:$1")" -eq "$2" ]; }
stored() { k get cm kubeadm-config -n kube-system -o jsonpath='{.data.ClusterConfiguration}' | grep -qx "kubernetesVersion: $1"; }
proxy_is() { k get ds kube-proxy -n kube-system -o jsonpath='{.spec.template.spec.containers[0].image}' | grep -q ":$1$"; }
files() { on "$1" sh -c 'cd / && find etc/kubernetes var/lib/kubelet/*.yaml var/lib/kubelet/*.env -type f ! -path "etc/kubernetes/tmp/*" -exec md5sum {} + | sort' | md5sum; }
serial() { on cp1 openssl x509 -noout -serial -in "/etc/kubernetes/pki/$1.crt"; }
same() { [ "$1" = "$2" ]; }
other() { [ "$1" != "$2" ]; }
everything_kept() { [ "$(k get cm kept -o jsonpath='{.data.a}')" = b ] && [ "$(k get nodes --no-headers | grep -cw Ready)" -eq 3 ]; }
running() { [ "$(k get pods -n kube-system --no-headers | grep -c '1/1 *Running')" -eq 8 ]; }
apply() { on cp1 timeout 120 kubeadm upgrade apply "$@" </dev/null; }
nothing_left() { ! on cp1 sh -c 'ls -d /etc/kubernetes/tmp/kubeadm-upgraded-manifests*' 2>/dev/null | grep .; }
# killed_at REGEX VERSION: an upgrade that is killed (-9) as soon as it prints that
killed_at() { killed cp1 "$1" kubeadm upgrade apply "$2" -y; }

# --- a cluster of the old version
endpoint
config
check "init at $old" on cp1 timeout 60 kubeadm init --embedded --upload-certs --config /run/cluster.yaml
join=$(on cp1 kubeadm token create --print-join-command | tail -n 1)
key=$(on cp1 kubeadm init phase upload-certs --upload-certs --config /run/cluster.yaml | tail -n 1)
# shellcheck disable=SC2086
check "a second control plane" on cp2 timeout 120 $join --embedded --control-plane --certificate-key "$key"
# shellcheck disable=SC2086
check "a worker" on node1 timeout 60 $join --embedded
check "the Pods run the old version" within 20 images $old 6
k create cm kept --from-literal=a=b >/dev/null
check "all is Ready" within 20 everything_kept
before=$(files cp1)

# --- plan, diff: nothing changes
says "plan offers it" "kubeadm upgrade apply $new\$" on cp1 kubeadm upgrade plan $new
cp "$work/out" "$work/said"
says "plan tells of feature gates that will go" "^\[upgrade/config\] .*PublicKeysECDSA is deprecated" cat "$work/said"
says "plan knows both control planes" "^kube-apiserver +cp2 +$old +$new\$" on cp1 kubeadm upgrade plan $new
says "plan for programs" "^cp2\$" sh -c "CUBEADM_LAB=$CUBEADM_LAB scripts/hosts exec cp1 kubeadm upgrade plan $new -o json 2>/dev/null |
    jq -r '.availableUpgrades[0].components[] | select(.name == \"kube-scheduler\" and .newVersion == \"$new\").nodeName'"
says "diff shows the image" "^\+ +image: registry.k8s.io/kube-scheduler:$new" on cp1 kubeadm upgrade diff $new
refuses "diff on a worker" 1 "no manifest .*kube-apiserver.yaml" on node1 kubeadm upgrade diff $new
refuses "plan on a worker" 1 "admin.conf" on node1 kubeadm upgrade plan

# --- refused
refuses "no version" 1 "no version to upgrade to" apply
refuses "two versions" 1 "several versions" apply $new $old
refuses "what is no version" 1 "invalid version|neither a version" apply nonsense!
refuses "two minors up" 1 "v1.38.0 is more than one minor above" apply v1.38.0 --force
refuses "two minors down" 1 "v1.33.0 is more than one minor below" apply v1.33.0 --force --ignore-preflight-errors=CoreDNSMigration,CoreDNSUnsupportedPlugins
refuses "a minor kubeadm does not know" 1 "upgrade kubeadm to v1.37.0 first" apply v1.37.0 --force
refuses "a later patch" 1 "v1.36.3 is later than kubeadm v1.36.2.*--force" apply v1.36.3 -y
refuses "a release candidate" 1 "allow-release-candidate-upgrades" apply v1.36.0-rc.1 -y
refuses "nobody to ask" 1 "standard input is closed.*--yes" apply $new
refuses "no for an answer" 1 "aborted, nothing was changed" on cp1 sh -c "echo n | kubeadm upgrade apply $new"
refuses "flags beside a file" 1 "can not mix '--config' with arguments \[force\]" apply $new --config /run/cluster.yaml --force
refuses "a file without the kind" 1 "UpgradeConfiguration" apply $new --config /run/cluster.yaml
refuses "node takes no argument" 1 'unknown command "extra"' on cp1 kubeadm upgrade node extra
refuses "a phase that is not there" 1 "invalid phase name: nosuch" apply $new -y --skip-phases nosuch
check "nothing was changed" same "$before" "$(files cp1)"

# --- dry run
says "a dry run shows manifests" 'Would write file "/etc/kubernetes/manifests/kube-apiserver.yaml"' apply $new --dry-run
cp "$work/out" "$work/said"
says "a dry run tells of feature gates that will go" "^\[upgrade/config\] .*PublicKeysECDSA is deprecated" cat "$work/said"
says "a dry run ends well" "Finished dryrunning successfully" apply $new --dry-run
check "and changes no file" same "$before" "$(files cp1)"
check "nor the cluster" stored $old
says "a dry run of node" "Would write file" on cp2 kubeadm upgrade node --dry-run

# --- a component that does not come up
on cp1 sh -c 'mkdir -p /run/broken; cat >/run/broken/kube-apiserver+json.json' <<'END'
[{"op": "add", "path": "/spec/containers/0/command/-", "value": "--audit-policy-file=/run/none.yaml"}]
END
on cp1 sh -c 'mkdir -p /run/broken2; cat >/run/broken2/kube-scheduler+json.json' <<'END'
[{"op": "replace", "path": "/spec/containers/0/command/0", "value": "/run/no-such-program"}]
END
began=$SECONDS
refuses "a broken API server" 1 "kube-apiserver was not upgraded: the old manifests are in place again, and kept in /etc/kubernetes/tmp/kubeadm-backup-manifests-[-0-9]+: kube-apiserver ended with exit status 1" \
    apply $new -y --patches /run/broken
echo "     told $((SECONDS - began)) s after the start"
check "the old one is back" within 20 everything_kept
check "its manifests are the old ones" manifests cp1 $old
refuses "interrupted by a signal" 1 "the old manifests are in place again.*: interrupted" on cp1 timeout --preserve-status -s INT 5 kubeadm upgrade apply $new -y --patches /run/broken
check "all is back" within 20 everything_kept
check "with the old manifests" manifests cp1 $old
refuses "a broken scheduler" 1 "kube-scheduler was not upgraded: the old manifests are in place again, .*no-such-program" apply $new -y --patches /run/broken2
check "all manifests are the old ones" manifests cp1 $old
check "all runs as before" within 20 running
check "the cluster is still of the old version" stored $old

# --- for good
serials=$(serial apiserver; serial front-proxy-client)
says "apply" "SUCCESS! A control plane node of your cluster was upgraded to \"$new\"" apply $new -y
check "its manifests are new" manifests cp1 $new
check "the Pods run it" within 20 images $new 3
check "the configuration says so" stored $new
check "certificates are renewed" other "$serials" "$(serial apiserver; serial front-proxy-client)"
check "the old manifests are kept" on cp1 sh -c "grep -q :$old /etc/kubernetes/tmp/kubeadm-backup-manifests-*/kube-scheduler.yaml"
check "etcd's data is kept" on cp1 sh -c 'ls /etc/kubernetes/tmp/kubeadm-backup-etcd-*/etcd/member/snap/db'
check "the kubelet's configuration is kept" on cp1 sh -c 'ls /etc/kubernetes/tmp/kubeadm-kubelet-config-*/config.yaml'
check "the folder of new manifests is gone" nothing_left
check "kube-proxy waits for the last control plane" proxy_is $old
says "a plan half way knows who is behind" "^kube-apiserver +cp2 +$old +v1.36.3\$" on cp1 kubeadm upgrade plan v1.36.3
says "node on the second control plane" '"kube-scheduler" upgraded' on cp2 timeout 120 kubeadm upgrade node </dev/null
check "its manifests are new too" manifests cp2 $new
check "now kube-proxy is new" proxy_is $new
# the worker as versions before 1.34 left one: the socket among the flags and in an annotation
on node1 sh -c 'rm /var/lib/kubelet/instance-config.yaml
    echo "KUBELET_KUBEADM_ARGS=\"--node-labels=a=b --container-runtime-endpoint=unix:///run/old.sock\"" >/var/lib/kubelet/kubeadm-flags.env'
k annotate node node1 kubeadm.alpha.kubernetes.io/cri-socket=unix:///run/old.sock >/dev/null
says "node on the worker" "no control plane" on node1 timeout 60 kubeadm upgrade node </dev/null
says "the socket is in the file it belongs to" '^containerRuntimeEndpoint: "?unix:///run/old.sock' on node1 cat /var/lib/kubelet/instance-config.yaml
says "and not among the flags" '^KUBELET_KUBEADM_ARGS="--node-labels=a=b"$' on node1 cat /var/lib/kubelet/kubeadm-flags.env
refuses "nor in an annotation" 1 "^$" sh -c "CUBEADM_LAB=$CUBEADM_LAB scripts/hosts exec cp1 kubectl get node node1 -o jsonpath='{.metadata.annotations}' | grep cri-socket; echo; false"
on node1 sh -c 'rm /var/lib/kubelet/instance-config.yaml; echo "KUBELET_KUBEADM_ARGS=\"\"" >/var/lib/kubelet/kubeadm-flags.env'
check "no flags at all are no error" on node1 timeout 60 kubeadm upgrade node
on node1 sh -c 'rm /var/lib/kubelet/instance-config.yaml; echo "SOMETHING=else" >/var/lib/kubelet/kubeadm-flags.env'
refuses "another variable is one" 1 "kubeadm-flags.env does not begin with KUBELET_KUBEADM_ARGS=" on node1 timeout 60 kubeadm upgrade node
on node1 sh -c 'echo "KUBELET_KUBEADM_ARGS=\"\"" >/var/lib/kubelet/kubeadm-flags.env'
check "and after that is mended it works" on node1 timeout 60 kubeadm upgrade node
# a kubelet that asks the common endpoint, as versions before 1.33 set it up
on cp2 sed -i 's,server: .*,server: https://cluster.example.org:6443,' /etc/kubernetes/kubelet.conf
says "a control plane's kubelet asks its own API server" "kubelet.conf" on cp2 timeout 60 kubeadm upgrade node --skip-phases preflight,control-plane,addon
check "  from now on" on cp2 grep -q 'server: https://10.88.0.12:6443' /etc/kubernetes/kubelet.conf
check "all six Pods run it" within 20 images $new 6
check "everything is kept" within 20 everything_kept
check "all Pods run" within 20 running
says "nothing left to plan" "Target version: $new" on cp1 kubeadm upgrade plan $new
check "a plan without offers has no table" sh -c "! CUBEADM_LAB=$CUBEADM_LAB scripts/hosts exec cp1 kubeadm upgrade plan $new 2>/dev/null | grep COMPONENT"
serials=$(serial apiserver; serial front-proxy-client)
says "again: all is equal" "manifests of kube-scheduler are equal" apply $new -y
check "and no certificate is renewed" same "$serials" "$(serial apiserver; serial front-proxy-client)"
says "one phase alone" "kubeadm-config" on cp1 kubeadm upgrade apply phase upload-config kubeadm $new

# --- down a minor and without renewal, by a file
on cp1 sh -c 'cat >/run/down.yaml' <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: UpgradeConfiguration
apply: {kubernetesVersion: $old, certificateRenewal: false, etcdUpgrade: false}
END
says "down one minor, by a file" "upgraded to \"$old\"" apply --config /run/down.yaml -y
check "the manifests are the old ones" manifests cp1 $old
check "no certificate is renewed" same "$serials" "$(serial apiserver; serial front-proxy-client)"

# --- killed half way: the same command finishes
to=$new
for at in 'Copying the data of etcd' 'manifests/etcd.yaml' 'manifests/kube-apiserver.yaml' \
    '.kube-apiserver. upgraded' 'manifests/kube-scheduler.yaml' 'upload-config' 'Backing up kubelet'; do
    check "killed at $at" killed_at "$at" $to
    says "  the same command finishes it" "upgraded to \"$to\"" apply $to -y
    check "  all manifests, and the cluster, are of $to" manifests cp1 $to
    check "  nothing is left" nothing_left
    if [ $to = $new ]; then to=$old; else to=$new; fi
done
# killed while the API server cannot come up: what keeps it down is taken back, then the upgrade is done
broken_at() { killed cp1 "$1" kubeadm upgrade apply $to -y --patches /run/broken; }
down() { ! on cp1 kubectl get --raw /readyz; }
check "killed with an API server that cannot start" broken_at 'Waiting for the kubelet to restart'
check "  it is down" within 20 down
says "  the same command takes the manifest back" "Moving the old manifest .*/kube-apiserver.yaml. back to" apply $to -y
check "  and finishes" manifests cp1 $to
check "  nothing is left of it" nothing_left
if [ $to = $new ]; then to=$old; else to=$new; fi
late() { # the API server restarts a second after it was killed
    on cp1 sh -ec 'mkdir /etc/kubernetes/tmp/kubeadm-upgraded-manifestsX
        kill -9 "$(jq -r ".pods[] | select(.name == \"kube-apiserver\").containers[0].pid" /var/lib/kubelet/cubeadm-pods.json)"' && apply $to -y
}
says "an API server still on its way is waited for" "going on with what it left" late

# --- a single control plane on SQLite, as --embedded makes it
alone() { on solo timeout 60 kubeadm upgrade apply "$@" </dev/null; }
check "init on SQLite at $old" on solo timeout 60 kubeadm init --embedded --kubernetes-version $old
on solo kubectl create cm kept --from-literal=a=b >/dev/null
on solo sh -c 'mkdir -p /run/broken; cat >/run/broken/kube-apiserver+json.json' <<'END'
[{"op": "add", "path": "/spec/containers/0/command/-", "value": "--audit-policy-file=/run/none.yaml"}]
END
refuses "a broken API server on SQLite" 1 "kube-apiserver was not upgraded: the old manifests are in place again" alone $new -y --patches /run/broken
check "the old one is back on SQLite" within 20 on solo kubectl get cm kept
says "apply on SQLite" "upgraded to \"$new\"" alone $new -y
check "its manifests are new on SQLite" manifests solo $new
check "kept on SQLite" on solo kubectl get cm kept

check "everything is kept after all that" within 20 everything_kept
check "all Pods run after all that" within 20 running
