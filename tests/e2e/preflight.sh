#!/bin/bash
# Checks before a run: what they find on a spoilt machine, for people and for programs, and what --fix-preflight mends.
LAB=preflight . "$(dirname "$0")/lib.sh"
: "${work:?}" # made by lib.sh

scripts/hosts up cp1 node1 || exit 1

# Never mends swap, which is that of the whole machine, but where swap and swapoff are made up.
no_swap=--ignore-preflight-errors=Swap
preflight() { on cp1 kubeadm init phase preflight "$no_swap" "$@"; }

# findings EXPRESSION CMD... - runs the command, reads its standard output as JSON and evaluates a Python expression
# over: rc, names (list), by (name -> finding)
findings() {
    local expression=$1 rc=0
    shift
    "$@" >"$work/json" 2>"$work/stderr" || rc=$?
    RC=$rc EXPRESSION=$expression python3 - "$work/json" <<'P' || { cat "$work/json" "$work/stderr"; return 1; }
import json, os, sys
with open(sys.argv[1]) as f:
    found = json.load(f)
assert isinstance(found, list)
for x in found:
    assert set(x) == {"name", "severity", "message", "fix"}, x
    assert x["severity"] in ("error", "warning") and x["message"], x
rc, names, by = int(os.environ["RC"]), [x["name"] for x in found], {x["name"]: x for x in found}
if not eval(os.environ["EXPRESSION"]):
    sys.exit("not so: " + os.environ["EXPRESSION"])
P
}
quiet_stderr() { ! grep -E '\[(WARNING|ERROR) ' "$work/stderr"; }
ip_forward() { [ "$(on "$1" cat /proc/sys/net/ipv4/ip_forward)" = "$2" ]; }
on_sh() { on "$1" sh -c "$2"; }

check "a good machine: no error, status 0" findings 'rc == 0 and all(x["severity"] == "warning" for x in by.values())' preflight --embedded -o json
check "without a runtime: errors, status 1" findings 'rc == 1 and by["CRI"]["severity"] == "error" and "systemctl start" in by["CRI"]["fix"]' \
    preflight -o json
check "findings for programs are not told twice" quiet_stderr
refuses "people get the same as text, in upstream's form" 1 '^	\[ERROR CRI\]: .*; fix: ' preflight
refuses "an unknown format" 1 'xml' preflight -o xml

# ip_forward
on_sh cp1 'echo 0 >/proc/sys/net/ipv4/ip_forward'
forward=FileContent--proc-sys-net-ipv4-ip_forward
check "ip_forward off is found" findings "rc == 1 and by['$forward'] == {'name': '$forward', 'severity': 'error', 'message': '/proc/sys/net/ipv4/ip_forward contents are not set to 1', 'fix': 'sysctl -w net.ipv4.ip_forward=1'}" \
    preflight -o json
refuses "YAML" 1 "^  name: $forward\$" preflight -o yaml
refuses "a template" 1 "^sysctl -w net.ipv4.ip_forward=1" preflight -o "jsonpath={[?(@.name==\"$forward\")].fix}"
check "ignored it is a warning" findings "by['$forward']['severity'] == 'warning'" on cp1 kubeadm init phase preflight -o json --ignore-preflight-errors="$forward"
check "unasked nothing is mended" ip_forward cp1 0
says "a dry run says what it would mend" "Would fix FileContent: writing 1 to /proc/sys/net/ipv4/ip_forward" preflight --embedded --fix-preflight --dry-run
check "and changes nothing" ip_forward cp1 0
says "--fix-preflight says the change" "Fixing FileContent: writing 1 to /proc/sys/net/ipv4/ip_forward" preflight --embedded --fix-preflight
check "ip_forward is on" ip_forward cp1 1
says "and will be after the next boot" '^net.ipv4.ip_forward = 1$' on cp1 cat /etc/sysctl.d/99-cubeadm.conf
check "sysctl reads that file as the boot does" on_sh cp1 'echo 0 >/proc/sys/net/ipv4/ip_forward; sysctl -q -p /etc/sysctl.d/99-cubeadm.conf && grep -qx 1 /proc/sys/net/ipv4/ip_forward'
check "then it is found no more" findings "'$forward' not in names" preflight -o json
on_sh cp1 'echo 0 >/proc/sys/net/ipv4/ip_forward'
check "with -o the changes are said on standard error" findings "rc == 0 and '$forward' not in names" preflight --embedded --fix-preflight -o json
says "there they are" 'Fixing FileContent' cat "$work/stderr"
check "the line is kept once" on_sh cp1 '[ "$(grep -c ip_forward /etc/sysctl.d/99-cubeadm.conf)" = 1 ]'

# br_netfilter's settings, where the kernel has it; only the production mode looks at them
bridge=/proc/sys/net/bridge/bridge-nf-call-iptables
if on cp1 test -w $bridge; then
    on_sh cp1 "echo 0 >$bridge"
    name=FileContent--proc-sys-net-bridge-bridge-nf-call-iptables
    check "packets over bridges" findings "by['$name']['severity'] == 'warning'" preflight -o json
    check "mended, though the run fails for want of a runtime" findings "rc == 1 and '$name' not in names" preflight --fix-preflight -o json
    check "now and at boot" on_sh cp1 "grep -qx 1 $bridge && grep -qx 'net.bridge.bridge-nf-call-iptables = 1' /etc/sysctl.d/99-cubeadm.conf"
fi

# swap, made up
on_sh cp1 'mkdir -p /run/fake && printf "Filename\tType\n/dev/made-up partition\n" >/run/swaps && mount --bind /run/swaps /proc/swaps &&
    printf "#!/bin/sh\n[ \"\$1\" = -a ] && echo Filename >/run/swaps\n" >/run/fake/swapoff && chmod +x /run/fake/swapoff &&
    printf "/dev/made-up none swap sw 0 0\n/dev/x /mnt ext4 ro 0 0\n" >/etc/fstab'
swapping() { on cp1 sh -c 'PATH=/run/fake:$PATH exec kubeadm "$@"' - init phase preflight --embedded --fix-preflight "$@"; }
says "swap on is told" 'WARNING Swap' on cp1 kubeadm init phase preflight --embedded
says "swap ignored by name is left on" 'WARNING Swap' swapping --ignore-preflight-errors=swap
says "swap is turned off" 'Fixing Swap: turning swap off: swapoff -a' swapping
check "fstab too, with a backup" on_sh cp1 'grep -qx "#/dev/made-up none swap sw 0 0" /etc/fstab && grep -qx "/dev/x /mnt ext4 ro 0 0" /etc/fstab &&
    grep -qx "/dev/made-up none swap sw 0 0" /etc/fstab.cubeadm-backup'
on_sh cp1 'umount /proc/swaps; rm -f /etc/fstab /etc/fstab.cubeadm-backup'

# swap, real: a file of this machine, turned on for a moment where no other swap is; its fstab is the host's own
real_swap() {
    [ "$(wc -l </proc/swaps)" = 1 ] || { echo "this machine has swap of its own"; return 1; }
    dd if=/dev/zero of="$work/swap" bs=1M count=4 status=none && chmod 600 "$work/swap" && mkswap -q "$work/swap" && swapon "$work/swap"
}
trap 'swapoff "$work/swap" 2>/dev/null; finish; exit $?' EXIT
if real_swap >"$work/why" 2>&1; then
    on_sh cp1 "printf '# %s\n%s\tnone\tswap\tsw\t0 0\n\n/dev/x /mnt ext4 ro 0 0\n' swap '$work/swap' >/etc/fstab; chmod 640 /etc/fstab; cp -p /etc/fstab /run/fstab"
    fixing() { on cp1 kubeadm init phase preflight --embedded --fix-preflight "$@"; }
    says "real swap: a dry run says it" 'Would fix Swap: commenting out swap in /etc/fstab' fixing --dry-run
    check "and leaves it on" grep -q "$work/swap" /proc/swaps
    says "real swap is turned off" 'Fixing Swap: turning swap off: swapoff -a' fixing
    check "it is off" test "$(wc -l </proc/swaps)" = 1
    check "and stays off: swapon -a turns nothing on" on_sh cp1 'swapon -a 2>/dev/null; [ "$(wc -l </proc/swaps)" = 1 ]'
    check "all else in fstab is as it was, the backup whole" on_sh cp1 \
        'sed "s,^#/tmp,/tmp," /etc/fstab | cmp - /run/fstab && cmp /etc/fstab.cubeadm-backup /run/fstab && [ "$(stat -c %a /etc/fstab /etc/fstab.cubeadm-backup | sort -u)" = 640 ]'
    check "a second run has nothing to fix" on_sh cp1 'kubeadm init phase preflight --embedded --fix-preflight 2>&1 | grep -c "Fixing Swap" | grep -qx 0'
    check "one backup, not two" on_sh cp1 '[ "$(ls /etc/fstab.cubeadm-backup*)" = /etc/fstab.cubeadm-backup ]'
    grep -q "$work/swap" /proc/swaps && swapoff "$work/swap"
else
    echo "skip real swap: $(cat "$work/why")"
fi
on_sh cp1 'rm -f /etc/fstab /etc/fstab.cubeadm-backup*'

# leftovers
on_sh cp1 'mkdir -p /etc/cni/net.d /var/lib/etcd/member /var/lib/cubeadm /var/lib/kubelet/pki && echo {} >/etc/cni/net.d/10-old.conflist &&
    touch /var/lib/cubeadm/state.db /var/lib/kubelet/pki/kubelet-client-current.pem'
check "leftovers of an earlier cluster" findings \
    'all(n in names for n in ("Leftover--etc-cni-net.d", "Leftover--var-lib-cubeadm-state.db", "Leftover--var-lib-kubelet-pki-kubelet-client-current.pem", "DirAvailable--var-lib-etcd"))' \
    preflight -o json
check "embedded: the folder of etcd is only told" findings 'rc == 0 and by["Leftover--var-lib-etcd"]["severity"] == "warning"' preflight --embedded -o json
on_sh cp1 'rm -rf /etc/cni/net.d /var/lib/etcd/* /var/lib/cubeadm/* /var/lib/kubelet/*'
check "gone they are told no more" findings 'not [n for n in names if n.startswith("Leftover--")]' preflight -o json

# the runtime's configuration
on_sh cp1 'mkdir -p /run/containerd /etc/containerd && touch /run/containerd/containerd.sock && cat >/etc/containerd/config.toml' <<'T'
version = 2
disabled_plugins = ["cri"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.6"
T
check "cgroup driver, sandbox image and plugin of containerd" findings \
    'by["CRIPlugin"]["severity"] == "error" and "cgroupfs" in by["CgroupDriver"]["message"] and "pause:3.6" in by["SandboxImage"]["message"]' preflight -o json
on_sh cp1 'rm -rf /run/containerd /etc/containerd'

# taken ports
on_sh cp1 'exec python3 -c "
import os, socket, time
held = []
for port in (6443, 10250, 10259):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind((\"0.0.0.0\", port)); s.listen(); held.append(s)
open(\"/run/held\", \"w\").close()
while os.path.exists(\"/run/held\"): time.sleep(0.05)"' &
check "ports are held" within 10 on cp1 test -e /run/held
check "taken ports are found, all at once" findings \
    'rc == 1 and [n for n in names if n.startswith("Port-")] == ["Port-6443", "Port-10259", "Port-10250"] and "sport = :10259" in by["Port-10259"]["fix"] and "python3, process " in by["Port-10259"]["message"]' \
    preflight --embedded -o json
check "another port is free" findings '"Port-7443" not in names' on cp1 sh -c 'cat >/run/c.yaml && exec kubeadm init phase preflight --embedded -o json --config /run/c.yaml' <<'Y'
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  bindPort: 7443
Y
on cp1 rm /run/held
wait

# a full file system
on_sh cp1 'mkdir -p /var/lib/kubelet && mount -t tmpfs -o size=1m tmpfs /var/lib/kubelet && head -c 1000000 /dev/zero >/var/lib/kubelet/fill'
check "a file system that is nearly full" findings 'by["DiskSpace--var-lib-kubelet"]["severity"] == "warning"' preflight --embedded -o json
on_sh cp1 'umount /var/lib/kubelet'

# names, with a name server that never answers
named() { # a server on 127.0.0.1:53 that takes questions and never answers
    on_sh cp1 'rm -f /etc/resolv.conf; echo "nameserver 127.0.0.1" >/etc/resolv.conf
        exec python3 -c "
import os, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((\"127.0.0.1\", 53)); open(\"/run/mute\", \"w\").close()
while os.path.exists(\"/run/mute\"): time.sleep(0.05)"' &
    within 10 on cp1 test -e /run/mute
}
named
silent_dns() {
    local start=$SECONDS
    findings 'rc == 0 and "api.example" in by["ControlPlaneEndpoint"]["message"]' preflight --embedded -o json --config /run/e.yaml && [ $((SECONDS - start)) -le 4 ]
}
on_sh cp1 'cat >/run/e.yaml' <<'Y'
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
controlPlaneEndpoint: api.example:6443
Y
check "a mute name server does not hold the checks up" silent_dns
on cp1 rm /run/mute
wait
on_sh cp1 ': >/etc/resolv.conf; cat >/run/p.yaml' <<'Y'
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: 10.244.0.0/16
Y
check "proxies that cover the cluster's ranges" findings 'names.count("HTTPProxyCIDR") == 2 and "10.244.0.0/16" in by["HTTPProxyCIDR"]["fix"]' \
    on cp1 sh -c 'HTTPS_PROXY=http://proxy:3128 exec kubeadm init phase preflight --embedded -o json --config /run/p.yaml'

# whole runs
on_sh cp1 'echo 0 >/proc/sys/net/ipv4/ip_forward'
on_sh node1 'echo 0 >/proc/sys/net/ipv4/ip_forward'
says "init --fix-preflight" 'Fixing FileContent' on cp1 kubeadm init --embedded --fix-preflight "$no_swap"
check "init made ip_forward so" ip_forward cp1 1
join=$(on cp1 kubeadm token create --print-join-command)
join=${join#kubeadm join }
# shellcheck disable=SC2086
check "join phase preflight -o json" findings "rc == 0 and by['$forward']['severity'] == 'warning'" on node1 kubeadm join phase preflight $join --embedded -o json "$no_swap"
# shellcheck disable=SC2086
says "join --fix-preflight" 'Fixing FileContent' on node1 kubeadm join $join --embedded --fix-preflight "$no_swap"
check "join made ip_forward so" ip_forward node1 1
check "a node that is one already" findings \
    'rc == 1 and by["FileAvailable--etc-kubernetes-kubelet.conf"]["fix"] == "kubeadm reset" and "Port-10250" in names' \
    on node1 kubeadm join phase preflight 10.88.0.11:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification --embedded -o json
