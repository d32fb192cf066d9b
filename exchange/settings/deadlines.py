"""What is made of the deadlines the law sets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineSettings:
    """Deadlines of sender and recipient (docs/operations.md, "Deadlines").

    Args:
        clocks: those that are heeded: ``send``, ``confirm``, ``register``, ``answer``.
        flash_minutes: how long "at once" is for flash documents, by day and night.
        soon_hours: how long before its moment something is due soon.
        escalation_hours: how long after its moment each next agency above is told.
        levels: how many agencies above are told; 0: none.
    """

    clocks: tuple[str, ...] = ("send", "confirm", "register", "answer")
    flash_minutes: float = 60.0
    soon_hours: float = 2.0
    escalation_hours: float = 24.0
    levels: int = 2
