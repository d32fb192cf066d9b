"""Who runs this process, as the operating system knows it."""

import getpass
import os
import sys

if sys.platform != "win32":
    import pwd


def account_name() -> str:
    """Return the name of the account; its number where it has no name.

    The account is asked from the system: variables of the environment could name
    anybody.
    """
    if sys.platform == "win32":
        return getpass.getuser()
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"
