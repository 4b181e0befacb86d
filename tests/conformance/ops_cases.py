#!/usr/bin/python3
"""ops_cases - runs the recorded operations (certs, kubeconfig, token, upload-certs, version, reset, a refused join) on a
virtual host like the recorded one, against the real embedded API server, and compares exit code, output, requests, files
and calls of systemctl with the recording.

  ops_cases.py KUBEADM APISERVER     prints a line per case; exits 0 when all are ok, 77 where it cannot run

The recording is CUBEADM_REFERENCE/ops (default ../shared/reference beside the checkout). Between kubeadm and the server
stands a proxy that ends TLS, writes down who asked for what, and asks the server with a certificate for the same user.
"""
import base64, contextlib, hashlib, hmac, http.client, http.server, json, os, re, shlex, shutil, socket, ssl, subprocess, sys, threading, time

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization

import init_cases
from facts import certificate_facts, files_facts, pem_type
from init_cases import REFERENCE, SYSTEMCTL, differences, first_difference, text_of

OPS = os.path.join(REFERENCE, "ops")
OBJECTS = os.path.join(REFERENCE, "api", "objects", "after-init")
CONFIG = os.path.join(REFERENCE, "api", "init", "config.yaml")
SYSTEM = "/api/v1/namespaces/kube-system/"
ADDRESS, PORT = "10.88.0.41", 6443
PKI = "/etc/kubernetes/pki"
GIVEN = {"abcdef": "0123456789abcdef", "qwerty": "abcdefghijklmnop"}  # tokens that are inputs
# In this order, because each leaves tokens for the next; "+ ARGS" is not compared: it makes what the recording found.
ORDER = ["version", "version-json", "version-short", "version-yaml", "certs-certificate-key",
         "certs-check-expiration-text", "certs-check-expiration-json", "certs-check-expiration-yaml",
         "kubeconfig-user-cert", "kubeconfig-user-token", "kubeconfig-user-validity",
         "+ token create", "token-list-one-text", "token-list-one-json", "token-list-one-yaml", "token-create-given",
         "token-create-existing", "token-create-never-expires", "token-create-dry-run", "token-create-print-join-command",
         "token-list-several-text", "token-list-several-json", "token-list-several-yaml", "token-list-jsonpath",
         "token-delete-full", "token-delete-id", "token-delete-missing", "token-list-with-kubeconfig", "upload-certs",
         "upload-certs-again", "join-control-plane-no-endpoint", "reset-control-plane", "reset-worker", "reset-again"]
# Where we differ, and why (docs/differences.md).
NO_LOOKUP = "no version is looked up on the web, so no warning that it failed"
KNOWN_STDERR = {"kubeconfig-user-cert": NO_LOOKUP, "kubeconfig-user-token": NO_LOOKUP, "kubeconfig-user-validity": NO_LOOKUP,
                "upload-certs": NO_LOOKUP, "upload-certs-again": NO_LOOKUP,
                "reset-control-plane": "no container runtime runs here, which is warned about"}
KNOWN_REQUESTS = {"reset-control-plane": "reset reads of the configuration only what it needs"}


certifying = threading.Lock()  # requests come at the same time


def certified(user, groups):
    """Client context for a user, by a certificate of the cluster's authority that is made on the spot."""
    context = ssl.create_default_context(cafile=Proxy.trust + "/ca.crt")
    context.check_hostname = False
    base = f"{Proxy.trust}/as-{user}".replace(":", "_")
    with certifying:
        make_certificate(base, user, groups)
    context.load_cert_chain(base + ".crt", base + ".key")
    return context


def make_certificate(base, user, groups):
    if not os.path.exists(base + ".crt"):
        subject = "".join(f"/O={g}" for g in groups) + f"/CN={user}"
        openssl = lambda *args: subprocess.run(("openssl", *args), check=True, stderr=subprocess.DEVNULL)
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", base + ".key", "-out",
                base + ".csr", "-subj", subject)
        openssl("x509", "-req", "-in", base + ".csr", "-CA", Proxy.trust + "/ca.crt", "-CAkey", Proxy.trust + "/ca.key",
                "-set_serial", str(len(base) + 1000), "-days", "2", "-out", base + ".crt")


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    backend, trust, seen = 0, None, []

    def identity(self):
        der = self.connection.getpeercert(binary_form=True)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if der:
            facts = certificate_facts(x509.load_der_x509_certificate(der))
            return facts["subjectCN"], facts["subjectO"], True
        return f"system:bootstrap:{token.split('.')[0]}" if token else "system:anonymous", [], False

    def hand_on(self):
        user, groups, known = self.identity()
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        context = certified(user, groups) if known else ssl.create_default_context(cafile=self.trust + "/ca.crt")
        context.check_hostname = False
        with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", self.backend, context=context, timeout=10)) as c:
            c.putrequest(self.command, self.path, skip_accept_encoding=True)
            for name in ("Accept", "Content-Type", "Content-Length", "Authorization"):
                if name in self.headers:
                    c.putheader(name, self.headers[name])
            c.endheaders(body)
            answer = c.getresponse()
            text = self.changed(answer.read())
        self.note(user, answer.status, body)
        self.reply(answer.status, answer.headers.get("Content-Type", "application/json"), text)

    def changed(self, text):
        """What a test makes of an answer."""
        return text

    def note(self, user, status, body):
        self.seen.append({"method": self.command, "requestURI": self.path, "user": user, "code": status,
                          "body": json.loads(body) if body else None})

    def reply(self, status, kind, text):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = hand_on

    def log_message(self, *_):
        pass


def serve(address, handler, pki, own):
    """Starts a proxy that shows the certificate `own`.crt and asks for those of the authority in `pki`."""
    server = http.server.ThreadingHTTPServer(address, handler)
    server.daemon_threads = True
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(own + ".crt", own + ".key")
    tls.load_verify_locations(pki + "/ca.crt")
    tls.verify_mode = ssl.CERT_OPTIONAL
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


class Cluster:
    """The embedded API server with the recorded objects, behind the proxy."""

    def __init__(self, program, pki, folder):
        r, w = os.pipe()
        self.process = subprocess.Popen(
            [program, "--advertise-address=127.0.0.1", "--bind-address=127.0.0.1", "--secure-port=0", f"--ready-fd={w}",
             f"--tls-cert-file={pki}/apiserver.crt", f"--tls-private-key-file={pki}/apiserver.key",
             f"--client-ca-file={pki}/ca.crt", "--authorization-mode=Node,RBAC",
             "--enable-admission-plugins=NodeRestriction", "--enable-bootstrap-token-auth=true",
             "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
             f"--service-account-key-file={pki}/sa.pub", f"--service-account-signing-key-file={pki}/sa.key",
             "--service-cluster-ip-range=10.96.0.0/12", f"--etcd-servers=sqlite://{folder}/db/state.db"],
            pass_fds=[w], stderr=open(folder + "/log", "w"))
        os.close(w)
        Proxy.backend, Proxy.trust = int(os.read(r, 16) or b"0"), pki
        os.close(r)
        if not Proxy.backend:
            sys.exit(text_of(folder + "/log"))
        serve((ADDRESS, PORT), Proxy, pki, pki + "/apiserver")

    def create(self, path, obj):
        context = certified("maker", ["system:masters"])
        with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", Proxy.backend, context=context, timeout=10)) as c:
            c.request("POST", path, json.dumps(obj), {"Content-Type": "application/json"})
            answer = c.getresponse()
            text = answer.read().decode()
            if answer.status not in (200, 201, 409):
                sys.exit(f"{path}: {answer.status} {text}")

    def fill(self, ca):
        """The objects after init that these operations ask for."""
        for name, path in (("configmap-kube-system-kubeadm-config", SYSTEM + "configmaps"),
                           ("configmap-kube-system-kube-proxy", SYSTEM + "configmaps"),
                           ("configmap-kube-system-kubelet-config", SYSTEM + "configmaps"),
                           ("clusterrolebinding-kubeadm_cluster-admins", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings")):
            self.create(path, stored(name))
        for role in ("nodes-kubeadm-config", "kubelet-config"):
            for kind in ("role", "rolebinding"):
                self.create(f"/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/{kind}s",
                            stored(f"{kind}-kube-system-kubeadm_{role}"))
        for kind in ("role", "rolebinding"):
            self.create(f"/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/{kind}s", stored(f"{kind}-kube-system-kube-proxy"))
        for kind in ("role", "rolebinding"):
            self.create(f"/apis/rbac.authorization.k8s.io/v1/namespaces/kube-public/{kind}s",
                        stored(f"{kind}-kube-public-kubeadm_bootstrap-signer-clusterinfo"))
        for node, address in (("g1", ADDRESS), ("g3", "10.88.0.43")):
            body = stored("node-g1")
            body["metadata"] |= {"name": node, "labels": {"kubernetes.io/hostname": node}}
            self.create("/api/v1/nodes", body)
            self.create(SYSTEM + "serviceaccounts", {"metadata": {"name": "default"}})
            self.create(SYSTEM + "pods", {
                "metadata": {"name": f"kube-apiserver-{node}", "labels": {"component": "kube-apiserver", "tier": "control-plane"},
                             "annotations": {"kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint": f"{address}:6443"}},
                "spec": {"nodeName": node, "automountServiceAccountToken": False,
                         "containers": [{"name": "kube-apiserver", "image": "kube-apiserver"}]}})
        self.create(SYSTEM + "pods", {
            "metadata": {"name": "etcd-g3", "labels": {"component": "etcd", "tier": "control-plane"}, "annotations": {
                "kubeadm.kubernetes.io/etcd.advertise-client-urls": f"https://{ADDRESS}:2379"}},
            "spec": {"nodeName": "g3", "automountServiceAccountToken": False, "containers": [{"name": "etcd", "image": "etcd"}]}})


def stored(name):
    return yaml.safe_load(text_of(os.path.join(OBJECTS, name + ".yaml")))


def cluster_info(ca, token):
    """As the controllers sign it; the recorded join reads it before it is refused."""
    url = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    text = yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "clusters": [{"name": "", "cluster": {
        "certificate-authority-data": base64.b64encode(ca).decode(), "server": f"https://{ADDRESS}:{PORT}"}}]})
    head = url(json.dumps({"alg": "HS256", "kid": token[:6]}, separators=(",", ":")).encode())
    signature = url(hmac.new(token[7:].encode(), f"{head}.{url(text.encode())}".encode(), hashlib.sha256).digest())
    return {"metadata": {"name": "cluster-info"}, "data": {"kubeconfig": text, f"jws-kubeconfig-{token[:6]}": f"{head}..{signature}"}}


# --- what is made of our output before it is compared with the recorded ---

def plain(text):
    """Placeholders as in the recording."""
    token = lambda m: m[0] if GIVEN.get(m[1]) == m[2] else "tttttt.ssssssssssssssss"
    text = re.sub(r"\b([a-z0-9]{6})\.([a-z0-9]{16})\b", token, text)
    text = re.sub(r"\bbootstrap-token-(?!abcdef|qwerty)[a-z0-9]{6}\b", "bootstrap-token-tttttt", text)
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:<CA_CERT_HASH>", text)
    text = re.sub(r"(?m)^[0-9a-f]{64}$", "<CERTIFICATE_KEY>", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "YYYY-MM-DDThh:mm:ssZ", text)
    text = re.sub(r"[A-Z][a-z]{2} \d\d, \d{4} \d\d:\d\d UTC", "MMM dd, YYYY hh:mm UTC", text)
    text = re.sub(r"(certificate-authority-data): \S+", r"\1: <CA_DATA>", text)
    text = re.sub(r"(client-(?:certificate|key)-data): \S+", r"\1: <DATA>", text)
    text = re.sub(r"(expiration|token-id|token-secret): [A-Za-z0-9+/=]+$", r"\1: <BASE64>", text, flags=re.M)
    text = re.sub(r"(residualTime\"?): -?\d+", r"\1: 0", text)
    return re.sub(r"v1\.36\.2\+cubeadm\.[0-9.]+", "v1.36.2", text)


BUILD = re.compile(r'((?:GitCommit|BuildDate|GoVersion|Compiler|gitCommit|buildDate|goVersion|compiler)"?: ?)"?[^",}\n]*"?')


def lines_of(name, text):
    """Wording of progress lines is not compared, their number is; lists of tokens come in the order of random ids."""
    if name.startswith("version"):
        text = BUILD.sub(r"\1*", text)
    lines = [re.sub(r"^(\[[a-z-]+\]) (?!Would perform |Resource name |Attached object).*", r"\1", line)
             for line in text.splitlines(True)]
    if name == "token-list-jsonpath":
        return sorted(re.findall(r"\[.*?\]", text))
    if name.startswith("token-list") and name.endswith("json"):
        return sorted(text.replace("}\n{", "}\n\0{").split("\0"))
    if name.startswith("token-list") and name.endswith("yaml"):
        return sorted(part.strip() for part in text.split("---\n"))
    return lines[:1] + sorted(lines[1:]) if name.startswith("token-list") else lines


def output_differs(name, folder, stdout):
    want = next((text_of(os.path.join(folder, f)) for f in sorted(os.listdir(folder)) if f.startswith("stdout.")), None)
    if want is None:
        return []
    got = lines_of(name, plain(stdout))
    want = lines_of(name, want)
    return [] if want == got else ["stdout: " + first_difference("".join(want), "".join(got))]


def plain_uri(uri):
    return re.sub(r"bootstrap-token-(?!abcdef|qwerty|<)[a-z0-9]{6}", "bootstrap-token-<TOKEN_ID>", uri)


def plain_body(body):
    data = {k: base64.b64decode(v).decode(errors="replace") for k, v in (body.get("data") or {}).items()}
    # the recording shows what the server took it for
    return {"type": body.get("type", "Opaque"), "name": plain_uri(body["metadata"]["name"]), "data": data}


def body_differs(want, got):
    """Of Secrets: name, type and what is in them; other objects are compared by api_writes."""
    w = {"type": want.get("type"), "name": want["metadata"]["name"], "data": want.get("data") or {}}
    g = plain_body(got)
    for key, value in w["data"].items():
        if "<" in value and key in g["data"]:
            g["data"][key] = value
    return differences(w, g, ".body")


def requests_differ(name, folder, seen):
    path = os.path.join(folder, "requests.jsonl")
    if not os.path.exists(path):
        return []
    want = [json.loads(line) for line in open(path) if name not in KNOWN_REQUESTS or "configmaps/kubeadm-config" in line or "etcd" in line]
    want = [w for w in want for _ in range(w.get("repeated", 1))]
    verbs = {"get": "GET", "list": "GET", "create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE"}
    # of a dry run only the reads are sent, and nobody tells the limit of time
    uri = lambda u: plain_uri(u).replace("?timeout=10s", "") if name == "token-create-dry-run" else plain_uri(u)
    facts = lambda method, r: [method, uri(r["requestURI"]), re.sub(r"bootstrap:(?!<)\w+", "bootstrap:<TOKEN_ID>", r["user"]), r["code"]]
    # ours alone: which certificate requests are of an earlier try (docs/differences.md)
    seen = [s for s in seen if "/certificatesigningrequests" not in s["requestURI"]]
    found = differences([facts(verbs[w["verb"]], w) for w in want], [facts(s["method"], s) for s in seen], "requests")
    for w, s in zip(want, seen):
        if not found and w["verb"] == "create" and w.get("body", {}).get("kind") == "Secret":
            found += body_differs(w["body"], s["body"])
    return found


def kubeconfig_differs(folder, stdout):
    path = os.path.join(folder, "kubeconfig.json")
    if not os.path.exists(path):
        return []
    want, doc = json.loads(text_of(path)), yaml.safe_load(stdout)
    user = doc["users"][0]["user"]
    got = {"clusterName": doc["clusters"][0]["name"], "server": doc["clusters"][0]["cluster"]["server"],
           "contextName": doc["contexts"][0]["name"], "context": doc["contexts"][0]["context"],
           "currentContext": doc["current-context"], "userName": doc["users"][0]["name"], "userKeys": sorted(user)}
    if "client-key-data" in user:
        cert = x509.load_pem_x509_certificate(base64.b64decode(user["client-certificate-data"]))
        key = base64.b64decode(user["client-key-data"])
        got["clientCert"] = certificate_facts(cert)
        ca = x509.load_pem_x509_certificate(open(Proxy.trust + "/ca.crt", "rb").read())
        days = (cert.not_valid_after - cert.not_valid_before).total_seconds() / 86400
        del got["clientCert"]["validitySeconds"]
        got["clientCert"]["validityDays"] = round(days, 1)
        got["clientKeyPemType"] = pem_type(key.decode())
        if cert.not_valid_before != ca.not_valid_before:
            return ["the client certificate does not begin with the authority's"]
        if serialization.load_pem_private_key(key, None).public_key().public_numbers() != cert.public_key().public_numbers():
            return ["the key is not the certificate's"]
    for facts in (want, got):  # one set in the certificate, which the library reads in any order
        facts.get("clientCert", {}).get("subjectO", []).sort()
    return differences(want, got, "kubeconfig")


def listed(path):
    return json.loads(text_of(path) or "[]")


class Ops:
    def __init__(self, kubeadm, apiserver, scratch):
        self.kubeadm, self.scratch, self.calls = kubeadm, scratch, scratch + "/calls"
        self.etcd = None
        self.env = {"PATH": f"{scratch}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"}
        with open(scratch + "/bin/systemctl", "w") as f:
            f.write(SYSTEMCTL.format(log=self.calls, resolved="exit 3"))
        os.chmod(scratch + "/bin/systemctl", 0o755)
        self.clean()
        for phase in ("certs", "kubeconfig"):
            done = self.run("init", "phase", phase, "all", "--config", CONFIG)
            assert done.returncode == 0, done.stderr
        self.kept = scratch + "/kept"
        shutil.copytree("/etc/kubernetes", self.kept)
        self.cluster = Cluster(apiserver, self.kept + "/pki", scratch)
        with open(self.kept + "/pki/ca.crt", "rb") as f:
            self.ca = f.read()
        self.cluster.fill(self.ca)

    def clean(self):
        for top in ("/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd"):
            shutil.rmtree(top, ignore_errors=True)
            os.mkdir(top, 0o755)

    def run(self, *args):
        Proxy.seen.clear()
        with open(self.calls, "w"):
            pass
        return subprocess.run([self.kubeadm, *args], env=self.env, timeout=120, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def arguments(self, text):
        pin = subprocess.run(["sh", "-c", f"openssl x509 -pubkey -noout -in {self.kept}/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum"],
                             stdout=subprocess.PIPE, text=True, check=True).stdout.split()[0]
        return shlex.split(text.replace("<TOKEN>", getattr(self, "token", "")).replace("<CA_CERT_HASH>", pin)
                           .replace("<CERTIFICATE_KEY>", "ab" * 32))

    def put_files(self, folder):
        """The files the recording found; those that are read are real ones."""
        os.makedirs("/etc/kubernetes/tmp", exist_ok=True)
        for f in listed(os.path.join(folder, "files-before.json")):
            path = f["path"].replace("<TIME>", "2026")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            kept = path.replace("/etc/kubernetes", self.kept)
            if f["type"] == "dir":
                os.makedirs(path, exist_ok=True)
            elif f["type"] == "link":
                os.symlink("kubelet-client-2026.pem", path)
                continue
            elif os.path.isfile(kept):
                shutil.copy(kept, path)
            else:
                open(path, "w").close()
            os.chmod(path, int(f["mode"], 8))

    def prepare(self, name, folder):
        if name.startswith(("join", "reset")) and name != "reset-again":
            subprocess.run(["hostname", "g2" if name == "reset-worker" else "g3"], check=True)
            self.clean()
        if name.startswith("join"):
            self.token = self.made_token()
            self.cluster.create("/api/v1/namespaces/kube-public/configmaps", cluster_info(self.ca, self.token))
        if name.startswith("reset") and name != "reset-again":
            self.put_files(folder)
        if name == "reset-control-plane":
            self.make_manifests()
            self.start_etcd()

    def start_etcd(self):
        """The only member of its cluster, so that leaving changes nothing."""
        pki, url = self.kept + "/pki/etcd", f"https://{ADDRESS}"
        self.etcd = subprocess.Popen(
            ["etcd", "--name=g3", f"--data-dir={self.scratch}/etcd", f"--advertise-client-urls={url}:2379",
             f"--listen-client-urls={url}:2379", f"--listen-peer-urls={url}:2380", f"--initial-advertise-peer-urls={url}:2380",
             f"--initial-cluster=g3={url}:2380", "--client-cert-auth", "--peer-client-cert-auth",
             f"--cert-file={pki}/server.crt", f"--key-file={pki}/server.key", f"--trusted-ca-file={pki}/ca.crt",
             f"--peer-cert-file={pki}/peer.crt", f"--peer-key-file={pki}/peer.key", f"--peer-trusted-ca-file={pki}/ca.crt"],
            stdout=subprocess.DEVNULL, stderr=open(self.scratch + "/etcd.log", "w"))
        end = time.monotonic() + 10
        while time.monotonic() < end and self.etcd.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((ADDRESS, 2379), 1):
                return
            time.sleep(0.02)
        sys.exit(text_of(self.scratch + "/etcd.log"))

    def stop(self):
        for process in filter(None, (self.etcd, self.cluster.process)):
            process.terminate()
            process.wait(10)

    def made_token(self):
        return self.run("token", "create", "--kubeconfig", self.kept + "/admin.conf").stdout.strip()

    def make_manifests(self):
        for phase in ("control-plane all", "etcd local"):
            assert self.run("init", "phase", *phase.split(), "--config", CONFIG).returncode == 0
        os.chmod("/etc/kubernetes/manifests", 0o700)

    def files_differ(self, folder):
        path = os.path.join(folder, "files-after.json")
        if not os.path.exists(path):
            return []
        facts = {f["path"]: [f["type"], f["mode"]] for f in files_facts(["/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd"])
                 if not f["path"].startswith("/etc/kubernetes/tmp")}
        return differences({f["path"]: [f["type"], f["mode"]] for f in listed(path)}, facts, "files")

    def case(self, name):
        folder = os.path.join(OPS, name)
        self.prepare(name, folder)
        done = self.run(*self.arguments(text_of(os.path.join(folder, "args"))))
        seen = list(Proxy.seen)
        result = json.loads(text_of(os.path.join(folder, "result.json")))
        got = {"exitCode": done.returncode, "stdoutEmpty": not done.stdout, "stderrEmpty": not done.stderr, "host": result["host"]}
        if name in KNOWN_STDERR:
            got["stderrEmpty"] = result["stderrEmpty"]
        found = differences(result, got)
        found += [done.stderr[-600:]] if found and done.stderr else []
        found += output_differs(name, folder, done.stdout) + requests_differ(name, folder, seen)
        found += kubeconfig_differs(folder, done.stdout) + self.files_differ(folder)
        want = text_of(os.path.join(folder, "systemctl-calls.txt"))
        changes = [c for c in (text_of(self.calls) or "").splitlines() if not re.match(r"systemctl (status|is-)", c)]
        if want is not None:
            found += differences([c for c in want.splitlines() if not re.match(r"systemctl (status|is-)", c)], changes, "systemctl")
        return found


def inside(scratch, kubeadm, apiserver):
    ops = Ops(kubeadm, apiserver, scratch)
    commands = subprocess.run([kubeadm, "__completeNoDesc", ""], stdout=subprocess.PIPE, text=True).stdout.split()
    commands = set(commands) - {"upgrade"}  # upgrade_cases.py runs those, on a whole cluster
    left = {d for d in os.listdir(OPS) if text_of(os.path.join(OPS, d, "args")).split()[0] in commands} - set(ORDER)
    good = bad = 0
    try:
        for name in ORDER:
            if name.startswith("+ "):
                done = ops.run(*name[2:].split())
                assert done.returncode == 0, done.stderr
                continue
            found = ops.case(name)
            good, bad = good + (not found), bad + bool(found)
            print(f"{'FAIL' if found else 'ok':5}{name}", *[f"     | {d}" for d in found[:8]], sep="\n" if found else "")
        for name in sorted(left):
            bad += 1
            print(f"FAIL {name}\n     | is recorded and this test does not know it")
    finally:
        ops.stop()
    print(f"{good} passed, {bad} failed")
    sys.exit(1 if bad else 0)


def main():
    if sys.argv[1] == "--inside":
        inside(sys.argv[2], sys.argv[3], sys.argv[4])
    if not os.path.isdir(OPS):
        print(f"skipped: no recording in {OPS} (set CUBEADM_REFERENCE)")
        sys.exit(77)
    sys.argv[1:3] = [os.path.realpath(a) for a in sys.argv[1:3]]
    init_cases.enter_host(__file__)


if __name__ == "__main__":
    main()
