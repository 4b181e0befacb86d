#!/usr/bin/python3
"""join_inputs - runs `kubeadm join` on a virtual host with command lines, configuration files and discovery files that are
right in an unusual way, or wrong, against a stand-in for the API server, and looks at what was written and asked.

  join_inputs.py KUBEADM     prints one line per input; exits 0 when all are ok, 77 where it cannot run

Spec join 1 to 3 and 6. What the recorded join does is looked at in join_cases.py, whose host and server this uses.
"""
import hashlib, http.server, json, os, shutil, ssl, subprocess, sys, threading

import yaml

import init_cases
import join_cases
from init_cases import differences, text_of
from join_cases import ADDRESS, Api, ID, Join, SECRET, SYSTEM, WANT, b64

TOKEN = f"{ID}.{SECRET}"
SOCKET = "unix:///var/run/containerd/containerd.sock"
INNER = "inner.example.org"  # the only name in the certificate of the server at port 6444
ELSEWHERE = 6444
FLAGS_ENV, CONFIG = "/var/lib/kubelet/kubeadm-flags.env", "/var/lib/kubelet/config.yaml"
BOOTSTRAP = "/etc/kubernetes/bootstrap-kubelet.conf"


class Elsewhere(Api):
    """The same objects; notes by which name it was asked for and who asked."""
    asked = []

    def do_GET(self):
        subject = dict(x[0] for x in (self.connection.getpeercert() or {}).get("subject", ()))
        self.asked.append({"sni": self.connection.named, "host": self.headers.get("Host"), "cn": subject.get("commonName"),
                           "token": self.headers.get("Authorization")})
        super().do_GET()


class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def note_name(connection, name, _):
    connection.named = name


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def leaf(pki, folder, name, san, usage):
    """A certificate of the cluster's authority; returns paths of certificate and key."""
    crt, key, csr, ext = (f"{folder}/{name}.{end}" for end in ("crt", "key", "csr", "ext"))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", csr, "-subj",
            f"/CN={name}")
    with open(ext, "w") as f:
        f.write(f"extendedKeyUsage={usage}\n" + (f"subjectAltName={san}\n" if san else ""))
    openssl("x509", "-req", "-in", csr, "-CA", pki + "/ca.crt", "-CAkey", pki + "/ca.key", "-CAcreateserial", "-days", "1",
            "-out", crt, "-extfile", ext)
    return crt, key


class V6Server(http.server.ThreadingHTTPServer):
    address_family = 10


def listen(kind, address, handler, crt, key, ca):
    server = kind(address, handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(crt, key)
    tls.load_verify_locations(ca)
    tls.verify_mode = ssl.CERT_OPTIONAL
    tls.set_servername_callback(note_name)
    ssl.SSLSocket.named = None
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


class Inputs(Join):
    def __init__(self, kubeadm, scratch):
        super().__init__(kubeadm, scratch)
        self.work = scratch + "/work"
        os.mkdir(self.work)
        os.chdir(self.work)
        crt, key = leaf(self.pki, scratch, INNER, f"DNS:{INNER},IP:fd00:88::41", "serverAuth")
        self.client = leaf(self.pki, scratch, "somebody", "", "clientAuth")
        listen(http.server.ThreadingHTTPServer, ("10.88.0.41", ELSEWHERE), Elsewhere, crt, key, self.pki + "/ca.crt")
        listen(V6Server, ("fd00:88::41", 6443), Elsewhere, crt, key, self.pki + "/ca.crt")
        health = http.server.ThreadingHTTPServer(("127.0.0.1", 10999), Healthy)
        threading.Thread(target=health.serve_forever, daemon=True).start()
        self.ca = b64(open(self.pki + "/ca.crt", "rb").read())

    def text(self, s):
        """What stands in braces with a hash is known only here."""
        for name, value in (("pin", self.pin), ("PIN", self.pin.upper()), ("CERTKEY", self.key.upper()), ("ca", self.ca), ("cafile", self.pki + "/ca.crt"),
                            ("crt", self.client[0]), ("key", self.client[1]), ("work", self.work),
                            ("certkey", self.key), ("crtdata", b64(open(self.client[0], "rb").read())),
                            ("keydata", b64(open(self.client[1], "rb").read()))):
            s = s.replace("{#" + name + "}", value)
        return s

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(os.path.join(self.work, name)), exist_ok=True)
        with open(os.path.join(self.work, name), "w") as f:
            f.write(self.text(text))
        os.chmod(os.path.join(self.work, name), mode)

    def fresh(self):
        self.clean()
        shutil.rmtree(self.work)
        os.mkdir(self.work)
        os.chdir(self.work)
        Api.seen.clear()
        Elsewhere.asked.clear()


def flags_env(*words):
    return lambda _: differences("KUBELET_KUBEADM_ARGS=" + json.dumps(" ".join(words)) + "\n", text_of(FLAGS_ENV))


def bootstrap(**want):
    """Server, user and whatever else of the default cluster and current user of bootstrap-kubelet.conf."""
    def look(_):
        doc = yaml.safe_load(text_of(BOOTSTRAP) or "{}")
        if not doc:
            return [BOOTSTRAP + " is missing"]
        cluster, user = doc["clusters"][0]["cluster"], doc["users"]
        context = next(c["context"] for c in doc["contexts"] if c["name"] == doc["current-context"])
        got = {**cluster, **next(u["user"] for u in user if u["name"] == context["user"])}
        return differences(want, {k: got.get(k) for k in want})
    return look


def kubelet_config(**want):
    def look(_):
        doc = yaml.safe_load(text_of(CONFIG) or "{}")
        return differences(want, {k: doc.get(k) for k in want})
    return look


def asked(**want):
    """Every request at the other server was made so."""
    def look(_):
        if not Elsewhere.asked:
            return ["nobody asked"]
        return [d for a in Elsewhere.asked for d in differences(want, {k: a[k] for k in want})]
    return look


def both(*looks):
    return lambda run: [d for look in looks for d in look(run)]


def nothing_written(_):
    return [f for f in (BOOTSTRAP, CONFIG, FLAGS_ENV, "/etc/kubernetes/pki/ca.crt") if os.path.exists(f)]


API = "10.88.0.41:6443"
PINNED = ["--token", TOKEN, "--discovery-token-ca-cert-hash", "{#pin}"]
SHORT = "timeouts: {discovery: 1s, tlsBootstrap: 1s}\n"
HEAD = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n"
DISCOVERY = "discovery:\n  bootstrapToken: {token: " + TOKEN + ', apiServerEndpoint: "' + API + '", caCertHashes: ["{#pin}"]}\n'


def kubeconfig(cluster, user, extra=""):
    return ("apiVersion: v1\nkind: Config\nclusters:\n- name: other\n  cluster: {server: 'https://10.88.0.99:6443'}\n"
            "- name: c\n  cluster: {" + cluster + "}\ncontexts:\n- name: other\n  context: {cluster: other, user: u}\n"
            "- name: x\n  context: {cluster: c, user: u}\ncurrent-context: x\nusers:\n- name: u\n  user: {" + user + "}\n" + extra)


GOOD = "server: 'https://10.88.0.41:6443', certificate-authority-data: {#ca}"
INSIDE = f"server: 'https://10.88.0.41:{ELSEWHERE}', certificate-authority-data: {{#ca}}, tls-server-name: {INNER}"
BY_FILE = ["--discovery-file", "d.conf"]
BY_CONFIG = ["--config", "join.yaml"]

# name, arguments, files to write, exit code, what is said (regular expression is not needed: a part of it), what to look at
CASES = [
    ("flags as init prints them", [API, *PINNED], {}, 0, "", bootstrap(server="https://cluster.example.org:6443", token=TOKEN)),
    ("a pin in capitals", [API, "--token", TOKEN, "--discovery-token-ca-cert-hash", "{#PIN}"], {}, 0, "", None),
    ("the right pin is the second flag", [API, "--token", TOKEN, "--discovery-token-ca-cert-hash", "sha256:" + "07" * 32,
                                          "--discovery-token-ca-cert-hash", "{#pin}"], {}, 0, "", None),
    ("a pin of another kind", [API, "--token", TOKEN, "--discovery-token-ca-cert-hash", "md5:" + "07" * 16], {}, 1, "sha256",
     nothing_written),
    ("a pin that is too short", [API, "--token", TOKEN, "--discovery-token-ca-cert-hash", "sha256:0707"], {}, 1, "0707",
     nothing_written),
    ("a pin without kind", [API, "--token", TOKEN, "--discovery-token-ca-cert-hash", "07" * 32], {}, 1, "sha256", nothing_written),
    ("a bad pin beside the right one", [API, "--token", TOKEN, "--discovery-token-ca-cert-hash", "{#pin},sha256:zz"], {}, 1, "zz",
     nothing_written),
    ("a token in capitals", [API, "--token", TOKEN.upper(), "--discovery-token-ca-cert-hash", "{#pin}"], {}, 1,
     "discovery.bootstrapToken.token", nothing_written),
    ("a token in capitals is not shown", [API, "--token", TOKEN.upper(), "--discovery-token-ca-cert-hash", "{#pin}"], {}, 1,
     "tlsBootstrapToken", lambda run: ["the secret is shown"] if SECRET.upper() in run.done.stdout + run.done.stderr else []),
    ("two tokens for the two ends", [API, "--discovery-token", TOKEN, "--tls-bootstrap-token", "qwerty.0123456789abcdef",
                                     "--discovery-token-ca-cert-hash", "{#pin}"], {}, 0, "",
     bootstrap(token="qwerty.0123456789abcdef")),
    ("a token for both does not win over one for one end",
     [API, "--token", "qwerty.0123456789abcdef", "--discovery-token", TOKEN, "--discovery-token-ca-cert-hash", "{#pin}"], {}, 0, "",
     bootstrap(token="qwerty.0123456789abcdef")),
    ("an IPv6 endpoint", ["[fd00:88::41]:6443", *PINNED], {}, 0, "", asked(host="[fd00:88::41]:6443")),
    ("an IPv6 endpoint without brackets", ["fd00:88::41:6443", *PINNED], {}, 1, "apiServerEndpoint", nothing_written),
    ("an endpoint in capitals", ["Cluster.Example.ORG:6443", *PINNED], {}, 0, "", None),
    ("an endpoint with scheme", ["https://10.88.0.41:6443", *PINNED], {}, 1, "apiServerEndpoint", nothing_written),
    ("an endpoint whose port is a word", ["10.88.0.41:https", *PINNED], {}, 1, "10.88.0.41:https", nothing_written),
    ("flags of discovery without an endpoint", PINNED, {}, 1, "discovery", nothing_written),
    ("an endpoint and a file", [API, *PINNED, *BY_FILE], {"d.conf": kubeconfig(GOOD, "token: " + TOKEN)}, 1, "exclude", nothing_written),
    ("no pin and no leave", [API, "--token", TOKEN], {}, 1, "caCertHashes", nothing_written),
    # --- files and flags
    ("a configuration", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY}, 0, "", bootstrap(token=TOKEN)),
    ("a configuration and flags it excludes",
     [API, *BY_CONFIG, "--token", TOKEN, "--patches", "p", "--control-plane", "--cri-socket", SOCKET, "--certificate-key", "00"],
     {"join.yaml": HEAD + DISCOVERY}, 1,
     "can not mix '--config' with arguments [certificate-key control-plane cri-socket patches token]", nothing_written),
    ("a configuration and --vmodule", [*BY_CONFIG, "--vmodule", "x=1"], {"join.yaml": HEAD + DISCOVERY}, 1, "arguments [vmodule]",
     nothing_written),
    ("a configuration and -v, --node-name, --dry-run=false", [*BY_CONFIG, "-v=0", "--node-name", "n7", "--dry-run=false"],
     {"join.yaml": HEAD + "dryRun: true\nnodeRegistration: {name: other}\n" + DISCOVERY}, 0, "", flags_env("--hostname-override=n7")),
    ("a configuration that is not there", BY_CONFIG, {}, 1, "join.yaml", nothing_written),
    ("a configuration of another kind", BY_CONFIG, {"join.yaml": HEAD.replace("Join", "Init")}, 1, "JoinConfiguration", nothing_written),
    ("several documents", BY_CONFIG, {"join.yaml": HEAD.replace("Join", "Cluster") + "---\n" + HEAD + DISCOVERY}, 0,
     "ClusterConfiguration", None),
    ("unknown and double fields", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + "nosuch: 1\n"}, 0, "nosuch", None),
    ("v1beta3", BY_CONFIG, {"join.yaml": HEAD.replace("v1beta4", "v1beta3") + DISCOVERY.replace(
        "discovery:\n", "discovery:\n  timeout: 30s\n") + "nodeRegistration:\n  kubeletExtraArgs: {v: '4', node-labels: 'a=b'}\n"},
     0, "v1beta3", flags_env("--node-labels=a=b", "--v=4")),
    ("v1beta2", BY_CONFIG, {"join.yaml": HEAD.replace("v1beta4", "v1beta2") + DISCOVERY}, 1, "migrate", nothing_written),
    ("all beside another check, in file and flag", [*BY_CONFIG, "--ignore-preflight-errors", "Swap"],
     {"join.yaml": HEAD + DISCOVERY + "nodeRegistration: {ignorePreflightErrors: [ALL]}\n"}, 1, "all", nothing_written),
    ("another CA file", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + "caCertPath: /etc/kubernetes/own/cluster.crt\n"}, 0, "",
     lambda run: differences(text_of(run.pki + "/ca.crt"), text_of("/etc/kubernetes/own/cluster.crt"))),
    ("a CA file that is not .crt", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + "caCertPath: /etc/kubernetes/ca.pem\n"}, 1, "caCertPath",
     nothing_written),
    ("a dry run by the file", BY_CONFIG, {"join.yaml": HEAD + "dryRun: true\n" + DISCOVERY}, 0, "[dryrun]", nothing_written),
    # --- the node
    ("a name in capitals", [API, *PINNED, "--node-name", "Node.A"], {}, 0, "", flags_env("--hostname-override=node.a")),
    ("a name with an underscore, beside a file", [*BY_CONFIG, "--node-name", "node_1"], {"join.yaml": HEAD + DISCOVERY}, 1,
     "--node-name", nothing_written),
    ("a name with blanks around, in the file", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + "nodeRegistration: {name: ' Node.B '}\n"}, 0,
     "", flags_env("--hostname-override=node.b")),
    ("a name with an underscore", [API, *PINNED, "--node-name", "node_1"], {}, 1, "nodeRegistration.name", nothing_written),
    ("a name that ends in a dash", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + "nodeRegistration: {name: node-}\n"}, 1,
     "nodeRegistration.name", nothing_written),
    ("a name that is too long", [API, *PINNED, "--node-name", "a" * 254], {}, 1, "nodeRegistration.name", nothing_written),
    ("a name that is all digits, in the file", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + "nodeRegistration: {name: '0123'}\n"}, 0, "",
     flags_env("--hostname-override=0123")),
    ("the name of this machine", [API, *PINNED, "--node-name", "g3"], {}, 0, "", flags_env("")),
    ("taints of a worker", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + "nodeRegistration:\n  taints:\n"
                                       "  - {key: a, value: b, effect: NoSchedule}\n  - {key: c, effect: NoExecute}\n"}, 0, "",
     flags_env("--register-with-taints=a=b:NoSchedule,c:NoExecute")),
    ("no taints, said so", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + "nodeRegistration: {taints: []}\n"}, 0, "", flags_env("")),
    ("arguments twice and over defaults", BY_CONFIG,
     {"join.yaml": HEAD + DISCOVERY + "nodeRegistration:\n  name: n1\n  taints: [{key: a, effect: NoSchedule}]\n  kubeletExtraArgs:\n"
      "  - {name: v, value: '4'}\n  - {name: register-with-taints, value: 'x=y:NoSchedule'}\n  - {name: v, value: '5'}\n"
      "  - {name: a, value: ''}\n"}, 0, "",
     flags_env("--hostname-override=n1", "--v=4", "--register-with-taints=x=y:NoSchedule", "--v=5", "--a=")),
    ("an argument without name", BY_CONFIG,
     {"join.yaml": HEAD + DISCOVERY + "nodeRegistration:\n  kubeletExtraArgs:\n  - {value: '4'}\n"}, 1,
     "nodeRegistration.kubeletExtraArgs", nothing_written),
    ("hostname-override among the arguments", BY_CONFIG,
     {"join.yaml": HEAD + DISCOVERY + "nodeRegistration:\n  name: n1\n  kubeletExtraArgs:\n  - {name: hostname-override, value: n2}\n"},
     0, "", both(flags_env("--hostname-override=n2"), lambda _: differences(
         [True, False], [any(f"/nodes/{n}" in s["requestURI"] for s in Api.seen) for n in ("n2", "n1")]))),
    ("a socket without scheme", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + "nodeRegistration: {criSocket: /run/x.sock}\n"}, 0,
     "unix:///run/x.sock", kubelet_config(containerRuntimeEndpoint="unix:///run/x.sock")),
    ("a policy that is none", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + "nodeRegistration: {imagePullPolicy: Sometimes}\n"}, 1,
     "imagePullPolicy", nothing_written),
    # --- patches
    ("patches by a relative path", [API, *PINNED, "--patches", "p"],
     {"p/kubeletconfiguration0+merge.yaml": "maxPods: 7\n", "p/kubeletconfiguration1+json.json":
      '[{"op": "add", "path": "/podPidsLimit", "value": 9}]', "p/kubeletconfiguration.yaml": "maxOpenFiles: 5\n",
      "p/readme.txt": "x"}, 0, "readme.txt", kubelet_config(maxPods=7, podPidsLimit=9, maxOpenFiles=5)),
    ("patches of the file", BY_CONFIG, {"p/kubeletconfiguration.yaml": "maxPods: 8\n",
                                        "join.yaml": HEAD + DISCOVERY + "patches: {directory: '{#work}/p'}\n"}, 0, "",
     kubelet_config(maxPods=8)),
    ("the runtime's socket wins over a patch", [API, *PINNED, "--patches", "p"],
     {"p/kubeletconfiguration.yaml": "containerRuntimeEndpoint: unix:///run/other.sock\n"}, 0, "",
     kubelet_config(containerRuntimeEndpoint=SOCKET)),
    ("no folder of patches", [API, *PINNED, "--patches", "nowhere"], {}, 1, "nowhere", None),
    ("a patch moves the kubelet's health check", [*BY_CONFIG, "--skip-phases", "preflight"],
     {"p/kubeletconfiguration.yaml": "healthzPort: 10999\n", "/etc/kubernetes/kubelet.conf": kubeconfig(GOOD, "token: " + TOKEN),
      "join.yaml": HEAD + DISCOVERY + "patches: {directory: p}\ntimeouts: {kubeletHealthCheck: 2s, tlsBootstrap: 2s}\n"}, 0,
     "healthy kubelet at http://127.0.0.1:10999/healthz", lambda _: [f for f in (BOOTSTRAP,) if os.path.exists(f)]),
    ("a patch turns the kubelet's health check off", [*BY_CONFIG, "--skip-phases", "preflight"],
     {"p/kubeletconfiguration.yaml": "healthzPort: 0\n", "/etc/kubernetes/kubelet.conf": kubeconfig(GOOD, "token: " + TOKEN),
      "join.yaml": HEAD + DISCOVERY + "patches: {directory: p}\ntimeouts: {kubeletHealthCheck: 2s, tlsBootstrap: 2s}\n"}, 0,
     "healthzPort: 0", None),
    # --- phases
    ("a phase to skip that is none", [API, *PINNED, "--skip-phases", "nosuch"], {}, 1, "invalid phase name: nosuch", nothing_written),
    ("a phase to skip in the file", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + "skipPhases: [preflight, kubelet-start, kubelet-wait-bootstrap]\n"},
     0, "", nothing_written, []),
    ("the flag replaces the file's", BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + "skipPhases: [kubelet-start]\n"}, 0, "",
     bootstrap(token=TOKEN)),
    # --- discovery files
    ("a file with several contexts", BY_FILE, {"d.conf": kubeconfig(GOOD, "token: " + TOKEN)}, 0, "",
     bootstrap(server="https://10.88.0.41:6443", token=TOKEN)),
    ("a file:// URL", ["--discovery-file", "file://{#work}/d.conf"], {"d.conf": kubeconfig(GOOD, "token: " + TOKEN)}, 0, "",
     bootstrap(token=TOKEN)),
    ("an http URL", ["--discovery-file", "http://10.88.0.41/d.conf"], {}, 1, "discovery.file.kubeConfigPath", nothing_written),
    ("an HTTPS URL in capitals", ["--discovery-file", "HTTPS://10.88.0.41:6443/d.conf"], {}, 1, "unknown authority", nothing_written),
    ("a file that is not there", BY_FILE, {}, 1, "discovery.file.kubeConfigPath", nothing_written),
    ("CA, certificate and key by relative paths", BY_FILE,
     {"d.conf": kubeconfig(f"server: 'https://10.88.0.41:{ELSEWHERE}', certificate-authority: ca.crt, tls-server-name: {INNER}",
                           "client-certificate: c.crt, client-key: c.key"), "link": ""}, 0, "",
     both(asked(cn="somebody"), bootstrap(**{"certificate-authority": None, "client-certificate": None, "client-key": None}),
          lambda run: bootstrap(**{"client-certificate-data": run.text("{#crtdata}")})(run))),
    ("a token file", BY_FILE, {"d.conf": kubeconfig(GOOD, "tokenFile: t"), "t": TOKEN + "\n"}, 0, "",
     bootstrap(token=TOKEN, tokenFile=None)),
    ("a token with a line break", BY_FILE, {"d.conf": kubeconfig(GOOD, r'token: "' + TOKEN + r'\r\nX-Other: 1"')}, 1,
     "holds a blank or a line break", both(nothing_written, lambda run: ["the secret is shown"] if SECRET in run.done.stderr else [])),
    ("a name for TLS", BY_FILE, {"d.conf": kubeconfig(INSIDE, "token: " + TOKEN)}, 0, "add it there after the join",
     both(asked(sni=INNER, host=f"10.88.0.41:{ELSEWHERE}", token="Bearer " + TOKEN), bootstrap(**{"tls-server-name": INNER}))),
    ("another name for TLS", BY_FILE, {"d.conf": kubeconfig(INSIDE.replace(INNER, "outer.example.org"), "token: " + TOKEN)}, 1,
     'correct tls-server-name in the discovery file (it is "outer.example.org")', nothing_written),
    ("a name for TLS where the address would do", BY_FILE,
     {"d.conf": kubeconfig(GOOD + ", tls-server-name: outer.example.org", "token: " + TOKEN)}, 1, "certificate", nothing_written),
    ("no check of TLS, and a token of its own", [*BY_FILE, "--tls-bootstrap-token", TOKEN],
     {"d.conf": kubeconfig("server: 'https://10.88.0.41:6443', insecure-skip-tls-verify: true", "")}, 0, "",
     both(bootstrap(**{"insecure-skip-tls-verify": None, "token": TOKEN}),
          lambda run: bootstrap(**{"certificate-authority-data": run.ca})(run))),
    ("no check of TLS, and credentials of the file", BY_FILE,
     {"d.conf": kubeconfig("server: 'https://10.88.0.41:6443', insecure-skip-tls-verify: true", "token: " + TOKEN)}, 1,
     "insecure-skip-tls-verify", both(nothing_written, lambda _: differences([], Api.seen))),
    ("no check of TLS beside a CA", [*BY_FILE, "--tls-bootstrap-token", TOKEN],
     {"d.conf": kubeconfig(GOOD + ", insecure-skip-tls-verify: true", "")}, 1, "exclude each other", nothing_written),
    ("credentials of a program", BY_FILE,
     {"d.conf": kubeconfig(INSIDE, "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, interactiveMode: Never, "
                           "args: [a, 'b c'], env: [{name: GIVEN, value: '" + TOKEN + "'}]}"),
      "give!": "#!/bin/sh\n[ \"$1/$2\" = 'a/b c' ] || exit 3\ncase $KUBERNETES_EXEC_INFO in "
      "*'\"kind\":\"ExecCredential\"'*'\"interactive\":false'*) ;; *) exit 4;; esac\n"
      "printf '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"%s\"}}' \"$GIVEN\"\n"},
     0, "", both(asked(token="Bearer " + TOKEN), bootstrap(token=None))),
    ("a certificate of a program", BY_FILE,
     {"d.conf": kubeconfig(INSIDE, "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./give}"),
      "give!": "#!/usr/bin/python3\nimport json\nprint(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1beta1', 'kind': "
      "'ExecCredential', 'status': {'clientCertificateData': open('{#crt}').read(), 'clientKeyData': open('{#key}').read()}}))\n"},
     0, "", asked(cn="somebody", token=None)),
    ("a program that fails", BY_FILE,
     {"d.conf": kubeconfig(INSIDE, "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, interactiveMode: Never}"),
      "give!": "#!/bin/sh\necho log in first >&2\nexit 9\n"}, 1, "log in first", nothing_written),
    ("a program that is not there", BY_FILE,
     {"d.conf": kubeconfig(INSIDE, "exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-helper, interactiveMode: Never, "
                           "installHint: 'get it at example.org'}")}, 1, "get it at example.org", nothing_written),
    ("a program that answers something else", BY_FILE,
     {"d.conf": kubeconfig(INSIDE, "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, interactiveMode: Never}"),
      "give!": "#!/bin/sh\necho '{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"secret-word\"}}'\n"},
     1, "client.authentication.k8s.io/v1", both(nothing_written, lambda run: ["the secret is shown"] if "secret-word" in run.done.stderr else [])),
    ("a program of an old API", BY_FILE,
     {"d.conf": kubeconfig(INSIDE, "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: ./give}")}, 1,
     "client.authentication.k8s.io/v1alpha1", nothing_written),
    ("an auth-provider", BY_FILE, {"d.conf": kubeconfig(GOOD, "auth-provider: {name: gcp}")}, 1, "gcp", nothing_written),
    ("two contexts and none is current", BY_FILE,
     {"d.conf": kubeconfig(GOOD, "token: " + TOKEN).replace("current-context: x\n", "")}, 1, "context", nothing_written),
    ("a cluster without a name", [*BY_FILE, "--tls-bootstrap-token", TOKEN],
     {"d.conf": "apiVersion: v1\nkind: Config\nclusters:\n- name: ''\n  cluster: {" + GOOD + "}\n"}, 0, "",
     bootstrap(server="https://10.88.0.41:6443", token=TOKEN)),
    ("an empty file", BY_FILE, {"d.conf": ""}, 1, "d.conf", nothing_written),
    ("a list", BY_FILE, {"d.conf": "- a\n"}, 1, "d.conf", nothing_written),
    ("a key without certificate", [*BY_FILE], {"d.conf": kubeconfig(GOOD, "client-key-data: {#keydata}")}, 1, "credentials", nothing_written),
    ("a TLS token in capitals with a file", [*BY_FILE, "--tls-bootstrap-token", TOKEN.upper()],
     {"d.conf": kubeconfig(GOOD, "token: " + TOKEN)}, 1, "tlsBootstrapToken", nothing_written),
]

PREPARE = "preflight,check-etcd,kubelet-start,etcd-join,kubelet-wait-bootstrap,control-plane-join,wait-control-plane"
CONTROL = [API, *PINNED, "--control-plane", "--certificate-key", "{#certkey}", "--skip-phases", PREPARE]
CONTROL_HERE = [*CONTROL, "--apiserver-advertise-address", ADDRESS]
CONTROL_FILE = HEAD + DISCOVERY + "controlPlane: {certificateKey: {#certkey}, localAPIEndpoint: {advertiseAddress: " + ADDRESS + "}}\n"
ADMIN = "/etc/kubernetes/admin.conf"
TAINT = "node-role.kubernetes.io/control-plane"


def server_of(name, want):
    return lambda _: differences(want, yaml.safe_load(text_of("/etc/kubernetes/" + name) or "clusters: [{cluster: {}}]")
                                 ["clusters"][0]["cluster"].get("server"))


def flag_of(component, flag, want):
    def look(_):
        pod = yaml.safe_load(text_of(f"/etc/kubernetes/manifests/{component}.yaml") or "{}")
        if not pod:
            return [component + " is missing"]
        words = pod["spec"]["containers"][0]["command"]
        return differences([f"--{flag}={want}"], [w for w in words if w.startswith(f"--{flag}=")])
    return look


def no_key(_):
    return [f for f in ("/etc/kubernetes/pki/ca.key", ADMIN) if os.path.exists(f)]


CONTROL_CASES = [
    ("a control plane", CONTROL_HERE, {}, 0, "", both(server_of("admin.conf", "https://cluster.example.org:6443"),
                                                      server_of("scheduler.conf", f"https://{ADDRESS}:6443"))),
    ("a control plane with a port of its own", [*CONTROL_HERE, "--apiserver-bind-port", "7443"], {}, 0, "",
     both(server_of("scheduler.conf", f"https://{ADDRESS}:7443"), flag_of("kube-apiserver", "secure-port", "7443"))),
    ("a control plane at an IPv6 address", [*CONTROL, "--apiserver-advertise-address", "FD00:88::41"], {}, 0, "",
     both(server_of("scheduler.conf", "https://[fd00:88::41]:6443"), flag_of("kube-apiserver", "advertise-address", "fd00:88::41"))),
    ("an address that is none", [*CONTROL, "--apiserver-advertise-address", "g3"], {}, 1, "advertiseAddress", no_key),
    ("a name for TLS is of the server discovered, not of this control plane", [*BY_CONFIG, "--skip-phases", PREPARE.replace("kubelet-start,", "")],
     {"d.conf": kubeconfig(INSIDE, "token: " + TOKEN),
      "join.yaml": CONTROL_FILE.replace(DISCOVERY, "discovery: {file: {kubeConfigPath: d.conf}}\n")}, 0, "",
     bootstrap(**{"server": f"https://{ADDRESS}:6443", "tls-server-name": None, "token": TOKEN})),
    ("a port that is none", [*CONTROL_HERE, "--apiserver-bind-port", "70000"], {}, 1, "controlPlane.localAPIEndpoint.bindPort", no_key),
    ("an address for multicast", [*CONTROL, "--apiserver-advertise-address", "224.0.0.1"], {}, 1, "224.0.0.1", no_key),
    ("a certificate key that is too short", [API, *PINNED, "--control-plane", "--certificate-key", "00" * 16], {}, 1,
     "controlPlane.certificateKey", both(no_key, lambda run: ["the key is shown"] if "00" * 16 in run.done.stderr else [])),
    ("a certificate key that is no hex", [API, *PINNED, "--control-plane", "--certificate-key", "zz" * 32], {}, 1,
     "controlPlane.certificateKey", no_key),
    ("a certificate key in capitals", [w if w != "{#certkey}" else "{#CERTKEY}" for w in CONTROL_HERE], {}, 0, "", None),
    ("flags of control planes on a worker", [API, *PINNED, "--certificate-key", "{#certkey}", "--apiserver-bind-port", "7443",
                                             "--skip-phases", "preflight,kubelet-wait-bootstrap"], {}, 0, "--control-plane",
     lambda _: no_key(_) + ([] if os.path.exists(BOOTSTRAP) else ["it did not join"])),
    ("patches of manifests", [*CONTROL_HERE, "--patches", "p"],
     {"p/kube-scheduler+json.yaml": "- {op: replace, path: /spec/priority, value: 5}\n- {op: add, path: /metadata/labels/own, value: x}\n"
                                    .replace("- {op: replace, path: /spec/priority, value: 5}\n", "")}, 0, "kube-scheduler",
     lambda _: differences("x", yaml.safe_load(text_of("/etc/kubernetes/manifests/kube-scheduler.yaml"))["metadata"]["labels"].get("own"))),
    ("a file makes a control plane", [*BY_CONFIG, "--skip-phases", PREPARE], {"join.yaml": CONTROL_FILE}, 0, "",
     server_of("controller-manager.conf", f"https://{ADDRESS}:6443")),
    ("the taint of a control plane", [*BY_CONFIG, "--dry-run", "--skip-phases", "preflight"], {"join.yaml": CONTROL_FILE}, 0, TAINT + ":NoSchedule",
     None),
    ("no taints, said so, of a control plane", [*BY_CONFIG, "--dry-run", "--skip-phases", "preflight"],
     {"join.yaml": CONTROL_FILE + "nodeRegistration: {taints: []}\n"}, 0, "PATCH",
     lambda run: ["it is tainted"] if "taints" in run.done.stdout.split("PATCH")[-1] else []),
    ("a hidden phase is left out", [API, *PINNED, "--control-plane", "--dry-run", "--skip-phases", "preflight,check-etcd",
                                    "--apiserver-advertise-address", ADDRESS, "--certificate-key", "{#certkey}"], {}, 0, "[dryrun]",
     lambda run: ["it is not"] if "[check-etcd]" in run.done.stdout else []),
    ("a phase with its parents", [*CONTROL_HERE[:-4], "--skip-phases", PREPARE + ",control-plane-prepare/control-plane,control-plane-prepare/kubeconfig",
                                  "--apiserver-advertise-address", ADDRESS], {}, 0, "",
     lambda _: differences([True, False, False], [os.path.exists(f) for f in ("/etc/kubernetes/pki/apiserver.crt", ADMIN,
                                                                              "/etc/kubernetes/manifests/kube-scheduler.yaml")])),
]

ADMIN_HERE = {"/etc/kubernetes/admin.conf": kubeconfig(GOOD, "client-certificate-data: {#crtdata}, client-key-data: {#keydata}")}
PHASE = "phase"
PHASE_CASES = [
    ("join phase", [PHASE], {}, 1, "subcommand is required", None),
    ("a group of phases", [PHASE, "control-plane-prepare"], {}, 1, "subcommand is required", None),
    ("a phase that is none", [PHASE, "nosuch"], {}, 1, "nosuch", None),
    ("a hidden phase is no command", [PHASE, "check-etcd"], {}, 1, "check-etcd", None),
    ("kubelet-start alone", [PHASE, "kubelet-start", API, *PINNED, "--cri-socket", SOCKET], {}, 0, "", bootstrap(token=TOKEN)),
    ("kubelet-start takes no --control-plane", [PHASE, "kubelet-start", API, *PINNED, "--control-plane"], {}, 1, "--control-plane",
     nothing_written),
    ("kubelet-start of a control plane, by file", [PHASE, "kubelet-start", *BY_CONFIG], {"join.yaml": CONTROL_FILE}, 0, "",
     bootstrap(server=f"https://{ADDRESS}:6443")),
    ("two endpoints", [PHASE, "kubelet-start", API, API, *PINNED], {}, 1, "accepts at most 1 arg(s), received 2", nothing_written),
    ("the preparing of a worker", [PHASE, "control-plane-prepare", "all", API, *PINNED], {}, 0, "", no_key),
    ("the preparing of a control plane", [PHASE, "control-plane-prepare", "all", *CONTROL_HERE[:-4], "--apiserver-advertise-address", ADDRESS],
     {}, 0, "", both(server_of("admin.conf", "https://cluster.example.org:6443"), flag_of("kube-apiserver", "secure-port", "6443"))),
    ("certificates alone", [PHASE, "control-plane-prepare", "download-certs", *CONTROL_HERE[:-4]], {}, 0, "[download-certs]",
     lambda run: differences([text_of(run.pki + "/ca.key"), False], [text_of("/etc/kubernetes/pki/ca.key"),
                                                                     os.path.exists("/etc/kubernetes/pki/apiserver.crt")])),
    ("manifests without admin.conf", [PHASE, "control-plane-prepare", "control-plane", "--control-plane"], {}, 1, ADMIN, None),
    ("manifests with admin.conf", [PHASE, "control-plane-prepare", "control-plane", "--control-plane", "--apiserver-advertise-address",
                                   ADDRESS], ADMIN_HERE, 0, "", flag_of("kube-apiserver", "advertise-address", ADDRESS)),
    ("manifests take no endpoint", [PHASE, "control-plane-prepare", "control-plane", API], ADMIN_HERE, 1, API, None),
    ("an admin.conf that is none", [PHASE, "control-plane-prepare", "control-plane", "--control-plane"], {ADMIN: "a: [\n"}, 1, ADMIN, None),
    ("the wait for the kubelet, without admin.conf", [PHASE, "kubelet-wait-bootstrap"], {}, 1, ADMIN, None),
    ("the wait for the kubelet, with an endpoint", [PHASE, "kubelet-wait-bootstrap", API, "--dry-run"], ADMIN_HERE, 0, "[dryrun]", None),
    ("the wait for the kubelet, with two", [PHASE, "kubelet-wait-bootstrap", API, API], ADMIN_HERE, 1,
     "accepts at most 1 arg(s), received 2", None),
    ("the wait for the control plane, with an endpoint", [PHASE, "wait-control-plane", API], ADMIN_HERE, 0, "", None),
    ("the wait for the control plane, without admin.conf", [PHASE, "wait-control-plane"], {}, 1, ADMIN, None),
    ("the wait for the control plane takes no flag", [PHASE, "wait-control-plane", "--control-plane"], ADMIN_HERE, 1, "--control-plane", None),
    ("etcd-join takes no endpoint", [PHASE, "etcd-join", API], ADMIN_HERE, 1, API, None),
    ("etcd-join of a worker", [PHASE, "etcd-join"], ADMIN_HERE, 0, "", lambda _: os.listdir("/var/lib/etcd")),
    ("mark of a worker", [PHASE, "control-plane-join", "all"], ADMIN_HERE, 0, "",
     lambda run: ["it is marked"] if "mark-control-plane" in run.done.stdout else []),
    ("mark of a control plane, dry", [PHASE, "control-plane-join", "mark-control-plane", "--control-plane", "--dry-run", "--node-name", "n3"],
     ADMIN_HERE, 0, 'Marking the node n3 as control-plane', None),
    ("no phase takes --skip-phases", [PHASE, "preflight", API, *PINNED, "--skip-phases", "x"], {}, 1, "--skip-phases", None),
    ("skipPhases of the file mean nothing to one phase", [PHASE, "kubelet-start", *BY_CONFIG],
     {"join.yaml": HEAD + DISCOVERY + "skipPhases: [kubelet-start]\n"}, 0, "", bootstrap(token=TOKEN)),
]


KUBEADM, KUBELET, PROXY, CERTS = (SYSTEM + n for n in ("configmaps/kubeadm-config", "configmaps/kubelet-config",
                                                       "configmaps/kube-proxy", "secrets/kubeadm-certs"))
NODE = "/api/v1/nodes/g3"
INFO = "/api/v1/namespaces/kube-public/configmaps/cluster-info"
WORKER = [API, *PINNED]


def edit(path, key, old, new, signed=False):
    """Replaces a part of a text in the data of an object; drops the signature or renews it."""
    def change(objects):
        o = objects[path] = json.loads(json.dumps(objects[path]))
        assert old in o["data"][key], (path, key, old)
        o["data"][key] = o["data"][key].replace(old, new)
        if signed:
            whole = "".join(o["data"][k] for k in sorted(o["data"])).encode()
            o["metadata"].setdefault("annotations", {})["kubeadm.kubernetes.io/component-config.hash"] = "sha256:" + hashlib.sha256(whole).hexdigest()
    return change


def without(path, key=None):
    def change(objects):
        if key:
            objects[path] = {**objects[path], "data": {k: v for k, v in objects[path]["data"].items() if k != key}}
        else:
            del objects[path]
    return change


def answer(path, **doc):
    return lambda objects: objects.update({path: doc})


def failure(path, code, reason):
    return answer(path, kind="Status", status="Failure", code=code, reason=reason, message=f"{reason} said the test")


def data(path, **values):
    return lambda objects: objects.update({path: {**objects[path], "data": {**objects[path]["data"], **values}}})


def node(ready):
    return answer(NODE, kind="Node", apiVersion="v1", metadata={"name": "g3"},
                  status={"conditions": [{"type": "MemoryPressure", "status": "True"}, {"type": "Ready", "status": ready}]})


def external_etcd(objects):
    edit(KUBEADM, "ClusterConfiguration", "etcd:\n  local:\n    dataDir: /var/lib/etcd\n",
         "etcd:\n  external:\n    endpoints: ['https://10.88.0.50:2379']\n    caFile: /etc/kubernetes/pki/outside/ca.crt\n"
         "    certFile: /etc/kubernetes/pki/outside/client.crt\n    keyFile: /etc/kubernetes/pki/outside/client.key\n")(objects)
    old = objects[CERTS]["data"]
    objects[CERTS] = {**objects[CERTS], "data": {
        **{k: v for k, v in old.items() if not k.startswith("etcd-")}, "external-etcd-ca.crt": old["ca.crt"],
        "external-etcd.crt": old["front-proxy-ca.crt"], "external-etcd.key": old["front-proxy-ca.key"]}}


def modes(**want):
    return lambda _: differences(want, {p: oct(os.stat(p).st_mode & 0o777) if os.path.exists(p) else None for p in want})


CLUSTER_CASES = [  # as above, with what is changed in the cluster before
    ("a Node of that name is Ready", node("True"), WORKER, {}, 1, "already in the cluster", nothing_written),
    ("a Node of that name is not Ready", node("Unknown"), WORKER, {}, 0, "", bootstrap(token=TOKEN)),
    ("Nodes may not be read", failure(NODE, 403, "Forbidden"), WORKER, {}, 1, 'Node "g3"', nothing_written),
    ("no kube-proxy", without(PROXY), WORKER, {}, 0, "kube-proxy", bootstrap(token=TOKEN)),
    ("kube-proxy may not be read", failure(PROXY, 403, "Forbidden"), WORKER, {}, 0, "kube-proxy", bootstrap(token=TOKEN)),
    ("no kubelet-config", without(KUBELET), WORKER, {}, 1, "kubelet-config", nothing_written),
    ("kubelet-config without its key", without(KUBELET, "kubelet"), WORKER, {}, 1, '"kubelet"', nothing_written),
    ("kubelet-config of another version, by hand", edit(KUBELET, "kubelet", "kubelet.config.k8s.io/v1beta1", "kubelet.config.k8s.io/v1alpha1"),
     WORKER, {}, 1, "kubelet.config.k8s.io/v1alpha1", nothing_written),
    ("kubelet-config of another version, by kubeadm", edit(KUBELET, "kubelet", "kubelet.config.k8s.io/v1beta1",
                                                           "kubelet.config.k8s.io/v1alpha1\nmaxPods: 7", signed=True),
     WORKER, {}, 0, "made anew", kubelet_config(apiVersion="kubelet.config.k8s.io/v1beta1", clusterDNS=["10.96.0.10"], maxPods=None)),
    ("kube-proxy of another version, by hand", edit(PROXY, "config.conf", "kubeproxy.config.k8s.io/v1alpha1", "kubeproxy.config.k8s.io/v9"),
     WORKER, {}, 1, "kubeproxy.config.k8s.io/v9", nothing_written),
    ("no kubeadm-config", without(KUBEADM), WORKER, {}, 1, "kubeadm-config", nothing_written),
    ("kubeadm-config without its key", without(KUBEADM, "ClusterConfiguration"), WORKER, {}, 1, "ClusterConfiguration", nothing_written),
    ("kubeadm-config with a field nobody knows", edit(KUBEADM, "ClusterConfiguration", "kind: ", "nosuch: 1\nkind: "), WORKER, {}, 0,
     "nosuch", bootstrap(token=TOKEN)),
    ("kubeadm-config with a field of another kind", edit(KUBEADM, "ClusterConfiguration", "proxy: {}", "proxy: []"),
     WORKER, {}, 1, "proxy", nothing_written),
    ("another name of the cluster", edit(KUBEADM, "ClusterConfiguration", "clusterName: kubernetes", "clusterName: east"), WORKER, {}, 0, "",
     lambda _: differences("east", yaml.safe_load(text_of(BOOTSTRAP))["clusters"][0]["name"])),
    ("an endpoint of the cluster without port", edit(KUBEADM, "ClusterConfiguration", "cluster.example.org:6443", "cluster.example.org"),
     [*CONTROL_HERE, "--apiserver-bind-port", "7443"], {}, 0, "", server_of("admin.conf", "https://cluster.example.org:7443")),
    ("no signature for the token", without(INFO, "jws-kubeconfig-" + ID), BY_CONFIG, {"join.yaml": HEAD + DISCOVERY + SHORT}, 1,
     "signature of token", nothing_written),
    ("no kubeconfig in cluster-info", without(INFO, "kubeconfig"), WORKER, {}, 1, "kubeconfig", nothing_written),
    ("cluster-info may not be read by the file's user", failure(INFO, 403, "Forbidden"), BY_FILE, {"d.conf": kubeconfig(GOOD, "token: " + TOKEN)},
     0, "going on with the file alone", bootstrap(server="https://10.88.0.41:6443")),
    ("cluster-info without kubeconfig, by file", without(INFO, "kubeconfig"), BY_FILE, {"d.conf": kubeconfig(GOOD, "token: " + TOKEN)},
     0, "", bootstrap(server="https://10.88.0.41:6443")),
    ("cluster-info that names no cluster, by file", data(INFO, kubeconfig="apiVersion: v1\nkind: Config\n"), BY_FILE,
     {"d.conf": kubeconfig(GOOD, "token: " + TOKEN)}, 1, "no cluster", nothing_written),
    ("no cluster-info, by file", without(INFO), [*BY_CONFIG], {"d.conf": kubeconfig(GOOD, "token: " + TOKEN),
                                                              "join.yaml": HEAD + "discovery: {file: {kubeConfigPath: d.conf}}\n" + SHORT},
     1, "cluster-info", nothing_written),
    ("an uploaded certificate is missing", without(CERTS, "sa.pub"), CONTROL_HERE, {}, 1, "sa.pub", no_key),
    ("an uploaded certificate is empty", data(CERTS, **{"front-proxy-ca.key": ""}), CONTROL_HERE, {}, 1, "front-proxy-ca", None),
    ("an uploaded certificate is cut short", data(CERTS, **{"ca.key": b64(b"0123456789ab")}), CONTROL_HERE, {}, 1, "ca.key", no_key),
    ("an uploaded certificate is no base64", data(CERTS, **{"ca.key": "%%%"}), CONTROL_HERE, {}, 1, "ca.key", no_key),
    ("etcd is external", external_etcd, CONTROL_HERE, {}, 0, "", both(
        modes(**{"/etc/kubernetes/pki/outside/client.key": "0o600", "/etc/kubernetes/pki/outside/client.crt": "0o644",
                 "/etc/kubernetes/pki/outside/ca.crt": "0o644", "/etc/kubernetes/pki/etcd": None}),
        flag_of("kube-apiserver", "etcd-servers", "https://10.88.0.50:2379"))),
    ("etcd is external, and the wait adds no member", external_etcd, [w if w != PREPARE else "preflight,kubelet-wait-bootstrap,control-plane-join,wait-control-plane"
                                                                      for w in CONTROL_HERE], {}, 0, "[etcd]",
     lambda _: [f for f in ("/etc/kubernetes/manifests/etcd.yaml",) if os.path.exists(f)]),
]


def one(run, row, plain):
    name, args, files, code, says, look, *skip = row
    run.fresh()
    for path, source in (("ca.crt", run.pki + "/ca.crt"), ("c.crt", run.client[0]), ("c.key", run.client[1])):
        shutil.copy(source, path)
    for path, text in files.items():
        run.write(path.rstrip("!"), text, 0o755 if path.endswith("!") else 0o644)
    words = [run.text(a) for a in args]
    if plain and not skip and "--skip-phases" not in words:
        words += ["--skip-phases", "preflight,kubelet-wait-bootstrap"]
    if plain and "--config" not in words:
        words += ["--cri-socket", SOCKET]
    run.done = run.run("join", *words)
    bad = [] if run.done.returncode == code else [f"exit code {run.done.returncode}: {run.done.stderr[-500:]}"]
    if says not in run.done.stdout + run.done.stderr:
        bad.append(f"it does not say {says}: {run.done.stderr[-400:]}")
    return name, bad + (look(run) if look and not bad else [])


def inside(scratch, kubeadm):
    run = Inputs(kubeadm, scratch)
    good = bad = 0
    objects = Api.objects
    for row in CASES + CONTROL_CASES + PHASE_CASES + CLUSTER_CASES:
        Api.objects = dict(objects)
        if row in CLUSTER_CASES:
            row[1](Api.objects)
            row = (row[0], *row[2:])
        name, found = one(run, row, row not in PHASE_CASES)
        good, bad = good + (not found), bad + bool(found)
        print(f"{'FAIL' if found else 'ok':5}{name}", *[f"     | {d}" for d in found[:6]], sep="\n" if found else "", flush=True)
    print(f"{good} passed, {bad} failed")
    os.chdir("/")
    sys.exit(1 if bad else 0)


def main():
    if sys.argv[1] == "--inside":
        inside(sys.argv[2], sys.argv[3])
    if not os.path.isdir(WANT):
        print(f"skipped: no recording in {join_cases.HA} (set CUBEADM_REFERENCE)")
        sys.exit(77)
    sys.argv[1] = os.path.realpath(sys.argv[1])
    init_cases.enter_host(__file__)


if __name__ == "__main__":
    main()
