"""The refusals that every implementation raises in the same words."""

from exchange.domain.accounts import Account
from exchange.domain.log_entries import CaJournalPosition
from exchange.domain.parties import System
from exchange.domain.records import (
    AddedDelivery,
    DeliveryUpdate,
    StatusChange,
    StepRecord,
)
from exchange.domain.uploads import Upload
from exchange.errors import BodyMissingError, ExchangeError, StateConflictError
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId


def status_conflict(change: StatusChange) -> StateConflictError:
    """The status reported before is not the one the change starts from."""
    return StateConflictError(ErrorCode.STATUS_NOT_ALLOWED, place=change.recipient)


def step_conflict(step: StepRecord) -> StateConflictError:
    """A delivery is missing or in another state than the step starts from."""
    return StateConflictError(ErrorCode.STEP_NOT_ALLOWED, place=step.receipt.key)


def update_conflict(update: DeliveryUpdate) -> StateConflictError:
    """A delivery is no longer what a decision looked at."""
    return StateConflictError(ErrorCode.STEP_NOT_ALLOWED, place=update.before.recipient)


def receipt_conflict(key: str) -> StateConflictError:
    """A receipt that comes with an envelope is stored already."""
    return StateConflictError(ErrorCode.STEP_NOT_ALLOWED, place=key)


def journal_conflict(stored: CaJournalPosition) -> StateConflictError:
    """Other lines of a CA's journal were entered than the step starts from."""
    place = f"{stored.label}/{stored.number}"
    return StateConflictError(ErrorCode.JOURNAL_BROKEN, place=place)


def body_missing() -> BodyMissingError:
    """An acceptance names chunks that are not stored completely, or taken."""
    return BodyMissingError(ErrorCode.INTERNAL, place="body_chunks")


def file_damaged() -> ExchangeError:
    """A stored file is gone, or not what was stored."""
    return ExchangeError(ErrorCode.STORED_BYTES_DAMAGED, place="file")


def envelope_missing(envelope_id: EnvelopeId) -> ExchangeError:
    """There is no such envelope."""
    return ExchangeError(ErrorCode.ENVELOPE_NOT_FOUND, place=envelope_id)


def directory_conflict(version: int) -> StateConflictError:
    """The directory is at another version than a change was decided on."""
    return StateConflictError(
        ErrorCode.AGENCY_CHANGE_REFUSED, place=f"version {version}"
    )


def system_conflict(before: System) -> StateConflictError:
    """A system is no longer what a change of agencies was decided on."""
    return StateConflictError(ErrorCode.AGENCY_CHANGE_REFUSED, place=before.system_id)


def account_conflict(before: Account) -> StateConflictError:
    """An account is at another version than a change of agencies was decided on."""
    return StateConflictError(ErrorCode.AGENCY_CHANGE_REFUSED, place=before.account_id)


def upload_conflict(upload: Upload) -> StateConflictError:
    """An upload has another offset by now, or is gone."""
    return StateConflictError(ErrorCode.UPLOAD_OFFSET_WRONG, place=upload.upload_id)


def adding_conflict(added: AddedDelivery) -> StateConflictError:
    """The body went that a recipient more was to read."""
    place = added.envelope.envelope_id
    return StateConflictError(ErrorCode.PAYLOAD_PURGED, place=place)


def purge_conflict(envelope_id: EnvelopeId) -> StateConflictError:
    """A recipient was added whom a purge did not look at."""
    return StateConflictError(ErrorCode.STEP_NOT_ALLOWED, place=envelope_id)


def body_purged(envelope_id: EnvelopeId) -> ExchangeError:
    """The envelope is there, its body is not any more."""
    return ExchangeError(ErrorCode.PAYLOAD_PURGED, place=envelope_id)


def agency_code_taken(code: OrganId) -> ExchangeError:
    """Another agency has this code as its 2016 form."""
    return ExchangeError(ErrorCode.DIRECTORY_IMPORT_INVALID, place=code)


def identity_taken(account_id: str) -> ExchangeError:
    """Whom an identity provider names has another account."""
    return ExchangeError(ErrorCode.ACCOUNT_TAKEN, place=f"{account_id} identity")


def certificate_taken(system_id: str) -> ExchangeError:
    """A client certificate of this system belongs to another system."""
    return ExchangeError(ErrorCode.CLIENT_CERTIFICATE_REFUSED, place=system_id)
