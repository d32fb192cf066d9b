"""Receipts of a bundle, judged by since when the log proves that they exist."""

from dataclasses import replace
from datetime import datetime

from schemas.verdict import Indication
from signing.validation.dates import is_after
from signing.validation.xml import OpenedReceipt, open_receipt
from signing.validation.xml_signature import XmlJudge


def open_logged(
    data: bytes, judge: XmlJudge, since: datetime | None, *, is_vouched: bool = False
) -> OpenedReceipt:
    """Judge a receipt; where its certificate has ended, as of its log entry.

    Of an acceptance the entry attests the body, not the receipt: that this one is the
    hub's own is the word of whoever signed the manifest, with a key that holds now.

    Args:
        data: the whole file.
        judge: judges the signature, and as of the past where it can.
        since: what its log entry says; None if nothing trusted says so.
        is_vouched: as for `open_receipt`.
    """
    opened = open_receipt(data, judge, is_vouched=is_vouched)
    if since is None:
        return opened
    is_younger = _is_younger(opened, since)
    if _passed(opened) and not is_younger:
        return opened
    then = open_receipt(data, replace(judge, proven_at=since), is_vouched=is_vouched)
    return then if is_younger or _passed(then) else opened


def _is_younger(opened: OpenedReceipt, since: datetime) -> bool:
    """Tell whether the certificate of a receipt began after its log entry."""
    verified = opened.signature.verified if opened.signature else None
    return verified is not None and is_after(
        verified.certificate.not_valid_before_utc, since
    )


def _passed(opened: OpenedReceipt) -> bool:
    return opened.verdict.indication is Indication.TOTAL_PASSED
