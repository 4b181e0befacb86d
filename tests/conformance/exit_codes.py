#!/usr/bin/python3
"""exit_codes - runs the recorded command lines (CUBEADM_REFERENCE/cli/exit-codes.json) on a clean virtual host and
compares exit code and which streams were written to.

  exit_codes.py KUBEADM               exits 0 when all agree, 77 where it cannot run
"""
import json, os, shutil, subprocess, sys

from init_cases import REFERENCE, enter_host

# We offer more than upstream here: a completion script for fish.
OURS = {"completion fish"}
# Upstream's only words on standard error there are that its look-up of a version on the web failed; we look nothing up.
QUIET = {"certs generate-csr", "certs generate-csr --cert-dir /mnt/csr --kubeconfig-dir /mnt/csr"}
CONFIGS = {
    "good.yaml": "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint:\n"
                 "  advertiseAddress: 10.88.0.41\n---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
                 "kubernetesVersion: v1.36.2\n",
    "bad.yaml": "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.2\nnosuch: 1\n",
    "join.yaml": "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery:\n  bootstrapToken:\n"
                 "    token: abcdef.0123456789abcdef\n    apiServerEndpoint: 10.88.0.41:6443\n"
                 "    unsafeSkipCAVerification: true\n",
}


def known(kubeadm):
    """The commands this build has."""
    listed = subprocess.run([kubeadm, "__completeNoDesc", ""], stdout=subprocess.PIPE, text=True).stdout
    return set(listed.split()) | {"nosuchcommand", "alpha"}  # shown nowhere, as upstream's is not


def inside(scratch, kubeadm):
    work = os.path.join(scratch, "work")
    os.mkdir(work)
    fake = os.path.join(scratch, "bin", "systemctl")
    with open(fake, "w") as f:
        f.write("#!/bin/sh\nexit 0\n")
    os.chmod(fake, 0o755)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=True)  # some write there
    env = {"PATH": f"{scratch}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    commands, compared, wrong = known(kubeadm), 0, []
    with open(os.path.join(REFERENCE, "cli", "exit-codes.json")) as f:
        rows = json.load(f)
    for row in rows:
        words = row["args"].split()
        first = next((w for w in words if not w.startswith("-")), None)
        if row["args"] in OURS or (first and not row["args"].startswith("-") and first not in commands):
            continue
        for top in ("/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd"):
            shutil.rmtree(top, ignore_errors=True)
            os.mkdir(top, 0o755)
        for name, text in CONFIGS.items():
            with open(os.path.join(work, name), "w") as f:
                f.write(text)
        done = subprocess.run([kubeadm, *words], cwd=work, env=env, timeout=300, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        got = (done.returncode, bool(done.stdout), bool(done.stderr))
        want = (row["exitCode"], row["stdout"], row["stderr"] and row["args"] not in QUIET)
        compared += 1
        if got != want:
            wrong.append(f"{row['args']}: wanted (exit, stdout, stderr) {want}, got {got}: "
                         f"{done.stderr.decode(errors='replace')[-300:]!r}")
    print("\n".join(wrong))
    print(f"{compared} of {len(rows)} command lines compared, {len(wrong)} differ")
    sys.exit(1 if wrong or not compared else 0)


def main():
    if sys.argv[1] == "--inside":
        inside(sys.argv[2], sys.argv[3])
    if not os.path.isdir(os.path.join(REFERENCE, "cli")):
        print(f"skipped: no recorded command lines in {REFERENCE} (set CUBEADM_REFERENCE)")
        sys.exit(77)
    sys.argv[1] = os.path.realpath(sys.argv[1])
    enter_host(__file__)


if __name__ == "__main__":
    main()
