#!/bin/bash
# Real containerd, real registry: images pulled by `config images pull` and by preflight, what goes wrong with them, the
# checks that ask the runtime, and reset removing pods. All on a virtual host, on folders, sockets and ports of its own.
LAB=images . "$(dirname "$0")/lib.sh"

work=${work:?}
for tool in containerd docker-registry python3; do
    command -v $tool >/dev/null || { echo "images: $tool is missing; install it:  scripts/setup test"; exit 1; }
done
scripts/hosts up r1 cp1 || exit 1

repository=127.0.0.1:5000/k8s
socket=/run/containerd/containerd.sock
on r1 sh -c 'mkdir -p /run/ctr/root /run/reg /run/containerd && cat >/run/reg/config.yml' <<'Y'
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: /run/reg/data}}
http: {addr: 127.0.0.1:5000}
Y
# Stands in for runc: a pod is a sleeping process, so that no control group of the machine is touched.
on r1 sh -c 'cat >/run/ctr/runc && chmod +x /run/ctr/runc' <<'R'
#!/bin/bash
while [ "${1#-}" != "$1" ]; do [ "$1" = --systemd-cgroup ] || shift; shift; done
dir=/run/ctr/pods; mkdir -p $dir
[ -e /run/ctr/stuck ] && case $1 in kill | delete) echo "not now" >&2; exit 1 ;; esac
case $1 in
create)
    while [ $# -gt 1 ]; do [ "$1" = --pid-file ] && file=$2; shift; done
    sleep 300 </dev/null >/dev/null 2>&1 & echo -n $! >$file; cp $file $dir/$1 ;;
kill)
    while [ "${2#-}" != "$2" ]; do shift; done
    kill -KILL "$(cat $dir/$2)" || echo "process already finished" >&2 ;;
delete) while [ $# -gt 1 ]; do shift; done; kill -KILL "$(cat $dir/$1)"; rm -f $dir/$1 ;;
esac 2>/dev/null
exit 0
R
on r1 sh -c 'cat >/run/ctr/config.toml' <<C
version = 2
root = "/run/ctr/root"
state = "/run/ctr/state"
[grpc]
  address = "$socket"
[plugins."io.containerd.internal.v1.opt"]
  path = "/run/ctr/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$repository/pause:3.9"
  disable_cgroup = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "/run/ctr/runc"
C
start_registry() { on r1 sh -c 'setsid docker-registry serve /run/reg/config.yml >/run/reg/log 2>&1 & echo $! >/run/reg/pid'; }
start_containerd() { on r1 sh -c 'setsid containerd -c /run/ctr/config.toml >/run/ctr/log 2>&1 & echo $! >/run/ctr/pid'; }
stop() { on r1 sh -c "kill \$(cat /run/$1/pid); while kill -0 \$(cat /run/$1/pid) 2>/dev/null; do sleep 0.05; done"; }
push() { on r1 python3 "$PWD/tests/e2e/push_image.py" 127.0.0.1:5000 "$@"; }
kubeadm() { timeout 30 scripts/hosts exec r1 kubeadm "$@"; }
pull() { kubeadm config images pull --image-repository "$@"; }
config() { # config FILE SERIAL POLICY: an init configuration
    on r1 sh -c "cat >/run/$1" <<Y
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration: {imagePullSerial: $2, imagePullPolicy: $3, criSocket: "unix://$socket"}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
imageRepository: $repository
Y
}
preflight() { kubeadm init phase preflight --config "/run/$1" --ignore-preflight-errors "${2:-all}"; }

refuses "no runtime: cause and mend" 1 "cannot connect to unix:///var$socket: No such file.*--cri-socket" pull $repository
start_containerd
start_registry
within 15 on r1 sh -c "ctr -a $socket version && curl -sf --noproxy '*' http://127.0.0.1:5000/v2/" || exit 1
mapfile -t images < <(kubeadm config images list --image-repository $repository --kubernetes-version v1.36.2)
for image in "${images[@]}" $repository/pause:3.9; do
    name=${image#*/}
    push "${name%:*}" "${name##*:}" --index || exit 1
done

# config images pull
pull $repository --kubernetes-version v1.36.2 >"$work/pulled" 2>"$work/errors"
printf '[config/images] Pulled %s\n' "${images[@]}" >"$work/wanted"
check "plain lines, in list order, alone on standard output" diff "$work/wanted" "$work/pulled"
check "nothing on standard error" test ! -s "$work/errors"
check "the runtime has them" on r1 sh -c "ctr -a $socket -n k8s.io images ls -q | grep -Fx ${images[6]}"
config parallel.yaml false IfNotPresent
kubeadm config images pull --config /run/parallel.yaml >"$work/pulled" 2>&1
check "all at once, the same lines" diff "$work/wanted" "$work/pulled"
says "a terminal sees n of m, name and time" "Pulling 3 of 7: ${images[2]} \([0-9]+s\)" \
    on r1 script -qec "kubeadm config images pull --image-repository $repository --kubernetes-version v1.36.2" /dev/null
refuses "unknown tag" 1 "$repository/kube-apiserver:v1.36.99.*registry 127.0.0.1:5000 has no such image or tag" \
    pull $repository --kubernetes-version v1.36.99
push other/kube-apiserver v1.36.2 --index --arch s390x
refuses "wrong architecture, by its index" 1 "other architectures only.*$(uname -m)" pull 127.0.0.1:5000/other --kubernetes-version v1.36.2
push plain/kube-apiserver v1.36.2 --arch s390x
refuses "wrong architecture, without an index" 1 "plain/kube-apiserver:v1.36.2\": it was built for linux/s390x.*$(uname -m)" \
    pull 127.0.0.1:5000/plain --kubernetes-version v1.36.2
check "told after one try" test "$(grep -c 's390x' "$work/out")" -eq 1
check "the image was not removed" on r1 sh -c "ctr -a $socket -n k8s.io images ls -q | grep -Fx 127.0.0.1:5000/plain/kube-apiserver:v1.36.2"
on r1 python3 -c 'import socket,time; s=socket.socket(); s.bind(("127.0.0.1",5998)); s.listen(); time.sleep(20)' 2>/dev/null &
disown
within 5 on r1 sh -c "ss -ltn | grep -q :5998" || exit 1
refuses "an interrupt ends a pull that hangs" 1 'interrupted while waiting for images' \
    on r1 timeout --preserve-status -s INT 1 kubeadm config images pull --image-repository 127.0.0.1:5998/k8s
refuses "nobody listens there" 1 'registry 127.0.0.1:5999 is not running' pull 127.0.0.1:5999/k8s
refuses "another socket, which is not there" 1 'unix:///run/none.sock' pull $repository --cri-socket unix:///run/none.sock
refuses "not a runtime's socket" 1 'could not talk to the container runtime|does not offer' pull $repository --cri-socket unix://$socket.ttrpc
refuses "arguments" 1 '' kubeadm config images pull extra

# preflight
config once.yaml true IfNotPresent
says "ContainerRuntimeVersion: RuntimeConfig is missing" 'WARNING ContainerRuntimeVersion.*RuntimeConfig' preflight once.yaml
says "the sandbox image differs" "pause:3.9, that of this cluster $repository/pause:3.10.2" preflight once.yaml
lacks "CRI: the runtime is ready" 'CRI\]|ImagePull'
stop reg
says "what is present needs no registry" 'Pulling the images' preflight once.yaml
lacks "and no image failed" ImagePull
config always.yaml false Always
refuses "policy Always does, one error for each image" 1 "ERROR ImagePull.*${images[6]}.*not running or not reachable" \
    preflight always.yaml NumCPU,Mem,SystemVerification,KubeletVersion,FileExisting-losetup,FileExisting-mount,FileExisting-cp
check "seven of them" test "$(grep -c 'ERROR ImagePull' "$work/out")" -eq 7
start_registry
within 10 on r1 curl -sf --noproxy '*' http://127.0.0.1:5000/v2/ >/dev/null
push k8s/pause 3.10.2 --arch s390x
on r1 ctr -a $socket -n k8s.io images rm $repository/pause:3.10.2 >/dev/null
refuses "preflight refuses what it pulled for another architecture" 1 "ERROR ImagePull.*pause:3.10.2\": it was built for linux/s390x" \
    preflight once.yaml NumCPU,Mem,SystemVerification,KubeletVersion,FileExisting-losetup,FileExisting-mount,FileExisting-cp
stop reg
says "present for another architecture: pulled anew" 'pause:3.10.2\" may be present and is pulled all the same: it was built for linux/s390x' \
    preflight once.yaml
start_registry
within 10 on r1 curl -sf --noproxy '*' http://127.0.0.1:5000/v2/ >/dev/null
push k8s/pause 3.10.2
says "and found right" 'may be present' preflight once.yaml
lacks "no image failed then" ImagePull
stop reg
config never.yaml true Never
says "policy Never asks no registry" 'Pulling the images' preflight never.yaml
lacks "and finds nothing wrong" ImagePull
says "a dry run pulls nothing" 'Would pull the images' kubeadm init phase preflight --config /run/always.yaml --dry-run --ignore-preflight-errors all
start_registry

# the same before a control plane joins: what the cluster's configuration names, by this node's policy
on cp1 sh -c 'cat >/run/cluster.yaml' <<Y
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
controlPlaneEndpoint: cp1:6443
imageRepository: $repository
etcd: {local: {}}
Y
check "a cluster to join" on cp1 timeout 60 kubeadm init --embedded --upload-certs --config /run/cluster.yaml
key=$(on cp1 kubeadm init phase upload-certs --upload-certs | tail -n 1)
read -r token pin < <(on cp1 kubeadm token create --print-join-command | awk '{ print $5, $7 }')
join_config() { # join_config FILE POLICY [control-plane-line]
    on r1 sh -c "umask 077; cat >/run/$1" <<Y
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery: {bootstrapToken: {token: $token, apiServerEndpoint: "cp1:6443", caCertHashes: ["$pin"]}}
nodeRegistration: {imagePullPolicy: $2, criSocket: "unix://$socket"}
${3:-}
Y
}
join_preflight() { kubeadm join phase preflight --config "/run/$1" --ignore-preflight-errors "${2:-all}" "${@:3}"; }
stored() { on r1 ctr -a $socket -n k8s.io images ls -q | grep -Fxf <(printf '%s\n' "${images[@]}") | sort -u; }
forget() { on r1 sh -c "ctr -a $socket -n k8s.io images ls -q | xargs -r ctr -a $socket -n k8s.io images rm --sync" >/dev/null; }
but_images=NumCPU,Mem,SystemVerification,KubeletVersion,FileExisting-losetup,FileExisting-mount,FileExisting-cp
control="controlPlane: {certificateKey: $key}"
join_config worker.yaml IfNotPresent
join_config control.yaml IfNotPresent "$control"
join_config always.yaml Always "$control"
join_config never.yaml Never "$control"
forget
says "a worker's join pulls nothing" 'Reading configuration' join_preflight worker.yaml
lacks "and does not speak of it" 'Pulling|ImagePull'
says "a dry run of a control plane's would pull" 'Would pull the images' join_preflight control.yaml all --dry-run
says "policy Never pulls nothing" 'Pulling the images' join_preflight never.yaml
check "the runtime has none of them" test -z "$(stored)"
says "a control plane's join pulls" 'Pulling the images' join_preflight control.yaml
lacks "without a complaint" ImagePull
check "the runtime has all seven" diff <(printf '%s\n' "${images[@]}" | sort -u) <(stored)
stop reg
says "what is present needs no registry here either" 'Pulling the images' join_preflight control.yaml "$but_images"
lacks "and no image failed there" ImagePull
refuses "policy Always does, and ends the join" 1 "ERROR ImagePull.*${images[6]}.*not running or not reachable" join_preflight always.yaml "$but_images"
check "for each of the seven" test "$(grep -c 'ERROR ImagePull' "$work/out")" -eq 7
start_registry

# reset
pod() { on r1 "$CUBEADM_BUILD/tests/e2e/test-cri-pod" "unix://$socket" "$1"; }
pods() { on r1 ctr -a $socket -n k8s.io containers ls -q | wc -l; }
within 10 on r1 curl -sf --noproxy '*' http://127.0.0.1:5000/v2/ >/dev/null
check "a pod runs" pod first
check "and another" pod second
check "two pods" test "$(pods)" -eq 2
says "reset, dry: they would go" 'Would remove all Pods' kubeadm reset --force --dry-run
check "and are still there" test "$(pods)" -eq 2
says "reset removes them" "Removing the Pods of the container runtime at unix://.*: 2" kubeadm reset --force
check "no pod is left" test "$(pods)" -eq 0
check "nor its process" on r1 sh -c '! ls /run/ctr/pods/* 2>/dev/null'

check "a third pod" pod third
on r1 touch /run/ctr/stuck
says "reset goes on, and names it" 'could not remove Pod "kube-system/third"' kubeadm reset --force
on r1 rm /run/ctr/stuck
says "and removes it once it can" "Removing the Pods.*: 1$" kubeadm reset --force
lacks "without a word more" 'could not remove'

# A full disk: containerd's folder on a file system of 24 MiB.
stop ctr
on r1 sh -c 'rm -rf /run/ctr/root /run/ctr/state && mkdir -p /run/ctr/root && mount -t tmpfs -o size=24m tmpfs /run/ctr/root'
start_containerd
push big/kube-apiserver v1.36.2 --size 33554432
within 15 on r1 ctr -a $socket version || exit 1
refuses "full disk" 1 "big/kube-apiserver.*no space left for it" pull 127.0.0.1:5000/big --kubernetes-version v1.36.2
stop ctr
says "reset with the runtime down goes on, and says so" 'Pods of the container runtime were not removed.*(refused|No such file)' kubeadm reset --force
on r1 sh -c 'sed -i "1a disabled_plugins = [\"io.containerd.grpc.v1.cri\"]" /run/ctr/config.toml'
start_containerd
within 15 on r1 ctr -a $socket version || exit 1
refuses "containerd without its CRI plugin" 1 'runtime.v1.RuntimeService.*disabled_plugins' pull $repository
stop ctr
stop reg
