"""A public listener as a process of its own, so that its CPU time can be read.

`python -m tests.bench.ocsp_process FOLDER KEY` prints the port and serves until ended.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from exchange.config import Settings
from exchange.http.metrics import Metrics
from exchange.http.public_desk import PublicDesk
from exchange.http.public_listener import PublicServer, listening_publicly
from exchange.publication import FollowedPublication
from exchange.settings.certification import PublicationSettings
from exchange.settings.keys import KeySettings, KeysSettings, KeyUri, OcspKeysSettings


def _clock() -> datetime:
    return datetime.now(UTC)


async def _serve(folder: Path, key: Path) -> None:
    persons = KeySettings(uri=KeyUri(f"file:{key}"))
    settings = Settings(
        keys=KeysSettings(ocsp=OcspKeysSettings(persons=persons)),
        publication=PublicationSettings(folder=folder),
    )
    publication = FollowedPublication(folder, settings, _clock)
    server = PublicServer(PublicDesk(publication), Metrics(), _clock)
    async with listening_publicly(server, host="127.0.0.1", port=0) as port:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Path(sys.argv[2])))
