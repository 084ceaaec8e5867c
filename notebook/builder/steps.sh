# What the assemble scripts share: progress lines, a remedy where a step fails, uv, and the last touches.
# notebook/builder/steps.sh is a copy, as OpenShift hands a build only its own folder.
# shellcheck shell=bash

app=/opt/app-root
python=$app/bin/python
work=$(mktemp -d /tmp/assemble.XXXXXX)
current=
remedy=
trap 'leave $?' EXIT

# step "Doing this" "What to do if it fails."
step() {
    current=$1
    remedy=${2:-}
    echo "---> $current ..."
}

leave() {
    rm -rf "$work"
    if [[ $1 -ne 0 && -n $current ]]; then
        printf '\nERROR: %s: failed, for the reason above.\n%s\n' "$current" "$remedy" >&2
    fi
}

# refuse "One sentence.": the build ends here
refuse() {
    current=
    echo "ERROR: $1" >&2
    exit 1
}

REMEDY_NETWORK="In a closed network, set HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or the address of a mirror (PIP_INDEX_URL \
for Python packages, NPM_MIRROR for npm's), in the environment of the BuildConfig."
REMEDY_PYPI="The packages come from PyPI, or from PIP_INDEX_URL. $REMEDY_NETWORK"
# remedy_requirements "the hub": where a user's requirements.txt cannot be installed
remedy_requirements() {
    echo "Two versions of one package? $1's own packages keep the versions that were tested together, which are in \
$app/etc/requirements.txt: leave that package out of your requirements.txt.
A package was not found, or could not be fetched? Correct its name. $REMEDY_PYPI"
}

require_python() {
    local base="Use a base such as registry.access.redhat.com/ubi9/python-312."
    [[ -x $python ]] || refuse "$python is missing, so this is not a Python S2I image. $base"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        refuse "$("$python" --version) is too old, JupyterHub 6 needs 3.10 or newer. $base"
}

# In an incremental build save-artifacts brings uv's cache of the last one. It stays in the image, for the next one:
# as hard links of what is installed, so that it takes no room.
reuse_artifacts() {
    if [[ -d /tmp/artifacts/uv && -z ${UV_CACHE_DIR:-} ]]; then
        mkdir -p $app/.cache
        cp -a /tmp/artifacts/uv $app/.cache/
        export UV_CACHE_DIR=$app/.cache/uv UV_LINK_MODE=hardlink
    fi
}

# of_pip index-url: what pip.conf says
of_pip() {
    sed -nE "s/^global\.$1=(['\"])(.*)\1$/\2/p" <<<"$configured"
}

# One set of settings for pip, uv and npm, which do not read each other's.
use_mirrors() {
    local configured index extra bundle store
    configured=$("$python" -m pip config list 2>/dev/null || true)
    index=${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-${PIP_INDEX_URL:-$(of_pip index-url)}}}
    extra=${UV_EXTRA_INDEX_URL:-${PIP_EXTRA_INDEX_URL:-}}
    bundle=${SSL_CERT_FILE:-${PIP_CERT:-${REQUESTS_CA_BUNDLE:-$(of_pip cert)}}}
    # The cluster's own certificate authority is in the system's store, if anywhere (mountTrustedCA of a BuildConfig),
    # where Node.js 20 does not look.
    for store in /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/certs/ca-certificates.crt; do
        [[ -n $bundle || ! -r $store ]] || bundle=$store
    done
    [[ -z $index ]] || export PIP_INDEX_URL=$index UV_DEFAULT_INDEX=$index
    [[ -z $extra ]] || export PIP_EXTRA_INDEX_URL=$extra UV_EXTRA_INDEX_URL=$extra
    [[ -z $bundle ]] || export SSL_CERT_FILE=$bundle PIP_CERT=$bundle NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$bundle}
    [[ -z ${NPM_MIRROR:-} ]] || export npm_config_registry=$NPM_MIRROR
    # Caches given from outside are kept and never linked into the image; others go when the build ends.
    [[ -z ${UV_CACHE_DIR:-} ]] || export UV_LINK_MODE=${UV_LINK_MODE:-copy}
    export UV_CACHE_DIR=${UV_CACHE_DIR:-$work/uv-cache}
    [[ -n ${PIP_CACHE_DIR:-} ]] || export PIP_NO_CACHE_DIR=1
    export PIP_DISABLE_PIP_VERSION_CHECK=1
    export npm_config_cache=${npm_config_cache:-$work/npm-cache} npm_config_update_notifier=false \
        NODE_DISABLE_COMPILE_CACHE=1
    export UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never
}

# Into a temporary place: 37 MB that only builds need. For one platform: pip compares each of the 6,000 files that PyPI
# has of uv with each platform that Python knows, 1,400 of them.
install_uv() {
    step "Installing uv" "$REMEDY_PYPI"
    "$python" -m pip install --quiet --require-hashes --no-deps --no-compile --target "$work/uv" \
        --only-binary :all: --implementation py --abi none --python-version 3.10 --platform "manylinux_2_17_$(uname -m)" \
        --requirement "$(dirname "${BASH_SOURCE[0]}")/uv.txt"
}

uv_install() {
    "$work/uv/bin/uv" pip install --python "$python" "$@"
}

site_packages() {
    "$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'
}

# The pod's user can be any, of group 0: all is readable and writable to it, and nothing is left to compile.
# Only files without bytecode are compiled, so that a custom image's layer holds only what is its own. By hash: it does
# not depend on when the build ran. A process for each hundred files, at most 4 at once: a node may have many cores that
# the build, with 1 GiB, has not.
finish() {
    step "Compiling and fixing permissions"
    PYTHONHASHSEED=0 "$python" -W ignore - "$(site_packages)" <<'PYTHON'
import gc, os, pathlib, py_compile, sys
from importlib.util import cache_from_source

sources = sorted(
    source for source in pathlib.Path(sys.argv[1]).rglob("*.py") if not os.path.exists(cache_from_source(source))
)
at_once, running = min(4, len(os.sched_getaffinity(0))), 0
gc.disable()
for first in range(0, len(sources), 100):
    if running == at_once:
        os.wait()
        running -= 1
    if os.fork() == 0:
        for source in sources[first : first + 100]:
            try:
                by_hash = py_compile.PycInvalidationMode.CHECKED_HASH
                py_compile.compile(source, doraise=True, invalidation_mode=by_hash)
            except py_compile.PyCompileError:
                pass  # templates are not always Python
        os._exit(0)
    running += 1
for _ in range(running):
    os.wait()
PYTHON
    cd /
    rm -rf /tmp/src /tmp/artifacts $app/.lock # the last is uv's
    fix-permissions $app -P
    echo "---> Done"
}
