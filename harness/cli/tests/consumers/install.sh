#!/usr/bin/env bash
# Installs what reads our exports, for the tests beside this file, on Debian, as root. Running it
# again does nothing that is done already. What no package of Debian has goes to
# `LUKEWARM_CONSUMERS`, by default `target/consumers` of the workspace.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
consumers="${LUKEWARM_CONSUMERS:-$here/../../../../target/consumers}"
mkdir -p "$consumers"

missing=()
for pair in xmllint:libxml2-utils node:nodejs npm:npm python3:python3 pip3:python3-pip \
    unzip:unzip bwrap:bubblewrap; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
if [ "${#missing[@]}" -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}"
fi

# The schema of Jenkins' JUnit files, which pytest holds its own to, lies in pytest's sources.
if [ ! -e "$consumers/junit-10.xsd" ]; then
    sources="$(mktemp -d)"
    pip3 download --quiet --no-deps --no-binary :all: --dest "$sources" --require-hashes \
        --requirement <(echo "pytest==8.4.2 --hash=sha256:$(
            echo 86c0d0b93306b961d58d62a4db4879f27fe25513d4b969df351abdddb3c30e01
        )")
    tar -xzf "$sources"/pytest-8.4.2.tar.gz -C "$sources"
    cp "$sources/pytest-8.4.2/testing/example_scripts/junit-10.xsd" "$consumers"
    rm -r "$sources"
fi

# hyperfine's scripts lie in its package, which Cargo unpacks to tell of it.
version=1.20.0
if [ ! -d "$consumers/hyperfine" ]; then
    (cd "$consumers" && cargo info --quiet "hyperfine@$version" >/dev/null)
    cp -r "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"hyperfine-$version/scripts" \
        "$consumers/hyperfine"
fi
if [ ! -d "$consumers/python/scipy" ]; then
    pip3 install --quiet --root-user-action ignore --target "$consumers/python" \
        --only-binary :all: --require-hashes --requirement "$here/python.txt"
fi

# The schemas that Kubernetes publishes, of one version, as kubernetes-validate (Apache-2.0) has them.
version=1.37.0
if [ ! -e "$consumers/kubernetes/job-batch-v1.json" ]; then
    wheel="$(mktemp -d)"
    pip3 download --quiet --no-deps --only-binary :all: --dest "$wheel" --require-hashes \
        --requirement <(echo "kubernetes-validate==$version --hash=sha256:$(
            echo 85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9
        )")
    unzip -q -o -j "$wheel"/*.whl "*/v$version-local-strict/*" -d "$consumers/kubernetes.new"
    rm -r "$wheel"
    mv "$consumers/kubernetes.new" "$consumers/kubernetes"
fi

if [ ! -x "$consumers/hadolint" ]; then
    wheel="$(mktemp -d)"
    pip3 download --quiet --no-deps --only-binary :all: --dest "$wheel" --require-hashes \
        --requirement "$here/hadolint.txt"
    unzip -q -o -j "$wheel"/*.whl '*/scripts/hadolint' -d "$consumers"
    chmod +x "$consumers/hadolint"
    rm -r "$wheel"
fi

if [ ! -e "$consumers/npm/node_modules/yaml/package.json" ]; then
    mkdir -p "$consumers/npm"
    cp "$here"/npm/package*.json "$consumers/npm"
    npm ci --silent --ignore-scripts --no-audit --no-fund --prefix "$consumers/npm"
fi
