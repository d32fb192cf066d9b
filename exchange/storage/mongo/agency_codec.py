"""Agencies, their history, lists and delegations to documents and back."""

from dataclasses import fields
from typing import Any

from exchange.domain.agency_history import ChangedAgency, RecordedEvent
from exchange.domain.delegations import FiledDelegation
from exchange.domain.parties import Agency, EncryptionCertificate, FormerStanding
from exchange.domain.recipient_lists import RecipientList
from exchange.storage.mongo.codec import with_values
from exchange.storage.mongo.driver import Document, Filter
from schemas.agency_event import AgencyEvent
from schemas.delegation import Delegation
from schemas.vocabulary import AgencyChange, Level

_ENCRYPTION = tuple(one.name for one in fields(EncryptionCertificate))


def agency_document(agency: Agency) -> Document:
    """Encode an agency, without the version that changed it."""
    return with_values(
        {
            "_id": agency.code,
            "name": agency.name,
            "parent": agency.parent,
            "level": agency.level.value,
            "code_2016": agency.code_2016,
            "email": agency.email,
            "valid_from": agency.valid_from,
            "valid_to": agency.valid_to,
            "successor": agency.successor,
            "former": [_standing_document(one) for one in agency.former] or None,
            "closed_by": agency.closed_by,
            "encryption": list(map(_encryption_document, agency.encryption)) or None,
        }
    )


def _encryption_document(one: EncryptionCertificate) -> Document:
    return with_values({name: getattr(one, name) for name in _ENCRYPTION})


def agency_record(document: Document) -> Agency:
    """Decode an agency."""
    return Agency(
        code=document["_id"],
        name=document["name"],
        parent=document.get("parent"),
        level=Level(document["level"]),
        code_2016=document.get("code_2016"),
        email=document["email"],
        valid_from=document["valid_from"],
        valid_to=document.get("valid_to"),
        successor=document.get("successor"),
        former=tuple(map(_standing, document.get("former", ()))),
        closed_by=document.get("closed_by"),
        encryption=tuple(
            EncryptionCertificate(**one) for one in document.get("encryption", ())
        ),
    )


def changed_record(document: Document) -> ChangedAgency:
    """Decode an agency with the version that changed it."""
    return ChangedAgency(agency_record(document), document["version"])


def event_document(recorded: RecordedEvent) -> Document:
    """Encode an event."""
    event = recorded.event
    return with_values(
        {
            "_id": event.event_id,
            "change": event.change.value,
            "effective": event.effective,
            "recorded_at": event.recorded_at,
            "agencies": list(event.agencies),
            "results": list(event.results),
            "successor": event.successor,
            "name": event.name,
            "reason": event.reason,
            "legal_basis": event.legal_basis,
            "actor": event.actor,
            "version": recorded.version,
            "entry_digest": recorded.entry_digest,
        }
    )


def event_record(document: Document) -> RecordedEvent:
    """Decode an event."""
    event = AgencyEvent(
        event_id=document["_id"],
        change=AgencyChange(document["change"]),
        effective=document["effective"],
        recorded_at=document["recorded_at"],
        agencies=tuple(document["agencies"]),
        results=tuple(document["results"]),
        successor=document.get("successor"),
        name=document["name"],
        reason=document["reason"],
        legal_basis=document["legal_basis"],
        actor=document["actor"],
    )
    return RecordedEvent(
        event=event,
        version=document["version"],
        entry_digest=document["entry_digest"],
    )


def list_document(saved: RecipientList) -> Document:
    """Encode a list of recipients."""
    return {
        "_id": list_key(saved.owner, saved.name),
        "owner": saved.owner,
        "name": saved.name,
        "members": list(saved.members),
        "saved_at": saved.saved_at,
    }


def list_key(owner: str, name: str) -> str:
    """Return the id of a list."""
    return f"{owner}/{name}"


def lists_of(owner: str) -> Filter:
    """Select the lists of an owner; "0" follows "/"."""
    return {"_id": {"$gte": f"{owner}/", "$lt": f"{owner}0"}}


def list_record(document: Document) -> RecipientList:
    """Decode a list of recipients."""
    return RecipientList(
        owner=document["owner"],
        name=document["name"],
        members=tuple(document["members"]),
        saved_at=document["saved_at"],
    )


def delegation_document(filed: FiledDelegation) -> Document:
    """Encode a delegation."""
    delegation = filed.delegation
    return with_values(
        {
            "_id": filed.delegation_id,
            "delegator": delegation.delegator,
            "delegate": delegation.delegate,
            "kinds": list(delegation.kinds),
            "valid_from": delegation.valid_from,
            "valid_to": delegation.valid_to,
            "reason": delegation.reason,
            "content": filed.content,
            "certificate": filed.certificate_sha256,
            "filed_at": filed.filed_at,
            "revoked_at": filed.revoked_at,
        }
    )


def delegation_record(document: Document) -> FiledDelegation:
    """Decode a delegation."""
    delegation = Delegation(
        delegator=document["delegator"],
        delegate=document["delegate"],
        kinds=tuple(document["kinds"]),
        valid_from=document["valid_from"],
        valid_to=document["valid_to"],
        reason=document["reason"],
    )
    return FiledDelegation(
        delegation_id=document["_id"],
        delegation=delegation,
        content=document["content"],
        certificate_sha256=document["certificate"],
        filed_at=document["filed_at"],
        revoked_at=document.get("revoked_at"),
    )


def _standing_document(one: FormerStanding) -> Document:
    return with_values(
        {
            "until": one.until,
            "name": one.name,
            "parent": one.parent,
            "level": one.level.value,
        }
    )


def _standing(document: dict[str, Any]) -> FormerStanding:
    return FormerStanding(
        until=document["until"],
        name=document["name"],
        parent=document.get("parent"),
        level=Level(document["level"]),
    )
