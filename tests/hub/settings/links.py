"""Service links: the environment variables that the kubelet makes of a service."""


def links(service: str, port: int = 8081, name: str = "http") -> dict[str, str]:
    """Return the variables that the kubelet injects for a service."""
    prefix = service.upper().replace("-", "_")
    address = "172.30.1.2"
    url = f"tcp://{address}:{port}"
    return {
        f"{prefix}_SERVICE_HOST": address,
        f"{prefix}_SERVICE_PORT": str(port),
        f"{prefix}_SERVICE_PORT_{name.upper()}": str(port),
        f"{prefix}_PORT": url,
        f"{prefix}_PORT_{port}_TCP": url,
        f"{prefix}_PORT_{port}_TCP_PROTO": "tcp",
        f"{prefix}_PORT_{port}_TCP_PORT": str(port),
        f"{prefix}_PORT_{port}_TCP_ADDR": address,
    }
