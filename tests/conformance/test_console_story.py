"""The whole story of `make demo`, by hand in headless Chromium."""

from pathlib import Path

from exchange.demo.province import OFFICIAL
from exchange.domain.roles import AccessRole
from tests.support.browser import browser_tab
from tests.support.console import PASSWORD, PEOPLE, add_person, running_console
from tests.support.console_story import SEAL, SIGNATURE, Cast, Signer, Story
from tests.support.hub import running_hub
from tests.support.screen import Screen
from tests.support.signing_client import Client, client_profile, write_key
from tests.support.signing_desk import with_signer
from tests.support.world import MINISTRY, PROVINCE, make_world

_MINISTRY_CLERK = "bo.van"


async def test_story_of_the_demonstration_can_be_done_by_hand(tmp_path: Path) -> None:
    world = with_signer(await make_world())
    async with (
        running_hub(world, tmp_path) as hub,
        running_console(world) as console,
        browser_tab(tmp_path / "profile") as tab,
    ):
        ministry = ((AccessRole.CLERK, MINISTRY),)
        await add_person(console.office, world, _MINISTRY_CLERK, ministry)
        profile = client_profile(tmp_path, hub)
        official = write_key(tmp_path, "official", world.pki.person(OFFICIAL))
        seal = write_key(tmp_path, "seal", world.pki.seal())
        cast = Cast(
            passwords=dict.fromkeys((*PEOPLE, _MINISTRY_CLERK), PASSWORD),
            official=Signer("ky.nguoi", Client(profile, official, SIGNATURE)),
            clerk=Signer("thu.van", Client(profile, seal, SEAL)),
            recipients={PROVINCE: "tinh.van", MINISTRY: _MINISTRY_CLERK},
            arrived=world.deliver,
        )
        screen = Screen(console.base, tab)
        await Story(screen=screen, cast=cast, folder=tmp_path).tell()
        # Of files that went with the letter, what was sent ahead is forgotten.
        lost = f"{console.base}/v1/uploads/"
        asked = [one for one in tab.complaints if one.url.startswith(lost)]
        assert ["status of 404" in one.text for one in asked] == [True]
        assert tab.complaints == asked
