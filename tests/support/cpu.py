"""Bounds on work that hold however busy the machine is."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time


@contextmanager
def soon(seconds: float) -> Iterator[None]:
    """Bound the CPU time that this process, all threads of it, spends in the block.

    Args:
        seconds: several times what an idle machine needs; what must not happen
            (work that grows with the square) needs many times as much again.
    """
    began = process_time()
    yield
    spent = process_time() - began
    assert spent < seconds, f"{spent:.2f} s of CPU time, at most {seconds} s"
