#!/usr/bin/python3
"""upgrade_cases - runs every recorded `kubeadm upgrade plan` and `diff` on a cluster like the recorded one, made by the
embedded control plane on virtual hosts, and compares exit code, output and requests.

  upgrade_cases.py KUBEADM    prints one line per case; exits 0 when all are ok, 77 where it cannot run

The cases are CUBEADM_REFERENCE/ops/upgrade-* (default ../shared/reference beside the checkout). Tables, objects and all
that programs read are compared byte for byte; of sentences for people (SENTENCES) what they quote. Requests are seen by a
proxy between kubeadm and the API server.
"""
import difflib, http.client, http.server, json, os, re, shutil, ssl, subprocess, sys, tempfile, threading

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
OPS = os.path.join(os.environ.get("CUBEADM_REFERENCE", os.path.join(ROOT, "..", "shared", "reference")), "ops")
PROXY, SERVER = ("127.0.0.1", 16443), ("10.88.0.11", 6443)
PKI = "/etc/kubernetes/pki/"
# Lines that say something in words of their own, by how upstream's begins; what is quoted in them must be the same.
SENTENCES = ["[upgrade/config] Use '", "[upgrade/diff] Use '", "Note: Before you can", "The table below shows", "Configs that have a",
             "resetting to kubeadm", "upgrade to is denoted"]
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|v\d+\.\d+\.\d+")
CONFIG = """apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 10.88.0.11}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
networking: {podSubnet: 10.244.0.0/16}
etcd: {local: {}}
"""


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes requests on, with the certificate of whoever sent them, and writes down who asked what."""
    protocol_version = "HTTP/1.1"
    seen, certs = [], {}
    condition = {"type": "Complete", "status": "True"}  # of every Job

    def answer(self, status, kind, text):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def job(self, body):
        """No node of the embedded control plane runs one: it is answered here."""
        job = json.loads(body) if body else {}
        job["status"] = {"conditions": [self.condition]}
        self.answer(201 if body else 200, "application/json", json.dumps(job).encode())

    def pass_on(self):
        subject = dict(x[0] for x in self.connection.getpeercert()["subject"])
        user = subject["commonName"]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("User-Agent", "").startswith("kubeadm/"):  # and not the node agent
            self.seen.append((user, {"GET": "get", "POST": "create"}.get(self.command, self.command), self.path, body))
        if self.path.startswith("/apis/batch/v1/"):
            return self.job(body)
        context = ssl.create_default_context(cafile=PKI + "ca.crt")
        context.load_cert_chain(*self.certs[user])
        up = http.client.HTTPSConnection(*SERVER, context=context, timeout=20)
        headers = {k: v for k, v in self.headers.items() if k.lower() in ("content-type", "accept", "user-agent")}
        up.request(self.command, self.path, body or None, headers)
        answer = up.getresponse()
        text = answer.read()
        if "limit=1" in self.path:  # a node that runs workloads
            text = text.replace(b"cubeadm.io/runtime", b"example.org/runtime")
        self.answer(answer.status, answer.getheader("Content-Type", ""), text)

    do_GET = do_POST = do_PUT = do_PATCH = pass_on

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


def extract(conf, folder, user):
    """Client certificate and key of a kubeconfig, as files."""
    import base64, yaml
    entry = yaml.safe_load(open(conf))["users"][0]["user"]
    if "client-certificate" in entry:
        return entry["client-certificate"], entry["client-key"]
    names = []
    for key in ("client-certificate-data", "client-key-data"):
        names.append(f"{folder}/{user}-{key}")
        with open(names[-1], "wb") as f:
            f.write(base64.b64decode(entry[key]))
    return names


def point_at_proxy(conf, to):
    text = open(conf).read()
    with open(to, "w") as f:
        f.write(re.sub(r"server: https://\S+", "server: https://%s:%d" % PROXY, text))


def start_proxy(folder):
    admin, kubelet = "/etc/kubernetes/admin.conf", "/etc/kubernetes/kubelet.conf"
    Proxy.certs = {"kubernetes-admin": extract(admin, folder, "admin"), "system:node:g1": extract(kubelet, folder, "node")}
    point_at_proxy(admin, folder + "/admin.conf")
    point_at_proxy(kubelet, folder + "/kubelet.conf")
    shutil.copy(folder + "/kubelet.conf", kubelet)
    subprocess.run(["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", folder + "/proxy.key", "-subj", "/CN=proxy",
                    "-out", folder + "/proxy.csr"], check=True, stderr=subprocess.DEVNULL)
    with open(folder + "/ext", "w") as f:
        f.write("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    subprocess.run(["openssl", "x509", "-req", "-in", folder + "/proxy.csr", "-CA", PKI + "ca.crt", "-CAkey", PKI + "ca.key", "-CAserial",
                    folder + "/serial", "-CAcreateserial", "-days", "2", "-extfile", folder + "/ext", "-out", folder + "/proxy.crt"],
                   check=True, stderr=subprocess.DEVNULL)
    server = Server(PROXY, Proxy)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder + "/proxy.crt", folder + "/proxy.key")
    tls.load_verify_locations(PKI + "ca.crt")
    tls.verify_mode = ssl.CERT_REQUIRED
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def read(path):
    try:
        with open(path) as f:
            return f.read()
    except FileNotFoundError:
        return None


def text_differs(want, got):
    """Lines that are not the same; of sentences what they quote."""
    a, b = want.split("\n"), got.split("\n")
    if len(a) == len(b):
        begins = [next((s for s in SENTENCES if w.startswith(s)), None) for w in a]
        for i, found in enumerate(begins):
            if found and not b[i].strip():
                return [f"line {i + 1} is empty"]
        quoted = lambda lines: sorted(set(q for i, line in enumerate(lines) if begins[i] for q in QUOTED.findall(line)))
        if quoted(a) != quoted(b):
            return [f"quoted in sentences: {quoted(b)}, wanted {quoted(a)}"]
        a, b = ([line for i, line in enumerate(lines) if not begins[i]] for lines in (a, b))
    return [line for line in difflib.unified_diff(a, b, "recorded", "ours", lineterm="", n=0)][2:]


def body_differs(want, got, at=""):
    """What we send must stand in the recorded object, which the server has filled up with defaults."""
    if isinstance(got, dict) and isinstance(want, dict):
        return [d for k, v in got.items() for d in body_differs(want.get(k), v, f"{at}.{k}")]
    if isinstance(got, list) and isinstance(want, list) and len(got) == len(want):
        return [d for w, g in zip(want, got) for d in body_differs(w, g, at + "[]")]
    return [] if want == got else [f"body{at}: {got!r}, wanted {want!r}"]


def requests_differ(case, seen):
    plain = lambda path: re.sub(r"upgrade-health-check-\d+", "upgrade-health-check-<MILLIS>", path)
    want = [json.loads(line) for line in open(f"{OPS}/{case}/requests.jsonl")]
    show = [[f"{r['user']} {'get' if r['verb'] == 'list' else r['verb']} {r['requestURI']}" for r in want],
            [f"{user} {verb} {plain(path)}" for user, verb, path, _ in seen]]
    found = [line for line in difflib.unified_diff(*show, "recorded", "ours", lineterm="", n=0)][2:]
    if not found:
        for w, (_, _, _, body) in zip(want, seen):
            if "body" in w:
                found += body_differs(w["body"], json.loads(plain(body.decode())))
    return found


def run_case(kubeadm, case, folder):
    args = read(f"{OPS}/{case}/args").split()
    result = json.loads(read(f"{OPS}/{case}/result.json"))
    want = next((read(f"{OPS}/{case}/stdout.{e}") for e in ("txt", "json", "yaml") if read(f"{OPS}/{case}/stdout.{e}") is not None), "")
    Proxy.seen.clear()
    done = subprocess.run([kubeadm, *args, "--kubeconfig", folder + "/admin.conf"], stdin=subprocess.DEVNULL, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    found = []
    if done.returncode != result["exitCode"]:
        found.append(f"exit code {done.returncode}, wanted {result['exitCode']}: {done.stderr[-600:]}")
    found += [f"stdout: {d}" for d in text_differs(want, done.stdout)]
    found += [f"request: {d}" for d in requests_differ(case, list(Proxy.seen))]
    return found


def failed_job(kubeadm, folder):
    """A Job that failed ends the wait for it; named, it is a warning."""
    args = [kubeadm, "upgrade", "plan", "v1.36.3", "--kubeconfig", folder + "/admin.conf"]
    Proxy.condition = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "it has ended badly"}
    run = lambda *more: subprocess.run([*args, *more], stdin=subprocess.DEVNULL, timeout=30, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
    done, ignored, found = run(), run("--ignore-preflight-errors=CreateJob"), []
    if done.returncode != 1 or "[ERROR CreateJob]" not in done.stderr or "BackoffLimitExceeded: it has ended badly" not in done.stderr:
        found.append(f"exit code {done.returncode}: {done.stderr[-600:]}")
    if ignored.returncode or "[WARNING CreateJob]" not in ignored.stderr:
        found.append(f"ignored: exit code {ignored.returncode}: {ignored.stderr[-600:]}")
    return found


def inside(kubeadm):
    folder, bad = tempfile.mkdtemp(), 0
    start_proxy(folder)
    for case in [*sorted(c for c in os.listdir(OPS) if c.startswith("upgrade-")), "a Job that fails"]:
        found = failed_job(kubeadm, folder) if " " in case else run_case(kubeadm, case, folder)
        bad += bool(found)
        print(f"{'FAIL' if found else 'ok':5}{case}", *[f"     | {d}" for d in found[:12]], sep="\n" if found else "", flush=True)
    shutil.rmtree(folder)
    sys.exit(1 if bad else 0)


def main():
    if sys.argv[1] == "--inside":
        inside(sys.argv[2])
    kubeadm = os.path.realpath(sys.argv[1])
    if not os.path.isdir(OPS) or not shutil.which("etcd"):
        print(f"skipped: no recording in {OPS} (set CUBEADM_REFERENCE), or no etcd (apt-get install etcd-server)")
        sys.exit(77)
    env = {**os.environ, "CUBEADM_LAB": f"upgrade-cases-{os.getpid()}", "CUBEADM_BUILD": os.path.realpath(os.path.dirname(kubeadm) + "/../..")}
    hosts = lambda *args, **kw: subprocess.run([ROOT + "/scripts/hosts", *args], env=env, text=True, **kw)
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    try:
        hosts("up", "g1", "g2", check=True)
        done = hosts("exec", "g1", "sh", "-c", "cat >/run/init.yaml; kubeadm init --embedded --config /run/init.yaml", input=CONFIG, **quiet)
        join = hosts("exec", "g1", "kubeadm", "token", "create", "--print-join-command", **quiet).stdout.split()
        joined = hosts("exec", "g2", *join, "--embedded", **quiet)
        if done.returncode or joined.returncode:
            sys.exit(f"no cluster to try it on: {done.stdout}{joined.stdout}")
        sys.exit(hosts("exec", "g1", sys.executable, os.path.abspath(__file__), "--inside", kubeadm).returncode)
    finally:
        hosts("down")


if __name__ == "__main__":
    main()
