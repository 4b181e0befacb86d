#!/bin/bash
# Completion in the real shells: bash, zsh and fish are asked what they offer for command lines.
LAB=completion . "$(dirname "$0")/lib.sh"
: "${work:?}" # made by lib.sh

export PATH=$CUBEADM_BUILD/src/cli:$PATH
mkdir -p "$work/here/only-folder" && touch "$work/here/my-config.yaml"

# command line | words that must be offered | words that must not
cat >"$work/rows" <<'R'
kubeadm |init join token config reset version completion help|phase __complete --config
kubeadm ini|init|join
kubeadm init phase |preflight certs kubeconfig addon show-join-command|init
kubeadm init phase certs |all ca apiserver etcd-server sa|certs
kubeadm token |create delete generate list|token
kubeadm completion |bash zsh fish|init
kubeadm help to|token|init
kubeadm init --apis|--apiserver-advertise-address --apiserver-bind-port --apiserver-cert-extra-sans|--apiserver-extra-args --config
kubeadm init phase addon coredns --p|--print-manifest|--pod-network-cidr
kubeadm init --skip-phases |preflight certs certs/ca upload-certs addon/coredns|certs/all init my-config.yaml
kubeadm init --skip-phases=certs/a|certs/apiserver certs/apiserver-kubelet-client certs/apiserver-etcd-client|certs/ca
kubeadm init --skip-phases preflight,upload-|preflight,upload-config preflight,upload-certs|preflight,preflight
kubeadm join --skip-phases kubelet-|kubelet-start|upload-certs
kubeadm reset --skip-phases |preflight cleanup-node|certs
kubeadm init phase preflight -o |text json yaml|my-config.yaml
kubeadm init phase preflight --output=y|yaml|json
kubeadm version -o s|short|json
kubeadm token list -o jsonpath-|jsonpath-as-json jsonpath-file|json
kubeadm init --feature-gates Root|RootlessControlPlane=true RootlessControlPlane=false|PublicKeysECDSA=true
kubeadm init --ignore-preflight-errors Sw|Swap|SystemVerification
kubeadm init --ignore-preflight-errors=Swap,FileExisting-m|Swap,FileExisting-mount|Swap,FileExisting-cp
kubeadm init --config my|my-config.yaml|only-folder
kubeadm init --config=my|my-config.yaml|
kubeadm init --cert-dir onl|only-folder/|my-config.yaml
kubeadm init --cert-dir=onl|only-folder/|my-config.yaml
kubeadm init --cert-dir my||my-config.yaml
kubeadm init --token my||my-config.yaml
kubeadm join my||my-config.yaml
R

offers() { # offers SHELL LINE WANTED UNWANTED
    local words w
    words=" $(grep -F -- "$2	" "$work/$1" | cut -f2 | head -n1) "
    words=${words//only-folder /only-folder/ } # whether the slash is shown is the shell's to say
    for w in $3; do
        case $words in *" $w "*) ;; *) echo "$1 does not offer $w:$words"; return 1 ;; esac
    done
    for w in $4; do
        case $words in *" $w "*) echo "$1 offers $w:$words"; return 1 ;; esac
    done
}

for shell in bash zsh fish; do
    if ! command -v $shell >/dev/null; then
        echo "skip $shell is not installed (scripts/setup test)"
        continue
    fi
    cut -d'|' -f1 "$work/rows" | python3 tests/e2e/complete_in.py $shell "$work/here" >"$work/$shell"
    check "$shell answers every line" test "$(wc -l <"$work/$shell")" -eq "$(wc -l <"$work/rows")"
    while IFS='|' read -r line wanted unwanted; do
        check "$shell: $line" offers $shell "$line" "$wanted" "$unwanted"
    done <"$work/rows"
done
