#!/bin/bash
# shellcheck disable=SC2154 # lib.sh makes the work folder
# What reset does on machines that are not as init and join leave them, and what it leaves alone.
LAB=reset . "$(dirname "$0")/lib.sh"

command -v kubectl >/dev/null || { echo "skipped: there is no kubectl"; exit 77; }
scripts/hosts up cp1 node1 || exit 1
reset() { on cp1 kubeadm reset --force "$@"; }
init() { on cp1 timeout 60 kubeadm init --embedded; }
# configured TEXT: what the cluster says of itself, "\n" between lines
configured() {
    on cp1 kubectl -n kube-system patch configmap kubeadm-config --type merge -p "{\"data\":{\"ClusterConfiguration\":
        \"apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.2\n$1\"}}"
}
holds() { on "$1" sh -c "[ -n \"\$(ls -A $2)\" ]"; }
empty() { on "$1" sh -c "[ -d $2 ] && [ -z \"\$(ls -A $2)\" ]"; }

# --- the kubelet's folder
on node1 sh -c 'rm -rf /var/lib/kubelet; mkdir -p /var/lib/real/pods/x/volume && ln -s real /var/lib/kubelet &&
    mount -t tmpfs tmpfs /var/lib/real/pods/x/volume && touch /var/lib/real/config.yaml'
says "a folder behind a link: what is mounted in it is unmounted" 'directories in "/var/lib/real"' on node1 kubeadm reset --force
lacks "  without trouble" "could not delete"
check "  it is empty" empty node1 /var/lib/real
check "  the link is left" on node1 test -L /var/lib/kubelet
on node1 rm /var/lib/kubelet
says "without the folder" 'kubelet"? is not there' on node1 kubeadm reset --force
says "  it is not among those that are emptied" 'directories: \[/etc/kubernetes/manifests /etc/kubernetes/pki\]' on node1 kubeadm reset --force
on node1 sh -c 'mkdir -p /var/lib/kubelet/pods/x/busy && mount -t tmpfs tmpfs /var/lib/kubelet/pods/x/busy &&
    touch /var/lib/kubelet/config.yaml && mkdir -p /etc/kubernetes/pki && touch /etc/kubernetes/pki/ca.crt'
on node1 sh -c 'cd /var/lib/kubelet/pods/x/busy && exec sleep 60' &
within 20 on node1 pgrep -x sleep -n >/dev/null
refuses "what is mounted is in use: nothing is deleted" 1 'unmount /var/lib/kubelet/pods/x/busy: .*busy' on node1 kubeadm reset --force
check "  it is all there" holds node1 /etc/kubernetes/pki
on node1 sh -c 'printf "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ResetConfiguration\nforce: true\nunmountFlags: [MNT_DETACH]\n" >/run/detach.yaml'
check "with unmountFlags it goes" on node1 kubeadm reset --config /run/detach.yaml
check "  all of it" empty node1 /var/lib/kubelet

# --- data of etcd: the cluster's configuration says where, and whether they are this machine's
check "init" init
on cp1 sh -c 'mkdir -p /var/lib/etcd && touch /var/lib/etcd/of-others'
configured 'etcd:\n  external:\n    endpoints: [https://192.0.2.1:2379]\n' >/dev/null
says "an external etcd" 'No etcd config found' reset
check "  its data are kept, also in the usual folder of this machine" holds cp1 /var/lib/etcd
check "init" init
on cp1 sh -c 'mkdir -p /var/lib/elsewhere && touch /var/lib/elsewhere/data'
configured 'etcd:\n  local:\n    dataDir: /var/lib/elsewhere\n' >/dev/null
says "a dry run names the folder" '\[dryrun\].*"/var/lib/elsewhere"' on cp1 kubeadm reset --dry-run
check "  and leaves it" holds cp1 /var/lib/elsewhere
on cp1 sh -c 'printf "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ResetConfiguration\nforce: true\ntimeouts: {kubernetesAPICall: 1s}\n" >/run/soon.yaml'
check "a data folder that only the cluster's configuration names" on cp1 kubeadm reset --config /run/soon.yaml
check "  is emptied" empty cp1 /var/lib/elsewhere
check "what others left in the usual one is kept" holds cp1 /var/lib/etcd
says "nobody to ask: the usual folder is emptied, and told" "W.*does not tell the data folder of etcd: going by the default" reset
check "  it is empty" empty cp1 /var/lib/etcd

# --- users of a rootless control plane, certificates in another folder
check "init with certificates in another folder" on cp1 timeout 60 kubeadm init --embedded --cert-dir /etc/mypki
says "they are looked for where --cert-dir says, and that they are elsewhere is told" 'give  --cert-dir /etc/mypki' \
    on cp1 kubeadm certs renew apiserver
says "  with it they are found" '^certificate the API server serves with renewed' on cp1 kubeadm certs renew apiserver --cert-dir /etc/mypki
lacks "  without a warning" 'give  --cert-dir'
# shellcheck disable=SC2016 # the host's shell expands it
on cp1 sh -c 'for u in etcd kas kcm ks; do
    echo "kubeadm-$u:x:99$u:99$u:::/bin/false" >>/etc/passwd; echo "kubeadm-$u:x:99:kubeadm-$u" >>/etc/group; done
    echo "kubeadm-sa-key-readers:x:98:kubeadm-kas,kubeadm-kcm" >>/etc/group
    echo "kubeadm-etcd-mine:x:97:97:::/bin/false" >>/etc/passwd'
users() { on cp1 sh -c 'grep -ho "^kubeadm-[a-z-]*" /etc/passwd /etc/group | sort -u | paste -sd ,'; }
configured 'certificatesDir: /etc/mypki\nfeatureGates:\n  RootlessControlPlane: true\n' >/dev/null
says "their users: a dry run" '\[dryrun\].* users ' on cp1 kubeadm reset --dry-run
says "  leaves them" '^kubeadm-etcd,kubeadm-etcd-mine,kubeadm-kas,kubeadm-kcm,kubeadm-ks,kubeadm-sa-key-readers$' users
says "certificates that are left are told" '/etc/mypki" are left; to delete them too, give  --cert-dir /etc/mypki' \
    on cp1 kubeadm reset --config /run/soon.yaml
says "reset removes them, and no other" '^kubeadm-etcd-mine$' users
says "  the files keep their mode" '^644,644$' on cp1 sh -c 'stat -c %a /etc/passwd /etc/group | paste -sd ,'

# --- who and where
on node1 sh -c 'mkdir -p /run/containerd /run/crio; exec python3 -c "
import socket, time
for path in \"/run/containerd/containerd.sock\", \"/run/crio/crio.sock\":
    s = socket.socket(socket.AF_UNIX); s.bind(path); s.listen(); globals()[path] = s
open(\"/run/listening\", \"w\")
time.sleep(60)"' &
within 20 on node1 test -e /run/listening
refuses "several container runtimes" 1 'several container runtimes answer.*crio.sock; choose one with --cri-socket' on node1 kubeadm reset --force
says "one of them" 'Would remove all Pods of the container runtime at unix:///run/crio/crio.sock' \
    on node1 kubeadm reset --dry-run --cri-socket unix:///run/crio/crio.sock
