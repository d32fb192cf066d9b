"""What happened in a run, and the lines it happened over."""

import asyncio
import random
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from clients.agency import AgencyClient
from clients.answers import InboxItem
from clients.messages import Message
from schemas.identifiers import EnvelopeId, OrganId, SystemId
from tests.prove.simulation.desk import Desk, Seen
from tests.prove.simulation.line import DroppingLine, Measured
from tests.prove.simulation.model import Line, Model
from tests.prove.simulation.plan import Plan
from tests.prove.simulation.site import Connection
from tests.support.station import Station


@dataclass(slots=True)
class Run:
    """What happened.

    Args:
        envelopes: the hub's id of each letter that was accepted.
        keys: the letter of each id.
        requests: the letter that each recall by status is about.
        seen: what each agency's poller saw, in order.
        refused: what was refused, with its code.
        receipts: of the messages that will be sent again.
        arrivals: seconds from an accepted letter until a recipient saw it.
        phases: seconds that each part of the run took.
    """

    plan: Plan
    model: Model
    measured: Measured = field(default_factory=Measured)
    desks: dict[SystemId, Desk] = field(default_factory=dict)
    acting: dict[OrganId, SystemId] = field(default_factory=dict)
    envelopes: dict[str, EnvelopeId] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    accepted_at: dict[str, float] = field(default_factory=dict)
    seen: dict[OrganId, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    refused: dict[str, str] = field(default_factory=dict)
    kept: dict[str, tuple[Message, bytes]] = field(default_factory=dict)
    arrivals: list[float] = field(default_factory=list)
    handled: dict[tuple[str, OrganId], asyncio.Event] = field(
        default_factory=lambda: defaultdict(asyncio.Event)
    )
    finished: int = 0
    phases: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure a part of the run."""
        began = time.perf_counter()
        yield
        self.phases[name] = round(time.perf_counter() - began, 1)

    def desk(self, agency: OrganId) -> Desk:
        """The system that acts for an agency now."""
        return self.desks[self.acting[agency]]

    def known(self, key: str, envelope_id: EnvelopeId) -> None:
        """Remember the hub's id of a letter."""
        self.envelopes[key] = envelope_id
        self.keys[envelope_id] = key

    def line_of(self, item: InboxItem) -> Line:
        """Call a line of an inbox by the names of the plan."""
        if item.status_of is None:
            return Line(item.kind, item.sender, item.subject.partition(" ")[0])
        about = item.status_of
        key = self.keys.get(about) or self.requests.get(about, about)
        letter = self.plan.all_letters.get(key)
        return Line(item.kind, item.sender, letter.line_key if letter else key)


@asynccontextmanager
async def opened(
    run: Run,
    station: Station,
    connections: Mapping[SystemId, Connection],
    *,
    share: float,
) -> AsyncIterator[None]:
    """Open the lines of all systems."""
    trust = station.site.trust()
    async with AsyncExitStack() as stack:
        for number, (name, one) in enumerate(connections.items()):
            chance = random.Random(f"{run.plan.scale.seed}/{number}")
            line = DroppingLine(
                one.address, measured=run.measured, chance=chance, share=share
            )
            await stack.enter_async_context(line)
            run.desks[name] = Desk(one, AgencyClient(line, trust=trust))
        yield


def progress(documents: int) -> Callable[[int], None]:
    """Write a line for every twentieth part of a run."""
    step, began = max(1, documents // 20), time.perf_counter()

    def told(finished: int) -> None:
        if finished % step == 0 or finished == documents:
            seconds = time.perf_counter() - began
            rate = finished / seconds
            sys.stderr.write(f"{finished}/{documents} {seconds:.0f} s {rate:.1f}/s\n")

    return told
