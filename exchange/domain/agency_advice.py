"""What a change of agencies asks of their certificates, told and not done.

The hub and the CA may be in different hands: what is named here is carried out where
the CA is (`lienthong pki merge`).
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from exchange.domain.agency_history import DirectoryChange
from exchange.domain.agency_orders import (
    Close,
    Merge,
    NewAgency,
    Order,
    Recode,
    Rename,
)
from schemas.identifiers import OrganId


@dataclass(frozen=True, slots=True)
class CertificateAdvice:
    """Whose certificates are to be made anew, whose revoked, and by which command.

    Args:
        command: to be run where the CA is; empty where nothing is to be done.
    """

    amend: tuple[OrganId, ...]
    revoke: tuple[OrganId, ...]
    command: str


def advice(order: Order, change: DirectoryChange) -> CertificateAdvice:
    """Tell what the certificates of those concerned need (notice of 8 May 2025)."""
    ended = change.event.agencies
    kept = _kept(order, change)
    command = ""
    if kept is not None:
        # The new body takes over those of one of them, the others end.
        name = _new_name(order)
        command = _words(change.event.results[0], ended, keep=kept, name=name)
    elif change.event.successor:
        command = _words(change.event.successor, ended)
    elif isinstance(order, Close):
        command = "lienthong pki revoke"
    if not command:
        return CertificateAdvice((), (), "")
    amend = () if kept is None else (kept,)
    revoke = tuple(one for one in ended if one not in amend)
    return CertificateAdvice(amend, revoke, command)


def _kept(order: Order, change: DirectoryChange) -> OrganId | None:
    """Return whose certificates go on under another name or code."""
    is_new_body = isinstance(order, Merge) and isinstance(order.into, NewAgency)
    goes_on = is_new_body or isinstance(order, Rename | Recode)
    return change.event.agencies[0] if goes_on else None


def _new_name(order: Order) -> str:
    match order:
        case Merge(into=NewAgency() as new):
            return new.name
        case Rename(name=name):
            return name
        case _:
            return ""


def _words(
    into: OrganId,
    sources: Sequence[OrganId],
    *,
    keep: OrganId | None = None,
    name: str = "",
) -> str:
    words = ["lienthong", "pki", "merge", "--into", into]
    for one in sources:
        words += ["--from", one]
    if keep:
        words += ["--keep", keep]
    if name:
        words += ["--name", name]
    return shlex.join(words)
