# shellcheck shell=bash
# Sourced by the four assemble scripts: progress lines, the remedy for a failed step, mirrors, uv, and the last step.
# It lies in the folder `notebook`, since an S2I build gets only its contextDir: the build of the notebook image this
# folder, the build of the hub image the whole repository.

app=/opt/app-root
common=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
python=$app/bin/python
work=$(mktemp -d /tmp/assemble.XXXXXX)
current=
remedy=
# `finish` compiles the packages; bytecode that an import writes holds the time of the build.
export PYTHONDONTWRITEBYTECODE=1
trap 'leave $?' EXIT

# step "Installing uv" "What to do if it fails.": print a line of progress, and keep the remedy for `leave`
step() {
    current=$1
    remedy=${2:-}
    echo "---> $current ..."
}

leave() {
    rm -rf "$work"
    if [[ $1 -ne 0 && -n $current ]]; then
        printf '\nERROR: %s failed, see above.\n%s\n' "$current" "$remedy" >&2
    fi
}

# refuse "One sentence.": end the build
refuse() {
    echo "ERROR: $1" >&2
    refused
}

# End the build after a command that has said why.
refused() {
    current=
    exit 1
}

REMEDY_NETWORK="In a closed network, set HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or a mirror (PIP_INDEX_URL for Python \
packages, NPM_MIRROR for npm packages), in the environment of the BuildConfig."
REMEDY_PYPI="The packages come from PyPI, or from PIP_INDEX_URL. $REMEDY_NETWORK"
require_python() {
    local base="Use a base such as registry.access.redhat.com/ubi9/python-312."
    [[ -x $python ]] || refuse "the base image has no $python: it is not a Python S2I image. $base"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        refuse "$("$python" --version) is too old: JupyterHub 6 needs Python 3.10 or newer. $base"
}

# In an incremental build, save-artifacts restores uv's cache from the previous image. The cache stays in the new image
# for the next build; it takes no space, since its files are hard links to the installed ones.
reuse_artifacts() {
    if [[ -d /tmp/artifacts/uv && -z ${UV_CACHE_DIR:-} ]]; then
        mkdir -p $app/.cache
        cp -a /tmp/artifacts/uv $app/.cache/
        export UV_CACHE_DIR=$app/.cache/uv UV_LINK_MODE=hardlink
    fi
}

# pip_setting index-url: the value in pip.conf
pip_setting() {
    sed -nE "s/^global\.$1=(['\"])(.*)\1$/\2/p" <<<"$configured"
}

# Translate one set of settings for pip, uv and npm, which do not read each other's variables.
use_mirrors() {
    local configured index extra bundle store
    configured=$("$python" -m pip config list 2>/dev/null || true)
    index=${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-${PIP_INDEX_URL:-$(pip_setting index-url)}}}
    extra=${UV_EXTRA_INDEX_URL:-${PIP_EXTRA_INDEX_URL:-}}
    bundle=${SSL_CERT_FILE:-${PIP_CERT:-${REQUESTS_CA_BUNDLE:-$(pip_setting cert)}}}
    # A BuildConfig with mountTrustedCA adds the cluster's certificate authorities to the system's store, which
    # Node.js 20 does not read.
    for store in /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/certs/ca-certificates.crt; do
        [[ -n $bundle || ! -r $store ]] || bundle=$store
    done
    [[ -z $index ]] || export PIP_INDEX_URL=$index UV_DEFAULT_INDEX=$index
    [[ -z $extra ]] || export PIP_EXTRA_INDEX_URL=$extra UV_EXTRA_INDEX_URL=$extra
    [[ -z $bundle ]] || export SSL_CERT_FILE=$bundle PIP_CERT=$bundle NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$bundle}
    [[ -z ${NPM_MIRROR:-} ]] || export npm_config_registry=$NPM_MIRROR
    # A cache that the caller mounts is never linked into the image; our own is deleted when the build ends.
    [[ -z ${UV_CACHE_DIR:-} ]] || export UV_LINK_MODE=${UV_LINK_MODE:-copy}
    export UV_CACHE_DIR=${UV_CACHE_DIR:-$work/uv-cache}
    [[ -n ${PIP_CACHE_DIR:-} ]] || export PIP_NO_CACHE_DIR=1
    export PIP_DISABLE_PIP_VERSION_CHECK=1
    export npm_config_cache=${npm_config_cache:-$work/npm-cache} npm_config_update_notifier=false \
        NODE_DISABLE_COMPILE_CACHE=1
    export UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never
}

# Install uv in a temporary folder: it takes 37 MB, and only builds need it. Naming one platform saves seconds: pip
# would compare each of the 6,000 files of uv on PyPI with each of the 1,400 platform tags that Python accepts.
install_uv() {
    step "Installing uv" "$REMEDY_PYPI"
    "$python" -m pip install --quiet --require-hashes --no-deps --no-compile --target "$work/uv" \
        --only-binary :all: --implementation py --abi none --python-version 3.10 --platform "manylinux_2_17_$(uname -m)" \
        --requirement "$common/uv.txt"
}

uv_install() {
    "$work/uv/bin/uv" pip install --python "$python" "$@"
}

# install_dependencies "the hub": install the packages that the user's repository, in the current folder, names
install_dependencies() {
    step "Looking for the packages that your repository names"
    "$python" "$common/dependency_files.py" "$PWD" "$work" >"$work/arguments" || refused
    mapfile -t arguments <"$work/arguments"
    [[ ${#arguments[@]} -gt 0 ]] || return 0
    install_uv
    step "Installing the packages that your repository names" "If a package was not found, correct its name. $REMEDY_PYPI"
    local code=0
    "$python" "$common/install_packages.py" "$work/uv/bin/uv" "$1" "${arguments[@]}" || code=$?
    [[ $code -ne 2 ]] || refused
    return $code
}

# find_hook: the script of the repository that runs after the packages are installed; binder/ goes before the root,
# as in repo2docker, where postBuild need not be executable
find_hook() {
    local hook
    for hook in .s2i/action_hooks/post_build {binder,.binder}/postBuild postBuild; do
        [[ -f /tmp/src/$hook ]] || continue
        [[ -x /tmp/src/$hook || $hook == *postBuild ]] || refuse "$hook is not executable. Run: git update-index --chmod=+x $hook"
        [[ $(head -n 1 "/tmp/src/$hook") != *$'\r' ]] || refuse "$hook has Windows line ends, with which Linux cannot start it. \
Convert it: sed -i 's/\r\$//' $hook"
        echo "$hook"
        break
    done
}

# run_hook HOOK: run it in the folder of the user's files
run_hook() {
    step "Running your $1" "This script is part of your repository; it ran in $app/src."
    chmod +x "/tmp/src/$1"
    "/tmp/src/$1"
}

site_packages() {
    "$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'
}

# Compile the packages, and let group 0 read and write everything: pods run with an arbitrary UID of that group.
finish() {
    step "Compiling packages and fixing permissions"
    PYTHONHASHSEED=0 "$python" -W ignore "$common/compile_packages.py" "$(site_packages)"
    cd /
    rm -rf /tmp/src /tmp/artifacts $app/.lock # uv makes the lock file
    fix-permissions $app -P
    echo "---> Done"
}
