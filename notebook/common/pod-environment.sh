# shellcheck shell=bash
# Sourced by the scripts that start a server: prepare its environment.

# CRI-O adds the pod's arbitrary UID to /etc/passwd; where it does not, the base image offers nss_wrapper.
if ! whoami &>/dev/null && [[ -e /usr/lib64/libnss_wrapper.so ]]; then
    # shellcheck source=/dev/null
    source /opt/app-root/etc/generate_container_user
fi

# Requests within the cluster do not go through a proxy, which may come from the BuildConfig: its environment stays in
# the image. Many programs do not understand the networks (10.0.0.0/8) in OpenShift's own NO_PROXY.
if [[ -n ${HTTP_PROXY:-}${HTTPS_PROXY:-}${ALL_PROXY:-}${http_proxy:-}${https_proxy:-}${all_proxy:-} ]]; then
    hub=${JUPYTERHUB_API_URL:-}
    hub=${hub#*://}
    exceptions=${no_proxy:-${NO_PROXY:-}}
    if [[ $exceptions != "*" ]]; then
        for host in "${hub%%[:/]*}" "${KUBERNETES_SERVICE_HOST:-}" localhost 127.0.0.1 ::1 .svc .cluster.local; do
            [[ -z $host ]] || exceptions+=${exceptions:+,}$host
        done
    fi
    export NO_PROXY=$exceptions no_proxy=$exceptions
fi
