"""What happens in a year of a province, drawn from a seed.

Fan-out, sizes and how far recipients go are those of notes on real traffic: two to
three recipients a document, some to all communes, a median of 0.39 MB, statuses that
skip 04 and often never reach 06.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from schemas.identifiers import OrganId
from schemas.vocabulary import BusinessType, StatusCode, Urgency
from tests.prove.simulation.province import (
    ALL_COMMUNES,
    PROVINCE,
    Province,
    make_province,
)

BEFORE, AFTER = 0, 1
"""The two phases of a run: before the mergers, and after them."""

_FAN_OUT = ((1, 46), (2, 26), (3, 14), (4, 6), (5, 4), (8, 3), (20, 1))
_ROADS: tuple[tuple[tuple[str, ...], int], ...] = (
    ((), 20),
    (("03",), 35),
    (("03", "05"), 20),
    (("01", "03"), 10),
    (("03", "05", "06"), 8),
    (("03", "04", "05", "06"), 4),
    (("02",), 3),
)
_KINDS = ("Công văn", "Thông báo", "Kế hoạch", "Báo cáo", "Tờ trình", "Giấy mời")
_BUSINESS = {
    "recall": BusinessType.RECALL,
    "add": BusinessType.UPDATE,
    "remove": BusinessType.UPDATE,
    "replace": BusinessType.REPLACE,
}
_CHANGES = {"add": "added", "remove": "removed"}
_MEDIAN_BYTES, _SPREAD, _LARGEST_BYTES = 390_000, 1.26, 4_700_000
_LARGEST_GROUP = 8
"""Documents to more have no sequel: it would reach as many again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How large a run is.

    Args:
        size: part of the real size that attachments have.
    """

    seed: int
    agencies: int = 624
    systems: int = 40
    documents: int = 10_000
    merging: int = 14
    size: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What one recipient does with one document.

    Args:
        takes: acknowledges it; otherwise it is never opened.
        fails_first: says first that it could not take it.
        reads: fetches it.
        statuses: reported in this order.
        agrees: to a request.
        waits: does all of it after the mergers only.
    """

    takes: bool
    fails_first: bool
    reads: bool
    statuses: tuple[StatusCode, ...]
    agrees: bool
    waits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A recall by status 13; `only` from one recipient."""

    key: str
    only: OrganId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One document that is sent.

    Args:
        key: first word of its subject, unique.
        to: as written: codes, groups.
        earlier: key of the document it recalls, updates or replaces.
        added: whom an update adds.
        removed: whom an update removes.
        answers: key of the document it answers.
        sequel: what follows once all recipients have done their part.
    """

    key: str
    number: int
    phase: int
    sender: OrganId
    to: tuple[OrganId, ...]
    urgency: Urgency
    kind: str
    size: int
    has_pdf: bool = False
    business: BusinessType = BusinessType.NEW
    earlier: str = ""
    added: OrganId | None = None
    removed: OrganId | None = None
    answers: str = ""
    sequel: "Letter | Asking | None" = None

    @property
    def line_key(self) -> str:
        """The document that statuses on this one are about."""
        return self.earlier if self.business is BusinessType.RECALL else self.key


@dataclass(frozen=True)
class Plan:
    """A run: who takes part and what is sent."""

    scale: Scale
    province: Province
    letters: tuple[Letter, ...]

    @cached_property
    def all_letters(self) -> dict[str, Letter]:
        """Every letter with those that follow others, by key."""
        chain: dict[str, Letter] = {}
        for one in self.letters:
            chain[one.key] = one
            if isinstance(one.sequel, Letter):
                chain[one.sequel.key] = one.sequel
        return chain

    def handling(self, letter: Letter, recipient: OrganId) -> Handling:
        """What a recipient does with a letter."""
        seed, key = self.scale.seed, letter.key
        chance = random.Random(f"{seed}/{key}/{recipient}")
        roads, weights = zip(*_ROADS, strict=True)
        road = chance.choices(roads, weights)[0]
        is_new = letter.business is BusinessType.NEW
        takes, fails, reads, agrees, late = (chance.random() for _ in range(5))
        closing = self.province.heirs
        is_concerned = recipient in closing or letter.sender in closing
        may_wait = letter.sequel is None and letter.phase == BEFORE and is_new
        return Handling(
            takes=takes < 0.96 or not is_new,
            fails_first=fails < 0.01,
            reads=reads < 0.34,
            statuses=tuple(map(StatusCode, road)) if is_new else (),
            agrees=agrees < 0.7,
            waits=may_wait and is_concerned and late < 0.5,
        )


def make_plan(scale: Scale) -> Plan:
    """Draw a run."""
    province = make_province(
        agencies=scale.agencies, systems=scale.systems, merging=scale.merging
    )
    return Plan(scale, province, tuple(_Drawing(scale, province).letters()))


class _Drawing:
    """The chances of one run."""

    def __init__(self, scale: Scale, province: Province) -> None:
        self._scale = scale
        self._chance = random.Random(scale.seed)
        self._heirs = province.heirs
        before = [one.code for one in province.agencies]
        merged = [one.into for one in province.mergers]
        self._senders = (
            before,
            [one for one in before if one not in self._heirs] + merged,
        )
        self._recipients: tuple[Sequence[OrganId], ...] = (
            before,
            # Old codes are still written, and merged ones more often than others.
            [*before, *merged, *merged, *self._heirs],
        )
        self._number = 0

    def letters(self) -> Iterator[Letter]:
        """Yield letters until all documents are drawn."""
        count, group = self._scale.documents, max(150, self._scale.documents // 10)
        while self._number < count:
            phase = BEFORE if self._number < count // 2 else AFTER
            if self._number % group == group // 2:
                yield self._letter(phase, PROVINCE, (ALL_COMMUNES,))
            else:
                yield self._with_sequel(self._ordinary(phase), room=count)

    def _ordinary(self, phase: int) -> Letter:
        chance = self._chance
        sender = chance.choice(self._senders[phase])
        counts, weights = zip(*_FAN_OUT, strict=True)
        wanted = chance.choices(counts, weights)[0]
        drawn = dict.fromkeys(chance.choices(self._recipients[phase], k=wanted))
        to = [one for one in drawn if sender not in {one, self._reached(one, phase)}]
        spare = OrganId("G22") if sender != "G22" else OrganId("G09")
        return self._letter(phase, sender, tuple(to) or (spare,))

    def _reached(self, code: OrganId, phase: int) -> OrganId:
        return self._heirs.get(code, code) if phase == AFTER else code

    def _letter(
        self, phase: int, sender: OrganId, to: tuple[OrganId, ...], **more: object
    ) -> Letter:
        self._number += 1
        chance = self._chance
        drawn = min(chance.lognormvariate(0, _SPREAD) * _MEDIAN_BYTES, _LARGEST_BYTES)
        part = 1.0 if self._number % 500 == 7 else self._scale.size
        fields = {
            "key": f"VB-{self._number:06}",
            "number": self._number,
            "phase": phase,
            "sender": sender,
            "to": to,
            "urgency": Urgency(chance.choices((0, 1, 2, 3), (80, 12, 6, 2))[0]),
            "kind": chance.choice(_KINDS),
            "size": max(40, int(drawn * part)),
            "has_pdf": self._number % 50 == 11,
            **more,
        }
        return Letter(**fields)  # type: ignore[arg-type]  # by field name

    def _with_sequel(self, letter: Letter, *, room: int) -> Letter:
        drawn = self._chance.random()
        if len(letter.to) > _LARGEST_GROUP or self._number >= room:
            return letter
        return replace(letter, sequel=self._sequel(letter, drawn))

    def _sequel(self, letter: Letter, drawn: float) -> Letter | Asking | None:
        """A reply, or one of the requests about an earlier document."""
        names = ("reply", "recall", "ask", "ask_one", "add", "remove", "replace")
        bounds = (0.12, 0.135, 0.145, 0.155, 0.17, 0.18, 0.20)
        name = next((n for n, b in zip(names, bounds, strict=True) if drawn < b), "")
        if name == "reply":
            return self._reply(letter)
        if name.startswith("ask"):
            only = self._open_recipient(letter) if name == "ask_one" else None
            return Asking(key=letter.key, only=only)
        return self._request(letter, name) if name else None

    def _reply(self, letter: Letter) -> Letter:
        by = self._reached(letter.to[0], letter.phase)
        return self._letter(letter.phase, by, (letter.sender,), answers=letter.key)

    def _open_recipient(self, letter: Letter) -> OrganId | None:
        """A recipient that stands for itself alone."""
        reached = [self._reached(one, letter.phase) for one in letter.to]
        own = [
            one
            for one in letter.to
            if self._reached(one, letter.phase) == one and reached.count(one) == 1
        ]
        return own[0] if own else None

    def _request(self, letter: Letter, name: str) -> Letter | None:
        more: dict[str, object] = {"earlier": letter.key, "business": _BUSINESS[name]}
        if name in _CHANGES:
            changed = self._changed(letter, name)
            if changed is None:
                return None
            more[_CHANGES[name]] = changed
        return self._letter(letter.phase, letter.sender, letter.to, **more)

    def _changed(self, letter: Letter, name: str) -> OrganId | None:
        if name == "remove":
            return self._open_recipient(letter)
        present = {self._reached(one, letter.phase) for one in letter.to}
        taken = {*letter.to, *present, letter.sender}
        others = [one for one in self._senders[letter.phase] if one not in taken]
        return self._chance.choice(others)
