"""Which certificates are believed."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSettings:
    """Which certificates are believed; the operating system's are never used.

    Args:
        anchors: PEM or DER files of root certificates.
        intermediates: PEM or DER files of issuing certificates.
        revocation: CRL files, or folders of them; read again when they change.
        reload_seconds: how often changes are looked for.
        revocation_hosts: ``host`` or ``host:port`` of those that may be asked over OCSP
            and for lists while a signature is brought to B-LT or B-LTA.
    """

    anchors: tuple[Path, ...] = ()
    intermediates: tuple[Path, ...] = ()
    revocation: tuple[Path, ...] = ()
    reload_seconds: float = 5.0
    revocation_hosts: tuple[str, ...] = ()
