"""A message as it comes to be judged, and what judges the PDF files in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pki.trust import TrustMaterial
from schemas.verdict import Verdict

XML = "application/xml"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was sent or saved."""

    content_type: str
    body: bytes


class PdfJudge(Protocol):
    """Judges one PDF, as `signing.validation.pdf.judge_pdf` does, wherever it does."""

    def __call__(
        self,
        data: bytes,
        *,
        material: TrustMaterial,
        at: datetime,
        proven_at: datetime | None = None,
    ) -> Verdict:
        """Return the verdict on `data`."""


class JudgePdf(Protocol):
    """A `PdfJudge` that knows the trust material and the control time."""

    def __call__(self, data: bytes, *, proven_at: datetime | None = None) -> Verdict:
        """Return the verdict on `data`."""
