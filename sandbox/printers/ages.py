"""Ages, as `kubectl get` prints them."""

from __future__ import annotations

from datetime import datetime, timezone


def age(timestamp: str | None) -> str:
    """Return the age of a timestamp, as `duration.HumanDuration` prints it."""
    if not timestamp:
        return "<unknown>"
    then = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    return duration(int((datetime.now(timezone.utc) - then).total_seconds()))


def duration(seconds: int) -> str:
    """Format seconds as `k8s.io/apimachinery/pkg/util/duration` does, with two units at most."""
    if seconds < 0:
        return "0s" if seconds > -2 else "<invalid>"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    for limit, big, small in (
        (seconds < 120, f"{seconds}s", 0),
        (minutes < 10, f"{minutes}m", seconds % 60),
        (minutes < 180, f"{minutes}m", 0),
        (hours < 8, f"{hours}h", minutes % 60),
        (hours < 48, f"{hours}h", 0),
        (hours < 192, f"{days}d", hours % 24),
        (days < 730, f"{days}d", 0),
        (days < 2920, f"{days // 365}y", days % 365),
    ):
        if limit:
            unit = {"m": "s", "h": "m", "d": "h", "y": "d"}.get(big[-1], "")
            return big + (f"{small}{unit}" if small else "")
    return f"{days // 365}y"
