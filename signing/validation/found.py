"""What a file carries besides its content: candidates, whoever they are by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFound:
    """What was found in one file, DER, each once; nothing says yet that it counts."""

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    time_stamps: tuple[bytes, ...] = ()
