# shellcheck shell=bash
# Sourced by the scripts that start a server: make sure that the user has an entry in the password database.
# CRI-O adds the pod's arbitrary UID to /etc/passwd; where it does not, the base image offers nss_wrapper.
if ! whoami &>/dev/null && [[ -e /usr/lib64/libnss_wrapper.so ]]; then
    # shellcheck source=/dev/null
    source /opt/app-root/etc/generate_container_user
fi
