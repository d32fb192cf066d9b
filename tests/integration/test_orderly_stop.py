"""A service that is told to stop keeps what only its processes knew."""

from pathlib import Path

import pytest

from exchange.demo.province import COMMUNE
from exchange.domain.usage import stored_for
from tests.support.copies import launch_copy
from tests.support.peers import connect
from tests.support.station import run_station

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("workers", [1, 2])
async def test_what_was_sent_before_the_end_counts_for_its_agency(
    tmp_path: Path, workers: int
) -> None:
    async with run_station(tmp_path, workers=workers, launch=launch_copy) as station:
        async with connect(station, COMMUNE) as commune:
            letters = [commune.letter(f"trước-khi-dừng-{one}") for one in range(4)]
            for letter in letters:
                await commune.client.send(letter)
        await station.stop()
        await station.start()
        async with station.storage() as storage:
            found = await storage.usage.totals([stored_for(COMMUNE.code)])
    assert found == {stored_for(COMMUNE.code): sum(len(one.body) for one in letters)}
