"""Whom a document reaches: looked up, expanded, and led to successors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from exchange.domain.access import acting_agencies
from exchange.domain.addressing import (
    AddressBook,
    Addressee,
    closed_in_lists,
    expand,
    lists_named,
    may_fall_back_to,
    may_name_lists,
    with_fallback,
)
from exchange.domain.directory import Directory
from exchange.services import Services
from exchange.usecases.recodes import recoded
from schemas.identifiers import OrganId


async def addressees_of(
    services: Services,
    directory: Directory,
    sender: OrganId,
    written: Sequence[OrganId],
) -> tuple[Addressee, ...]:
    """Return whom an envelope of `sender` reaches, on one version of the directory."""
    at = services.now()
    book = AddressBook(directory=directory, sender=sender, at=at)
    book = replace(book, lists=await _lists(services, book, written))
    same = await recoded(services, directory, closed_in_lists(book))
    found = expand(replace(book, recoded=same), written)
    return await connected_ones(services, directory, found, sender=sender, at=at)


async def connected_ones(
    services: Services,
    directory: Directory,
    addressees: Sequence[Addressee],
    *,
    sender: OrganId,
    at: datetime,
) -> tuple[Addressee, ...]:
    """Lead what is for agencies without a system to those above them, where that is on.

    What they would lead back to its sender stays where it is.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    if not services.addressing.parent_fallback:
        return tuple(addressees)
    connected = await _connected(services, directory, addressees, at)
    return with_fallback(
        addressees, connected=connected, directory=directory, sender=sender, at=at
    )


async def _lists(
    services: Services, book: AddressBook, written: Iterable[OrganId]
) -> Mapping[tuple[OrganId, str], Sequence[OrganId]]:
    """Fetch the sender's own lists that are named."""
    found: dict[tuple[OrganId, str], Sequence[OrganId]] = {}
    for one in sorted(lists_named(book.directory, written), key=lambda one: one.name):
        if may_name_lists(book.directory, book.sender, one.owner, book.at):
            saved = await services.storage.recipient_lists.find(one.owner, one.name)
            found[one.owner, one.name] = saved.members if saved else ()
    return found


async def _connected(
    services: Services,
    directory: Directory,
    addressees: Sequence[Addressee],
    at: datetime,
) -> frozenset[OrganId]:
    asked = may_fall_back_to(addressees, directory, at)
    systems = await services.storage.agency_history.systems_of(asked)
    rights = (acting_agencies(one, at) for one in systems)
    return frozenset[OrganId]().union(*rights)
