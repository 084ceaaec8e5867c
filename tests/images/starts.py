"""Shell scripts that start the command of an image, "$@", in a network of its own, and send it requests."""

import re

from tests.paths import CHECKOUT

(JUPYTERHUB,) = re.findall(r"^jupyterhub==(\S+)", (CHECKOUT / "requirements.txt").read_text(), re.MULTILINE)
HOSTS = "127.0.0.1 localhost jupyterhub jupyterhub-proxy\n"
GET = """
get() { python -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())' $1 2>&-; }
get_until_it_answers() { for _ in {1..300}; do get "$1" && break; kill -0 $! 2>&- || break; sleep 0.2; done; }
"""
# Prints the empty answer of /hub/health, the version as JSON, the log.
HUB = f"""{GET}
configurable-http-proxy --ip= --port=8080 --api-ip= --api-port=8001 --default-target=http://jupyterhub:8081 \
    --error-target=http://jupyterhub:8081/hub/error &> /tmp/proxy &
"$@" &> /tmp/log &
get_until_it_answers http://127.0.0.1:8080/hub/health
get http://127.0.0.1:8080/hub/api/ || cat /tmp/proxy
cat /tmp/log
"""
# Prints the answer of /api, then that of /api/contents, both JSON.
NOTEBOOK = f"""{GET}
"$@" &> /tmp/log &
get_until_it_answers http://127.0.0.1:8080/api
get http://127.0.0.1:8080/api/contents && echo open to all
get "http://127.0.0.1:8080/api/contents?$(grep -o -m1 'token=[0-9a-f]*' /tmp/log)" || cat /tmp/log
"""
