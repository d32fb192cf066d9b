"""What must come out of a plan: plain dictionaries, by the rules of docs/protocol.md.

Nothing here knows how the exchange works. Section 4 of the protocol has states, steps,
statuses, recalls, updates; section 10 closed codes and groups.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import BusinessType, StatusCode
from tests.prove.simulation.plan import AFTER, BEFORE, Asking, Letter, Plan
from tests.prove.simulation.province import ALL_COMMUNES

_STEP_OF_STATUS = {
    "01": "arrived",
    "02": "refused",
    "03": "registered",
    "04": "assigned",
    "05": "in_process",
    "06": "finished",
}
EVERYBODY = OrganId("")


class Line(NamedTuple):
    """One line of an inbox, by what a person would call it."""

    kind: str
    sender: str
    key: str


class Model:
    """The state of everything after a plan.

    Attributes:
        inbox: lines of each agency, how often each.
        state: of each letter towards each recipient, and towards closed codes.
        steps: receipts on record for (letter, recipient, step).
        reached: to whose inbox each letter, or recall (`key?`), comes.
        refused: keys of what is refused, whole.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._heirs: dict[OrganId, OrganId] = {}
        self._communes = list(plan.province.communes)
        self._acting = dict(plan.province.acting)
        self._had: set[tuple[str, OrganId]] = set()
        self._read: set[tuple[str, OrganId]] = set()
        self._status: dict[tuple[str, OrganId], StatusCode] = {}
        self._asked: dict[str, set[OrganId]] = defaultdict(set)
        self.inbox: dict[OrganId, Counter[Line]] = defaultdict(Counter)
        self.state: dict[tuple[str, OrganId], str] = {}
        self.steps: Counter[tuple[str, OrganId, str]] = Counter()
        self.reached: dict[str, tuple[OrganId, ...]] = {}
        self.refused: set[str] = set()
        self._run()

    def _run(self) -> None:
        waiting: list[tuple[Letter, OrganId]] = []
        for one in self._plan.letters:
            if one.phase == BEFORE:
                waiting += self._story(one)
        for merger in self._plan.province.mergers:
            self._heirs |= dict.fromkeys(merger.sources, merger.into)
            heir = self._acting[merger.into]
            self._acting |= dict.fromkeys(merger.sources, heir)
            self._communes = [
                *(one for one in self._communes if one not in merger.sources),
                merger.into,
            ]
        for letter, recipient in waiting:
            self._handle(letter, recipient)
        for one in self._plan.letters:
            if one.phase == AFTER:
                self._story(one)

    def _now(self, code: OrganId) -> OrganId:
        return self._heirs.get(code, code)

    def _story(self, letter: Letter) -> list[tuple[Letter, OrganId]]:
        waiting: list[tuple[Letter, OrganId]] = []
        if not self._send(letter):
            return waiting
        for one in self.reached[letter.key]:
            if self._plan.handling(letter, one).waits:
                waiting.append((letter, one))
            else:
                self._handle(letter, one)
        if isinstance(letter.sequel, Asking):
            self._ask(letter, letter.sequel)
        elif letter.sequel is not None:
            waiting += self._story(letter.sequel)
            self._added(letter, letter.sequel)
        return waiting

    def _added(self, letter: Letter, update: Letter) -> None:
        """Whoever an update added does with the original what everybody does."""
        if update.added is not None:
            self._handle(letter, update.added)

    def _send(self, letter: Letter) -> bool:
        written = self._expand(letter)
        changed = [one for one in (letter.added, letter.removed) if one]
        reached = tuple(dict.fromkeys([*map(self._now, written), *changed]))
        recalled = reached if letter.business is BusinessType.RECALL else ()
        if letter.removed is not None:
            recalled = (letter.removed,)
        if recalled and not self._recall(letter.earlier, recalled, by=letter.key):
            self.refused.add(letter.key)
            return False
        self._deliver(letter, reached)
        for one in written:
            if self._now(one) != one:
                self.state[letter.key, one] = "redirected"
                self.steps[letter.key, EVERYBODY, "redirected"] = 1
        self.steps[letter.key, EVERYBODY, "delivered"] += 1
        if letter.added is not None:
            self._show(letter.added, "document", letter.sender, letter.earlier)
            self.state[letter.earlier, letter.added] = "available"
            self.steps[letter.earlier, letter.added, "delivered"] += 1
        return True

    def _expand(self, letter: Letter) -> list[OrganId]:
        if letter.to == (ALL_COMMUNES,):
            return list(self._communes)
        return list(letter.to)

    def _deliver(self, letter: Letter, reached: tuple[OrganId, ...]) -> None:
        self.reached[letter.key] = reached
        for one in reached:
            self._show(one, "document", letter.sender, letter.key)
            self.state[letter.key, one] = "available"

    def _show(self, agency: OrganId, kind: str, sender: OrganId, key: str) -> None:
        self.inbox[agency][Line(kind, sender, key)] += 1

    def _recall(self, key: str, recipients: Iterable[OrganId], *, by: str) -> bool:
        """Take back from whoever never had it, ask the others; False: nobody."""
        reached = [one for one in recipients if not self._is_beyond(key, one)]
        for one in reached:
            if (key, one) in self._had or (key, one) in self._read:
                self._asked[by].add(one)
                # A status has one receipt, whomever it reaches.
                self.steps[key, one, "recall_requested"] += not by.endswith("?")
            else:
                self.state[key, one] = "recalled"
                self.steps[key, one, "recalled"] += 1
        return bool(reached)

    def _is_beyond(self, key: str, recipient: OrganId) -> bool:
        has_left = self.state[key, recipient] in {"redirected", "recalled"}
        return has_left or self._status.get((key, recipient)) == StatusCode.REFUSED

    def _ask(self, letter: Letter, asking: Asking) -> None:
        everybody = self.reached[letter.key]
        concerned = everybody if asking.only is None else (asking.only,)
        request = f"{letter.key}?"
        reached = tuple(
            one for one in concerned if not self._is_beyond(letter.key, one)
        )
        if not self._recall(letter.key, concerned, by=request):
            self.refused.add(request)
            return
        self.steps[letter.key, asking.only or EVERYBODY, "recall_requested"] += 1
        self.reached[request] = reached
        for one in reached:
            self._show(one, "status", letter.sender, letter.key)
        for one in self._asked[request]:
            if (letter.key, one) in self._had:
                self._answer_recall(letter, one, agrees=self.agrees(letter, one))

    def agrees(self, letter: Letter, recipient: OrganId) -> bool:
        """Whether a recipient agrees to what is asked of a letter."""
        return self._plan.handling(letter, recipient).agrees

    def _answer_recall(self, letter: Letter, by: OrganId, *, agrees: bool) -> None:
        if agrees:
            self.state[letter.key, by] = "recalled"
        self.steps[letter.key, by, "agreed" if agrees else "declined"] += 1
        self._show(self._now(letter.sender), "status", by, letter.key)

    def _handle(self, letter: Letter, recipient: OrganId) -> None:
        doing = self._plan.handling(letter, recipient)
        if not doing.takes:
            return
        self._had.add((letter.key, recipient))
        if doing.reads:
            self._hand_out(letter, self._acting[recipient])
        if self.state[letter.key, recipient] != "recalled":
            self.state[letter.key, recipient] = "acknowledged"
        self.steps[letter.key, recipient, "failed"] += doing.fails_first
        self.steps[letter.key, recipient, "taken"] += 1
        self.steps[letter.key, recipient, "arrived"] += 1
        for one in doing.statuses:
            self._report(letter, recipient, one)
        self._answer(letter, recipient)

    def _hand_out(self, letter: Letter, system: SystemId) -> None:
        """A system that reads a document has it for every agency it acts for."""
        self._read |= {
            (letter.key, one)
            for one in self.reached[letter.key]
            if self._acting[one] == system
        }

    def _report(self, letter: Letter, recipient: OrganId, code: StatusCode) -> None:
        self._status[letter.key, recipient] = code
        self.steps[letter.key, recipient, _STEP_OF_STATUS[code]] += 1
        reporter, told = self._now(recipient), self._now(letter.sender)
        self._show(told, "status", reporter, letter.key)

    def _answer(self, letter: Letter, recipient: OrganId) -> None:
        """Answer a request that came as a document."""
        is_asked = recipient in self._asked[letter.key]
        if is_asked and (letter.earlier, recipient) in self._had:
            earlier = self._plan.all_letters[letter.earlier]
            agrees = self.agrees(earlier, recipient)
            self._answer_recall(earlier, recipient, agrees=agrees)
        elif letter.business in {BusinessType.UPDATE, BusinessType.REPLACE}:
            agrees = self.agrees(letter, recipient)
            self.steps[letter.key, recipient, "agreed" if agrees else "declined"] += 1
            self._show(self._now(letter.sender), "status", recipient, letter.key)
