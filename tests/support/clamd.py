"""A clamd to ask: a peer that keeps strictly to its protocol, and the real one."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import pytest

MALWARE = b"LIENTHONG-MALWARE-OF-TESTS"
"""What both know as malware."""
_NAME = "Lienthong.Test"


@dataclass(slots=True)
class ClamdPeer:
    """Answers as clamd(8) says, and refuses what clamd would.

    Args:
        answer: instead of its own; None: as clamd does.
        is_silent: it takes all and answers nothing.
        most: longest stream (StreamMaxLength).
    """

    answer: bytes | None = None
    is_silent: bool = False
    most: int = 1 << 30
    scanned: list[bytes] = field(default_factory=list)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer one connection."""
        command = await reader.readuntil(b"\0")
        said = b"PONG"
        if command == b"zINSTREAM\0":
            said = await self._scan(reader)
        elif command != b"zPING\0":
            said = b"UNKNOWN COMMAND"
        if self.is_silent:
            await reader.read()
        else:
            writer.write((said if self.answer is None else self.answer) + b"\0")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _scan(self, reader: asyncio.StreamReader) -> bytes:
        content = bytearray()
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(size)
            if len(content) > self.most:
                return b"INSTREAM size limit exceeded. ERROR"
        self.scanned.append(bytes(content))
        if MALWARE in content:
            return f"stream: {_NAME} FOUND".encode()
        return b"stream: OK"


@asynccontextmanager
async def clamd_peer(path: Path, peer: ClamdPeer) -> AsyncIterator[ClamdPeer]:
    """Listen on a Unix socket."""
    serving = set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.ensure_future(peer.serve(reader, writer)))

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield peer
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*serving)


@contextmanager
def real_clamd() -> Iterator[Path]:
    """Run clamd with one signature of ours; give its socket.

    It is no judge that must be there: its package brings a service that starts by
    itself and loads databases over the network.
    """
    program = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
    if program is None:
        pytest.skip("clamd is absent: apt-get install clamav-daemon")
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        database = folder / "database"
        database.mkdir()
        (database / "test.ndb").write_text(f"{_NAME}:0:*:{MALWARE.hex()}\n")
        path = folder / "clamd.sock"
        settings = folder / "clamd.conf"
        settings.write_text(
            f"DatabaseDirectory {database}\nLocalSocket {path}\nForeground yes\n"
            f"TemporaryDirectory {folder}\nLogFile {folder / 'log'}\n"
        )
        process = subprocess.Popen(
            [program, "--config-file", settings],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ,
        )
        try:
            _await(path, process)
            yield path
        finally:
            process.terminate()
            process.wait(30)


def _await(path: Path, process: subprocess.Popen[bytes]) -> None:
    until = monotonic() + 60
    while not path.exists():
        assert process.poll() is None, "clamd ended"
        assert monotonic() < until, "clamd does not listen"
        sleep(0.05)
