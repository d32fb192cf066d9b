"""The last connections of a listener that closes."""

import asyncio

_TURNS_TO_ARRIVE = 3
"""Of the event loop: accepted, given a transport, told to the server."""


async def stop_accepting(listening: asyncio.Server) -> None:
    """Close a listener once its server knows of everybody who was accepted.

    What a server does not know of it cannot close, and asyncio fails for who is on the
    way when the listener closes.
    """
    loop = asyncio.get_running_loop()
    for one in listening.sockets:
        loop.remove_reader(one.fileno())
    try:
        for _ in range(_TURNS_TO_ARRIVE):
            await asyncio.sleep(0)
    finally:
        listening.close()
