"""Labels of CAs: which kind, and which key in the line of its keys.

A CA that gets a new key becomes another CA with another name (RFC 5280 4.1.2.6): path
building goes by names. The first generation is called after its kind alone.
"""

import re
from dataclasses import dataclass
from typing import Self

from pki.errors import PkiError
from pki.kinds import RESPONDERS, CertificateKind
from schemas.errors import ErrorCode

CA_KINDS = (CertificateKind.ROOT, *RESPONDERS)
"""Kinds that are CAs, from the root down."""

_GENERATION = re.compile(r"(.+?)-([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True)
class CaLabel:
    """Names one CA of a hierarchy; its files and folders are called so.

    Args:
        kind: what it issues.
        generation: 1 for the first key, 2 for the one after it.
    """

    kind: CertificateKind
    generation: int = 1

    def __post_init__(self) -> None:
        """Refuse what is no CA, and a second root: that is another hierarchy.

        Raises:
            PkiError: the label names no CA (CA_LABEL_INVALID).
        """
        only = self.kind is CertificateKind.ROOT
        if self.kind not in CA_KINDS or self.generation < 1:
            raise PkiError(ErrorCode.CA_LABEL_INVALID, place=self.kind)
        if only and self.generation > 1:
            raise PkiError(ErrorCode.CA_LABEL_INVALID, place=self.kind)

    def __str__(self) -> str:
        """Return the label as files are called: `issuing-persons-2`."""
        return self.kind if self.generation == 1 else f"{self.kind}-{self.generation}"

    @property
    def next(self) -> Self:
        """The label of the generation after this one."""
        return type(self)(self.kind, self.generation + 1)

    @property
    def rank(self) -> tuple[int, int]:
        """Sorts labels: from the root down, older generations first."""
        return CA_KINDS.index(self.kind), self.generation


AnyLabel = CaLabel | CertificateKind
"""A kind alone stands for its first generation."""


def parse_label(text: str) -> CaLabel:
    """Read a label; only the very form it is written in is one.

    Raises:
        PkiError: it is no label of a CA (CA_LABEL_INVALID).
    """
    found = _GENERATION.fullmatch(text)
    kind, generation = (found[1], int(found[2])) if found else (text, 1)
    try:
        label = CaLabel(CertificateKind(kind), generation)
    except ValueError as error:
        raise PkiError(ErrorCode.CA_LABEL_INVALID, place="label") from error
    if str(label) != text:
        raise PkiError(ErrorCode.CA_LABEL_INVALID, place="label")
    return label
