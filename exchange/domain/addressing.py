"""Who an envelope reaches: groups are expanded, closed codes lead to successors.

Invariants:
    - The sender's signature covers what it wrote; what that meant is decided here, on
      one version of the directory, and written down in receipts.
    - Each agency is reached once, however many codes and groups lead to it.
    - A group never reaches the sender, nor whom it took over from; and nothing falls
      back to its sender.
    - No member of a list is lost without a word: a level below an agency that is closed
      since reaches those who were meant, or nobody gets the document.
    - A list is known to its owner alone; one of a closed agency, to its successor.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from exchange.domain.access import is_open
from exchange.domain.directory import Directory, is_closed, standing
from exchange.domain.parties import Agency
from schemas.identifiers import OrganId
from schemas.recipient_groups import LevelGroup, ListGroup, read_group
from schemas.vocabulary import Level, RedirectReason


@dataclass(frozen=True, slots=True)
class Succession:
    """One link from an agency to the one that is reached instead.

    Args:
        effective: since when; None where `addressed` is open but not connected.
        event_id: what closed it; None where no event is on record.
    """

    addressed: OrganId
    successor: Agency
    reason: RedirectReason
    effective: datetime | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Addressee:
    """An agency as an envelope names it, and what the directory knows of it.

    Args:
        successions: the links from it to the agency that is reached, in order.
    """

    written: OrganId
    agency: Agency | None
    successions: tuple[Succession, ...] = ()

    @property
    def reached(self) -> Agency | None:
        """The agency that gets the document."""
        return self.successions[-1].successor if self.successions else self.agency

    @property
    def code(self) -> OrganId:
        """The directory's own code of the agency named."""
        return self.agency.code if self.agency else self.written


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressBook:
    """What recipients are looked up in.

    Args:
        lists: members of the lists that may be named, by owner and name.
        recoded: of the closed agencies that lists have levels of, those that go on
            under the code of their successor.
    """

    directory: Directory
    sender: OrganId
    at: datetime
    lists: Mapping[tuple[OrganId, str], Sequence[OrganId]] = field(default_factory=dict)
    recoded: Collection[OrganId] = frozenset()


def find_addressee(
    directory: Directory, written: OrganId, at: datetime | None = None
) -> Addressee:
    """Look one agency up by either form of its code; with a moment, who took over."""
    agency = directory.agency(written)
    if agency is None or at is None:
        return Addressee(written, agency)
    return Addressee(written, agency, tuple(_links(directory, agency, at)))


def all_reached(addressees: Iterable[Addressee]) -> tuple[OrganId, ...]:
    """Return those addressed, and those reached in their stead."""
    found = tuple(addressees)
    codes = (one.code for one in found)
    return tuple(dict.fromkeys((*codes, *reached_themselves(found))))


def reached_themselves(addressees: Iterable[Addressee]) -> tuple[OrganId, ...]:
    """Return those to whom it is delivered, and nobody in whose stead others are."""
    reached = (one.reached.code for one in addressees if one.reached)
    return tuple(dict.fromkeys(reached))


def redirected_of(addressees: Iterable[Addressee]) -> tuple[Addressee, ...]:
    """Return those for whom others are reached, each code once."""
    return tuple({one.code: one for one in addressees if one.successions}.values())


def links_followed(addressees: Iterable[Addressee]) -> tuple[Succession, ...]:
    """Return each link that was followed, once."""
    every = (link for one in addressees for link in one.successions)
    return tuple({one.addressed: one for one in every}.values())


def spoken_for(
    directory: Directory, speaker: OrganId, parties: Collection[OrganId], at: datetime
) -> OrganId:
    """Return the party for which an agency speaks: itself, or one it succeeded.

    Of several it succeeded, the first by code; a status may name another of them.
    """
    if speaker in parties:
        return speaker
    return min(directory.inherited(speaker, at).intersection(parties), default=speaker)


def lists_named(
    directory: Directory, written: Iterable[OrganId]
) -> frozenset[ListGroup]:
    """Return the lists that are named, by the directory's own code of their owner."""
    groups = (read_group(one) for one in written if directory.agency(one) is None)
    lists = (one for one in groups if isinstance(one, ListGroup))
    return frozenset(ListGroup(_own(directory, one.owner), one.name) for one in lists)


def closed_in_lists(book: AddressBook) -> tuple[Agency, ...]:
    """Return the closed agencies that lists have levels of, and who succeeded them."""
    directory, at = book.directory, book.at
    members = (one for members in book.lists.values() for one in members)
    groups = (read_group(one) for one in members if is_group(directory, one))
    levels = (one for one in groups if isinstance(one, LevelGroup))
    bases = [one for one in (directory.agency(group.base) for group in levels) if one]
    heirs = (heir for one in bases for heir in directory.succession(one, at))
    return tuple(one for one in (*bases, *heirs) if is_closed(one, at))


def is_group(directory: Directory, written: OrganId) -> bool:
    """Tell whether a code names a group; one that an agency has is that agency's."""
    return directory.agency(written) is None and read_group(written) is not None


def may_name_lists(
    directory: Directory, sender: OrganId, owner: OrganId, at: datetime
) -> bool:
    """Tell whether lists are a sender's: it keeps them, or took over from who did."""
    return owner == sender or owner in directory.inherited(sender, at)


def expand(book: AddressBook, written: Sequence[OrganId]) -> tuple[Addressee, ...]:
    """Return whom the envelope means, those named one by one first.

    What names nobody comes back without an agency; so does an empty group.
    """
    named: list[Addressee] = []
    groups: list[OrganId] = []
    for one in written:
        if is_group(book.directory, one):
            groups.append(one)
        else:
            named.append(find_addressee(book.directory, one, book.at))
    seen = {one.code for one in named} | {book.sender}
    for group in groups:
        members = list(_members(book, group))
        if not members:
            named.append(Addressee(group, None))
        fresh = [
            one
            for one in members
            if one.code not in seen and not _leads_to(one, book.sender)
        ]
        seen.update(one.code for one in fresh)
        named.extend(fresh)
    return tuple(named)


def _leads_to(member: Addressee, sender: OrganId) -> bool:
    """Tell whether a sender took over from a member, and would write to itself."""
    return member.reached is not None and member.reached.code == sender


def with_fallback(
    addressees: Iterable[Addressee],
    *,
    connected: Collection[OrganId],
    directory: Directory,
    sender: OrganId,
    at: datetime,
) -> tuple[Addressee, ...]:
    """Send what is for an agency without a system to the nearest one above with one.

    Who has nobody connected above keeps its document until somebody connects; so does
    who would be led back to the sender, or to its successor, who have the document.
    """
    author = directory.answerable(sender, at)
    found = ((one, _above(one, connected, directory, at)) for one in addressees)
    return tuple(
        one if above is None or above.code == author else _fallen_back(one, above, at)
        for one, above in found
    )


def may_fall_back_to(
    addressees: Iterable[Addressee], directory: Directory, at: datetime
) -> frozenset[OrganId]:
    """Return the agencies of which must be known whether they are connected."""
    found: set[OrganId] = set()
    for one in addressees:
        if one.reached is not None:
            found.add(one.reached.code)
            found.update(above.code for above in directory.above(one.reached, at))
    return frozenset(found)


def _own(directory: Directory, code: OrganId) -> OrganId:
    agency = directory.agency(code)
    return agency.code if agency else code


def _links(directory: Directory, agency: Agency, at: datetime) -> Iterator[Succession]:
    closed = agency
    for successor in directory.succession(agency, at):
        yield Succession(
            addressed=closed.code,
            successor=successor,
            reason=RedirectReason.CLOSED,
            effective=closed.valid_to,
            event_id=closed.closed_by,
        )
        closed = successor


def _members(book: AddressBook, written: OrganId) -> Iterator[Addressee]:
    match read_group(written):
        case LevelGroup() as group:
            yield from _of_level(book, book.directory.agency(group.base), group.level)
        case ListGroup() as group:
            owner = _own(book.directory, group.owner)
            # Others cannot even learn that a list is there.
            if may_name_lists(book.directory, book.sender, owner, book.at):
                for member in book.lists.get((owner, group.name), ()):
                    yield from _of_list(book, member)
        case None:
            return


def _of_level(
    book: AddressBook, base: Agency | None, level: Level
) -> Iterator[Addressee]:
    if base is None or not is_open(base, book.at):
        return
    for one in book.directory.below_of_level(base, level, book.at):
        yield Addressee(one.code, one)


def _of_list(book: AddressBook, member: OrganId) -> Iterator[Addressee]:
    group = read_group(member)
    if not isinstance(group, LevelGroup) or book.directory.agency(member) is not None:
        yield find_addressee(book.directory, member, book.at)
        return
    base = _by_present_code(book, group.base)
    if base is None or not is_closed(base, book.at):
        yield from _of_level(book, base, group.level)
    else:
        # Nobody would miss them among the other members: the document is refused.
        yield from _were_below(book, base, group.level) or [Addressee(member, None)]


def _by_present_code(book: AddressBook, code: OrganId) -> Agency | None:
    """Find an agency, after recodes under the code it goes on by."""
    found = book.directory.agency(code)
    if found is None:
        return None
    for heir in book.directory.succession(found, book.at):
        if found.code not in book.recoded:
            break
        found = heir
    return found


def _were_below(book: AddressBook, closed: Agency, level: Level) -> list[Addressee]:
    """Return those of a level who were below an agency when it ended, or their heirs.

    What an import closed keeps no record of them: it writes parents over.
    """
    if closed.valid_to is None or closed.closed_by is None:
        return []
    directory, last = book.directory, closed.valid_to - timedelta.resolution
    were = directory.below_of_level(closed, level, last)
    found = (find_addressee(directory, one.code, book.at) for one in were)
    return [one for one in found if one.reached and is_open(one.reached, book.at)]


def _above(
    addressee: Addressee,
    connected: Collection[OrganId],
    directory: Directory,
    at: datetime,
) -> Agency | None:
    """Find the nearest connected agency above one that is not connected."""
    reached = addressee.reached
    if reached is None or not is_open(reached, at) or reached.code in connected:
        return None
    higher = directory.above(reached, at)
    return next(
        (one for one in higher if one.code in connected and is_open(one, at)), None
    )


def _fallen_back(addressee: Addressee, above: Agency, at: datetime) -> Addressee:
    link = Succession(
        addressed=addressee.reached.code if addressee.reached else addressee.code,
        successor=standing(above, at),
        reason=RedirectReason.NOT_CONNECTED,
    )
    return replace(addressee, successions=(*addressee.successions, link))
