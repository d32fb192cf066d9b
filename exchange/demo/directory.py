"""Filling the directory of a demonstration site: agencies and systems."""

from datetime import UTC, datetime

from cryptography import x509

from exchange.database import open_database
from exchange.demo.province import OFFICES, Office, data
from exchange.demo.site import Site
from exchange.domain.directory_file import read_directory
from exchange.domain.parties import ActsFor, System
from exchange.services import DirectoryOffice, fingerprint
from exchange.settings.database import MongoSettings
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from exchange.usecases.register_system import RegisterSystem, register_system
from pki.ca.hierarchy import system_clock

_OPERATOR = "demo"
_EMBEDDED = MongoSettings()
_SINCE = datetime(2025, 7, 1, tzinfo=UTC)


async def fill_directory(site: Site, database: MongoSettings = _EMBEDDED) -> int:
    """Import the province and register the systems; return how many agencies."""
    agencies = read_directory(data("agencies.csv"))
    async with open_database(database, site.folder) as storage:
        office = DirectoryOffice(storage=storage, clock=system_clock)
        await import_agencies(
            office, ImportAgencies(agencies=agencies, operator=_OPERATOR)
        )
        for one in OFFICES:
            command = RegisterSystem(system=_system(site, one), operator=_OPERATOR)
            await register_system(office, command)
    return len(agencies)


def _system(site: Site, office: Office) -> System:
    pem = site.system(office).certificate.read_bytes()
    certificate = x509.load_pem_x509_certificates(pem)[0]
    return System(
        system_id=office.system_id,
        name=office.name,
        certificates=frozenset({fingerprint(certificate)}),
        acts_for=(ActsFor(office.code, _SINCE),),
    )
