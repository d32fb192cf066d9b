"""Signing from the console: a document, a place, and a code for one's own client."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aiohttp import web

from exchange.console.forms import Fields, fields_of
from exchange.console.pages.mail import own_agency
from exchange.console.placing import (
    Place,
    place_of,
    size_of,
    usual_place,
    written_lines,
)
from exchange.console.rendering import is_part, page, see_other, visitor_of
from exchange.console.uploads import Upload, uploads_of
from exchange.domain.roles import AccessRole
from exchange.domain.signing import RemoteSigning
from exchange.domain.signing_tasks import SigningTask, TaskState
from exchange.errors import ExchangeError
from exchange.http.keys import GATE, SERVICES
from exchange.http.limits import require_length
from exchange.http.request import caller_of
from exchange.services import Services
from exchange.usecases.complete_signature import read_signed
from exchange.usecases.read_attachment import (
    ReadAttachment,
    find_attachment,
    read_attachment,
)
from exchange.usecases.signing_files import load_file
from exchange.usecases.signing_tasks import (
    Asker,
    ask_for_signature,
    find_task,
    give_code,
    own_tasks,
    signing_of,
)
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import EnvelopeId
from schemas.verdict import Verdict
from schemas.vocabulary import SigningState
from signing.pades.remote_request import RemoteRequest
from signing.profiles import SignatureLevel, SignerRole
from signing.validation.drawn import DrawnPage

MOST_AT_ONCE: Final = 20
"""Documents handed in with one form."""

_FORM_ROOM: Final = 64 * 1024
_LAST_PAGE: Final = 999_999
_MOST_DIGITS: Final = len(str(_LAST_PAGE))
_ENVELOPE_LENGTH: Final = 26
_ROLES: Final[Mapping[AccessRole | None, SignerRole]] = {
    AccessRole.OFFICIAL: SignerRole.PERSON,
    AccessRole.CLERK: SignerRole.AGENCY_SEAL,
}
_MOVING: Final = frozenset(
    {
        TaskState.WAITING,
        TaskState.OPENED,
        SigningState.PREPARED,
        SigningState.COMPLETING,
    }
)
"""States that change by themselves, so that the page looks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a task is.

    Args:
        state: of the task, or of the signature once there is one.
        verdict: on the signed file.
    """

    task: SigningTask
    signing: RemoteSigning | None
    state: str
    verdict: Verdict | None = None

    @property
    def is_moving(self) -> bool:
        """Whether it is worth looking again."""
        return self.state in _MOVING


async def signing_list(request: web.Request) -> web.StreamResponse:
    """Show what one asked for, and ask for another document."""
    services, asker = request.app[SERVICES], asker_of(request)
    tasks = await own_tasks(services, asker)
    items = [await progress_of(services, one) for one in tasks]
    template = "signing_tasks.html" if is_part(request) else "signing_list.html"
    limit = services.limits.signing_bytes
    return page(request, template, items=items, limit=limit, most=MOST_AT_ONCE)


async def uploaded(request: web.Request) -> web.StreamResponse:
    """Take documents that are to be signed, one after another."""
    limits = request.app[SERVICES].limits
    require_length(request, limit=MOST_AT_ONCE * limits.signing_bytes + _FORM_ROOM)
    tasks: list[SigningTask] = []
    with request.app[GATE].passed():
        files = uploads_of(request, idle_seconds=limits.idle_seconds, most=MOST_AT_ONCE)
        async for file in files:
            with _numbered(len(tasks) + 1):
                document = await _whole(file, limits.signing_bytes)
                tasks.append(await _asked(request, file.name, document))
    return see_other(f"/signing/{tasks[0].task_id}")


@contextmanager
def _numbered(number: int) -> Iterator[None]:
    """Say which of several files was refused; those before it wait to be signed."""
    try:
        yield
    except CodedError as error:
        # Not by its name, which may be personal.
        place = ": ".join(filter(None, (f"tệp/file {number}", error.place)))
        raise ExchangeError(error.code, place=place) from error


async def _whole(file: Upload, most: int) -> bytes:
    document = bytearray()
    async for chunk in file.chunks:
        document += chunk
        if len(document) > most:
            raise ExchangeError(ErrorCode.BODY_TOO_LARGE, place="file")
    return bytes(document)


async def attachment_chosen(request: web.Request) -> web.StreamResponse:
    """Take an attachment of a document of one's own agency to be signed."""
    services, fields = request.app[SERVICES], await fields_of(request)
    command = ReadAttachment(
        caller=caller_of(request),
        envelope_id=EnvelopeId(fields.text("envelope")[:_ENVELOPE_LENGTH]),
        number=_number(fields.text("number"), default=0),
    )
    found = await find_attachment(services, command)
    if found.attachment.content_size > services.limits.signing_bytes:
        raise ExchangeError(ErrorCode.BODY_TOO_LARGE, place="attachment")
    pieces = [one async for one in read_attachment(services, found)]
    task = await _asked(request, found.attachment.name, b"".join(pieces))
    return see_other(f"/signing/{task.task_id}")


async def _asked(request: web.Request, name: str, document: bytes) -> SigningTask:
    return await ask_for_signature(
        request.app[SERVICES], asker_of(request), name=name, document=document
    )


async def task_page(request: web.Request) -> web.StreamResponse:
    """Show one task: its page and the place before, its state afterwards."""
    return await _shown(request, await _task(request))


async def page_picture(request: web.Request) -> web.StreamResponse:
    """Give a page of the document as a picture."""
    number = int(request.match_info["n"])
    drawn = await _drawn(request.app[SERVICES], await _task(request), number)
    return web.Response(body=drawn.png, content_type="image/png")


async def code_given(request: web.Request) -> web.StreamResponse:
    """Keep what is asked for and show the code, this once."""
    services, task = request.app[SERVICES], await _task(request)
    fields = await fields_of(request)
    wanted = _request(request, fields)
    task, code = await give_code(services, asker_of(request), task, wanted)
    return await _shown(request, task, code=code)


async def state_part(request: web.Request) -> web.StreamResponse:
    """Show how far a task is, for a page that follows it."""
    task = await _task(request)
    progress = await _judged(request.app[SERVICES], task)
    return page(request, "signing_state.html", progress=progress)


async def signed_file(request: web.Request) -> web.StreamResponse:
    """Hand the signed file out."""
    services, task = request.app[SERVICES], await _task(request)
    signing = await signing_of(services, task)
    if signing is None:
        raise ExchangeError(ErrorCode.SIGNING_NOT_FOUND, place=task.task_id)
    name = quote(f"{task.name.removesuffix('.pdf')}-signed.pdf", safe="")
    return web.Response(
        body=await read_signed(services, signing),
        content_type="application/pdf",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


def asker_of(request: web.Request) -> Asker:
    """Return who asks; pages that need nobody do not ask.

    Raises:
        ExchangeError: nobody is signed in (SESSION_MISSING), or for no agency.
    """
    account = visitor_of(request).account
    if account is None:
        raise ExchangeError(ErrorCode.SESSION_MISSING)
    return Asker(account=account.account_id, agency=own_agency(request))


async def _task(request: web.Request) -> SigningTask:
    task_id = request.match_info["id"]
    return await find_task(request.app[SERVICES], asker_of(request), task_id)


async def _shown(
    request: web.Request, task: SigningTask, *, code: str = ""
) -> web.StreamResponse:
    services = request.app[SERVICES]
    number = _number(request.query.get("page", ""), default=_LAST_PAGE)
    drawn = await _drawn(services, task, number)
    return page(
        request,
        "signing_task.html",
        progress=await _judged(services, task),
        queue=await _queue(request, task),
        code=code,
        drawn=drawn,
        place=_place(request, task, drawn),
        levels=[str(one) for one in SignatureLevel],
        role=str(_role(request)),
        is_open=task.state(services.now()) is not TaskState.PREPARED,
    )


def _number(text: str, *, default: int) -> int:
    """Return a whole number that was typed; the default where it is none."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else default


async def _queue(request: web.Request, present: SigningTask) -> list[SigningTask]:
    """Return what else waits to be given a place and a code, the oldest first."""
    services = request.app[SERVICES]
    now = services.now()
    return [
        one
        for one in reversed(await own_tasks(services, asker_of(request)))
        if one.task_id != present.task_id and one.state(now) is TaskState.DRAFT
    ]


def _place(request: web.Request, task: SigningTask, drawn: DrawnPage) -> Place:
    if task.request:
        chosen = RemoteRequest.from_json(task.request).placement
        if chosen is not None and chosen.page == drawn.number:
            return Place.of(chosen)
    return usual_place(_role(request), drawn)


async def _drawn(services: Services, task: SigningTask, number: int) -> DrawnPage:
    async with services.pdf_places.held():
        document = await load_file(services, task.document)
        return await services.pdfs.drawn_page(document, number)


def _role(request: web.Request) -> SignerRole:
    role = visitor_of(request).role
    return _ROLES.get(role, SignerRole.PERSON)


def _request(request: web.Request, fields: Fields) -> RemoteRequest:
    """Return what a form asks for; the client's certificate must fit the role."""
    visitor = visitor_of(request)
    try:
        level = SignatureLevel(fields.text("level"))
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="level") from error
    name = visitor.account.name if visitor.account else ""
    role = _role(request)
    place = place_of(fields) if fields.text("where") else None
    return RemoteRequest(
        role=role,
        level=level,
        placement=place.placement if place else None,
        lines=written_lines(
            (name, visitor.agency_name),
            (place.width, place.height) if place else size_of(role),
        ),
    )


async def progress_of(services: Services, task: SigningTask) -> Progress:
    """Return how far a task is, without looking into the signed file."""
    signing = await signing_of(services, task)
    now = services.now()
    state: str = signing.state if signing else task.state(now)
    if signing and signing.state is SigningState.PREPARED and signing.expires_at <= now:
        state = SigningState.EXPIRED
    return Progress(task=task, signing=signing, state=state)


async def _judged(services: Services, task: SigningTask) -> Progress:
    """Return the progress, with the verdict on a file that is signed."""
    found = await progress_of(services, task)
    if found.signing is None or found.signing.signed is None:
        return found
    async with services.pdf_places.held():
        data = await load_file(services, found.signing.signed)
        verdict = await services.pdfs.judge_file(
            data, material=services.trust.material, now=services.now()
        )
    return Progress(
        task=task, signing=found.signing, state=found.state, verdict=verdict
    )
