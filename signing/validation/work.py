"""Work counted in steps: a bound that holds on slow and on busy machines alike."""


class BudgetExceeded(Exception):  # noqa: N818 - an outcome, not a fault
    """More work would be needed than is allowed."""


class Work:
    """What is left to be spent, in steps of about a microsecond.

    Args:
        budget: steps in all.
    """

    def __init__(self, budget: int) -> None:
        self._left = budget

    @property
    def left(self) -> int:
        """Steps left."""
        return self._left

    def spend(self, steps: int) -> None:
        """Spend some.

        Raises:
            BudgetExceeded: there are not so many left.
        """
        self._left -= steps
        if self._left < 0:
            raise BudgetExceeded
