"""What a judgement rested on, named by its digests."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding

from pki.path.judging import ChainJudgement
from schemas.verdict import EvidenceItem, EvidenceKind


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
    ders = (one.public_bytes(Encoding.DER) for one in chain.chain)
    yield from items(EvidenceKind.CERTIFICATE, ders)
    yield from items(EvidenceKind.REVOCATION_LIST, chain.crls)
    yield from items(EvidenceKind.OCSP_ANSWER, chain.ocsps)
