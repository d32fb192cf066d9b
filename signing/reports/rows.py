"""What a report says, decided once for every form: pure, without any layout.

A row has a heading, a value and a mark. The rows of one signature are what Circular
15/2025/TT-BKHCN asks verifying software to show: issuing CA, signer, managing unit of
the certificate, signing time or time stamp, integrity, validity when signing, validity
period, result of the revocation check.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.errors import Text
from schemas.timestamps import in_vietnam
from schemas.verdict import (
    CertificateSummary,
    Indication,
    Modifications,
    Reason,
    RevocationCheck,
    RevocationState,
    SignatureVerdict,
    Verdict,
)
from signing.reports import words

_LONGEST = 100
_MOST_NUMBERS = 12
_DOCUMENT_STAMP = "document-time-stamp"


class Mark(StrEnum):
    """How a value speaks for the signature."""

    GOOD = "good"
    OPEN = "open"
    BAD = "bad"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a report."""

    heading: Text
    value: Text
    mark: Mark = Mark.PLAIN


MARKS = {
    Indication.TOTAL_PASSED: Mark.GOOD,
    Indication.INDETERMINATE: Mark.OPEN,
    Indication.TOTAL_FAILED: Mark.BAD,
}
_CHECK_MARKS = {
    RevocationState.GOOD: Mark.GOOD,
    RevocationState.REVOKED: Mark.BAD,
    RevocationState.STALE: Mark.OPEN,
    RevocationState.UNCHECKED: Mark.OPEN,
}
_CHANGE_MARKS = {
    Modifications.NONE: Mark.GOOD,
    Modifications.LTA: Mark.GOOD,
    Modifications.SIGNATURE: Mark.GOOD,
    Modifications.FORM_FILLING: Mark.BAD,
    Modifications.OTHER: Mark.BAD,
    Modifications.NOT_ASSESSED: Mark.OPEN,
}


def is_document_stamp(signature: SignatureVerdict) -> bool:
    """Tell whether this is a time stamp over the file, by which nobody signs it."""
    return signature.level == _DOCUMENT_STAMP


def title_of(signature: SignatureVerdict) -> Text:
    """Return what it is called."""
    return words.TIME_STAMP if is_document_stamp(signature) else words.SIGNATURE


def holder_of(signature: SignatureVerdict) -> Text:
    """Return what whoever holds its key is called."""
    return words.STAMPED_BY if is_document_stamp(signature) else words.SIGNER


def policy_rows(verdict: Verdict) -> tuple[Row, ...]:
    """Return by which validation policy was judged."""
    policy = verdict.policy
    if policy is None:
        return ()
    # Each text by itself: a long name must not cut the digest off.
    name = clean(f"{policy.name} {policy.version}")
    return (Row(words.POLICY, _both(f"{name} (SHA-256 {policy.sha256})")),)


def signature_rows(signature: SignatureVerdict) -> tuple[Row, ...]:
    """Return what is said about one signature."""
    return (
        Row(holder_of(signature), named(signature.signer)),
        *_holder_rows(signature),
        *_time_rows(signature),
        _yes_or_no(words.INTACT, holds=signature.intact),
        _yes_or_no(words.GENUINE, holds=signature.valid),
        Row(
            words.CHANGES,
            words.MODIFICATIONS[signature.modifications],
            _CHANGE_MARKS[signature.modifications],
        ),
        *_changed_rows(signature),
        *_certificate_rows(signature),
        *_level_rows(signature),
    )


def problems(verdict: Verdict) -> tuple[Reason, ...]:
    """Return the reasons of a file, its signatures and its parts, each once."""
    return tuple(dict.fromkeys(_all_reasons(verdict)))


def all_parts(parts: Iterable[Verdict]) -> Iterator[Verdict]:
    """Yield parts with the parts inside them."""
    for part in parts:
        yield part
        yield from all_parts(part.parts)


def all_signatures(verdict: Verdict) -> Iterator[tuple[str, SignatureVerdict]]:
    """Yield every signature with the name of the part it stands in."""
    for signature in verdict.signatures:
        yield verdict.name, signature
    for part in all_parts(verdict.parts):
        for signature in part.signatures:
            yield part.name, signature


def same(text: str) -> Text:
    """Return words that are the same in both languages, made harmless."""
    return _both(clean(text))


def _both(text: str) -> Text:
    return Text(vi=text, en=text)


def named(name: str) -> Text:
    """Return a name from a file, or that there is none."""
    return same(name) if name else words.UNKNOWN


def clean(text: str) -> str:
    """Return text from a file without what could steer a terminal or a page."""
    shown = "".join(one if one.isprintable() else "?" for one in text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def local(moment: datetime) -> str:
    """Write a time as people here do, its offset as ISO 8601 does."""
    there = in_vietnam(moment)
    return f"{there:%d/%m/%Y %H:%M:%S} {there.isoformat()[-6:]}"


def check_of(
    signature: SignatureVerdict, certificate: CertificateSummary
) -> RevocationCheck | None:
    """Return what was found about the status of a certificate."""
    found = (
        one for one in signature.revocation if one.certificate == certificate.sha256
    )
    return next(found, None)


def check_row(check: RevocationCheck) -> Row:
    """Say what a status check found, by whom and as of when."""
    state, source, moment = _state_of(check), check.source, check.said_at
    tail = [words.SOURCES[source]] if source else []
    if check.revoked_at:
        tail.insert(0, _with(words.SINCE, check.revoked_at))
    if moment:
        tail.append(_with(words.AS_OF, moment))
    return Row(words.REVOCATION_CHECK, _joined(state, *tail), _CHECK_MARKS[check.state])


def _state_of(check: RevocationCheck) -> Text:
    """Say what was found; a revocation that does not count is still named as one."""
    if check.state is RevocationState.GOOD and check.revoked_at:
        return words.REVOKED_LATER
    return words.REVOCATION[check.state]


def _changed_rows(signature: SignatureVerdict) -> Iterator[Row]:
    """Say which pages and objects later revisions touch."""
    places = (
        (words.PAGES_TOUCHED, signature.changed_pages),
        (words.OBJECTS_TOUCHED, signature.changed_objects),
    )
    named_ones = [_counted(text, numbers) for text, numbers in places if numbers]
    if named_ones:
        yield Row(words.CHANGED_PLACES, _joined(*named_ones))


def _counted(text: Text, numbers: Sequence[int]) -> Text:
    shown = ", ".join(map(str, numbers[:_MOST_NUMBERS]))
    shown += ", …" if len(numbers) > _MOST_NUMBERS else ""
    return Text(vi=text.vi.format(shown), en=text.en.format(shown))


def _holder_rows(signature: SignatureVerdict) -> Iterator[Row]:
    if signature.chain:
        leaf = signature.chain[0]
        names = (leaf.unit, leaf.organisation)
        managed = " – ".join(clean(one) for one in names if one)
        yield Row(words.MANAGED_BY, _both(managed) if managed else words.UNKNOWN)
        yield Row(words.ISSUER, named(leaf.issuer_name or leaf.issuer))


def _time_rows(signature: SignatureVerdict) -> Iterator[Row]:
    if signature.timestamp_time:
        stamped = same(local(signature.timestamp_time))
        yield Row(words.STAMPED_AT, stamped, Mark.GOOD)
        if signature.timestamp_authority and not is_document_stamp(signature):
            yield Row(words.STAMPED_BY, named(signature.timestamp_authority))
    if signature.signing_time:
        yield Row(words.SIGNED_AT, same(local(signature.signing_time)))
    elif not signature.timestamp_time:
        yield Row(words.SIGNED_AT, words.UNKNOWN, Mark.OPEN)


def _certificate_rows(signature: SignatureVerdict) -> Iterator[Row]:
    if not signature.chain:
        return
    leaf = signature.chain[0]
    yield at_signing(signature, leaf)
    validity = f"{local(leaf.not_before)} – {local(leaf.not_after)}"
    yield Row(words.VALIDITY, same(validity))
    check = check_of(signature, leaf)
    yield check_row(check) if check else _UNCHECKED


_UNCHECKED = Row(
    words.REVOCATION_CHECK,
    words.REVOCATION[RevocationState.UNCHECKED],
    Mark.OPEN,
)


def at_signing(signature: SignatureVerdict, leaf: CertificateSummary) -> Row:
    """Say whether a certificate was valid when it signed, by the best time known."""
    moment = signature.timestamp_time or signature.signing_time
    if moment is None:
        return Row(words.AT_SIGNING, words.UNKNOWN, Mark.OPEN)
    if moment < leaf.not_before:
        return Row(words.AT_SIGNING, words.WAS_TOO_EARLY, Mark.BAD)
    if moment.replace(microsecond=0) > leaf.not_after:
        return Row(words.AT_SIGNING, words.WAS_EXPIRED, Mark.BAD)
    return _unless_revoked(signature, check_of(signature, leaf), moment)


def _unless_revoked(
    signature: SignatureVerdict, check: RevocationCheck | None, moment: datetime
) -> Row:
    if check is None or check.state is RevocationState.UNCHECKED:
        return Row(words.AT_SIGNING, words.WAS_IN_TIME, Mark.OPEN)
    if check.state is RevocationState.GOOD:
        # The verdict knows more proofs of time than a time stamp: receipts, the log.
        return Row(words.AT_SIGNING, words.WAS_VALID, Mark.GOOD)
    if check.revoked_at is not None and check.revoked_at <= moment:
        return Row(words.AT_SIGNING, words.WAS_REVOKED, Mark.BAD)
    if check.revoked_at is not None and not signature.timestamp_time:
        return Row(words.AT_SIGNING, words.REVOKED_SINCE, Mark.OPEN)
    if check.state is RevocationState.STALE:
        return Row(words.AT_SIGNING, words.WAS_IN_TIME, Mark.OPEN)
    return Row(words.AT_SIGNING, words.WAS_VALID, Mark.GOOD)


def _yes_or_no(heading: Text, *, holds: bool) -> Row:
    if holds:
        return Row(heading, words.YES, Mark.GOOD)
    return Row(heading, words.NO, Mark.BAD)


def _level_rows(signature: SignatureVerdict) -> Iterator[Row]:
    if signature.level and not is_document_stamp(signature):
        yield Row(words.LEVEL, same(signature.level))


def _with(pattern: Text, moment: datetime) -> Text:
    return Text(
        vi=pattern.vi.format(local(moment)), en=pattern.en.format(local(moment))
    )


def _joined(first: Text, *others: Text) -> Text:
    return Text(
        vi=", ".join((first.vi, *(one.vi for one in others))),
        en=", ".join((first.en, *(one.en for one in others))),
    )


def _all_reasons(verdict: Verdict) -> Iterator[Reason]:
    """Yield reasons, those of parts with the name of the part before their place."""
    yield from verdict.reasons
    for signature in verdict.signatures:
        yield from signature.reasons
    for part in verdict.parts:
        for reason in _all_reasons(part):
            places = (one for one in (part.name, reason.place) if one)
            yield Reason(reason.code, ": ".join(places))
