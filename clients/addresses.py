"""Addresses of hubs, as people write them into files and commands."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?")


def https_address(text: str) -> SplitResult | None:
    """Take an address apart; None if it is none that is asked over TLS.

    Its `port` can be read: it is none, or from 1 to 65,535. Nothing follows it but a
    slash: what would be ignored afterwards is no part of an address.
    """
    if not text.isprintable():
        return None
    try:
        found = urlsplit(text)
        has_port = found.port != 0
    except ValueError:
        return None
    is_whole = found.path in {"", "/"} and not found.query and not found.fragment
    has_host = "@" not in found.netloc and _is_host(found.hostname or "")
    is_asked = found.scheme == "https" and has_host and has_port
    return found if is_asked and is_whole else None


def _is_host(name: str) -> bool:
    """Tell whether a resolver can be asked for a name (RFC 5891), or it is a number."""
    try:
        ip_address(name)
    except ValueError:
        return _is_name(name)
    return True


def _is_name(name: str) -> bool:
    try:
        labels = name.removesuffix(".").encode("idna").decode("ascii").split(".")
    except UnicodeError:
        return False
    return all(map(_LABEL.fullmatch, labels))
