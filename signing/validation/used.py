"""What a judgement rested on, named by its digests."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import sha256

from pki.certificates import fingerprint_of
from pki.path.judging import ChainJudgement
from schemas.verdict import EvidenceItem, EvidenceKind

_KEPT = 16
"""Lists whose digests are kept: they may be large, and are the same for hours."""


def items(kind: EvidenceKind, ders: Iterable[bytes]) -> Iterator[EvidenceItem]:
    """Name each of `ders`."""
    return (EvidenceItem(kind, sha256(one).hexdigest()) for one in ders)


def used_in(
    chains: Iterable[ChainJudgement | None], tokens: Iterable[bytes] = ()
) -> tuple[EvidenceItem, ...]:
    """Return what judging these chains took, each once.

    Args:
        chains: of the signer and of whoever stamped.
        tokens: the time stamps.
    """
    found = [one for chain in chains if chain is not None for one in _of(chain)]
    stamps = items(EvidenceKind.TIME_STAMP, tokens)
    return tuple(dict.fromkeys((*found, *stamps)))


def _of(chain: ChainJudgement) -> Iterator[EvidenceItem]:
    for one in chain.chain:
        yield EvidenceItem(EvidenceKind.CERTIFICATE, fingerprint_of(one).hex())
    for crl in chain.crls:
        yield EvidenceItem(EvidenceKind.REVOCATION_LIST, _sha256_of_list(crl))
    yield from items(EvidenceKind.OCSP_ANSWER, chain.ocsps)


@lru_cache(maxsize=_KEPT)
def _sha256_of_list(der: bytes) -> str:
    return sha256(der).hexdigest()
