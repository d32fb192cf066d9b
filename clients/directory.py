"""A copy of the hub's directory that follows it version by version.

The copy is one JSON file, replaced as a whole: whoever reads it sees one version. An
interrupted run goes on from the version of the copy; rows that come twice do no harm.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clients.agency import AgencyClient
from clients.errors import ClientError
from clients.odd_answers import hub_at_fault
from clients.transport import Request
from pki.errors import PkiError
from pki.files import make_folders, write_atomically
from schemas.errors import ErrorCode

_PATH = "/v1/agencies"


@dataclass(frozen=True, slots=True)
class DirectoryCopy:
    """Agencies by code, as the hub has them at one version.

    `valid_to` tells when a closed one ends, `former` how it stood before.
    """

    version: int = 0
    agencies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def load_copy(path: Path) -> DirectoryCopy:
    """Read a copy; an empty one if there is none yet.

    Raises:
        ClientError: the file is no copy (FILE_UNREADABLE).
    """
    try:
        fields = json.loads(path.read_text("utf-8"))
        agencies = {one["code"]: one for one in fields["items"]}
        return DirectoryCopy(int(fields["version"]), agencies)
    except FileNotFoundError:
        return DirectoryCopy()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClientError(ErrorCode.FILE_UNREADABLE, place=path.name) from error


def save_copy(path: Path, copy: DirectoryCopy) -> None:
    """Replace the file by a copy, durably and as a whole.

    Raises:
        ClientError: it cannot be written (FILE_NOT_WRITTEN).
    """
    items = [copy.agencies[code] for code in sorted(copy.agencies)]
    text = json.dumps({"version": copy.version, "items": items}, ensure_ascii=False)
    try:
        make_folders(path.parent)
        # By a name of its own for every run: two of them may write at once.
        write_atomically(path, text.encode())
    except (OSError, PkiError) as error:
        raise ClientError(ErrorCode.FILE_NOT_WRITTEN, place=path.name) from error


async def follow(
    client: AgencyClient,
    copy: DirectoryCopy,
    *,
    page_size: int = 1000,
    told: Callable[[int], None] = lambda _count: None,
) -> DirectoryCopy:
    """Return the copy brought up to the hub's version.

    Args:
        client: of the hub.
        copy: what there is so far.
        page_size: agencies asked for at once.
        told: of how many agencies came with each page.

    Raises:
        RefusedError: the hub refused to tell.
        ClientError: its answer is no page of the directory (ANSWER_MALFORMED).
    """
    agencies, version = dict(copy.agencies), copy.version
    place = {"since": str(copy.version)}
    first: int | None = None
    while True:
        parameters = {**place, "limit": str(page_size)}
        answer = await client.ask(
            Request(method="GET", path=_PATH, parameters=parameters)
        )
        found, version, following = _page(answer)
        if first is None and version < copy.version:
            # Restored from an older backup; what it lost must go from the copy, too.
            return await follow(client, DirectoryCopy(), page_size=page_size, told=told)
        # What changes while pages come, comes again after the version of the first.
        first = version if first is None else first
        agencies.update(found)
        told(len(found))
        if following is None:
            return DirectoryCopy(first, agencies)
        place = {"page": following}


def _page(
    answer: Mapping[str, object],
) -> tuple[dict[str, Mapping[str, Any]], int, str | None]:
    with hub_at_fault(_PATH):
        items: Any = answer["items"]
        following = answer["next"]
        agencies: dict[str, Mapping[str, Any]] = {
            str(one["code"]): dict(one) for one in items
        }
        version = int(str(answer["version"]))
    return agencies, version, None if following is None else str(following)
