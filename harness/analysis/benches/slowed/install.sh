#!/usr/bin/env bash
# Puts hyperfine, its Welch script and what that needs into a folder: `install.sh FOLDER`. Running it
# again does nothing that is done already. Needs Cargo and pip3.
set -euo pipefail
folder="$1"
version=1.20.0
mkdir -p "$folder"

if [ ! -x "$folder/bin/hyperfine" ]; then
    cargo install --quiet --locked --root "$folder" "hyperfine@$version"
fi
# Its scripts lie in its package, which Cargo has unpacked.
if [ ! -e "$folder/welch_ttest.py" ]; then
    cp "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"hyperfine-$version/scripts/welch_ttest.py" "$folder"
fi
if [ ! -d "$folder/python/scipy" ]; then
    here="$(cd "$(dirname "$0")" && pwd)"
    pip3 install --quiet --root-user-action ignore --target "$folder/python" --only-binary :all: \
        --require-hashes --requirement "$here/../../../cli/tests/consumers/python.txt"
fi
