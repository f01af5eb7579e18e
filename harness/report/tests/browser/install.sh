#!/usr/bin/env bash
# Installs what the tests of the page need, on Debian, as root: a browser, the library that drives
# it, and the accessibility checker. Running it again does nothing that is done already. Packages
# of npm go to `LUKEWARM_BROWSER`, by default `target/browser` of the workspace.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="${LUKEWARM_BROWSER:-$here/../../../../target/browser}"
mkdir -p "$folder"

missing=()
for pair in chromium:chromium pdftotext:poppler-utils node:nodejs npm:npm; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
# Without a font a browser draws boxes, and no width means anything.
[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing+=(fonts-dejavu-core)
if [ "${#missing[@]}" -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

# The lock file that was installed says which versions are there.
if ! cmp -s "$here/npm/package-lock.json" "$folder/package-lock.json" || [ ! -d "$folder/node_modules" ]; then
    cp "$here"/npm/package*.json "$folder"
    npm ci --silent --ignore-scripts --no-audit --no-fund --prefix "$folder" || {
        rm "$folder/package-lock.json"
        exit 1
    }
fi
