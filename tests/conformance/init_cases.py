#!/usr/bin/python3
"""init_cases - runs the offline phases of init for each recorded case on a virtual host like the recorded one and
compares what is written, byte for byte or by its facts.

  init_cases.py KUBEADM [CASE...]     prints a table; exits 0 when every cell is "ok", 77 where it cannot run

The cases are read from CUBEADM_REFERENCE (default ../shared/reference beside the checkout).
"""
import json, os, re, shutil, subprocess, sys, tempfile

import yaml
from facts import certs_facts, files_facts, kubeconfig_facts

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
REFERENCE = os.environ.get("CUBEADM_REFERENCE", os.path.join(ROOT, "..", "shared", "reference"))
PHASES = ["certs all", "kubeconfig all", "etcd local", "control-plane all", "kubelet-start"]
OFFERS = {"--node-name": {"kubeconfig all", "kubelet-start"}}  # which phases have the flags that cases give
COLUMNS = ["exit", "manifests", "kubelet", "certs", "kubeconfigs", "files", "systemctl", "warnings", "dry-run", "actions"]
HOST = """
set -e
fs=$1; shift
mount -t tmpfs tmpfs $fs
mount -t tmpfs tmpfs /run
for d in etc var/lib usr/local/share; do
    mkdir -p $fs/u/$d $fs/w/$d; chmod 0755 $fs/u/$d
    mount -t overlay -o lowerdir=/$d,upperdir=$fs/u/$d,workdir=$fs/w/$d overlay /$d
done
mkdir -p $fs/bin /run/systemd/system
echo "nameserver 127.0.0.1" >/etc/resolv.conf.new
rm -f /etc/resolv.conf
mv /etc/resolv.conf.new /etc/resolv.conf
hostname g1
ip link set lo up
ip link add eth0 type bridge
ip link set eth0 up
ip addr add 10.88.0.41/24 dev eth0
ip addr add fd00:88::41/64 dev eth0 nodad
ip route add default via 10.88.0.1
ip -6 route add default via fd00:88::1
exec "$@"
"""
SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >>{log}
case "$1 $2" in "is-active systemd-resolved") {resolved} ;; esac
exit 0
"""


def enter_host(script):
    """Runs the script again inside a host of its own; never returns."""
    scratch = tempfile.mkdtemp()
    user = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    argv = ["unshare", *user, "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc",
            "--propagation", "private", "--", "bash", "-c", HOST, "host", scratch,
            sys.executable, os.path.abspath(script), "--inside", scratch, *sys.argv[1:]]
    status = subprocess.run(argv).returncode
    os.rmdir(scratch)
    sys.exit(status)


def differences(want, got, at=""):
    if isinstance(want, dict) and isinstance(got, dict):
        return [d for k in sorted(set(want) | set(got)) for d in differences(want.get(k), got.get(k), f"{at}.{k}")]
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        return [d for i, (w, g) in enumerate(zip(want, got)) for d in differences(w, g, f"{at}[{i}]")]
    return [] if want == got else [f"{at}: wanted {json.dumps(want)[:300]}, got {json.dumps(got)[:300]}"]


def first_difference(want, got):
    for number, (w, g) in enumerate(zip(want.splitlines(), got.splitlines()), 1):
        if w != g:
            return f"line {number}: wanted {w!r}, got {g!r}"
    return f"{len(want)} bytes wanted, {len(got)} got"


def action_differences(want, got):
    plain = lambda line: re.sub(r"bootstrap-token-\S+", "bootstrap-token-*", line)
    want, got = [plain(w) for w in want], [plain(g) for g in got]
    for i in range(max(len(want), len(got))):
        w, g = want[i] if i < len(want) else None, got[i] if i < len(got) else None
        if w != g:
            return [f"action {i + 1}: wanted {w!r}, got {g!r} (of {len(want)} and {len(got)})"]
    return []


def warning_differences(want, got):
    """As many warnings per phase as recorded, and every value quoted there in one of ours; the wording is our own."""
    found = []
    for phase in PHASES:
        wanted = [w.split(": ", 1)[1] for w in want if w.startswith(phase + ": ")]
        if len(wanted) != len(got[phase]):
            found.append(f"{phase}: {len(wanted)} warnings wanted, got {got[phase]}")
        found += [f"{phase}: no warning has {value}" for w in wanted for value in re.findall(r'"([^"]*)"', w)
                  if not any(value in g for g in got[phase])]
    return found


def parse_dry_run(text):
    """The announced actions of a dry run as lines "VERB group/version resource namespace name"."""
    actions, lines = [], text.splitlines()
    for i, line in enumerate(lines):
        if line.startswith("[dryrun] Would perform action "):
            words = line.split('"')
            actions.append([line.split()[4], words[3], words[1], "-", "-"])
        elif line.startswith("[dryrun] Resource name ") and actions:
            words = line.split('"')
            actions[-1][4] = words[1] or "-"
            actions[-1][3] = (words[3] if len(words) > 3 else "") or "-"
        elif line.startswith("[dryrun] Attached object:") and actions and actions[-1][0] in ("CREATE", "UPDATE"):
            end = next((j for j in range(i + 1, len(lines)) if not lines[j].strip()), len(lines))
            metadata = (yaml.safe_load("\n".join(lines[i + 1:end])) or {}).get("metadata", {})
            actions[-1][4] = metadata.get("name", "-")
            actions[-1][3] = metadata.get("namespace", "-")
    return [" ".join(a) for a in actions]


def named(facts, key):
    return {f[key]: f for f in facts}


def text_of(path):
    try:
        with open(path) as f:
            return f.read()
    except FileNotFoundError:
        return None


class Case:
    def __init__(self, kubeadm, name, scratch):
        self.kubeadm, self.name, self.scratch = kubeadm, name, scratch
        self.folder = os.path.join(REFERENCE, "cases", name)
        self.expected = os.path.join(self.folder, "expected")
        self.config = os.path.join(self.folder, "config.yaml")
        self.calls = os.path.join(scratch, "calls")

    def clean(self):
        """The host as it was before the recording."""
        for top in ("/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd"):
            shutil.rmtree(top, ignore_errors=True)
            os.mkdir(top, 0o755)
        host = json.loads(text_of(os.path.join(self.folder, "host", "host.json")) or "{}")
        for path in ("/etc/ca-certificates", "/usr/local/share/ca-certificates", "/etc/pki"):
            shutil.rmtree(path, ignore_errors=True)
        for path in ["/etc/ca-certificates", "/usr/local/share/ca-certificates", *host.get("dirsPresent", [])]:
            os.makedirs(path, exist_ok=True)
        for path in host.get("pathsAbsent", []):
            shutil.rmtree(path, ignore_errors=True)
        files = os.path.join(self.folder, "host", "files")
        if os.path.isdir(files):
            shutil.copytree(files, "/", dirs_exist_ok=True)
        if os.path.isdir(os.path.join(self.folder, "patches")):
            shutil.copytree(os.path.join(self.folder, "patches"), "/etc/kubernetes/patches")
        self.before = {e["path"] for e in files_facts(["/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd"])}
        fake = os.path.join(self.scratch, "bin", "systemctl")
        with open(fake, "w") as f:
            resolved = "exit 0" if host.get("systemdResolvedActive") else "exit 3"  # the recording printed neither
            f.write(SYSTEMCTL.format(log=self.calls, resolved=resolved))
        os.chmod(fake, 0o755)

    def run(self, phase, *args):
        words = (text_of(os.path.join(self.folder, "args")) or "").split()
        extra = words if words and (phase == "init" or phase in OFFERS.get(words[0], ())) else []
        env = {"PATH": f"{self.scratch}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        with open(self.calls, "w"):
            pass
        return subprocess.run([self.kubeadm, *args, "--config", self.config, *extra], env=env, timeout=120,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def exact(self, name, path):
        want, got = text_of(os.path.join(self.expected, name)), text_of(path)
        if want == got:
            return []
        return [f"{path}: " + ("missing" if got is None else "unexpected" if want is None else first_difference(want, got))]

    def facts(self, name, key, collect):
        want = json.loads(text_of(os.path.join(self.expected, name)) or "[]")
        try:
            return differences(named(want, key), named(collect(), key))
        except Exception as problem:  # a file that cannot be read is a finding about it, not an end of the test
            return [f"{type(problem).__name__}: {problem}"]

    def offline(self):
        self.clean()
        codes, errors, systemctl, warnings = {}, [], [], {}
        for phase in PHASES:
            done = self.run(phase, "init", "phase", *phase.split())
            codes[phase] = done.returncode
            warnings[phase] = [line for line in done.stderr.splitlines() if line.startswith("W")]
            if done.returncode:
                errors.append(f"{phase}: {done.stderr[-400:]}")
            systemctl = text_of(self.calls).splitlines()
        want_codes = json.loads(text_of(os.path.join(self.expected, "exit-codes.json")))
        cells = {"exit": differences({p: want_codes[p] for p in PHASES}, codes)}
        cells["exit"] += errors if cells["exit"] else []
        manifests = {n for top in (self.expected + "/manifests", "/etc/kubernetes/manifests") if os.path.isdir(top)
                     for n in os.listdir(top)}
        cells["manifests"] = [d for n in sorted(manifests)
                              for d in self.exact(f"manifests/{n}", f"/etc/kubernetes/manifests/{n}")]
        cells["kubelet"] = [d for want, got in (("kubelet-config.yaml", "config.yaml"),
                                                ("instance-config.yaml", "instance-config.yaml"),
                                                ("kubeadm-flags.env", "kubeadm-flags.env"))
                            for d in self.exact(want, "/var/lib/kubelet/" + got)]
        chosen = re.search(r"^certificatesDir: *(\S+)", text_of(self.config), re.M)
        certificates = chosen.group(1) if chosen else "/etc/kubernetes/pki"
        cells["certs"] = self.facts("certs.json", "path", lambda: certs_facts(certificates))
        cells["kubeconfigs"] = self.facts("kubeconfigs.json", "file", lambda: kubeconfig_facts(certificates))
        tops = ["/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd"]
        below = lambda path: any(path.startswith(t + "/") for t in tops)
        want_files = [f for f in json.loads(text_of(os.path.join(self.expected, "files.json")) or "[]") if below(f["path"])]
        written = [f for f in files_facts(tops) if f["path"] not in self.before]
        cells["files"] = differences(named(want_files, "path"), named(written, "path"))
        cells["systemctl"] = differences((text_of(os.path.join(self.expected, "systemctl-calls.txt")) or "").splitlines(),
                                         systemctl)
        recorded = (text_of(os.path.join(self.expected, "stderr-warnings.txt")) or "").splitlines()
        cells["warnings"] = warning_differences(recorded, warnings)
        return cells

    def dry_run(self):
        self.clean()
        done = self.run("init", "init", "--dry-run", "--ignore-preflight-errors=all")
        want = json.loads(text_of(os.path.join(self.expected, "exit-codes.json")))["init --dry-run"]
        actions = (text_of(os.path.join(self.expected, "api-actions.txt")) or "").splitlines()
        return {"dry-run": [] if done.returncode == want else [
                    f"exit code {done.returncode}, wanted {want}: {done.stderr[-600:]}"],
                "actions": action_differences(actions, parse_dry_run(done.stdout))}


def inside(scratch, kubeadm, wanted):
    good = bad = 0
    findings = []
    print(f"{'case':32}" + "".join(f"{c:12}" for c in COLUMNS))
    for name in sorted(os.listdir(os.path.join(REFERENCE, "cases"))):
        if wanted and name not in wanted:
            continue
        case = Case(kubeadm, name, scratch)
        cells = case.offline() | case.dry_run()
        print(f"{name:32}" + "".join(f"{'FAIL' if cells[c] else 'ok':12}" for c in COLUMNS), flush=True)
        good += sum(not cells[c] for c in COLUMNS)
        bad += sum(bool(cells[c]) for c in COLUMNS)
        findings += [f"{name}: {c}: {d}" for c in COLUMNS for d in cells[c][:6]]
    print("\n".join(findings))
    print(f"{good} passed, {bad} failed")
    sys.exit(1 if bad else 0)


def main():
    if sys.argv[1] == "--inside":
        inside(sys.argv[2], sys.argv[3], sys.argv[4:])
    if not os.path.isdir(os.path.join(REFERENCE, "cases")):
        print(f"skipped: no recorded cases in {REFERENCE} (set CUBEADM_REFERENCE)")
        sys.exit(77)
    sys.argv[1] = os.path.realpath(sys.argv[1])
    enter_host(__file__)


if __name__ == "__main__":
    main()
