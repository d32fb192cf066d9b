"""The processes of a batch: fed, watched, and replaced when a document ends one."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from time import monotonic
from typing import Self

from pki.errors import PkiError
from schemas.errors import ErrorCode
from signing.batch.station import Desk, Done, Opened, Task, serve
from signing.errors import SigningError

SECONDS_PER_DOCUMENT = 120.0
_LOOK_SECONDS = 0.1

# A new program: what this process has open is not open there.
_SPAWN = get_context("spawn")

_Body = Callable[[Connection, Desk], None]


@dataclass(slots=True)
class _Member:
    """One process, and what it works on."""

    process: SpawnProcess
    connection: Connection
    is_open: bool = False
    task: Task | None = None
    deadline: float = 0.0

    def give(self, task: Task) -> None:
        self.task = task
        self.deadline = monotonic() + SECONDS_PER_DOCUMENT
        self.connection.send(task)

    def close(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


class Crew:
    """Stations in processes of their own; use it as a context manager.

    Args:
        desk: what each needs; the key is opened once in each.
        size: how many.
        body: what a process runs.
    """

    def __init__(self, desk: Desk, size: int, body: _Body = serve) -> None:
        self._desk, self._size, self._body = desk, size, body
        self._members: list[_Member] = []
        self.signer = ""

    def __enter__(self) -> Self:
        """Open the key in a first process, then start the others.

        Raises:
            PkiError: the key cannot be opened.
        """
        try:
            first = self._start()
            self._opened(first, self._receive(first))
            while len(self._members) < self._size:
                self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End every process."""
        for one in self._members:
            one.close()
        self._members.clear()

    def work(self, tasks: Iterable[Task]) -> Iterator[Sequence[Done]]:
        """Yield what became of the documents, as it becomes known; often nothing.

        Raises:
            PkiError: a process that replaces another cannot open the key.
        """
        waiting = deque(tasks)
        while waiting or any(one.task for one in self._members):
            for one in self._members:
                if waiting and one.is_open and one.task is None:
                    one.give(waiting.popleft())
            yield [*self._heard(), *self._overdue()]

    def _start(self) -> _Member:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(
            target=self._body, args=(theirs, self._desk), daemon=True
        )
        process.start()
        theirs.close()
        member = _Member(process, ours)
        self._members.append(member)
        return member

    def _heard(self) -> Iterator[Done]:
        by_connection = {one.connection: one for one in self._members}
        for ready in wait(list(by_connection), _LOOK_SECONDS):
            member = by_connection[ready]  # type: ignore[index]  # of these alone
            message = self._receive(member)
            if isinstance(message, Opened):
                self._opened(member, message)
            else:
                member.task = None
                yield message

    def _receive(self, member: _Member) -> Opened | Done:
        try:
            message: Opened | Done = member.connection.recv()
        except (EOFError, OSError):
            if member.task is None:
                return Opened(code=ErrorCode.PARSER_FAILED, place="process")
            return self._refused(member, member.task, ErrorCode.PARSER_FAILED)
        return message

    def _overdue(self) -> Iterator[Done]:
        for one in tuple(self._members):
            if one.task is not None and monotonic() > one.deadline:
                yield self._refused(one, one.task, ErrorCode.LIMIT_EXCEEDED)

    def _refused(self, member: _Member, task: Task, code: ErrorCode) -> Done:
        """Replace a process that ended or is stuck; its document is refused."""
        member.close()
        self._members.remove(member)
        self._start()
        return Done.refused(task.number, SigningError(code, place="process"))

    def _opened(self, member: _Member, message: Opened | Done) -> None:
        if not isinstance(message, Opened) or message.code:
            code = message.code or ErrorCode.PARSER_FAILED
            raise PkiError(ErrorCode(code), place=message.place)
        member.is_open, self.signer = True, message.signer
