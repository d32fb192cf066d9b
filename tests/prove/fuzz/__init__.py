"""Changed input to every parser: ``python -m tests.prove.fuzz [PARSER …]``."""
