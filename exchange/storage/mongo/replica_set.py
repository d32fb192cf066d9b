"""A replica set of one member: what an embedded mongod needs to be written to."""

from pymongo.errors import OperationFailure, PyMongoError

from exchange.storage.mongo.driver import Client, Document, available, open_client

NAME = "lienthong"
_NOT_YET_INITIALIZED = 94  # MongoDB error code of a member without configuration
_END_SECONDS = 5.0


async def answers(uri: str) -> bool:
    """Tell whether a mongod answers at `uri`."""
    client = open_client(uri, patience_seconds=1)
    try:
        await client.admin.command("ping")
    except PyMongoError:
        return False
    finally:
        client.close()
    return True


async def is_primary(uri: str, *, member: str) -> bool:
    """Tell whether the mongod at `uri` can be written to, and do what it waits for.

    Args:
        uri: a direct connection to it.
        member: the address its set knows it by; follows a folder that was moved.
    """
    client = open_client(uri, patience_seconds=1)
    try:
        await _configure(client, member)
        return bool((await client.admin.command("hello"))["isWritablePrimary"])
    except PyMongoError:
        return False
    finally:
        client.close()


async def end_sessions(uri: str) -> None:
    """End every session at `uri`, and with it the transactions that were under way.

    A transaction of a process that was killed holds its locks until it is too old;
    one of a process that lives is tried again.

    Raises:
        StorageUnavailableError: the database failed.
    """
    client = open_client(uri, patience_seconds=_END_SECONDS)
    try:
        async with available():
            await client.admin.command("killAllSessions", [])
    finally:
        client.close()


async def _configure(client: Client, member: str) -> None:
    configuration = await _configuration(client)
    if configuration is None:
        members = [{"_id": 0, "host": member}]
        fresh = {"_id": NAME, "members": members}
        await client.admin.command("replSetInitiate", fresh)
    elif configuration["members"][0]["host"] != member:
        configuration["members"][0]["host"] = member
        configuration["version"] += 1
        await client.admin.command("replSetReconfig", configuration, force=True)


async def _configuration(client: Client) -> Document | None:
    """Read the configuration a member keeps, even one that finds itself not in it."""
    try:
        await client.admin.command("replSetGetStatus")
    except OperationFailure as error:
        if error.code == _NOT_YET_INITIALIZED:
            return None
    return await client["local"]["system.replset"].find_one({})
