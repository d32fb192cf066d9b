"""Which closed codes are an agency's that goes on under another code.

The rows alone do not tell: a merger, too, closes an agency for another. The event does.
"""

from collections import defaultdict
from collections.abc import Iterable

from exchange.domain.directory import Directory
from exchange.domain.parties import Agency
from exchange.services import Services
from schemas.identifiers import OrganId
from schemas.vocabulary import AgencyChange


async def recoded(
    services: Services, directory: Directory, closed: Iterable[Agency]
) -> frozenset[OrganId]:
    """Return the codes that a recode closed; what an import closed is none of them.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    ended = _ended_alone(one for one in closed if _may_go_on(directory, one))
    if not ended:
        return frozenset()
    events = await services.storage.agency_history.events(ended)
    return frozenset(
        ended[event_id]
        for event_id, found in events.items()
        if found.event.change is AgencyChange.RECODE
    )


async def former_codes(
    services: Services, directory: Directory, code: OrganId
) -> tuple[OrganId, ...]:
    """Return the codes an agency had before recodes gave it this one, the first first.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    inherited = directory.inherited(code, services.now())
    closed = (directory.agency(one) for one in inherited)
    same = await recoded(services, directory, (one for one in closed if one))
    found: list[OrganId] = []
    before: OrganId | None = code
    while before is not None:
        earlier = (one.code for one in directory.predecessors.get(before, ()))
        before = next((one for one in earlier if one in same), None)
        found.extend([before] if before else [])
    return tuple(reversed(found))


def _may_go_on(directory: Directory, closed: Agency) -> bool:
    """Tell whether the successor began as an agency ended."""
    heir = directory.agency(closed.successor) if closed.successor else None
    return heir is not None and heir.valid_from == closed.valid_to


def _ended_alone(closed: Iterable[Agency]) -> dict[str, OrganId]:
    """Return those that ended by an event that ended no other of them.

    A recode ends one; most mergers end several, and need not be looked up.
    """
    by_event: dict[str, list[OrganId]] = defaultdict(list)
    for one in closed:
        if one.closed_by:
            by_event[one.closed_by].append(one.code)
    return {event: codes[0] for event, codes in by_event.items() if len(codes) == 1}
