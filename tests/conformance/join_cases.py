#!/usr/bin/python3
"""join_cases - runs `kubeadm join --control-plane` on a virtual host like the recorded one, against a stand-in for the
API server that serves the recorded objects, and compares files and requests with the recording.

  join_cases.py KUBEADM     prints one line per comparison; exits 0 when all are ok, 77 where it cannot run

The recording is CUBEADM_REFERENCE/api/ha (default ../shared/reference beside the checkout). Phases that need a kubelet
or etcd are left out; the end-to-end stories run those.
"""
import base64, hashlib, hmac, http.server, json, os, secrets, shutil, ssl, subprocess, sys, threading, time

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import init_cases
from facts import certs_facts, files_facts, kubeconfig_facts
from init_cases import REFERENCE, SYSTEMCTL, differences, first_difference, named, text_of

HA = os.path.join(REFERENCE, "api", "ha")
WANT = os.path.join(HA, "join-control-plane")
OBJECTS = os.path.join(REFERENCE, "api", "objects", "after-init")
ID, SECRET, ADDRESS, PORT = "abcdef", "0123456789abcdef", "10.88.0.43", 6443
SYSTEM = "/api/v1/namespaces/kube-system/"
LATER = "check-etcd,etcd-join,kubelet-wait-bootstrap,control-plane-join,wait-control-plane"


def b64(data):
    return base64.b64encode(data).decode()


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def cluster_info(ca):
    text = yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "preferences": {}, "contexts": None, "current-context": "", "users": None,
        "clusters": [{"name": "", "cluster": {"certificate-authority-data": b64(ca),
                                              "server": "https://cluster.example.org:6443"}}]})
    head = b64url(json.dumps({"alg": "HS256", "kid": ID}, separators=(",", ":")).encode())
    signature = hmac.new(SECRET.encode(), f"{head}.{b64url(text.encode())}".encode(), hashlib.sha256).digest()
    return {"kind": "ConfigMap", "apiVersion": "v1",
            "data": {"kubeconfig": text, f"jws-kubeconfig-{ID}": f"{head}..{b64url(signature)}"}}


def sealed(key, path):
    nonce = secrets.token_bytes(12)
    with open(path, "rb") as f:
        return b64(nonce + AESGCM(bytes.fromhex(key)).encrypt(nonce, f.read(), None))


def stored(folder, name):
    return yaml.safe_load(text_of(os.path.join(folder, name)))


class Api(http.server.BaseHTTPRequestHandler):
    objects, seen = {}, []

    def do_GET(self):
        token = self.headers.get("Authorization", "")
        user = f"system:bootstrap:{ID}" if token == f"Bearer {ID}.{SECRET}" else "system:anonymous" if not token else token
        self.seen.append({"requestURI": self.path, "user": user})
        found = self.objects.get(self.path.split("?")[0])
        body = found or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
                         "message": "not found"}
        text = json.dumps(body).encode()
        self.send_response(body["code"] if body["kind"] == "Status" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def serve(pki, key):
    with open(pki + "/ca.crt", "rb") as f:
        ca = f.read()
    shared = {"ca.crt": "ca.crt", "ca.key": "ca.key", "front-proxy-ca.crt": "front-proxy-ca.crt",
              "front-proxy-ca.key": "front-proxy-ca.key", "sa.pub": "sa.pub", "sa.key": "sa.key",
              "etcd-ca.crt": "etcd/ca.crt", "etcd-ca.key": "etcd/ca.key"}
    Api.objects = {
        "/api/v1/namespaces/kube-public/configmaps/cluster-info": cluster_info(ca),
        SYSTEM + "configmaps/kubeadm-config": stored(HA + "/objects", "08-configmap-kube-system-kubeadm-config.yaml"),
        SYSTEM + "configmaps/kube-proxy": stored(OBJECTS, "configmap-kube-system-kube-proxy.yaml"),
        SYSTEM + "configmaps/kubelet-config": stored(OBJECTS, "configmap-kube-system-kubelet-config.yaml"),
        SYSTEM + "secrets/kubeadm-certs": {"kind": "Secret", "apiVersion": "v1",
                                           "data": {k: sealed(key, f"{pki}/{f}") for k, f in shared.items()}},
    }
    server = http.server.ThreadingHTTPServer(("10.88.0.41", PORT), Api)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pki + "/apiserver.crt", pki + "/apiserver.key")
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    spki = x509.load_pem_x509_certificate(ca).public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "sha256:" + hashlib.sha256(spki).hexdigest()


class Join:
    def __init__(self, kubeadm, scratch):
        self.kubeadm, self.calls = kubeadm, scratch + "/calls"
        self.env = {"PATH": f"{scratch}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        self.pki = scratch + "/pki"
        with open(scratch + "/bin/systemctl", "w") as f:
            f.write(SYSTEMCTL.format(log=self.calls, resolved="exit 3"))
        os.chmod(scratch + "/bin/systemctl", 0o755)
        subprocess.run(["hostname", "g3"], check=True)
        subprocess.run(["ip", "addr", "add", ADDRESS + "/24", "dev", "eth0"], check=True)
        with open("/etc/hosts", "a") as f:
            f.write("\n10.88.0.41 cluster.example.org\n")
        self.clean()
        done = self.run("init", "phase", "certs", "all", "--config", HA + "/init-config.yaml")
        assert done.returncode == 0, done.stderr
        shutil.move("/etc/kubernetes/pki", self.pki)
        time.sleep(1.1)  # a joining node's certificates begin later than the authority's
        self.key = secrets.token_hex(32)
        self.pin = serve(self.pki, self.key)

    def clean(self):
        for top in ("/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd"):
            shutil.rmtree(top, ignore_errors=True)
            os.mkdir(top, 0o755)

    def run(self, *args):
        with open(self.calls, "w"):
            pass
        return subprocess.run([self.kubeadm, *args], env=self.env, timeout=120, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def join(self, *more):
        Api.seen.clear()
        return self.run("join", "10.88.0.41:6443", "--token", f"{ID}.{SECRET}", "--discovery-token-ca-cert-hash", self.pin,
                        "--control-plane", "--apiserver-advertise-address", ADDRESS, "--ignore-preflight-errors=all",
                        "--cri-socket=unix:///var/run/containerd/containerd.sock", "--skip-phases", LATER, *more)


def exact(name, path):
    want, got = text_of(os.path.join(WANT, name)), text_of(path)
    return [] if want == got else [f"{path}: " + ("missing" if got is None else first_difference(want, got))]


def ours_only(facts):
    """Without what the kubelet, etcd and our own bookkeeping write."""
    return {p: f for p, f in named(facts, "path").items()
            if not p.startswith(("/var/lib/kubelet/pki", "/var/lib/etcd")) and f["type"] != "link" and
            p not in ("/etc/kubernetes/kubelet.conf", "/etc/kubernetes/manifests/etcd.yaml",
                      "/etc/kubernetes/bootstrap-kubelet.conf", "/etc/kubernetes/cubeadm-unfinished.json")}


def requests_differ():
    want = [json.loads(line) for line in open(HA + "/join-control-plane-requests.jsonl")]
    want = [w for w in want if w["user"].startswith(("system:anonymous", "system:bootstrap"))]
    want = [{"requestURI": w["requestURI"], "user": w["user"].replace("<TOKEN_ID>", ID)} for w in want
            for _ in range(w.get("repeated", 1))]
    # ours alone: which certificate requests are of an earlier try (docs/differences.md)
    return differences(want, [r for r in Api.seen if "/certificatesigningrequests" not in r["requestURI"]])


def bootstrap_differs():
    doc = yaml.safe_load(text_of("/etc/kubernetes/bootstrap-kubelet.conf"))
    return differences([f"https://{ADDRESS}:{PORT}", "kubernetes", "tls-bootstrap-token-user@kubernetes",
                        {"token": f"{ID}.{SECRET}"}],
                       [doc["clusters"][0]["cluster"]["server"], doc["clusters"][0]["name"], doc["current-context"],
                        doc["users"][0]["user"]])


def joined(run):
    done = run.join("--certificate-key", run.key)
    yield "join", [] if done.returncode == 0 else [f"exit code {done.returncode}: {done.stderr[-800:]}"]
    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        yield name + ".yaml", exact(f"manifests/{name}.yaml", f"/etc/kubernetes/manifests/{name}.yaml")
    for want, got in (("kubelet-config.yaml", "config.yaml"), ("instance-config.yaml", "instance-config.yaml"),
                      ("kubeadm-flags.env", "kubeadm-flags.env")):
        yield want, exact(want, "/var/lib/kubelet/" + got)
    pki = "/etc/kubernetes/pki"
    yield "certificates", differences(named(json.loads(text_of(WANT + "/certs.json")), "path"),
                                      named(certs_facts(pki), "path"))
    yield "bootstrap-kubelet.conf", bootstrap_differs()
    os.rename("/etc/kubernetes/bootstrap-kubelet.conf", "/etc/kubernetes/bootstrap")
    want = [k for k in json.loads(text_of(WANT + "/kubeconfigs.json")) if k["file"] != "kubelet.conf"]
    yield "kubeconfig files", differences(named(want, "file"), named(kubeconfig_facts(pki), "file"))
    os.rename("/etc/kubernetes/bootstrap", "/etc/kubernetes/bootstrap-kubelet.conf")
    got = ours_only(files_facts(["/etc/kubernetes", "/var/lib/kubelet"]))
    yield "files", differences(ours_only(json.loads(text_of(WANT + "/files.json"))), got)
    yield "shared certificates are the cluster's", [
        f for f in ("ca.key", "etcd/ca.key", "front-proxy-ca.crt", "sa.key", "sa.pub")
        if text_of(f"{run.pki}/{f}") != text_of(f"{pki}/{f}")]
    yield "requests", requests_differ()


def actions(text):
    """What a dry run announces: VERB resource name, in order."""
    found = []
    for line in text.splitlines():
        if line.startswith("[dryrun] Would perform action "):
            words = line.split()
            found.append(f"{words[4]} {words[7].strip(chr(34))}")
        elif line.startswith("[dryrun] Resource name "):
            found[-1] += " " + line.split('"')[1]
    return found


READS = [f"GET configmaps {name}" for name in ("cluster-info", "kubeadm-config", "kube-proxy", "kubelet-config")]
CONTROL = READS + ["GET secrets kubeadm-certs", "GET nodes g3", "GET nodes g3", "PATCH nodes g3"]
NOBODY, ANY_PIN = "10.88.0.99:6443", "sha256:" + "07" * 32
FILE = """apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://10.88.0.99:6443"}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
users: [{name: u, user: {token: abcdef.0123456789abcdef}}]
"""
# what is run dry: arguments, exit code, what is announced, what standard error or output must say
DRY = [
    ("a worker, nobody there", [NOBODY, "--token", "abcdef.0123456789abcdef", "--discovery-token-ca-cert-hash", ANY_PIN],
     0, READS + ["GET nodes g3"], "invented cluster"),
    ("another token, nobody there", [NOBODY, "--token", "zzzzzz.0123456789abcdef", "--discovery-token-unsafe-skip-ca-verification"],
     0, READS + ["GET nodes g3"], "controlPlaneEndpoint: 192.168.0.101:6443"),
    ("a control plane, nobody there", [NOBODY, "--token", f"{ID}.{SECRET}", "--discovery-token-ca-cert-hash", ANY_PIN,
                                       "--control-plane", "--certificate-key", "00" * 32], 0, CONTROL, "--etcd-servers="),
    ("a discovery file, nobody there", ["--discovery-file", "/run/discovery.conf"], 0, READS + ["GET nodes g3"],
     "cluster-info names https://192.168.0.101:6443"),
    ("an endpoint without port", ["10.88.0.99", "--token", f"{ID}.{SECRET}", "--discovery-token-ca-cert-hash", ANY_PIN],
     1, [], "apiServerEndpoint"),
    ("the real cluster", ["{api}", "--token", f"{ID}.{SECRET}", "--discovery-token-ca-cert-hash", "{pin}"],
     0, READS + ["GET nodes g3"], "podSubnet: 10.244.0.0/16"),
    ("the real cluster, which does not know the token", ["{api}", "--token", "zzzzzz.0123456789abcdef",
                                                         "--discovery-token-ca-cert-hash", "{pin}"],
     0, READS + ["GET nodes g3"], "podSubnet: 192.168.0.0/16"),
    ("the real cluster, a wrong pin", ["{api}", "--token", f"{ID}.{SECRET}", "--discovery-token-ca-cert-hash", ANY_PIN],
     1, READS[:1], "does not match"),
]


def dry_runs(run):
    with open("/run/discovery.conf", "w") as f:
        f.write(FILE)
    for name, args, code, want, says in DRY:
        run.clean()
        start = time.monotonic()
        done = run.run("join", *(a.format(api="10.88.0.41:6443", pin=run.pin) for a in args), "--dry-run",
                       "--ignore-preflight-errors=all", "--cri-socket=unix:///run/none.sock")
        bad = differences([code, want], [done.returncode, actions(done.stdout)])
        if says not in done.stdout + done.stderr:
            bad.append(f"it does not say {says}: {done.stderr[-300:]}")
        if time.monotonic() - start > 10:
            bad.append(f"took {time.monotonic() - start:.0f} s")
        bad += [f["path"] for f in files_facts(["/etc/kubernetes", "/var/lib/kubelet"])
                if "/etc/kubernetes/tmp" not in f["path"]]
        yield "dry run: " + name, bad


def others(run):
    run.clean()
    done = run.join("--certificate-key", "00" * 32)
    yield "another certificate key is refused", [] if done.returncode == 1 and "--certificate-key" in done.stderr else [done.stderr]
    yield "and nothing is written to the certificates folder", os.listdir("/etc/kubernetes/pki") if os.path.isdir("/etc/kubernetes/pki") else []
    run.clean()
    done = run.join()
    yield "without key and certificates it is refused", [] if done.returncode == 1 and "not ready" in done.stderr else [done.stderr]
    run.clean()
    for name in ("ca.crt", "ca.key", "sa.key", "sa.pub", "front-proxy-ca.crt", "front-proxy-ca.key", "etcd/ca.crt", "etcd/ca.key"):
        os.makedirs(os.path.dirname(f"/etc/kubernetes/pki/{name}"), exist_ok=True)
        shutil.copy(f"{run.pki}/{name}", f"/etc/kubernetes/pki/{name}")
    done = run.join()
    yield "certificates copied by hand will do", [] if done.returncode == 0 else [done.stderr[-600:]]
    yield "the Secret is not asked for", [s for s in Api.seen if "kubeadm-certs" in s["requestURI"]]
    run.clean()
    done = run.join("--certificate-key", run.key, "--dry-run")
    wrote = [f["path"] for f in files_facts(["/etc/kubernetes", "/var/lib/kubelet"]) if "/etc/kubernetes/tmp" not in f["path"]]
    yield "a dry run succeeds", [] if done.returncode == 0 else [done.stderr[-800:]]
    yield "a dry run writes to its folder alone", wrote
    yield "a dry run shows the manifests", [n for n in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
                                            if f'Would write file "/etc/kubernetes/manifests/{n}.yaml"' not in done.stdout]
    Api.objects[SYSTEM + "configmaps/kubeadm-config"] = stored(OBJECTS, "configmap-kube-system-kubeadm-config.yaml")
    run.clean()
    done = run.join("--certificate-key", run.key)
    yield "a cluster without stable endpoint is refused", [] if done.returncode == 1 and "controlPlaneEndpoint" in done.stderr else [done.stderr]
    del Api.objects[SYSTEM + "secrets/kubeadm-certs"]
    Api.objects[SYSTEM + "configmaps/kubeadm-config"] = stored(HA + "/objects", "08-configmap-kube-system-kubeadm-config.yaml")
    run.clean()
    done = run.join("--certificate-key", run.key)
    yield "no uploaded certificates: the mend is named", [] if done.returncode == 1 and "upload-certs" in done.stderr else [done.stderr]


def inside(scratch, kubeadm):
    run = Join(kubeadm, scratch)
    good = bad = 0
    for part in (joined, dry_runs, others):
        for name, found in part(run):
            good, bad = good + (not found), bad + bool(found)
            print(f"{'FAIL' if found else 'ok':5}{name}", *[f"     | {d}" for d in found[:6]], sep="\n" if found else "")
    print(f"{good} passed, {bad} failed")
    sys.exit(1 if bad else 0)


def main():
    if sys.argv[1] == "--inside":
        inside(sys.argv[2], sys.argv[3])
    if not os.path.isdir(WANT):
        print(f"skipped: no recording in {HA} (set CUBEADM_REFERENCE)")
        sys.exit(77)
    sys.argv[1] = os.path.realpath(sys.argv[1])
    init_cases.enter_host(__file__)


if __name__ == "__main__":
    main()
