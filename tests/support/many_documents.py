"""Many documents to sign, made from the samples, and a batch that is killed."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.cli import Said, program
from tests.support.signed_pdf import LETTER, SAMPLE_FOLDER

_PATIENCE_SECONDS = 600.0


def make_documents(folder: Path, count: int) -> None:
    """Copy the samples in turns; each copy ends with a comment of its own."""
    folder.mkdir()
    samples = [
        one.read_bytes() for one in (LETTER, *sorted(SAMPLE_FOLDER.glob("*.pdf")))
    ]
    for number in range(count):
        content = samples[number % len(samples)] + b"%% %d\n" % number
        (folder / f"van-ban-{number:04}.pdf").write_bytes(content)


@dataclass(frozen=True, slots=True)
class SigningDesk:
    """The words of one batch, on two cores.

    Args:
        words: after `lienthong sign`.
        out: the folder of signed files.
    """

    words: tuple[str | Path, ...]
    out: Path

    def signed(self) -> dict[str, bytes]:
        """Read the signed files."""
        return {one.name: one.read_bytes() for one in self.out.rglob("*.pdf")}

    def run(self) -> Said:
        """Sign to the end."""
        return program("sign", *self.words, timeout=600)

    def run_and_kill(self, *, after: int) -> set[int]:
        """Kill the command once so many files are there; return its processes."""
        running = subprocess.Popen(
            [sys.executable, "-m", "exchange", "sign", *map(str, self.words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while len(list(self.out.glob("*.pdf"))) < after:
                if running.poll() is not None or time.monotonic() > deadline:
                    raise TimeoutError(f"ended before {after} files")
                time.sleep(0.005)
            return children_of(running.pid)
        finally:
            running.kill()
            running.wait()


def children_of(parent: int) -> set[int]:
    """Return the processes that a process started, and those these started."""
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found |= {int(entry.name)} | children_of(int(entry.name))
    return found


def wait_until_gone(processes: set[int]) -> None:
    """Wait until none of them runs any more.

    Raises:
        TimeoutError: one goes on.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while any(_runs(one) for one in processes):
        if time.monotonic() > deadline:
            raise TimeoutError(str(processes))
        time.sleep(0.02)


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
