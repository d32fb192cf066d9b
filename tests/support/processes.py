"""What a process uses, read from /proc."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_ESTABLISHED = "01"  # as in /proc/net/tcp


def resident_bytes(pid: int) -> int:
    """Memory of a process that is in use now."""
    return _status(pid, "VmRSS")


def peak_bytes(pid: int) -> int:
    """The most memory a process has used since `forget_peak`."""
    return _status(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    """Begin to measure the peak anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used, its own and the kernel's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def children_of(pid: int) -> tuple[int, ...]:
    """Processes that a process started and that have not ended."""
    return tuple(
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in _children_of_thread(task)
    )


def _children_of_thread(task: Path) -> list[str]:
    try:
        return (task / "children").read_text("ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        # The thread has ended; its children are those of another one now.
        return []


def http_workers_of(pid: int) -> tuple[int, ...]:
    """The HTTP workers of a service process."""
    return tuple(one for one in children_of(pid) if b"spawn_main" in _command(one))


def connections_of(pid: int, port: int) -> int:
    """How many connections to a port of this machine a process has accepted."""
    table = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    lines = [one.split() for one in table]
    ours = {
        f"socket:[{one[9]}]"
        for one in lines
        if one[1].endswith(f":{port:04X}") and one[3] == _ESTABLISHED
    }
    return sum(_link(one) in ours for one in Path(f"/proc/{pid}/fd").iterdir())


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _link(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:
        return ""


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) * 1024
    raise LookupError(name)
