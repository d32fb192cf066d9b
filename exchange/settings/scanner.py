"""The scanner for malware."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerSettings:
    """A clamd that is given every attachment before it is delivered.

    Args:
        address: ``unix:PATH``, or ``tcp:HOST:PORT`` on loopback; empty: nothing is
            scanned.
        connect_seconds: how long it may take to answer a connection.
        scan_seconds: how long one attachment may take.
    """

    address: str = ""
    connect_seconds: float = 5.0
    scan_seconds: float = 300.0
