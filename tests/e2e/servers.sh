#!/bin/bash
# shellcheck disable=SC2154 # lib.sh makes the work folder
# Three API servers on one etcd of three: what one acknowledged the others know at once, addresses are never given twice, a
# dead leader of etcd loses no write, a dead machine drops out of the endpoints and its controllers are taken over.
LAB=servers . "$(dirname "$0")/lib.sh"

for tool in etcd etcdctl kubectl python3; do
    command -v $tool >/dev/null || { echo "skipped: there is no $tool (apt-get install etcd-server etcd-client)"; exit 77; }
done
check "three control planes" three_control_planes

peers() { k "$1" get endpoints kubernetes -o 'jsonpath={.subsets[0].addresses[*].ip}'; }
peers_are() { [ "$(peers "$1")" = "$2" ]; }
check "all three are endpoints of the service kubernetes" within 15 peers_are cp2 "10.88.0.11 10.88.0.12 10.88.0.13"
says "each tells the others that it lives" "/registry/masterleases/10.88.0.13" etcd_on cp1 get --keys-only --prefix /registry/masterleases/
says "for fifteen seconds" '"granted-ttl":15' on cp1 bash -c "$(declare -f on); pki=/etc/kubernetes/pki/etcd; e='env ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert '\$pki'/ca.crt --cert '\$pki'/healthcheck-client.crt --key '\$pki'/healthcheck-client.key'
    lease=\$(\$e get -w fields /registry/masterleases/10.88.0.11 | sed -n 's/^\"Lease\" : //p'); \$e lease timetolive -w json \$(printf %x \$lease)"

# --- written through one, read and written through the next, thousands of times ---
agree() { on cp1 python3 "$PWD/tests/e2e/agree.py" 10 agree https://cp1:6443 https://cp2:6443 https://cp3:6443; }
says "what one acknowledged the others know at once" "verdict: good" agree
sed 's/^/     | /' "$work/out"

# --- the same moment, three servers: addresses and node ports ---
writers services svc
sleep 5
check "services through all three" writers_end svc
says "no address and no node port twice" "verdict: good" verdict services svc
sed 's/^/     | /' "$work/out"
check "every server lists them" listed_by_all services
twice() { [ -z "$(k cp1 get services --no-headers -o custom-columns=:spec.clusterIP | grep -v None | sort | uniq -d)" ]; }
check "and none in the cluster" twice
says "the range is kept for the real API server" '^\{"kind":"RangeAllocation","apiVersion":"v1",.*"range":"30000-32767","data":"' \
    etcd_on cp1 get --print-value-only /registry/ranges/servicenodeports

# --- the leader of etcd dies, three times, while all write ---
writers configmaps load
for _ in 1 2 3; do
    sleep 3
    leader=$(etcd_leader cp1 || etcd_leader cp2)
    echo "     killing the leader: ${leader:-unknown}"
    on "${leader:-cp1}" sh -c 'kill -9 $(pidof etcd)'
done
sleep 4
check "writers through it all" writers_end load
says "nothing acknowledged is lost, nothing refused" "verdict: good" verdict configmaps load
sed 's/^/     | /' "$work/out"
check "every server lists them" within 10 listed_by_all configmaps
bounded() { python3 -c 'import json, sys
sys.exit(any(json.load(open(f))["longest"] > 12 for f in sys.argv[1:]))' "$work"/load-cp?.json; }
check "no request took longer than twelve seconds" bounded

# --- the machine with the controllers dies ---
holder() { k "$1" get lease -n kube-system kube-controller-manager -o 'jsonpath={.spec.holderIdentity}'; }
lead=$(holder cp1)
lead=${lead%%_*}
case $lead in cp1) other=cp2 ;; *) other=cp1 ;; esac
rest=$(printf '10.88.0.11\n10.88.0.12\n10.88.0.13\n' | grep -v "10.88.0.1${lead#cp}" | paste -sd' ')
started=$SECONDS
scripts/hosts kill "$lead"
taken_over() { local now; now=$(holder $other) && [ -n "$now" ] && [ "${now%%_*}" != "$lead" ]; }
check "another takes the controllers over" within 30 taken_over
echo "     after $((SECONDS - started)) s"
works() { k $other create namespace after >/dev/null 2>&1; k $other get serviceaccount -n after default; }
check "and they work" within 20 works
check "the dead one drops out of the endpoints" within 40 peers_are $other "$rest"
echo "     after $((SECONDS - started)) s"
