"""Ceilings on what a body may hold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """Ceilings on one body; every one is configurable.

    Args:
        xml: bytes of the XML without attachments.
        attachment: bytes of one attachment, carried and as content.
        attachments: attachments in one envelope.
        total: bytes of the raw body.
        part_headers: bytes of the headers of one part.
        expansion: how many bytes one byte of an archive may become.
    """

    xml: int = 2_000_000
    attachment: int = 2 * 1024**3
    attachments: int = 1_000
    total: int = 4 * 1024**3
    part_headers: int = 8_192
    expansion: int = 100


DEFAULT = BodyLimits()
