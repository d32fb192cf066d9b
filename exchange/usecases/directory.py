"""Looking agencies up as envelopes name them."""

from collections.abc import Iterable

from exchange.domain.intake import Addressee
from exchange.storage.ports import DirectoryStore
from schemas.identifiers import OrganId


async def addressee(directory: DirectoryStore, code: OrganId) -> Addressee:
    """Look one agency up."""
    return Addressee(code, await directory.agency(code))


async def addressees(
    directory: DirectoryStore, codes: Iterable[OrganId]
) -> tuple[Addressee, ...]:
    """Look agencies up in the order given; a code given twice is looked up once."""
    written = tuple(codes)
    known = {code: await addressee(directory, code) for code in dict.fromkeys(written)}
    return tuple(known[code] for code in written)
