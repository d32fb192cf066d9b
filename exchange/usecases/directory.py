"""Looking agencies up as envelopes name them."""

from exchange.domain.addressing import Addressee, find_addressee
from exchange.domain.directory import Directory
from exchange.services import Services
from schemas.identifiers import OrganId


async def current_directory(services: Services) -> Directory:
    """Return the directory as it is now."""
    return await services.directory.current(services.storage.directory)


def addressee(directory: Directory, code: OrganId) -> Addressee:
    """Look one agency up by either form of its code."""
    return find_addressee(directory, code)
