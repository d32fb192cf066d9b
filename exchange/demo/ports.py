"""A free port for a listener whose address must be known before it listens."""

import socket

from exchange.demo.site import HOST


def free_port() -> int:
    """Return a port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
