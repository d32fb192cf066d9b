"""Documents that somebody at the console asks their own client to sign.

Invariants:
    - A code names one task, once, for a short time, and is kept as a digest alone. It
      gives no right: the client's system must act for the agency of the task, and the
      certificate decides who signs.
    - What a client has prepared for a task is the document and the request of the task.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from exchange.domain.access import acting_agencies
from exchange.domain.parties import System
from exchange.domain.signing import StoredFile
from schemas.identifiers import OrganId, SystemId

CODE_LENGTH: Final = 16
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LIFE: Final = timedelta(minutes=10)


class TaskState(StrEnum):
    """How far a task is before its signature is prepared."""

    DRAFT = "draft"
    WAITING = "waiting"
    LAPSED = "lapsed"
    OPENED = "opened"
    PREPARED = "prepared"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningTask:
    """One document to be signed by the client of whoever asked.

    Args:
        account: who asked.
        agency: for which it is signed.
        name: of the file, as it was handed in.
        request: what is asked for, JSON of `RemoteRequest`; empty before.
        code_digest: SHA-256 of the code, lower hex; empty without one, or once used.
        code_until: until when the code names the task.
        opened_by: the system whose client used the code.
        signing_id: of the signature that was prepared for it.
        version: counts up with every change.
    """

    task_id: str
    account: str
    agency: OrganId
    name: str
    document: StoredFile
    asked_at: datetime
    request: bytes = b""
    code_digest: str = ""
    code_until: datetime | None = None
    opened_by: SystemId | None = None
    signing_id: str = ""
    version: int = 1

    def state(self, now: datetime) -> TaskState:
        """Return how far it is."""
        if self.signing_id:
            return TaskState.PREPARED
        if self.opened_by:
            return TaskState.OPENED
        if not self.code_digest or self.code_until is None:
            return TaskState.DRAFT
        return TaskState.WAITING if now < self.code_until else TaskState.LAPSED


def code_from(octets: bytes) -> str:
    """Return a code: 16 signs of 5 bits each, none that is taken for another."""
    signs = "".join(_ALPHABET[one % 32] for one in octets[:CODE_LENGTH])
    return "-".join(signs[at : at + 4] for at in range(0, CODE_LENGTH, 4))


def digest_of_code(code: str) -> str:
    """Return the digest of a code as somebody typed it."""
    signs = "".join(one for one in code.upper() if one in _ALPHABET)
    return sha256(signs.encode()).hexdigest()


def with_code(
    task: SigningTask, *, request: bytes, code: str, now: datetime
) -> SigningTask:
    """Return a task that waits for a client; an earlier code is no longer one."""
    return replace(
        task,
        request=request,
        code_digest=digest_of_code(code),
        code_until=now + CODE_LIFE,
        opened_by=None,
        signing_id="",
        version=task.version + 1,
    )


def may_open(task: SigningTask, system: System, now: datetime) -> bool:
    """Tell whether a system's client may take a task whose code it has."""
    is_own = task.agency in acting_agencies(system, now)
    return is_own and task.state(now) is TaskState.WAITING


def may_prepare_for(
    task: SigningTask, system: System, *, request: bytes, sha256_hex: str
) -> bool:
    """Tell whether what a client hands in is what the task asks for."""
    return (
        task.opened_by == system.system_id
        and not task.signing_id
        and task.request == request
        and task.document.sha256 == sha256_hex
    )
