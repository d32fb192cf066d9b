"""A running service enters what its CAs publish, over kill -9, and tells of alarms."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

from exchange.demo.service import start_service
from exchange.demo.site import Site, build_site, refresh_lists
from pki.ca.hierarchy import Hierarchy
from pki.journal.store import Act
from pki.kinds import CertificateKind
from pki.registration.desk import RegistrationDesk
from tests.support.cli import Said, lienthong
from tests.support.copies import launch_copy
from tests.support.enrolling import desk_of

pytestmark = pytest.mark.integration

_PATIENCE_SECONDS = 30.0


async def audit(site: Site, *, until: Callable[[Said], bool]) -> Said:
    """Audit again and again until the answer is the one expected."""
    words = ("log", "audit", "--config", site.config, "--var", site.folder, "--json")
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not until(  # noqa: ASYNC110 - another process changes
            said := await asyncio.to_thread(lienthong, *words)
        ):
            await asyncio.sleep(0.2)
    return said


def proves(entries: dict[str, int]) -> Callable[[Said], bool]:
    def is_proved(said: Said) -> bool:
        proved = {one["ca"]: one["proved"] for one in said.json["journals"]}
        return said.code == 0 and proved == entries

    return is_proved


def journals(folder: Path) -> dict[str, int]:
    """Return how many entries the journals of a CA folder and its desk have."""
    with (
        Hierarchy.open(folder) as hierarchy,
        RegistrationDesk.open(folder, hierarchy) as desk,
    ):
        cas = {one: len(hierarchy.journal_of(one)) for one in hierarchy.labels}
        return cas | {"registration": len(desk.journal.entries())}


def decide(site: Site, needed: int) -> None:
    """Have the desk do something that is no certificate."""
    with desk_of(site) as desk:
        desk.set_approvals({CertificateKind.PERSON: needed}, Act(actor="văn thư"))


def alarms(port: int) -> list[str]:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return [one for one in lines if one.startswith("lienthong_ca_journal_alarm{")]


async def alarmed(port: int, label: str) -> None:
    wanted = f'lienthong_ca_journal_alarm{{ca="{label}"}} 1.0'
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while wanted not in alarms(port):  # noqa: ASYNC110 - another process changes
            await asyncio.sleep(0.1)


async def test_service_enters_journals_over_a_kill_and_tells_of_a_rewritten_one(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path / "site")
    await asyncio.to_thread(build_site, site)
    service = await start_service(site.folder, launch=launch_copy)
    try:
        await audit(site, until=proves(journals(site.pki)))
        refresh_lists(site)
        decide(site, 1)
        await service.kill()
        service = await start_service(site.folder, launch=launch_copy)
        refresh_lists(site)
        decide(site, 0)
        assert journals(site.pki)["registration"] == 2
        await audit(site, until=proves(journals(site.pki)))
        assert set(alarms(service.admin_port)) == {
            f'lienthong_ca_journal_alarm{{ca="{label}"}} 0.0'
            for label in journals(site.pki)
        }
        path = site.pki / "root.journal"
        first, *rest = path.read_text().splitlines(keepends=True)
        path.write_text("".join([first[::-1].strip() + "\n", *rest]))
        broken = await audit(site, until=lambda said: said.code == 1)
        assert broken.json["journals"][-1]["error"]["code"] == "journal_broken"
        await alarmed(service.admin_port, "root")
    finally:
        await service.stop()
