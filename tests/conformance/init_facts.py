#!/usr/bin/python3
"""init_facts - facts of init and its phases that no recorded case holds (spec init 2 to 12), one row each, run on a
virtual host like the recorded one.

  init_facts.py KUBEADM [WORD...]     rows whose name has one of the words; exits 0 when all hold

A row: name, what is done before (shell), the arguments of kubeadm, exit status, and then any of: a pattern in standard
output (out), in the error stream (err), a shell command that must succeed afterwards (then). Every row begins with a
clean host; $P is the certificates folder, $M that of the manifests, $K the kubelet's, $D a folder for dry runs.
"""
import os, re, subprocess, sys

from init_cases import SYSTEMCTL, enter_host

CA = "kubeadm init phase certs ca"
ALL = "kubeadm init phase certs all && kubeadm init phase kubeconfig all"
CONFIG = "cat >c.yaml <<'Y'\napiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.2\n"


def config(text):
    return CONFIG + text + "\nY"


def node(text, cluster=""):
    return config(cluster + "\n---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n" + text)


def row(name, before, run, status, out=None, err=None, then=None):
    return dict(name=name, before=before, run=run, status=status, out=out, err=err, then=then)


def cert(name, *fields):
    """openssl's words about a certificate hold all of these."""
    return " && ".join(f"openssl x509 -in {name} -noout -text | tr -d '\\n' | grep -Eq -- '{f}'" for f in fields)


ROWS = [
    # 5.1 to 5.5: certificates
    row("certs: key without certificate", f"{CA}; rm $P/ca.crt", "init phase certs ca", 1, err="ca.crt"),
    row("certs: leaf's key alone", f"{CA}; cp $P/ca.key $P/apiserver.key", "init phase certs apiserver", 1, err="apiserver.key"),
    row("certs: a good leaf without key is kept", f"{CA}; kubeadm init phase certs apiserver; rm $P/apiserver.key",
        "init phase certs apiserver", 0, out="existing apiserver", then="! test -e $P/apiserver.key"),
    row("certs: leaf of another CA", f"{CA}; kubeadm init phase certs apiserver; rm $P/ca.*; {CA}", "init phase certs apiserver", 1,
        err=r"\[certs\] certificate apiserver not signed by CA certificate ca: "),
    row("certs: a leaf that has expired", f"{CA}; openssl req -new -newkey rsa:2048 -nodes -keyout $P/apiserver.key -out r -subj /CN=x && "
        "openssl x509 -req -in r -CA $P/ca.crt -CAkey $P/ca.key -CAcreateserial -days -1 -out $P/apiserver.crt",
        "init phase certs apiserver", 1, err=r"W.*apiserver has expired[^|]*\|error: .*not signed by CA certificate ca"),
    row("certs: files that are no certificates", "mkdir $P; echo x >$P/ca.crt", "init phase certs ca", 1, err="ca.crt", then="grep -qx x $P/ca.crt"),
    row("certs: what is no CA is kept as one", "mkdir $P; openssl req -x509 -newkey rsa:2048 -nodes -keyout $P/ca.key -out $P/ca.crt "
        "-subj /CN=x -addext basicConstraints=critical,CA:FALSE", "init phase certs ca", 0, out="existing ca certificate authority"),
    row("certs: but does not sign", "mkdir $P; openssl req -x509 -newkey rsa:2048 -nodes -keyout $P/ca.key -out $P/ca.crt "
        "-subj /CN=x -addext basicConstraints=critical,CA:FALSE", "init phase certs apiserver", 1, err="ca.crt.* is not a certificate authority"),
    row("certs: a CA's key of another", f"{CA}; openssl genrsa -traditional -out $P/ca.key 2048", "init phase certs apiserver", 1, err="ca.key"),
    row("certs: no CA", "", "init phase certs etcd-peer", 1, err="execution phase certs/etcd-peer: .*etcd/ca"),
    row("certs: PKCS#8 CA signs", f"{CA}; openssl pkcs8 -topk8 -nodes -in $P/ca.key -out k; mv k $P/ca.key", "init phase certs apiserver", 0),
    row("certs: Ed25519 CA does not", "mkdir $P; openssl req -x509 -newkey ed25519 -nodes -keyout $P/ca.key -out $P/ca.crt -subj /CN=x",
        "init phase certs apiserver", 1, err="ed25519|ED25519|Ed25519"),
    row("certs: sa.key of any good kind is kept, sa.pub not looked at", "mkdir $P; openssl ecparam -name prime256v1 -genkey -noout -out $P/sa.key",
        "init phase certs sa", 0, then="! test -e $P/sa.pub"),
    row("certs: a broken sa.key", "mkdir $P; echo x >$P/sa.key", "init phase certs sa", 1, err="sa.key", then="grep -qx x $P/sa.key"),
    row("certs: sa.pub alone is replaced", "mkdir $P; echo old >$P/sa.pub", "init phase certs sa", 0,
        then="openssl pkey -in $P/sa.key -pubout | cmp - $P/sa.pub && test $(stat -c %a $P/sa.pub) = 600"),
    row("certs: SANs by flag", CA, "init phase certs apiserver --apiserver-advertise-address fd00::1 --service-cidr fd00:2::/112,10.2.0.0/16 "
        "--service-dns-domain my.ex --control-plane-endpoint Z.ex:7443 --apiserver-cert-extra-sans b.ex,a.ex,*.w.ex,10.0.0.1,010.0.0.1,FD00::1,no_name,b.ex",
        1, err="controlPlaneEndpoint"),
    row("certs: SANs in order", CA, "init phase certs apiserver --apiserver-advertise-address fd00::1 --service-cidr fd00:2::/112,10.2.0.0/16 "
        "--service-dns-domain my.ex --control-plane-endpoint z.ex:7443 --apiserver-cert-extra-sans b.ex,a.ex,*.w.ex,10.0.0.1,FD00::1,b.ex", 0,
        out=re.escape("[certs] apiserver serving cert is signed for DNS names [*.w.ex a.ex b.ex g1 kubernetes kubernetes.default kubernetes.default.svc "
                      "kubernetes.default.svc.my.ex z.ex] and IPs [fd00:2::1 fd00::1 10.0.0.1]")),
    row("certs: endpoint by address", CA, "init phase certs apiserver --control-plane-endpoint 10.0.0.9", 0, out=r"and IPs \[10\.96\.0\.1 10\.88\.0\.41 10\.0\.0\.9\]"),
    row("certs: leading zeros", CA, "init phase certs apiserver --service-cidr 010.096.000.000/12 --control-plane-endpoint 010.0.0.9 "
        "--apiserver-advertise-address 010.088.000.041 --apiserver-cert-extra-sans 010.001.002.003,1.2.3.04", 0,
        out=r"kubernetes\.default\.svc\.cluster\.local\] and IPs \[10\.96\.0\.1 10\.88\.0\.41 10\.0\.0\.9 10\.1\.2\.3 1\.2\.3\.4\]"),
    row("certs: etcd's SANs", node("nodeRegistration: {name: n1}", "etcd: {local: {serverCertSANs: [s.ex, 10.0.0.1], peerCertSANs: [127.0.0.1, p.ex]}}"),
        "init phase certs all --config c.yaml", 0,
        out=r"etcd/server serving cert is signed for DNS names \[localhost n1 s\.ex\] and IPs \[10\.88\.0\.41 127\.0\.0\.1 ::1 10\.0\.0\.1\]"
            r".*etcd/peer serving cert is signed for DNS names \[localhost n1 p\.ex\] and IPs \[10\.88\.0\.41 127\.0\.0\.1 ::1\]"),
    row("certs: fields of a CA", "", "init phase certs front-proxy-ca", 0,
        then=cert("$P/front-proxy-ca.crt", "Version: 3 ", "Subject: CN = front-proxy-ca", "Key Usage: critical +Digital Signature, Key Encipherment, Certificate Sign",
                  "Basic Constraints: critical +CA:TRUE +X509v3 Subject Key Identifier", "DNS:front-proxy-ca")),
    row("certs: fields of a leaf", f"{CA}; kubeadm init phase certs etcd-ca", "init phase certs etcd-server", 0,
        then=cert("$P/etcd/server.crt", "Subject: CN = g1 ", "Extended Key Usage: +TLS Web Server Authentication, TLS Web Client Authentication +X509v3 Basic "
                  "Constraints: critical +CA:FALSE +X509v3 Authority Key Identifier") + " && ! openssl x509 -in $P/etcd/server.crt -noout -text | grep -q pathlen"),
    row("certs: validity", config("certificateValidityPeriod: 100h\ncaCertificateValidityPeriod: 200h"), "init phase certs all --config c.yaml", 0,
        then="for r in ca:200 apiserver:100; do f=$P/${r%:*}.crt; a=$(date -d \"$(openssl x509 -noout -startdate -in $f | cut -d= -f2)\" +%s) "
             "b=$(date -d \"$(openssl x509 -noout -enddate -in $f | cut -d= -f2)\" +%s); test $((b - a)) = $((${r#*:} * 3600 + 300)) || exit 1; done"),
    # 5.6: external CAs
    row("external CA: all is there", f"{ALL}; rm $P/ca.key $P/sa.*", "init phase certs all", 0, out="existing ca keyless.*sa keys", then="! test -e $P/sa.key"),
    row("external CA: kubeconfigs are left alone", f"{ALL}; rm $P/ca.key; md5sum /etc/kubernetes/*.conf >sums", "init phase kubeconfig all", 0, then="md5sum -c sums"),
    row("external CA: a leaf is missing", f"{ALL}; rm $P/ca.key $P/apiserver-kubelet-client.crt", "init phase certs sa", 1, err="^error: (?!error execution)"),
    row("external CA: a kubeconfig is missing", f"{ALL}; rm $P/ca.key /etc/kubernetes/scheduler.conf", "init phase etcd local", 1, err="scheduler.conf"),
    row("external CA: kubeconfigs elsewhere", f"{ALL}; rm $P/ca.key; mkdir k; mv /etc/kubernetes/*.conf k", "init phase kubeconfig admin --kubeconfig-dir k", 0),
    row("external CA: nothing to upload", f"{ALL}; rm $P/ca.key", "init phase upload-certs --upload-certs", 1, err="--upload-certs"),
    row("external CA: the controller manager signs nothing", f"{ALL}; rm $P/ca.key", "init phase control-plane controller-manager", 0,
        then="grep -qx '    - --cluster-signing-cert-file=' $M/kube-controller-manager.yaml && grep -qx '    - --cluster-signing-key-file=' $M/kube-controller-manager.yaml"),
    row("external CA: a dry run copies", f"{ALL}; rm $P/ca.key", "init phase kubeconfig all --dry-run", 0, then="for f in /etc/kubernetes/*.conf; do cmp $f $D/${f##*/} || exit 1; done"),
    row("external front-proxy CA", f"{ALL}; rm $P/front-proxy-ca.key $P/front-proxy-client.key", "init phase certs sa", 1, err="front-proxy-client"),
    row("external etcd CA is not a mode", f"{ALL}; rm $P/etcd/ca.key $P/etcd/peer.*", "init phase certs etcd-peer", 1, err="error execution phase certs/etcd-peer: "),
    # 6: kubeconfig files
    row("kubeconfig: servers", CA, "init phase kubeconfig all --control-plane-endpoint api.ex:8443 --apiserver-bind-port 7443 --apiserver-advertise-address fd00::9 "
        "--node-name Foo --kubeconfig-dir k", 0, err="8443",
        then="cd k && grep -q 'server: https://api.ex:8443$' admin.conf && grep -q 'server: https://api.ex:8443$' super-admin.conf && "
             "for f in kubelet controller-manager scheduler; do grep -q 'server: https://\\[fd00::9\\]:7443$' $f.conf || exit 1; done && "
             "grep -q '^current-context: system:node:Foo@kubernetes$' kubelet.conf && test \"$(stat -c %a . *.conf | sort -u | tr '\\n' ' ')\" = '600 755 '"),
    row("kubeconfig: subject and time", CA, "init phase kubeconfig kubelet --node-name Foo", 0,
        then="sed -n 's/.*client-certificate-data: //p' /etc/kubernetes/kubelet.conf | base64 -d >k.crt && openssl x509 -noout -subject -in k.crt | "
             "grep -q 'O = system:nodes, CN = system:node:Foo' && test \"$(openssl x509 -noout -startdate -in k.crt)\" = \"$(openssl x509 -noout -startdate -in $P/ca.crt)\""),
    row("kubeconfig: another server is only a warning", f"{CA}; kubeadm init phase kubeconfig admin --apiserver-bind-port 1; md5sum /etc/kubernetes/admin.conf >sum",
        "init phase kubeconfig admin", 0, out="existing", err="^W.*admin.conf", then="md5sum -c sum"),
    row("kubeconfig: another CA", f"{CA}; kubeadm init phase kubeconfig admin; rm $P/ca.*; {CA}", "init phase kubeconfig admin", 1, err="admin.conf"),
    row("kubeconfig: CA in a file", f"{CA}; kubeadm init phase kubeconfig admin; sed -i 's,certificate-authority-data.*,certificate-authority: /etc/kubernetes/pki/ca.crt,' "
        "/etc/kubernetes/admin.conf", "init phase kubeconfig admin", 0, out="existing"),
    row("kubeconfig: no usable context", f"{CA}; kubeadm init phase kubeconfig admin; sed -i 's/^current-context.*/current-context: x/' /etc/kubernetes/admin.conf",
        "init phase kubeconfig admin", 1, err="admin.conf"),
    row("kubeconfig: an empty file", f"{CA}; : >/etc/kubernetes/admin.conf", "init phase kubeconfig admin", 1, err="admin.conf"),
    row("kubeconfig: only the first CA certificate", f"{CA}; cp $P/ca.crt a; rm $P/ca.*; {CA}; cat a >>$P/ca.crt", "init phase kubeconfig admin", 0,
        then="sed -n 's/.*certificate-authority-data: //p' /etc/kubernetes/admin.conf | base64 -d | grep -c BEGIN | grep -qx 1"),
    # 7: static Pods
    row("manifests: mode and folder", "rm -rf $M", "init phase control-plane all", 0, then="test $(stat -c %a $M) = 700 && test $(stat -c %a $M/*.yaml | sort -u) = 600"),
    row("manifests: always written anew", "mkdir -p $M; echo x >$M/kube-scheduler.yaml; chmod 644 $M/kube-scheduler.yaml", "init phase control-plane scheduler", 0,
        then="grep -q kind $M/kube-scheduler.yaml && test $(stat -c %a $M/kube-scheduler.yaml) = 644"),
    row("manifests: raw authorization modes", config('apiServer: {extraArgs: [{name: authorization-mode, value: "RBAC,Foo"}]}'),
        "init phase control-plane apiserver --config c.yaml", 0, err="Foo", then="grep -qx '    - --authorization-mode=RBAC,Foo' $M/kube-apiserver.yaml"),
    row("manifests: no authorization mode is good", config('apiServer: {extraArgs: [{name: authorization-mode, value: Foo}]}'),
        "init phase control-plane all --config c.yaml", 0, err='^(W[^|]*"Foo"\\|){3}$'),
    row("warnings: the endpoint's port, where it is written", f"{CA}", "init phase kubeconfig all --control-plane-endpoint a.ex:1", 0, err=r"^(W[^|]* 1[^|]* 6443[^|]*\|){4}$"),
    row("warnings: and nowhere else", node("localAPIEndpoint: {bindPort: 7443}", "controlPlaneEndpoint: a.ex:1"), "init phase control-plane all --config c.yaml", 0, err="^$"),
    row("manifests: authorization-config", config("apiServer: {extraArgs: [{name: authorization-config, value: /a}]}"), "init phase control-plane apiserver --config c.yaml", 0,
        then="! grep -q authorization-mode $M/kube-apiserver.yaml && grep -q authorization-config=/a $M/kube-apiserver.yaml"),
    row("manifests: external etcd's folders", config("etcd: {external: {endpoints: ['https://e1:2379', 'https://e2:2379'], caFile: /b/c/ca.crt, certFile: /b/c.crt, keyFile: /a/k}}"),
        "init phase control-plane apiserver --config c.yaml", 0,
        then="grep -qx '    - --etcd-servers=https://e1:2379,https://e2:2379' $M/kube-apiserver.yaml && test \"$(grep -A1 'mountPath: /[ab]' $M/kube-apiserver.yaml | tr -d ' \\n-')\" "
             "= 'mountPath:/aname:etcdcerts0readOnly:truemountPath:/bname:etcdcerts1' || grep -A1 'mountPath: /[ab]' $M/kube-apiserver.yaml | grep -c etcd-certs | grep -qx 2"),
    row("manifests: external etcd below the certificates", config("etcd: {external: {endpoints: ['https://e1:2379'], caFile: /etc/kubernetes/pki/e/ca, certFile: /etc/ssl/certs/c, keyFile: /etc/ssl/certs/k}}"),
        "init phase control-plane apiserver --config c.yaml", 0, then="! grep -q etcd-certs $M/kube-apiserver.yaml"),
    row("manifests: external etcd has none", config("etcd: {external: {endpoints: ['http://e1:2379']}}"), "init phase etcd local --config c.yaml", 0, then="! test -e $M/etcd.yaml"),
    row("manifests: proxies of the process", "", "init phase control-plane scheduler", 0, then="grep -A1 'name: NO_PROXY' $M/kube-scheduler.yaml | grep -q 'value: x' && ! grep -q empty_proxy $M/kube-scheduler.yaml"),
    row("manifests: etcd has no proxies, and its own folder", "rm -rf /var/lib/etcd", "init phase etcd local", 0, then="! grep -q PROXY $M/etcd.yaml && test $(stat -c %a /var/lib/etcd) = 700"),
    row("manifests: IPv6", node("localAPIEndpoint: {advertiseAddress: 'fd00:88::41', bindPort: 443}"), "init phase control-plane apiserver --config c.yaml", 0,
        then="grep -q \"endpoint: '\\[fd00:88::41\\]:443'\" $M/kube-apiserver.yaml && grep -qx '    - --etcd-servers=https://\\[::1\\]:2379' $M/kube-apiserver.yaml"),
    row("manifests: --apiserver-extra-args", "", "init phase control-plane apiserver --apiserver-extra-args b=1,a=2 --apiserver-extra-args c=3", 0, err="^Flag --apiserver-extra-args has been deprecated, ",
        then="grep -A2 -- --b=1 $M/kube-apiserver.yaml | tr -d ' \\n' | grep -q -- '---b=1---a=2---c=3'"),
    row("manifests: extra args need key and value", "", "init phase control-plane all --scheduler-extra-args a=b=c", 1, err='^error: invalid argument "a=b=c" for "--scheduler-extra-args" flag: '),
    row("manifests: a certificates folder as it is written", config("certificatesDir: /etc//./own/"), "init phase control-plane all --config c.yaml", 0,
        then="kubeadm init phase etcd local --config c.yaml && kubeadm init phase kubelet-start --config c.yaml && test \"$(grep -ho '[=:] *[^ ]*own.*' $M/*.yaml $K/config.yaml | LC_ALL=C sort -u | tr '\\n' ' ')\" = "
             "': /etc//./own/ : /etc//./own//etcd : /etc/own/ca.crt =/etc/own/apiserver-etcd-client.crt =/etc/own/apiserver-etcd-client.key =/etc/own/apiserver-kubelet-client.crt =/etc/own/apiserver-kubelet-client.key =/etc/own/apiserver.crt "
             "=/etc/own/apiserver.key =/etc/own/ca.crt =/etc/own/ca.key =/etc/own/etcd/ca.crt =/etc/own/etcd/peer.crt =/etc/own/etcd/peer.key =/etc/own/etcd/server.crt =/etc/own/etcd/server.key "
             "=/etc/own/front-proxy-ca.crt =/etc/own/front-proxy-client.crt =/etc/own/front-proxy-client.key =/etc/own/sa.key =/etc/own/sa.pub '"),
    row("manifests: etcd's metrics elsewhere", config("etcd: {local: {extraArgs: [{name: listen-metrics-urls, value: 'https://[fd00::9]:70000,http://x:1'}]}}"), "init phase etcd local --config c.yaml", 0,
        then="test $(grep -c 'host: fd00::9$' $M/etcd.yaml) = 3 && grep -q 'containerPort: 2381' $M/etcd.yaml && test $(grep -c 'scheme: HTTPS' $M/etcd.yaml) = 3"),
    row("manifests: rootless in a dry run", config("featureGates: {RootlessControlPlane: true}"), "init phase control-plane scheduler --config c.yaml --dry-run", 0, out="Would make a user for kube-scheduler",
        then="! grep -q kubeadm- /etc/passwd && ! grep -q runAs $D/kube-scheduler.yaml"),
    # 8: patches
    row("patches: refused names", "mkdir p; echo 'a: 1' >p/etcd+what.yaml", "init phase etcd local --patches p", 1, err=r"etcd\+what.yaml"),
    row("patches: no folder", "mkdir p; ln -s p q", "init phase etcd local --patches q", 1, err="q"),
    row("patches: broken", "mkdir p; echo 'a: [' >p/etcd.yaml", "init phase etcd local --patches p", 1, err="p/etcd.yaml", then="! test -e $M/etcd.yaml"),
    row("patches: no Pod is left", "mkdir p; echo '{\"spec\": null}' >p/etcd+merge.json; echo '{\"spec\": []}' >p/etcdx+merge.json", "init phase etcd local --patches p", 1, err="spec"),
    row("patches: fields no Pod has get lost", "mkdir p; echo 'spec: {strange: 1, hostPID: false, containers: [{name: etcd, image2: x, stdin: true}]}' >p/etcd.yaml", "init phase etcd local --patches p", 0,
        then="! grep -Eq 'strange|hostPID|image2' $M/etcd.yaml && grep -qx '    stdin: true' $M/etcd.yaml"),
    row("patches: and by a merge patch too", "mkdir p; echo 'spec: {strange: 1, hostPID: false, dnsConfig: {searches: []}}' >p/etcd+merge.yaml", "init phase etcd local --patches p", 0,
        then="! grep -Eq 'strange|hostPID|searches' $M/etcd.yaml && grep -qx '  dnsConfig: {}' $M/etcd.yaml"),
    row("patches: for another component", "mkdir p; echo 'a: [' >p/etcd.txt; echo 'spec: {priority: 1}' >p/kube-scheduler.yaml", "init phase etcd local --patches p", 0,
        out=r"etcd\.txt", then="grep -q 'priority: 2000001000' $M/etcd.yaml"),
    row("patches: a list of documents, in order", "mkdir -p p/z; printf 'maxPods: 1\\n---\\nmaxPods: 2\\npodsPerCore: 3\\n' >p/kubeletconfiguration.yaml; "
        "echo '[{\"op\":\"replace\",\"path\":\"/podsPerCore\",\"value\":4}]' >p/z/kubeletconfiguration+json.json", "init phase kubelet-start --patches p", 0,
        out=r'strategic-merge-patch\+json" to target "kubeletconfiguration".*/json-patch\+json" to target "kubeletconfiguration".*strategic',
        then="grep -qx 'maxPods: 2' $K/config.yaml && grep -qx 'podsPerCore: 4' $K/config.yaml"),
    row("patches: the socket is this node's", "mkdir p; echo 'containerRuntimeEndpoint: unix:///no' >p/kubeletconfiguration.yaml", "init phase kubelet-start --patches p", 0,
        then="grep -qx 'containerRuntimeEndpoint: unix:///var/run/containerd/containerd.sock' $K/config.yaml"),
    # 9: kubelet
    row("kubelet: arguments in order, quoted", node("nodeRegistration: {name: other, kubeletExtraArgs: [{name: v, value: '2'}, {name: a, value: 'x\"y\\z'}, {name: v, value: '3'}]}"),
        "init phase kubelet-start --config c.yaml", 0, then="grep -qxF 'KUBELET_KUBEADM_ARGS=\"--hostname-override=other --v=2 --a=x\\\"y\\\\z --v=3\"' $K/kubeadm-flags.env"),
    row("kubelet: what Go does not print as it is", node("nodeRegistration: {kubeletExtraArgs: [{name: a, value: \"\\xe9\\xa0\\u200b\\r\\e\\a$\"}]}"),
        "init phase kubelet-start --config c.yaml", 0, then="printf '%s\\n' 'KUBELET_KUBEADM_ARGS=\"--a=é\\u00a0\\u200b\\r\\x1b\\a$\"' | cmp - $K/kubeadm-flags.env"),
    row("kubelet: an older one needs no more arguments", "printf '#!/bin/sh\\necho Kubernetes v1.34.1\\n' >kubelet; chmod +x kubelet; cp kubelet $(dirname $(command -v systemctl))",
        "init phase kubelet-start", 0, then="rm $(dirname $(command -v systemctl))/kubelet; grep -qxF 'KUBELET_KUBEADM_ARGS=\"\"' $K/kubeadm-flags.env"),
    row("kubelet: modes of files that are there", "for f in config.yaml kubeadm-flags.env instance-config.yaml; do echo >$K/$f; chmod 640 $K/$f; done", "init phase kubelet-start", 0,
        then="test $(stat -c %a $K/*.* | sort -u) = 640 && test -s $K/config.yaml"),
    row("kubelet: the user's hostname-override", node("nodeRegistration: {kubeletExtraArgs: [{name: hostname-override, value: g1}]}"), "init phase kubelet-start --config c.yaml", 0,
        then="grep -qxF 'KUBELET_KUBEADM_ARGS=\"--hostname-override=g1\"' $K/kubeadm-flags.env"),
    row("kubelet: --node-name as it is", "", "init phase kubelet-start --node-name NodeX", 0, then="grep -qxF 'KUBELET_KUBEADM_ARGS=\"--hostname-override=NodeX\"' $K/kubeadm-flags.env"),
    row("kubelet: the socket without the gate", config("featureGates: {NodeLocalCRISocket: false}"), "init phase kubelet-start --config c.yaml", 0,
        then="grep -q -- --container-runtime-endpoint=unix:///var/run/containerd/containerd.sock $K/kubeadm-flags.env && ! test -e $K/instance-config.yaml"),
    row("kubelet: modes", "rm -rf $K", "init phase kubelet-start", 0, then="test $(stat -c %a $K) = 700 && test $(stat -c %a $K/* | sort -u) = 644"),
    row("kubelet: calls of the init system", "", "init phase kubelet-start", 0,
        then="test \"$(cut -d' ' -f2- calls | tr '\\n' ',')\" = 'status kubelet,stop kubelet,is-active systemd-resolved,status kubelet,daemon-reload,restart kubelet,'"),
    row("kubelet: a dry run calls none but to ask", "", "init phase kubelet-start --dry-run", 0, then="! grep -E ' (stop|restart|daemon-reload)' calls && test -e $D/config.yaml && ! test -e $K/config.yaml"),
    row("wait-control-plane: nobody can ask", "", "init phase wait-control-plane", 1, err="admin.conf"),
    row("kubelet-finalize: nothing to do", "", "init phase kubelet-finalize all", 0),
    row("kubelet-finalize: names the file", f"{ALL}; mkdir $K/pki; touch $K/pki/kubelet-client-current.pem", "init phase kubelet-finalize enable-client-cert-rotation", 0, out="kubelet.conf",
        then="test $(grep -c 'client-[a-z]*: /var/lib/kubelet/pki/kubelet-client-current.pem$' /etc/kubernetes/kubelet.conf) = 2 && ! grep -q client.*-data /etc/kubernetes/kubelet.conf && test $(stat -c %a /etc/kubernetes/kubelet.conf) = 600"),
    row("kubelet-finalize: cert-dir", node("nodeRegistration: {kubeletExtraArgs: [{name: cert-dir, value: /no}, {name: cert-dir, value: /run/host/cd}]}") + f"\n{ALL}; mkdir cd; touch cd/kubelet-client-current.pem",
        "init phase kubelet-finalize all --config c.yaml", 0, then="grep -q 'client-key: /run/host/cd/kubelet-client-current.pem$' /etc/kubernetes/kubelet.conf"),
    # 2: runner, flags
    row("runner: a needed phase is skipped", "", "init --skip-phases=bootstrap-token", 1, out="^\\[init\\] Using Kubernetes version: v1.36.2",
        err='^error: unresolved dependencies:\\|\tmissing \\[bootstrap-token\\] phase\\(s\\) needed by "show-join-command" phase'),
    row("runner: show-join-command alone", "", "init phase show-join-command", 1, err='missing \\[bootstrap-token upload-certs\\] phase\\(s\\)'),
    row("runner: an alias is no phase name", "", "init --skip-phases=uploadconfig", 1, err="^error: invalid phase name: uploadconfig"),
    row("runner: aliases are commands", "", "init phase uploadconfig kubeadm --help", 0, out="kubeadm init phase upload-config kubeadm"),
    row("runner: skipPhases of the file", node("skipPhases: [preflight, certs, nonsense]"), "init --config c.yaml", 1, err="^error: invalid phase name: nonsense"),
    row("runner: --skip-phases goes before it", node("skipPhases: [nonsense]"), "init --config c.yaml --skip-phases=more", 1, err="^error: invalid phase name: more"),
    row("runner: skipPhases of the file has no say over a phase alone", node("skipPhases: [certs]"), "init phase certs ca --config c.yaml", 0, then="test -e $P/ca.crt"),
    row("runner: one phase has no header of its group", "", "init phase certs ca", 0, then="! grep -q folder out"),
    row("runner: files that phases did not write", "", "init --dry-run --skip-phases=preflight,control-plane", 1, err="wait-control-plane: .*kube-apiserver.yaml.*kube-scheduler.yaml"),
    row("flags: mixed with --config", "", "init --config c --token x --cri-socket y --vmodule=a=1 --dry-run --v 1", 1,
        err="^error: can not mix '--config' with arguments \\[cri-socket token vmodule\\]"),
    row("flags: gates first, then mixing, then the token", "", "init --config c --token bad --feature-gates Nope=true", 1, err="Nope"),
    row("flags: the token before the rest", "", "init --token bad --pod-network-cidr nonsense", 1, err="token"),
    row("flags: all stands alone", "", "init --ignore-preflight-errors=all,Swap", 1, err="ignore-preflight-errors"),
    row("flags: dry-run=false goes before the file", node("dryRun: true"), "init phase certs ca --config c.yaml --dry-run=false", 0, then="test -e $P/ca.crt"),
    row("flags: dryRun of the file", node("dryRun: true"), "init phase certs ca --config c.yaml", 0, then="! test -e $P/ca.crt && test -e $D/ca.crt"),
    row("flags: the folder of a dry run", "unset KUBEADM_INIT_DRYRUN_DIR", "init phase certs ca --dry-run", 0, err="^W.*KUBEADM_INIT_DRYRUN_DIR",
        then="d=$(ls -d /etc/kubernetes/tmp/kubeadm-init-dryrun*) && echo $d | grep -Eq 'dryrun[0-9]+$' && test $(stat -c %a $d /etc/kubernetes/tmp | sort -u) = 700 && test -e $d/ca.crt"),
    row("dry run: CAs that are there are copied", f"{CA}; chmod 640 $P/ca.crt", "init phase certs ca --dry-run", 0, then="cmp $P/ca.key $D/ca.key && test $(stat -c %a $D/ca.crt) = 640"),
    row("preflight: slashes in etcd's endpoint", config("etcd: {external: {endpoints: ['http://127.0.0.1:9//a//b/']}}"), "init phase preflight --config c.yaml", 1, err="http://127.0.0.1:9/a/b/version"),
    row("preflight: no root", "", "init phase preflight", 1, err=r"\t\[ERROR IsPrivilegedUser\]: ") | {"user": 65534},
    # 11: add-ons printed
    row("addons: kube-proxy printed has no proxies", "", "init phase addon kube-proxy --print-manifest", 0, out="^---\\|apiVersion: v1\\|kind: ServiceAccount", then="! grep -qi _proxy out && ! grep -q hash out"),
    row("addons: CoreDNS printed", "", "init phase addon coredns --print-manifest --service-cidr fd00:2::/112 --image-repository reg.io/x", 0,
        out="^---\\|apiVersion: apps/v1\\|kind: Deployment.*image: reg.io/x/coredns:v1.14.2.*kind: ConfigMap.*kind: Service.*clusterIP: fd00:2::a.*kind: ClusterRole.*kind: ServiceAccount"),
    row("addons: patched", "mkdir p; echo 'spec: {replicas: 5}' >p/corednsdeployment.yaml; " + node("patches: {directory: /run/host/p}", "dns: {disabled: true}"),
        "init phase addon coredns --config c.yaml --print-manifest", 0, out="target \"corednsdeployment\".*replicas: 5"),
]


def shell(command, scratch, **more):
    env = {"PATH": f"{scratch}/bin:{scratch}/kubeadm:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "P": "/etc/kubernetes/pki", "TZ": "UTC",
           "M": "/etc/kubernetes/manifests", "K": "/var/lib/kubelet", "D": "/run/dry", "KUBEADM_INIT_DRYRUN_DIR": "/run/dry"}
    return subprocess.run(["bash", "-c", command], cwd="/run/host", env=env, timeout=60, stdin=subprocess.DEVNULL, **more)


CLEAN = "rm -rf /etc/kubernetes /var/lib/kubelet /var/lib/etcd /run/dry /run/host/* && " \
        "mkdir -p /etc/kubernetes /var/lib/kubelet /var/lib/etcd /run/dry"


def wrong(r, scratch):
    """What of a row does not hold; None when all does."""
    unset = "unset KUBEADM_INIT_DRYRUN_DIR; " if r["before"].startswith("unset") else ""
    shell(CLEAN, scratch)
    shell(r["before"], scratch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    open("/run/host/calls", "w").close()
    who = f"setpriv --reuid={r['user']} --clear-groups " if "user" in r else ""
    done = shell(f"{unset}export NO_PROXY=x empty_proxy=; exec {who}kubeadm {r['run']}", scratch, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with open("/run/host/out", "w") as f:
        f.write(done.stdout)
    if done.returncode != r["status"]:
        return f"status {done.returncode}, wanted {r['status']}: {done.stderr[-300:]}"
    for stream, text in (("out", done.stdout), ("err", done.stderr)):
        if r[stream] and not re.search(r[stream], text.replace("\n", "|")):
            return f"{stream} has no /{r[stream]}/: {text[-400:]}"
    if r["then"]:
        after = shell(r["then"], scratch, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if after.returncode:
            return f"not so: {r['then']}: {after.stdout[-300:]}"
    return None


def inside(scratch, kubeadm, wanted):
    os.mkdir("/run/host")
    os.mkdir(f"{scratch}/kubeadm")
    os.symlink(kubeadm, f"{scratch}/kubeadm/kubeadm")
    fake = f"{scratch}/bin/systemctl"
    with open(fake, "w") as f:
        f.write(SYSTEMCTL.format(log="/run/host/calls", resolved="exit 3"))
    os.chmod(fake, 0o755)
    good = bad = 0
    for r in ROWS:
        if wanted and not any(w in r["name"] for w in wanted):
            continue
        why = wrong(r, scratch)
        good, bad = good + (why is None), bad + (why is not None)
        if why:
            print(f"FAIL {r['name']}: {why}", flush=True)
    print(f"{good} passed, {bad} failed")
    sys.exit(1 if bad or not good else 0)


def main():
    if sys.argv[1] == "--inside":
        inside(sys.argv[2], sys.argv[3], sys.argv[4:])
    sys.argv[1] = os.path.realpath(sys.argv[1])
    enter_host(__file__)


if __name__ == "__main__":
    main()
