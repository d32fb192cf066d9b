"""Finding recipients by what a clerk types: agencies, levels below, saved lists."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from exchange.domain.access import is_open
from exchange.domain.directory import Directory, standing
from exchange.domain.parties import Agency
from exchange.domain.recipient_lists import RecipientList
from schemas.folding import folded, holds_words
from schemas.identifiers import OrganId
from schemas.recipient_groups import LevelGroup, ListGroup, read_group
from schemas.vocabulary import Level

_MOST_FOUND: Final = 20
_MOST_GROUPED: Final = 3
_SHORTEST: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something To may name.

    Args:
        code: as To names it.
        name: of the agency, of the agency above a level, or of the list; empty where
            nobody is called so.
        group: ``list``, a level, or empty for one agency.
        number: how many agencies a group has.
    """

    code: OrganId
    name: str
    group: str = ""
    number: int = 1


class AgencyNames:
    """Searches the names of one version of the directory, folded once."""

    def __init__(self) -> None:
        self._version = -1
        self._names: list[tuple[frozenset[str], Agency]] = []

    def found(self, directory: Directory, words: str) -> list[Agency]:
        """Return the agencies that may be meant, closed ones too.

        They are found by every name on record: of today, of before, and one that is
        ordered for a later day. Whole phrases come first.

        Args:
            directory: of now.
            words: the beginnings of words, or a code; folded.
        """
        if directory.version != self._version:
            every = {one.code: one for one in directory.by_code.values()}.values()
            ordered = sorted(every, key=lambda one: (len(one.code), one.code))
            self._names = [(_folded_names(one), one) for one in ordered]
            self._version = directory.version
        found = [
            (not any(words in name for name in names), agency)
            for names, agency in self._names
            if any(holds_words(name, words) for name in names)
            or agency.code.casefold() == words
        ]
        found.sort(key=lambda one: one[0])
        return [agency for _, agency in found]


def _folded_names(agency: Agency) -> frozenset[str]:
    return frozenset(map(folded, (agency.name, *(one.name for one in agency.former))))


class RecipientFinder:
    """Searches for what To may name."""

    def __init__(self) -> None:
        self.names = AgencyNames()

    def found(
        self,
        directory: Directory,
        typed: str,
        at: datetime,
        lists: Sequence[RecipientList] = (),
    ) -> tuple[Choice, ...]:
        """Return what may be meant: lists, then agencies with the levels below them.

        Args:
            directory: of now.
            typed: the beginnings of words, or of a code; marks do not count.
            at: closed agencies are left out.
            lists: those of the sender.
        """
        words = folded(typed)
        if len(words) < _SHORTEST:
            return tuple(map(_list_choice, lists))
        named = (one for one in lists if holds_words(one.name, words))
        every = self.names.found(directory, words)
        agencies = [one for one in every if is_open(one, at)][:_MOST_FOUND]
        grouped = _groups(directory, agencies[:_MOST_GROUPED], at)
        single = (choice_of(directory, one.code, at) for one in agencies)
        return (*map(_list_choice, named), *single, *grouped)


def choice_of(
    directory: Directory,
    code: OrganId,
    at: datetime,
    lists: Iterable[RecipientList] = (),
) -> Choice:
    """Return what a code names, as a page shows it."""
    if name := directory.name_of(code, at):
        return Choice(code=code, name=name)
    group = read_group(code)
    if isinstance(group, LevelGroup) and (base := directory.agency(group.base)):
        return _level_choice(directory, base, group.level, at)
    if isinstance(group, ListGroup):
        for one in lists:
            if (one.owner, one.name) == (group.owner, group.name):
                return _list_choice(one)
    return Choice(code=code, name="", number=0)


def _groups(
    directory: Directory, agencies: Iterable[Agency], at: datetime
) -> Iterator[Choice]:
    for agency in agencies:
        if agency.code not in directory.children:
            continue
        for level in Level:
            found = _level_choice(directory, agency, level, at)
            if found.number:
                yield found


def _level_choice(
    directory: Directory, base: Agency, level: Level, at: datetime
) -> Choice:
    return Choice(
        code=LevelGroup(base.code, level).written(),
        name=standing(base, at).name,
        group=level,
        number=len(directory.below_of_level(base, level, at)),
    )


def _list_choice(saved: RecipientList) -> Choice:
    return Choice(
        code=ListGroup(saved.owner, saved.name).written(),
        name=saved.name,
        group="list",
        number=len(saved.members),
    )
