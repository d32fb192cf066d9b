"""A replica set of one member: what an embedded mongod needs to be written to."""

import asyncio

from pymongo.errors import OperationFailure, PyMongoError

from exchange.storage.mongo.driver import Client, Document, available, open_client

NAME = "lienthong"
_NOT_YET_INITIALIZED = 94  # MongoDB error code of a member without configuration
_POLL_SECONDS = 0.02


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


async def make_primary(uri: str, *, member: str, seconds: float) -> None:
    """Make the mongod at `uri` the primary of a set of its own, and wait for it.

    Args:
        uri: a direct connection to it.
        member: the address the set knows it by; follows a folder that was moved.
        seconds: how long to wait.

    Raises:
        StorageUnavailableError: the database failed.
        TimeoutError: it did not become primary in time.
    """
    client = open_client(uri, patience_seconds=seconds)
    try:
        async with available(), asyncio.timeout(seconds):
            await _configure(client, member)
            while not await _is_primary(client):  # noqa: ASYNC110 - a server changes
                await asyncio.sleep(_POLL_SECONDS)
    finally:
        client.close()


async def _is_primary(client: Client) -> bool:
    return bool((await client.admin.command("hello"))["isWritablePrimary"])


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
