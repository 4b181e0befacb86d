#!/bin/bash
# shellcheck disable=SC2154 # lib.sh makes the work folder
# The network between etcd members breaks while all three API servers take writes: first between two members only, then
# around one of them. Nothing acknowledged is lost, who is cut off tells nothing as if it were the latest, and afterwards all
# have the same.
LAB=partition . "$(dirname "$0")/lib.sh"

for tool in etcd etcdctl kubectl python3; do
    command -v $tool >/dev/null || { echo "skipped: there is no $tool (apt-get install etcd-server etcd-client)"; exit 77; }
done
check "three control planes" three_control_planes

address() { echo "10.88.0.1${1#cp}"; }
# between two hosts only; both still reach the third
cut_between() { on "$1" ip route add blackhole "$(address "$2")" && on "$2" ip route add blackhole "$(address "$1")"; }
mend_between() { on "$1" ip route del blackhole "$(address "$2")" && on "$2" ip route del blackhole "$(address "$1")"; }
show_members() {
    echo "     members ($1), as $2 sees them:"
    etcd_on "$2" member list | sed 's/^/     | /'
    ENDPOINTS=https://10.88.0.11:2379,https://10.88.0.12:2379,https://10.88.0.13:2379 \
        etcd_on "$2" --command-timeout 2s endpoint status 2>/dev/null | sed 's/^/     | /'
}
acknowledged() { on "$1" kubectl --server "https://$1:6443" get configmaps --no-headers 2>/dev/null | grep -c "^$2-$1-"; }
writes_through() { k "$1" create configmap "probe-$RANDOM$RANDOM" --request-timeout=3s; }
agree() { # SECONDS HOST HOST
    on "$2" python3 "$PWD/tests/e2e/agree.py" "$1" agree "https://$2:6443" "https://$3:6443" >"$work/agree" &&
        sed 's/^/     | /' "$work/agree" && grep "verdict: good" "$work/agree"
}
same_data() { # one hash of the whole history
    local hashes
    hashes=$(ENDPOINTS=https://10.88.0.11:2379,https://10.88.0.12:2379,https://10.88.0.13:2379 etcd_on cp1 endpoint hashkv)
    echo "$hashes"
    [ "$(wc -l <<<"$hashes")" -eq 3 ] && [ "$(awk '{ print $NF }' <<<"$hashes" | sort -u | wc -l)" -eq 1 ]
}
same_objects() {
    local h
    for h in cp1 cp2 cp3; do k $h get configmaps --no-headers -o custom-columns=:metadata.name >"$work/objects-$h" || return 1; done
    cmp "$work/objects-cp1" "$work/objects-cp2" && cmp "$work/objects-cp1" "$work/objects-cp3"
}

leader=$(etcd_leader cp1)
others=()
for h in cp1 cp2 cp3; do [ $h = "$leader" ] || others+=("$h"); done
show_members before cp1
writers configmaps net
sleep 2

echo "     no network between $leader (leads) and ${others[0]}"
check "cut between two" cut_between "$leader" "${others[0]}"
sleep 3
check "the leader takes writes" within 10 writes_through "$leader"
check "the third takes writes" within 10 writes_through "${others[1]}"
show_members "between two cut" "${others[1]}"
check "mended" mend_between "$leader" "${others[0]}"
check "all take writes again: ${others[0]}" within 15 writes_through "${others[0]}"

leader=$(etcd_leader "${others[1]}")
others=()
for h in cp1 cp2 cp3; do [ $h = "$leader" ] || others+=("$h"); done
echo "     $leader (leads) is cut off"
scripts/hosts cut "$leader"
check "the others take writes" within 15 writes_through "${others[0]}"
check "the others take writes" within 15 writes_through "${others[1]}"
refuses "the one cut off acknowledges none" 1 "." writes_through "$leader"
info=/api/v1/namespaces/kube-public/configmaps/cluster-info
refuses "nor does it tell anything as the latest" 1 "the latest state is not known" k "$leader" get --raw "$info" --request-timeout=20s
refuses "no list either" 1 "the latest state is not known" k "$leader" get --raw "${info%/*}" --request-timeout=20s
says "but what it has in memory" '"name":"cluster-info"' k "$leader" get --raw "$info?resourceVersion=0" --request-timeout=1s
refuses "and that it is not ready" 1 "etcd failed" k "$leader" get --raw /readyz --request-timeout=1s
check "the others know what they wrote" agree 5 "${others[@]}"
show_members "one cut off" "${others[0]}"
scripts/hosts mend "$leader"
check "it takes writes again" within 20 writes_through "$leader"
sleep 1

check "writers through it all" writers_end net
says "nothing acknowledged is lost, nothing refused" "verdict: good" verdict configmaps net
sed 's/^/     | /' "$work/out"
check "every server lists them" listed_by_all configmaps
show_members after cp1
check "all members have the same data" within 15 same_data
sed 's/^/     | /' "$work/out"
check "all API servers tell the same objects" within 15 same_objects
