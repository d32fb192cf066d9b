"""The database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MongoSettings:
    """The database.

    Args:
        uri: a MongoDB cluster; empty starts the embedded one.
        database: name of the database.
    """

    uri: str = ""
    database: str = "lienthong"
