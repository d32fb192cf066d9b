"""A site whose directory is the simulated province, with a key for every system."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clients.transport import HubAddress
from exchange.database import open_database
from exchange.demo.site import HOST
from exchange.domain.agency_orders import Merge, NewAgency
from exchange.domain.parties import ActsFor, System
from exchange.domain.parties import Agency as Row
from exchange.services import DirectoryOffice, fingerprint
from exchange.settings.database import MongoSettings
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from exchange.usecases.register_system import RegisterSystem, register_system
from pki.ca.hierarchy import Hierarchy, system_clock
from pki.files import PRIVATE, write_atomically
from pki.keys.api import Credential
from pki.keys.software import generate, save_pkcs8
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.identifiers import OrganId, SystemId
from tests.prove.simulation.plan import Plan
from tests.prove.simulation.province import Merger
from tests.support.station import Station

_SINCE = datetime(2025, 7, 1, tzinfo=UTC)
_OPERATOR = "simulation"


@dataclass(frozen=True, slots=True)
class Connection:
    """How one system connects, and what it signs with."""

    system_id: SystemId
    address: HubAddress
    credential: Credential


def connect_systems(station: Station, plan: Plan) -> dict[SystemId, Connection]:
    """Certify a key for each system of the plan."""
    with Hierarchy.open(station.site.pki) as hierarchy:
        made = {
            name: _certified(station, hierarchy, _names(name, codes[0]))
            for name, codes in plan.province.systems.items()
        }
        hierarchy.write_crls()
    return made


async def found(
    station: Station,
    plan: Plan,
    connections: Mapping[SystemId, Connection],
    *,
    database: MongoSettings,
) -> None:
    """Import the province and register its systems; no service runs yet."""
    rows = tuple(
        Row(
            code=one.code,
            name=one.name,
            parent=one.parent,
            level=one.level,
            valid_from=_SINCE,
        )
        for one in plan.province.agencies
    )
    async with open_database(database, station.site.folder) as storage:
        office = DirectoryOffice(storage=storage, clock=system_clock)
        await import_agencies(office, ImportAgencies(agencies=rows, operator=_OPERATOR))
        for name, codes in plan.province.systems.items():
            await _register(office, connections[name], codes)


async def merge(
    station: Station, plan: Plan, connections: Mapping[SystemId, Connection]
) -> None:
    """Merge the communes while the service runs, and connect the new ones."""
    acting = plan.province.acting
    async with station.storage() as storage:
        office = DirectoryOffice(storage=storage, clock=system_clock)
        for one in plan.province.mergers:
            await change_agencies(office, _order(one, office.now()))
        for name in {acting[one.into] for one in plan.province.mergers}:
            codes = [code for code, system in acting.items() if system == name]
            await _register(office, connections[name], codes)


def _order(merger: Merger, now: datetime) -> ChangeAgencies:
    into = NewAgency(code=merger.into, name=f"Ủy ban nhân dân xã mới {merger.into}")
    return ChangeAgencies(
        order=Merge(sources=merger.sources, into=into),
        effective=now,
        reason="Sắp xếp đơn vị hành chính",
        operator=_OPERATOR,
    )


async def _register(
    office: DirectoryOffice, connection: Connection, codes: Iterable[OrganId]
) -> None:
    certificate: x509.Certificate = connection.credential.certificate
    system = System(
        system_id=connection.system_id,
        name=connection.system_id,
        certificates=frozenset({fingerprint(certificate)}),
        acts_for=tuple(ActsFor(one, _SINCE) for one in codes),
    )
    await register_system(office, RegisterSystem(system=system, operator=_OPERATOR))


def _names(name: SystemId, code: OrganId) -> SubjectFields:
    return SubjectFields(
        common_name=name, organisation=name, organ_id=code, system_id=name
    )


def _certified(
    station: Station, hierarchy: Hierarchy, names: SubjectFields
) -> Connection:
    key, name = generate(), SystemId(names.common_name)
    made = hierarchy.issue_credential(CertificateKind.SYSTEM, names, key=key)
    folder: Path = station.site.folder / "keys"
    certificate, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    chain = (made.certificate, *made.chain)
    chained = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
    write_atomically(certificate, chained)
    write_atomically(key_file, save_pkcs8(key, None), mode=PRIVATE)
    address = HubAddress(
        url=f"https://{HOST}:{station.port}",
        authority=station.site.hub_authority,
        certificate=certificate,
        key=key_file,
    )
    return Connection(name, address, made)
