"""Working through signed files that wait: extend, replace, remember what comes next.

Every step may be the last one before a kill: a file is replaced at once or not at all,
and what was done already is seen in the file itself. A file that is queued anew while
it is worked on, for whatever, waits for the next go.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pki.errors import PkiError
from pki.files import replace_unchanged
from pki.tsa.stamp_work import RetryRules
from schemas.errors import CodedError, ErrorCode
from signing.errors import SigningError
from signing.pades.extend import extend_as_far
from signing.pades.levels import SigningServices
from signing.pades.renew import last_stamp, renew_archive, renewal_due
from signing.profiles import SignatureLevel
from signing.upgrade_queue import (
    QueuedFile,
    Upgrade,
    UpgradeQueue,
    UpgradeState,
    UpgradeTask,
)

_PASSING = frozenset(
    {
        ErrorCode.TIME_STAMP_UNAVAILABLE,
        ErrorCode.TIME_STAMP_TOO_LARGE,
        ErrorCode.EVIDENCE_UNAVAILABLE,
        ErrorCode.EVIDENCE_TOO_OLD,
        ErrorCode.REVOCATION_STALE,
        ErrorCode.REVOCATION_UNCHECKED,
        ErrorCode.FILE_CHANGED,
        ErrorCode.FILE_UNREADABLE,
        ErrorCode.FILE_NOT_WRITTEN,
    }
)
"""What time may cure; everything else is a person's to look at."""

_SOONEST_RENEWAL = timedelta(days=7)
"""Where the authority's own certificate ends soon, renewing at once changes nothing."""

_TOGETHER = 500
_RULES = RetryRules(
    first_pause=timedelta(minutes=1),
    longest_pause=timedelta(hours=1),
    patience=timedelta(days=30),
)


@dataclass(frozen=True, slots=True)
class UpgradeWork:
    """What one go did.

    Args:
        done: files that became what they were to become.
        postponed: files that wait on.
        failed: files given up.
    """

    done: tuple[Upgrade, ...] = ()
    postponed: tuple[Upgrade, ...] = ()
    failed: tuple[Upgrade, ...] = ()


class _OtherFileError(PkiError):
    """What is there is not what was queued, nor what revisions made of it."""


class UpgradeWorker:
    """Works through a queue; blocking, one at a time for a queue.

    Args:
        queue: what waits.
        services: who is asked.
        rules: when a file is tried again.
        chance: gives a number from 0 to 1.
    """

    def __init__(
        self,
        queue: UpgradeQueue,
        services: SigningServices,
        rules: RetryRules = _RULES,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._queue = queue
        self._services = services
        self._rules = rules
        self._chance = chance

    def work(self, now: datetime) -> UpgradeWork:
        """Do what is due.

        Raises:
            PkiError: the queue cannot be read or written.
        """
        found: dict[UpgradeState, list[Upgrade]] = {one: [] for one in UpgradeState}
        for upgrade in self._queue.due(now, _TOGETHER):
            found[self._worked(upgrade, now)].append(upgrade)
        return UpgradeWork(
            done=tuple(found[UpgradeState.DONE]),
            postponed=tuple(found[UpgradeState.WAITING]),
            failed=tuple(found[UpgradeState.FAILED]),
        )

    def _worked(self, upgrade: Upgrade, now: datetime) -> UpgradeState:
        """Do one file; one that was queued anew since it was read waits."""
        if not self._queue.stands(upgrade):
            return UpgradeState.WAITING
        try:
            data = self._upgraded(upgrade)
        except (PkiError, SigningError) as error:
            return self._missed(upgrade, error, now)
        is_recorded = self._next(upgrade, data, now)
        return UpgradeState.DONE if is_recorded else UpgradeState.WAITING

    def _upgraded(self, upgrade: Upgrade) -> bytes:
        """Bring the file to what it is to be, and return what it holds then.

        A level on the way is kept, though the one wanted is not reached.
        """
        file = upgrade.file
        data = _read(file)
        if not file.is_same(data):
            raise _OtherFileError(ErrorCode.FILE_CHANGED, place=file.path.name)
        if file.task is UpgradeTask.RENEW:
            after, reason = self._renewed(upgrade, data), None
        else:
            level = SignatureLevel(file.task.value)
            done = extend_as_far(data, level=level, services=self._services)
            after, reason = done.data, done.reason
        if after != data:
            replace_unchanged(file.path, data, after)
        if reason is not None:
            raise SigningError(reason.code, place=reason.place)
        return after

    def _renewed(self, upgrade: Upgrade, data: bytes) -> bytes:
        """Renew an archive, unless that was done just before the process was killed."""
        stamp = last_stamp(data)
        is_done = len(data) > upgrade.file.size and stamp and stamp.at
        if is_done and is_done >= upgrade.due:
            return data
        return renew_archive(data, services=self._services)

    def _next(self, upgrade: Upgrade, data: bytes, now: datetime) -> bool:
        """Queue an archive for its renewal, anything else is done; tell if recorded."""
        stamp = last_stamp(data)
        if stamp is None:
            return self._queue.finish(upgrade)
        file = QueuedFile.holding(upgrade.file.path, data, UpgradeTask.RENEW)
        due = max(renewal_due(stamp), now + _SOONEST_RENEWAL)
        return self._queue.follow(upgrade, file, now=now, due=due)

    def _missed(
        self, upgrade: Upgrade, error: CodedError, now: datetime
    ) -> UpgradeState:
        """Record a failure, and return what becomes of the file."""
        reason = f"{error.code}: {error.place}"
        is_renewal = upgrade.file.task is UpgradeTask.RENEW
        is_late = now - upgrade.queued_at > self._rules.patience
        # An archive is not given up: its queue entry is years old when it is due.
        if not _may_pass(error) or (is_late and not is_renewal):
            is_recorded = self._queue.give_up(upgrade, reason)
            return UpgradeState.FAILED if is_recorded else UpgradeState.WAITING
        pause = self._rules.pause(upgrade.attempts + 1, self._chance())
        self._queue.postpone(upgrade, now + pause, reason)
        return UpgradeState.WAITING


def _may_pass(error: CodedError) -> bool:
    """Tell whether time may cure it; a file that changed meanwhile is judged anew."""
    return error.code in _PASSING and not isinstance(error, _OtherFileError)


def _read(file: QueuedFile) -> bytes:
    try:
        return file.path.read_bytes()
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=file.path.name) from error
