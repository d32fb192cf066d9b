"""Whom a document reaches: looked up, expanded, and led to successors."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from exchange.domain.access import acting_agencies
from exchange.domain.addressing import (
    AddressBook,
    Addressee,
    expand,
    lists_named,
    may_fall_back_to,
    with_fallback,
)
from exchange.domain.directory import Directory
from exchange.services import Services
from schemas.identifiers import OrganId


async def addressees_of(
    services: Services,
    directory: Directory,
    sender: OrganId,
    written: Sequence[OrganId],
) -> tuple[Addressee, ...]:
    """Return whom an envelope of `sender` reaches, on one version of the directory."""
    at = services.now()
    lists = await _lists(services, directory, sender, written)
    book = AddressBook(directory=directory, sender=sender, at=at, lists=lists)
    found = expand(book, written)
    if not services.addressing.parent_fallback:
        return found
    connected = await _connected(services, directory, found, at)
    return with_fallback(found, connected=connected, directory=directory, at=at)


async def _lists(
    services: Services,
    directory: Directory,
    sender: OrganId,
    written: Iterable[OrganId],
) -> Mapping[tuple[OrganId, str], Sequence[OrganId]]:
    """Fetch the sender's own lists that are named."""
    found: dict[tuple[OrganId, str], Sequence[OrganId]] = {}
    for one in sorted(lists_named(directory, written), key=lambda one: one.name):
        if one.owner == sender:
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
