"""The transcript of a ceremony that founded a CA, as XML without its signature.

`signing.xmldsig` signs the element, as it does receipts.
"""

from dataclasses import dataclass
from datetime import datetime

from schemas import values
from schemas.strict_xml import (
    Fields,
    add,
    add_fields,
    fields_of,
    fields_of_root,
    new_root,
)
from schemas.timestamps import format_utc, parse_utc
from schemas.xml import Element

CEREMONY_ID = "ceremony-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyStepRecord:
    """One step that was taken.

    Args:
        number: from 1.
        name: stable word.
        at: when it was done.
    """

    number: int
    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundedCa:
    """One CA that was made.

    Args:
        label: what its files are called.
        subject: its name (RFC 4514).
        serial: serial number of its certificate, lower hex.
        sha256: of its certificate.
        not_after: end of validity.
        key_kind: kind of key.
        custody: where the key is: `file`, `pkcs12` or `pkcs11`, and `+operators` where
            they open it together.
        journal_head: digest of the last entry of its journal.
    """

    label: str
    subject: str
    serial: str
    sha256: str
    not_after: datetime
    key_kind: str
    custody: str
    journal_head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyTranscript:
    """What was done at a ceremony.

    Args:
        name: common part of the names of the CAs.
        script_sha256: of the script that was followed.
        software: version of this program.
        begun_at: when the first step began.
        ended_at: when the last step before signing was done.
        operators: who held it, by name.
        steps: in order.
        authorities: the CAs that were made, from the root down.
    """

    name: str
    script_sha256: str
    software: str
    begun_at: datetime
    ended_at: datetime
    operators: tuple[str, ...]
    steps: tuple[CeremonyStepRecord, ...]
    authorities: tuple[FoundedCa, ...]


def write_ceremony(transcript: CeremonyTranscript) -> Element:
    """Write a transcript.

    Raises:
        SchemaError: a text holds a character XML cannot carry (VALUE_MALFORMED).
    """
    root = new_root("CeremonyTranscript", identifier=CEREMONY_ID)
    add_fields(
        root,
        (
            ("Name", transcript.name),
            ("ScriptSha256", transcript.script_sha256),
            ("Software", transcript.software),
            ("BegunAt", format_utc(transcript.begun_at)),
            ("EndedAt", format_utc(transcript.ended_at)),
        ),
    )
    add(root, "Operators", (("Operator", one) for one in transcript.operators))
    steps = add(root, "Steps")
    for step in transcript.steps:
        fields = (
            ("Number", str(step.number)),
            ("Name", step.name),
            ("At", format_utc(step.at)),
        )
        add(steps, "Step", fields)
    authorities = add(root, "Authorities")
    for authority in transcript.authorities:
        _write_authority(authorities, authority)
    return root


def read_ceremony(root: Element) -> CeremonyTranscript:
    """Read a transcript from its verified element without signature.

    Raises:
        SchemaError: a child missing, unknown or out of order, a malformed value.
    """
    with fields_of_root(root, "CeremonyTranscript", identifier=CEREMONY_ID) as fields:
        return CeremonyTranscript(
            name=fields.text("Name"),
            script_sha256=fields.take("ScriptSha256", values.sha256_hex),
            software=fields.text("Software"),
            begun_at=fields.take("BegunAt", parse_utc),
            ended_at=fields.take("EndedAt", parse_utc),
            operators=_read_operators(fields.element("Operators")),
            steps=_read_steps(fields.element("Steps")),
            authorities=_read_authorities(fields.element("Authorities")),
        )


def _write_authority(parent: Element, authority: FoundedCa) -> None:
    fields = (
        ("Label", authority.label),
        ("Subject", authority.subject),
        ("SerialNumber", authority.serial),
        ("Sha256", authority.sha256),
        ("NotAfter", format_utc(authority.not_after)),
        ("KeyKind", authority.key_kind),
        ("Custody", authority.custody),
        ("JournalHead", authority.journal_head),
    )
    add(parent, "Authority", fields)


def _read_operators(element: Element) -> tuple[str, ...]:
    with fields_of(element) as fields:
        return fields.take_all("Operator", _text)


def _text(text: str, _place: str) -> str:
    return text


def _read_steps(element: Element) -> tuple[CeremonyStepRecord, ...]:
    with fields_of(element) as fields:
        return tuple(_read_step(one) for one in fields.elements("Step"))


def _read_step(element: Element) -> CeremonyStepRecord:
    with fields_of(element) as fields:
        return CeremonyStepRecord(
            number=fields.take("Number", values.natural),
            name=fields.text("Name"),
            at=fields.take("At", parse_utc),
        )


def _read_authorities(element: Element) -> tuple[FoundedCa, ...]:
    with fields_of(element) as fields:
        return tuple(_read_authority(one) for one in fields.elements("Authority"))


def _read_authority(element: Element) -> FoundedCa:
    with fields_of(element) as fields:
        return _founded(fields)


def _founded(fields: Fields) -> FoundedCa:
    return FoundedCa(
        label=fields.text("Label"),
        subject=fields.text("Subject"),
        serial=fields.text("SerialNumber"),
        sha256=fields.take("Sha256", values.sha256_hex),
        not_after=fields.take("NotAfter", parse_utc),
        key_kind=fields.text("KeyKind"),
        custody=fields.text("Custody"),
        journal_head=fields.take("JournalHead", values.sha256_hex),
    )
