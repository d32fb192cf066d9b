"""One hub as several service processes on a replica set of three."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from exchange.demo.directory import fill_directory
from exchange.demo.ports import free_port
from exchange.demo.site import Site, write_profiles
from exchange.settings.database import MongoSettings
from exchange.storage.mongod import Mongod
from tests.support.station import Station, make_station
from tests.support.three_nodes import ThreeNodes, three_nodes

_OF_THE_CA = ("ca]", "enrolment]", "keys.ocsp", "keys.tsa", "publication", "time_")


@dataclass(slots=True)
class ClusterStation(Station):
    """A service of a hub whose database is a cluster."""

    address: str = ""

    @property
    def mongod(self) -> Mongod | None:
        """None: the cluster is nobody's."""
        return None

    def uri(self) -> str:
        """Where the cluster is reached."""
        return self.address


@dataclass(frozen=True, slots=True)
class Cluster:
    """A hub: its database and the services on it, with one set of keys."""

    nodes: ThreeNodes
    stations: Sequence[ClusterStation]


@asynccontextmanager
async def run_cluster(folder: Path, *, services: int = 2) -> AsyncIterator[Cluster]:
    """Run a hub of several service processes; all is stopped at the end."""
    async with AsyncExitStack() as opened:
        nodes = await opened.enter_async_context(three_nodes(folder))
        first = make_station(folder / "0-site")
        _name_database(first.site, nodes.uri)
        await fill_directory(first.site, MongoSettings(uri=nodes.uri))
        stations = [_on(nodes, first.site, first.port)]
        for number in range(1, services):
            copied = folder / f"{number}-site"
            shutil.copytree(first.site.folder, copied)
            stations.append(_on(nodes, *_moved(Site(copied), first.site, first.port)))
        for one in stations:
            opened.push_async_callback(one.stop)
            await one.start()
        yield Cluster(nodes, stations)


def _on(nodes: ThreeNodes, site: Site, port: int) -> ClusterStation:
    return ClusterStation(site, port, address=nodes.uri)


def _name_database(site: Site, uri: str) -> None:
    text = site.config.read_text("utf-8")
    site.config.write_text(f'{text}\n[mongodb]\nuri = "{uri}"\n', "utf-8")


def _moved(site: Site, original: Site, before: int) -> tuple[Site, int]:
    """Let a copied site take requests on a port of its own, and be no CA."""
    port = free_port()
    text = site.config.read_text("utf-8")
    moved = (
        text.replace(f"\nport = {before}\n", f"\nport = {port}\n")
        .replace('roles = ["exchange", "ca"]', 'roles = ["exchange"]')
        .replace('revocation = ["pki"]', f'revocation = ["{original.pki}"]')
    )
    kept = [one for one in moved.split("\n[") if not one.startswith(_OF_THE_CA)]
    site.config.write_text("\n[".join(kept), "utf-8")
    write_profiles(site, port)
    return site, port
