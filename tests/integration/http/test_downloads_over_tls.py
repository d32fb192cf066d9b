"""A client of the library fetches from the hub over a line that breaks."""

import os
from pathlib import Path

from clients.agency import AgencyClient
from clients.transport import HubAddress, RetryPolicy, Transport
from schemas.identifiers import EnvelopeId
from tests.support.breaking_line import BreakingLine, breaking_line
from tests.support.hub import HOST, Hub, running_hub, write_credential
from tests.support.world import make_world, note

HASTY = RetryPolicy(attempts=2, first_pause=0.01, timeout=10)
CONTENT = os.urandom(3_000_000)
LETS_THROUGH = 700_000


def address(hub: Hub, line: BreakingLine) -> HubAddress:
    """How the province reaches the hub over the line."""
    own = write_credential(hub.folder, hub.world.province)
    own.chmod(0o600)
    return HubAddress(
        url=f"https://{HOST}:{line.port}",
        authority=hub.folder / "root.pem",
        certificate=own,
        key=own,
    )


async def test_letter_comes_whole_over_a_line_that_breaks_again_and_again(
    tmp_path: Path,
) -> None:
    world = await make_world()
    async with (
        running_hub(world, tmp_path) as hub,
        breaking_line(hub.port, lets_through=LETS_THROUGH) as line,
    ):
        sent = await hub.post(world.document(note(CONTENT)), by=world.commune)
        await world.deliver()
        envelope = EnvelopeId(sent.headers["Location"].rpartition("/")[2])
        async with Transport(address(hub, line), retry=HASTY) as transport:
            client = AgencyClient(transport, trust=world.trust.material)
            fetched = await client.fetch(envelope)
            attachment = await client.attachment(envelope, 1)

    assert CONTENT in fetched.body
    assert attachment == CONTENT
    # Each of the two came over more connections than it has attempts, and no byte but
    # the last ones of a connection came twice.
    assert len(line.carried) > 2 * HASTY.attempts
    assert sum(line.carried) < 2 * len(CONTENT) + len(line.carried) * LETS_THROUGH // 4
