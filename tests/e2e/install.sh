#!/bin/bash
# What an installation holds, and that it works where there is no build folder.
LAB=install . "$(dirname "$0")/lib.sh"
: "${work:?}" # made by lib.sh

DESTDIR=$work/root meson install -C "$CUBEADM_BUILD" --no-rebuild --quiet >"$work/log" 2>&1
prefix=$(meson introspect "$CUBEADM_BUILD" --buildoptions | python3 -c \
    'import json, sys; print(next(o["value"] for o in json.load(sys.stdin) if o["name"] == "prefix"))')
top=$work/root$prefix
for file in bin/kubeadm libexec/cubeadm/{cubeplane,kubelet,kube-apiserver,kube-controller-manager,kube-scheduler} \
    share/man/man8/{kubeadm,cubeplane}.8 share/bash-completion/completions/kubeadm share/zsh/site-functions/_kubeadm \
    share/fish/vendor_completions.d/kubeadm.fish share/doc/cubeadm/{LICENSE,README.md,CHANGELOG.md} \
    share/doc/cubeadm/docs/{config,differences,embedded,faults,preflight}.md; do
    check "installed: $file" test -s "$top/$file"
done
dead_links() { # the installed pages' links to files lead to installed files
    (cd "$top/share/doc/cubeadm" && grep -ohE '\]\((docs/)?[a-zA-Z-]+\.md\)' README.md docs/*.md | sort -u |
        sed 's/^](//; s/)$//; s,^docs/,,' | while read -r f; do test -e "docs/$f" || test -e "$f" || echo "$f"; done)
}
dead_links >"$work/out"
lacks "no page points to one that is not installed" '^(config|differences|embedded|faults|preflight|node-agent)\.md'
for page in kubeadm cubeplane; do
    groff -mdoc -ww -Tutf8 "$top/share/man/man8/$page.8" >/dev/null 2>"$work/out"
    lacks "$page.8 has no fault" .
done

scripts/hosts up cp1 || exit 1
kubeadm() { on cp1 env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$top/bin/kubeadm" "$@"; }
says "init without the build folder" 'control-plane has initialized' kubeadm init --embedded
says "its programs are the installed ones" "$top/libexec/cubeadm/" \
    on cp1 sh -c 'for p in $(pgrep "^kube"); do readlink /proc/$p/exe; done'
check "reset" kubeadm reset --force
