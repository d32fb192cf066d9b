"""Whether a process can do its work: each part adds its own check."""

from collections.abc import Awaitable, Callable

Check = Callable[[], Awaitable[tuple[str, ...]]]
"""Names what is degraded; raises a coded error when nothing works at all."""


class Readiness:
    """The checks of one process."""

    def __init__(self) -> None:
        self._checks: list[Check] = []

    def add(self, check: Check) -> None:
        """Ask this check too."""
        self._checks.append(check)

    async def degraded(self) -> tuple[str, ...]:
        """Return what needs somebody's attention; empty when all is well.

        Raises:
            CodedError: a part cannot work at all.
        """
        return tuple([name for check in self._checks for name in await check()])
