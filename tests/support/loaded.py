"""What a process loads before copies of it are made (`copies.py`)."""

import gc

import exchange.commands.serve
import tests.support.copies

__all__ = ["exchange", "tests"]

# What is loaded stays: no copy is to look through it, or to write beside it.
gc.collect()
gc.freeze()
