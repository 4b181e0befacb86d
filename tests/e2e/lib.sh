#!/bin/bash
# lib.sh - what the end-to-end stories share: virtual hosts that go away at the end, and checks that are counted.
# Source it; name the lab first:  LAB=cluster . "$(dirname "$0")/lib.sh"
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
export CUBEADM_LAB=e2e-${LAB:?}-$$
export CUBEADM_BUILD=${CUBEADM_BUILD:-$PWD/build}
passed=0 failed=0
work=$(mktemp -d)

on() { scripts/hosts exec "$@"; }

# check NAME CMD... - the command must succeed
check() {
    local name=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name: $*"
        sed 's/^/     | /' "$work/out" | tail -n 30
    fi
}

# says NAME REGEX CMD... - the command must succeed and print a line that matches
says() {
    local name=$1 regex=$2
    shift 2
    if "$@" >"$work/out" 2>&1 && grep -Eq -- "$regex" "$work/out"; then
        passed=$((passed + 1))
        echo "ok   $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name: $* (wanted /$regex/)"
        sed 's/^/     | /' "$work/out" | tail -n 30
    fi
}

# refuses NAME STATUS REGEX CMD... - the command must end with that status and print a line that matches
refuses() {
    local name=$1 status=$2 regex=$3 got=0
    shift 3
    "$@" >"$work/out" 2>&1 || got=$?
    if [ "$got" -eq "$status" ] && grep -Eq -- "$regex" "$work/out"; then
        passed=$((passed + 1))
        echo "ok   $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name: $* (status $got, wanted $status and /$regex/)"
        sed 's/^/     | /' "$work/out" | tail -n 30
    fi
}

# lacks NAME REGEX - what the last of these printed has no line that matches
lacks() {
    local name=$1 regex=$2
    if grep -E -- "$regex" "$work/out" >"$work/found"; then
        failed=$((failed + 1))
        echo "FAIL $name: it has /$regex/"
        sed 's/^/     | /' "$work/found"
    else
        passed=$((passed + 1))
        echo "ok   $name"
    fi
}

# within SECONDS CMD... - repeats until the command succeeds
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >"$work/within" 2>&1; do
        if [ $SECONDS -ge $end ]; then
            cat "$work/within"
            return 1
        fi
        sleep 0.1
    done
}

finish() {
    scripts/hosts down
    rm -rf "$work"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
trap 'finish; exit $?' EXIT
trap 'exit 130' INT TERM
