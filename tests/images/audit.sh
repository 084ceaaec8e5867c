#!/bin/bash
# Known vulnerabilities in what is locked, by pip-audit and npm. Exit 0: none; 1: some; 3: not everybody could be asked.
# One that has to stay gets its reason in docs/images.md, and its ID in an --ignore-vuln here.
set -euo pipefail
cd "$(dirname "$0")/../.."

locks=({,sandbox/,tests/,notebook/,notebook/scipy-notebook/}requirements.txt builder/nodejs.txt notebook/common/uv.txt)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
result=0

pip_audit() {
    .venv/bin/uv tool run --quiet --no-progress pip-audit --progress-spinner off --strict --no-deps --disable-pip "$@"
}

not_asked() {
    echo "NOT AUDITED: $1: the service for vulnerabilities does not answer"
    [[ $result != 0 ]] || result=3
}

# A service that knows nothing of an old one would call everything sound.
echo "urllib3==1.24.1" >"$work/known-bad.txt"
pip_audit --requirement "$work/known-bad.txt" &>"$work/log" || true
if grep -q 'CVE-2019-11324\|PYSEC-2019-133' "$work/log"; then
    for lock in "${locks[@]}"; do
        echo "--> $lock"
        pip_audit --requirement "$lock" || result=1
    done
else
    not_asked "Python packages"
fi

echo "--> package-lock.json"
if ! npm audit --package-lock-only --omit=dev &>"$work/log"; then
    if grep -q 'audit endpoint returned an error\|npm error code E' "$work/log"; then
        not_asked "npm packages"
    else
        cat "$work/log"
        result=1
    fi
fi
exit $result
