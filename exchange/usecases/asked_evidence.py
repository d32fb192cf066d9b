"""Have a worker raise a file, and ask others where evidence at hand will not do.

Workers open no connection: they say whose certificates are unproven, the hub asks about
those, and the worker begins again with the answers.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from cryptography.x509 import load_der_x509_certificate

from exchange.services import Services
from exchange.usecases.prepare_signature import signer_of
from pki.errors import PkiError
from pki.names import UNREADABLE_CERTIFICATE
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from signing.evidence_sources import RevocationFetcher
from signing.workers.made import RaisedPart

_MOST_ROUNDS = 3
"""The end certificates are asked about first, their CAs only if they must be."""

_MOST_CHAINS = 8
"""Of one file; whoever wrote it must not keep this machine asking."""


@dataclass(frozen=True, slots=True)
class Lifted:
    """What raises a file, and all evidence that was at hand in the end."""

    part: RaisedPart
    material: TrustMaterial


async def lift(
    services: Services, stamped: bytes, material: TrustMaterial, *, room: int = 0
) -> Lifted:
    """Return what brings a stamped file to B-LT, with a gap of `room` if there is one.

    Args:
        services: with `revocations`, others are asked.
        stamped: the file, B-T.
        material: what is at hand.
        room: octets to keep for a document time stamp; 0 for none.

    Raises:
        PkiError: no evidence that can be had will do.
        SigningError: the same, or no worker answers.
    """
    fetcher = services.revocations
    for rung in range(_MOST_ROUNDS if fetcher is not None else 0):
        part = await _part(services, stamped, material, room=room, asks=True)
        if not part.unproven or fetcher is None:
            return Lifted(part, material)
        pairs = list(_pairs(part, rung))
        material = await asyncio.to_thread(_asked, fetcher, material, pairs)
    part = await _part(services, stamped, material, room=room, asks=False)
    return Lifted(part, material)


async def _part(
    services: Services,
    stamped: bytes,
    material: TrustMaterial,
    *,
    room: int,
    asks: bool,
) -> RaisedPart:
    return await signer_of(services).raise_level(
        stamped,
        material=material,
        instructions=json.dumps({"room": room, "asks": asks}).encode(),
        at=services.now(),
    )


def _pairs(part: RaisedPart, rung: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield certificate and issuer of each chain, so many rungs above its end."""
    for chain in part.unproven[:_MOST_CHAINS]:
        yield from list(pairwise(chain))[rung : rung + 1]


def _asked(
    fetcher: RevocationFetcher,
    material: TrustMaterial,
    pairs: list[tuple[bytes, bytes]],
) -> TrustMaterial:
    """Return the material with what is said now about the first of each pair."""
    crls, ocsps = list(material.crls), list(material.ocsps)
    for pair in dict.fromkeys(pairs):
        try:
            certificate, issuer = map(load_der_x509_certificate, pair)
        except UNREADABLE_CERTIFICATE as error:
            raise PkiError(ErrorCode.CERTIFICATE_MALFORMED) from error
        lists, answers = fetcher.fetch(certificate, issuer)
        crls += lists
        ocsps += answers
    return replace(material, crls=tuple(crls), ocsps=tuple(ocsps))
