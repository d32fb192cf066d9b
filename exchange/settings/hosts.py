"""Whether a listener, or a peer, is on this machine."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Tell whether a listener on `host` can be reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
