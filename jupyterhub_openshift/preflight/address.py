"""The addresses and accounts that a login needs: route, service account and login server."""

from urllib.parse import urlsplit

from .facts import Facts, Obj, Refusal
from .finding import FAILURE, PASSED, UNKNOWN, WARNING, Finding

REFERENCE = "serviceaccounts.openshift.io/oauth-redirectreference."
URI = "serviceaccounts.openshift.io/oauth-redirecturi."


def check_route(facts: Facts, base_url: str) -> Finding:
    """Report a route that is missing, rejected by the router, or without TLS."""
    route, show = facts.get("route"), f"oc describe route/{facts.name}"
    if isinstance(route, Refusal):
        if route.unknown_kind:
            return Finding("route", PASSED, "This cluster has no routes.")
        if route.status == 404:
            create = (
                f"oc create route edge {facts.name} --service {facts.name}-proxy --insecure-policy Redirect"
            )
            return Finding(
                "route", WARNING, f"There is no route {facts.name}, so nobody reaches the hub.", create
            )
        return Finding("route", UNKNOWN, f"The hub may not read its route: {route.message}.", show)
    host = route["spec"].get("host", "")
    admitted, rejection = _admitted(route)
    if rejection:
        message = f"The router rejects the route {facts.name} with the host {host}: {rejection}."
        return Finding("route", WARNING, message, show)
    if not admitted:
        return Finding("route", WARNING, f"No router has admitted the route {facts.name} yet.", show)
    if not route["spec"].get("tls"):
        message = f"The route {facts.name} has no TLS: passwords and cookies of {host} are sent in clear."
        patch = '{"spec":{"tls":{"termination":"edge","insecureEdgeTerminationPolicy":"Redirect"}}}'
        return Finding("route", WARNING, message, f"oc patch route/{facts.name} --patch '{patch}'")
    return Finding(
        "route",
        PASSED,
        f"The hub's address is https://{host}{base_url.rstrip('/')}.",
        f"oc get route/{facts.name}",
    )


def _admitted(route: Obj) -> tuple[bool, str]:
    """Return whether a router has admitted the route, and otherwise why one has rejected it."""
    conditions = [
        condition
        for ingress in route.get("status", {}).get("ingress") or []
        for condition in ingress.get("conditions") or []
        if condition["type"] == "Admitted"
    ]
    if any(condition["status"] == "True" for condition in conditions):
        return True, ""
    reasons = [c.get("message") or c.get("reason") or "no reason given" for c in conditions]
    return False, reasons[0] if reasons else ""


def check_service_account(facts: Facts, account: str, openshift_login: bool, base_url: str) -> Finding:
    """Report a service account that OpenShift would not accept as OAuth client of the hub's callback."""
    show = f"oc describe serviceaccount/{account}"
    if not openshift_login:
        return Finding("service account", PASSED, f"The hub uses the service account {account}.", show)
    found = facts.get("service account")
    if isinstance(found, Refusal):
        message = f"The hub may not read its service account {account}: {found.message}."
        return Finding("service account", UNKNOWN, message, show)
    annotations, callback = found["metadata"].get("annotations") or {}, f"{base_url}hub/oauth_callback"
    if not any(key.startswith((REFERENCE, URI)) for key in annotations):
        reference = (
            '{"kind":"OAuthRedirectReference","apiVersion":"v1","reference":{"kind":"Route","name":"'
            f'{facts.name}"}}}}'
        )
        return Finding(
            "service account",
            FAILURE,
            f"OpenShift accepts no login for the service account {account}, whose annotations name no route.",
            f"oc annotate serviceaccount/{account} {REFERENCE}first='{reference}' {URI}first={callback}",
        )
    paths = [urlsplit(value).path for key, value in annotations.items() if key.startswith(URI)]
    if paths and not any(callback.startswith(path) for path in paths):
        message = (
            f"OpenShift accepts no login for the service account {account}: its annotation names the path "
            f"{paths[0]}, but the hub's is {callback}."
        )
        command = f"oc annotate --overwrite serviceaccount/{account} {URI}first={callback}"
        return Finding("service account", FAILURE, message, command)
    message = f"The hub uses the service account {account}, which is an OAuth client of OpenShift."
    return Finding("service account", PASSED, message, show)
