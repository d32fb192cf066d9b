"""Addresses of hubs, as people write them into files and commands."""

from urllib.parse import SplitResult, urlsplit


def https_address(text: str) -> SplitResult | None:
    """Take an address apart; None if it is none that is asked over TLS.

    Its `port` can be read: it is none, or from 1 to 65,535.
    """
    try:
        found = urlsplit(text)
        has_port = found.port != 0
    except ValueError:
        return None
    return found if found.scheme == "https" and found.hostname and has_port else None
