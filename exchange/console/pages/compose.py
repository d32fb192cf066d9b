"""Writing a document: the form, its recipients, what is against it, and sending it."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any, Final

from aiohttp import web

from exchange.console.forms import Fields, fields_of
from exchange.console.keys import CONSOLE, FINDER, UPLOADS
from exchange.console.letter_form import (
    UnfinishedError,
    content_type_of,
    file_name,
    letter_of,
    recipients_of,
)
from exchange.console.pages.mail import own_agency
from exchange.console.posted_files import Upload, posted
from exchange.console.problem_page import Card, card_for, card_of
from exchange.console.recipients import Choice, choice_of
from exchange.console.rendering import is_part, onward, page
from exchange.console.resumed_files import (
    SentAhead,
    read_ahead,
    sent_ahead,
    spend_ahead,
)
from exchange.http.keys import SERVICES
from exchange.http.problems import status_of
from exchange.http.request import caller_of
from exchange.usecases.accept_envelope import accept_envelope
from exchange.usecases.directory import current_directory
from exchange.usecases.letters import Letter, answer_to, letter_submission
from exchange.usecases.preflight_envelope import preflight_envelope
from exchange.usecases.recipient_lists import lists_of
from exchange.usecases.viewing import find_envelope
from schemas.document_kinds import DOCUMENT_KINDS
from schemas.edxml.document import Attachment
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import Urgency

PLACES: Final = 2
"""Letters with their files in memory at once."""

_VIETNAM: Final = timezone(timedelta(hours=7))
_USUAL_KIND: Final = "22"
_LOOK: Final = "look"
_NOTHING: Final = {"missing": (), "cards": (), "is_looked": False}
"""What is against a letter that nobody has looked at."""


async def letter_form(request: web.Request) -> web.StreamResponse:
    """Show an empty letter, or one that answers a document."""
    today = request.app[SERVICES].now().astimezone(_VIETNAM).date()
    values = {"kind": [_USUAL_KIND], "promulgated": [today.isoformat()]}
    answers = request.query.get("answers", "")
    if answers:
        found = await find_envelope(
            request.app[SERVICES], caller_of(request), EnvelopeId(answers)
        )
        values |= {
            "answers": [answers],
            "recipients": [found.envelope.sender],
            "subject": [found.envelope.subject],
        }
    return await _form(request, Fields(values))


async def found_recipients(request: web.Request) -> web.StreamResponse:
    """Show who may be meant by what is typed (a part of the page)."""
    services = request.app[SERVICES]
    agency = own_agency(request)
    lists = await lists_of(services, caller_of(request), agency)
    found = request.app[FINDER].found(
        await current_directory(services),
        request.query.get("search", "")[:100],
        services.now(),
        lists,
    )
    return page(request, "compose_found.html", found=found)


async def checked(request: web.Request) -> web.StreamResponse:
    """Tell what is against a letter as far as it is written (a part of the page)."""
    fields = await fields_of(request)
    try:
        letter = await _letter(request, fields)
    except UnfinishedError as error:
        return _outcome(request, missing=error.fields)
    return _outcome(request, cards=await _against(request, letter))


async def sent(request: web.Request) -> web.StreamResponse:
    """Send a letter; what is filled in is shown again if it is refused.

    Whoever presses Enter in a field has not said to send it: it is looked at.
    """
    async with posted(request) as form:
        try:
            letter = await _letter(request, form.fields)
            if form.fields.text(_LOOK):
                cards = await _against(request, letter)
                return await _again(request, form.fields, cards=cards, is_looked=True)
            ahead = sent_ahead(form.fields)
            place = await _sent(request, letter, form.files, ahead)
        except UnfinishedError as error:
            missing = error.fields
            status = status_of(ErrorCode.REQUEST_INVALID)
            return await _again(request, form.fields, status=status, missing=missing)
        except CodedError as error:
            cards = (card_of(error),)
            status = status_of(error.code)
            return await _again(request, form.fields, status=status, cards=cards)
    return onward(request, place)


async def _sent(
    request: web.Request,
    letter: Letter,
    files: Sequence[Upload],
    ahead: tuple[SentAhead, ...],
) -> str:
    """Return where the document is that was sent."""
    services, caller = request.app[SERVICES], caller_of(request)
    async with request.app[UPLOADS]:
        with ExitStack() as held:
            room = request.app[CONSOLE].upload_bytes
            room -= sum(one.spool.size for one in files)
            more = await read_ahead(services, caller, ahead, room=room, held=held)
            attachments = await asyncio.to_thread(_attachments, (*files, *more))
        whole = replace(letter, files=attachments)
        submission = await letter_submission(
            services, caller, own_agency(request), whole
        )
        accepted = await accept_envelope(services, submission)
    await spend_ahead(services, ahead)
    return f"/documents/{accepted.envelope.envelope_id}?done=1"


async def _letter(request: web.Request, fields: Fields) -> Letter:
    letter = letter_of(fields)
    answers = fields.text("answers")
    if not answers:
        return letter
    found = await find_envelope(
        request.app[SERVICES], caller_of(request), EnvelopeId(answers)
    )
    return replace(letter, answers=answer_to(found.envelope))


def _attachments(files: Sequence[Upload]) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            content_id=f"tep-{number}",
            name=file_name(one.name),
            content_type=content_type_of(one.name, one.content_type),
            content=one.content(),
        )
        for number, one in enumerate(files, start=1)
    )


async def _form(
    request: web.Request, fields: Fields, *, status: int = 200, **values: Any
) -> web.StreamResponse:
    return page(
        request,
        "compose.html",
        status=status,
        fields=fields,
        chosen=await _choices(request, fields),
        kinds=DOCUMENT_KINDS,
        urgencies=[int(one) for one in Urgency],
        upload_bytes=request.app[CONSOLE].upload_bytes,
        **{**_NOTHING, **values},
    )


async def _again(
    request: web.Request, fields: Fields, **values: Any
) -> web.StreamResponse:
    if is_part(request):
        return _outcome(request, **values)
    return await _form(request, fields, **values)


def _outcome(request: web.Request, **values: Any) -> web.Response:
    return page(request, "compose_outcome.html", **{**_NOTHING, **values})


async def _choices(request: web.Request, fields: Fields) -> tuple[Choice, ...]:
    services = request.app[SERVICES]
    directory, now = await current_directory(services), services.now()
    lists = await lists_of(services, caller_of(request), own_agency(request))
    chosen = recipients_of(fields)
    return tuple(choice_of(directory, one, now, lists) for one in chosen)


async def _against(request: web.Request, letter: Letter) -> tuple[Card, ...]:
    """Return what is against a letter as far as it is written, without its files."""
    services = request.app[SERVICES]
    submission = await letter_submission(
        services, caller_of(request), own_agency(request), letter
    )
    found = await preflight_envelope(services, submission)
    every = (*found.refusals, *found.notices)
    return tuple(card_for(one.code, one.place) for one in every)
