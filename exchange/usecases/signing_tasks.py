"""Ask one's own client to sign a document; take such a task with its code."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ulid import ULID

from exchange.domain.records import AuditLine
from exchange.domain.signing import RemoteSigning
from exchange.domain.signing_tasks import (
    CODE_LENGTH,
    SigningTask,
    TaskState,
    code_from,
    digest_of_code,
    may_open,
    may_prepare_for,
    with_code,
)
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.auditing import audit_line
from exchange.usecases.signing_files import digest_of, load_file, store_file
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.pdf_file import has_pdf_header
from schemas.vocabulary import AuditEvent
from signing.pades.remote_request import RemoteRequest

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, for which agency."""

    account: str
    agency: OrganId


async def ask_for_signature(
    services: Services, asker: Asker, *, name: str, document: bytes
) -> SigningTask:
    """Keep a document that is to be signed, for a day.

    Raises:
        ExchangeError: no PDF (PDF_MALFORMED), or larger than a signing may be
            (BODY_TOO_LARGE).
    """
    if len(document) > services.limits.signing_bytes:
        raise ExchangeError(ErrorCode.BODY_TOO_LARGE, place="file")
    if not has_pdf_header(document):
        raise ExchangeError(ErrorCode.PDF_MALFORMED, place="file")
    task = SigningTask(
        task_id=str(ULID()),
        account=asker.account,
        agency=asker.agency,
        name=name,
        document=await store_file(services, document),
        asked_at=services.now(),
    )
    return await _moved(services, None, task, actor=asker.account)


async def find_task(services: Services, asker: Asker, task_id: str) -> SigningTask:
    """Find a task of the asker's own.

    Raises:
        ExchangeError: SIGNING_NOT_FOUND.
    """
    task = await services.storage.signing.task(task_id)
    is_own = task and (task.account, task.agency) == (asker.account, asker.agency)
    if task is None or not is_own:
        raise ExchangeError(ErrorCode.SIGNING_NOT_FOUND, place=task_id)
    return task


async def own_tasks(services: Services, asker: Asker) -> Sequence[SigningTask]:
    """Return the asker's own tasks, newest first."""
    found = await services.storage.signing.tasks_of(asker.account, limit=MOST_SHOWN)
    return [one for one in found if one.agency == asker.agency]


async def signing_of(services: Services, task: SigningTask) -> RemoteSigning | None:
    """Return the signature that was prepared for a task, if any."""
    if not task.signing_id:
        return None
    return await services.storage.signing.signing(task.signing_id)


async def give_code(
    services: Services, asker: Asker, task: SigningTask, request: RemoteRequest
) -> tuple[SigningTask, str]:
    """Say what is asked for, and return the code by which a client takes it.

    Raises:
        SigningError: what is asked for cannot be (REQUEST_INVALID).
        ExchangeError: a client is at it already (SIGNING_CLOSED).
    """
    written = request.to_json()
    RemoteRequest.from_json(written)
    if task.state(services.now()) is TaskState.PREPARED:
        raise ExchangeError(ErrorCode.SIGNING_CLOSED, place=task.task_id)
    # One octet for each sign: 256 is a multiple of the 32 signs.
    code = code_from(secrets.token_bytes(CODE_LENGTH))
    after = with_code(task, request=written, code=code, now=services.now())
    return await _moved(services, task, after, actor=asker.account), code


async def open_task(services: Services, caller: Caller, code: str) -> SigningTask:
    """Take the task of a code, which names nothing afterwards.

    Raises:
        ExchangeError: no such code for this system (SIGNING_NOT_FOUND).
    """
    task = await services.storage.signing.task_by_code(digest_of_code(code))
    if task is None or not may_open(task, caller.system, services.now()):
        raise ExchangeError(ErrorCode.SIGNING_NOT_FOUND, place="code")
    after = replace(
        task,
        code_digest="",
        opened_by=caller.system.system_id,
        version=task.version + 1,
    )
    return await _moved(services, task, after, actor=caller.system.system_id)


async def read_task(services: Services, caller: Caller, task_id: str) -> bytes:
    """Return the document of a task to the system that opened it.

    Raises:
        ExchangeError: SIGNING_NOT_FOUND; STORED_BYTES_DAMAGED.
    """
    task = await services.storage.signing.task(task_id)
    if task is None or task.opened_by != caller.system.system_id:
        raise ExchangeError(ErrorCode.SIGNING_NOT_FOUND, place=task_id)
    return await load_file(services, task.document)


async def task_for(
    services: Services,
    caller: Caller,
    task_id: str,
    *,
    document: bytes,
    request: bytes,
) -> SigningTask:
    """Return the task that a client prepares a signature for.

    Raises:
        ExchangeError: there is none that asks for this (SIGNING_NOT_FOUND).
    """
    task = await services.storage.signing.task(task_id)
    digest = await digest_of(document)
    if task is None or not may_prepare_for(
        task, caller.system, request=request, sha256_hex=digest
    ):
        raise ExchangeError(ErrorCode.SIGNING_NOT_FOUND, place="task")
    return task


async def tie(services: Services, task: SigningTask, signing: RemoteSigning) -> None:
    """Let a task know the signature that was prepared for it.

    Raises:
        ExchangeError: it is of another agency (AGENCY_NOT_ACTED_FOR), or somebody was
            faster (SIGNING_CLOSED).
    """
    if signing.agency != task.agency:
        raise ExchangeError(ErrorCode.AGENCY_NOT_ACTED_FOR, place=signing.agency)
    after = replace(task, signing_id=signing.signing_id, version=task.version + 1)
    await _moved(services, task, after, actor=signing.system_id)


async def _moved(
    services: Services, before: SigningTask | None, after: SigningTask, *, actor: str
) -> SigningTask:
    now = services.now()
    line: AuditLine = audit_line(
        AuditEvent.SIGNING_ASKED,
        at=now,
        actor=actor,
        subject=after.task_id,
        agency=after.agency,
        state=after.state(now),
    )
    if not await services.storage.signing.move_task(before, after, audit=line):
        raise ExchangeError(ErrorCode.SIGNING_CLOSED, place=after.task_id)
    return after
