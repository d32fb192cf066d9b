"""The JSON forms of agencies, their history, lists and delegations."""

from base64 import b64encode
from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives.serialization import Encoding

from exchange.domain.agency_history import ChangedAgency, RecordedEvent
from exchange.domain.delegations import FiledDelegation
from exchange.domain.parties import Agency, EncryptionCertificate
from exchange.domain.recipient_lists import RecipientList
from exchange.usecases.encryption import Recipient
from exchange.usecases.entitlement import Entitlement
from schemas.timestamps import format_utc

Json = dict[str, object]


def agency(one: Agency) -> Json:
    """Write one agency as it is on record: the same as long as nothing changes it.

    `closed` means that an end is on record, maybe one to come (`valid_to`).
    """
    return {
        "code": one.code,
        "code_2016": one.code_2016,
        "name": one.name,
        "parent": one.parent,
        "level": one.level,
        "valid_from": format_utc(one.valid_from),
        "valid_to": format_utc(one.valid_to) if one.valid_to else None,
        "successor": one.successor,
        "closed": one.valid_to is not None,
        "former": [
            {
                "until": format_utc(former.until),
                "name": former.name,
                "parent": former.parent,
                "level": former.level,
            }
            for former in one.former
        ],
        "encryption": [_encryption(each) for each in one.encryption],
    }


def _encryption(one: EncryptionCertificate) -> Json:
    """Write a certificate to encrypt to; of one that ended its dates alone."""
    ends = (one.replaced_at, one.revoked_at)
    replaced, revoked = (format_utc(end) if end else None for end in ends)
    return {
        "sha256": one.sha256,
        "valid_from": format_utc(one.valid_from),
        "valid_to": format_utc(one.valid_to),
        "published_at": format_utc(one.published_at),
        "replaced_at": replaced,
        "revoked_at": revoked,
        "certificate": b64encode(one.certificate).decode() if one.is_current else None,
    }


def recipient(found: Recipient) -> Json:
    """Write whom to encrypt to; `agency` took over from `addressed` if they differ."""
    chain = (one.public_bytes(Encoding.DER) for one in found.chain)
    return {
        "addressed": found.addressee.code,
        "agency": found.agency.code,
        "code_2016": found.agency.code_2016,
        **_encryption(found.certificate),
        "chain": [b64encode(one).decode() for one in chain],
    }


def directory(agencies: Iterable[Agency], *, version: int) -> Json:
    """Write the whole directory."""
    return {"version": version, "items": [agency(one) for one in agencies]}


def changes(page: Sequence[ChangedAgency], *, version: int, limit: int) -> Json:
    """Write a page of what changed; `next` is where the following page begins."""
    last = page[-1] if len(page) == limit else None
    return {
        "version": version,
        "items": [{**agency(one.agency), "changed": one.version} for one in page],
        "next": f"{last.version}:{last.agency.code}" if last else None,
    }


def entitlement(found: Entitlement) -> Json:
    """Write who an agency was at a moment."""
    return {
        **agency(found.agency),
        "at": format_utc(found.at),
        "open": found.is_open,
        "parents": [{"code": one.code, "name": one.name} for one in found.parents],
        "successors": [
            {"code": one.code, "name": one.name} for one in found.successors
        ],
        "systems": [{"id": one.system_id, "name": one.name} for one in found.systems],
        "delegations": [delegation(one) for one in found.delegations],
        "events": [event(one) for one in found.events],
    }


def event(recorded: RecordedEvent) -> Json:
    """Write a change; `actor` stays with the operators."""
    fields = recorded.event.fields()
    del fields["actor"]
    return {
        **fields,
        "version": recorded.version,
        "entry_digest": recorded.entry_digest,
    }


def recipient_list(saved: RecipientList) -> Json:
    """Write a list of recipients."""
    return {
        "name": saved.name,
        "agency": saved.owner,
        "to": f"{saved.owner}_list.{saved.name}",
        "members": list(saved.members),
        "saved_at": format_utc(saved.saved_at),
    }


def delegation(filed: FiledDelegation) -> Json:
    """Write a delegation, without its XML."""
    one = filed.delegation
    return {
        "id": filed.delegation_id,
        "delegator": one.delegator,
        "delegate": one.delegate,
        "kinds": list(one.kinds),
        "valid_from": format_utc(one.valid_from),
        "valid_to": format_utc(one.valid_to),
        "reason": one.reason,
        "filed_at": format_utc(filed.filed_at),
        "revoked_at": format_utc(filed.revoked_at) if filed.revoked_at else None,
    }
