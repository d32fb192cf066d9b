"""Certificates that others encrypt to an agency with: which one counts.

Invariants:
    - An agency has at most one at a time; the next one replaces it.
    - What was replaced or revoked never counts again.
    - Nothing is forgotten: whoever has something encrypted learns what it was to.
"""

from dataclasses import replace
from datetime import datetime

from exchange.domain.parties import Agency, EncryptionCertificate


def in_force(agency: Agency, at: datetime) -> EncryptionCertificate | None:
    """Return what is to be encrypted with at a moment."""
    current = next((one for one in agency.encryption if one.is_current), None)
    if current is None or not current.valid_from <= at < current.valid_to:
        return None
    return current


def published(agency: Agency, new: EncryptionCertificate) -> Agency | None:
    """Return the agency with another certificate; None if that one was its before."""
    if any(one.sha256 == new.sha256 for one in agency.encryption):
        return None
    before = (
        replace(one, replaced_at=new.published_at) if one.is_current else one
        for one in agency.encryption
    )
    return replace(agency, encryption=(*before, new))


def revoked(agency: Agency, at: datetime) -> Agency:
    """Return the agency without a certificate to encrypt to."""
    ended = (
        replace(one, revoked_at=at) if one.is_current else one
        for one in agency.encryption
    )
    return replace(agency, encryption=tuple(ended))
