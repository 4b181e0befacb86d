#!/usr/bin/python3
"""upgrade_cases - runs every recorded `kubeadm upgrade plan` and `diff` on a cluster like the recorded one, made by the
embedded control plane on virtual hosts, and compares exit code, output and requests.

  upgrade_cases.py KUBEADM    prints one line per case; exits 0 when all are ok, 77 where it cannot run

The cases are CUBEADM_REFERENCE/ops/upgrade-* (default ../shared/reference beside the checkout). Tables, objects and all
that programs read are compared byte for byte; of sentences for people (SENTENCES) what they quote. Requests are seen by a
proxy between kubeadm and the API server.
"""
import difflib, json, os, re, shutil, subprocess, sys, tempfile

import ops_cases

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
OPS = os.path.join(os.environ.get("CUBEADM_REFERENCE", os.path.join(ROOT, "..", "shared", "reference")), "ops")
PROXY, SERVER_PORT = ("10.88.0.11", 16443), 6443
# Lines that say something in words of their own, by how upstream's begins; what is quoted in them must be the same.
SENTENCES = ["[upgrade/config] Use '", "[upgrade/diff] Use '", "Note: Before you can", "The table below shows", "Configs that have a",
             "resetting to kubeadm", "upgrade to is denoted"]
VERBS = {"GET": "get", "POST": "create"}
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


class Proxy(ops_cases.Proxy):
    """Stands before the API server of a whole cluster, and answers for Jobs, as no node of the embedded one runs any."""
    condition = {"type": "Complete", "status": "True"}  # of every Job

    def changed(self, text):
        return text.replace(b"cubeadm.io/runtime", b"example.org/runtime") if "limit=1" in self.path else text

    def note(self, user, status, body):
        if self.headers.get("User-Agent", "").startswith("kubeadm/"):  # and not the node agent
            super().note(user, status, body)

    def hand_on(self):
        if not self.path.startswith("/apis/batch/v1/"):
            return super().hand_on()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status = 201 if body else 200
        self.note(self.identity()[0], status, body)
        job = json.loads(body or "{}") | {"status": {"conditions": [self.condition]}}
        return self.reply(status, "application/json", json.dumps(job).encode())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = hand_on


def start_proxy(folder):
    """kubeadm is pointed at the proxy by a copy of admin.conf, and by kubelet.conf itself."""
    pki = folder + "/pki"
    shutil.copytree("/etc/kubernetes/pki", pki)
    ops_cases.Proxy.backend, ops_cases.Proxy.trust = SERVER_PORT, pki
    for conf, to in (("admin.conf", folder + "/admin.conf"), ("kubelet.conf", "/etc/kubernetes/kubelet.conf")):
        text = open("/etc/kubernetes/" + conf).read()
        with open(to, "w") as f:
            f.write(re.sub(r"server: https://\S+", "server: https://%s:%d" % PROXY, text))
    ops_cases.serve(PROXY, Proxy, pki, pki + "/apiserver")


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
            [f"{s['user']} {VERBS.get(s['method'])} {plain(s['requestURI'])}" for s in seen]]
    found = [line for line in difflib.unified_diff(*show, "recorded", "ours", lineterm="", n=0)][2:]
    if not found:
        for w, s in zip(want, seen):
            if "body" in w:
                found += body_differs(w["body"], json.loads(plain(json.dumps(s["body"]))))
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
