"""`lienthong demo`: the whole story, every step checked."""

import asyncio
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.demo.runner import StepOutcome, run_steps
from exchange.demo.story import open_story
from schemas.errors import Text


def configure(_parser: Parser) -> None:
    """The demonstration has no arguments of its own."""


def run(arguments: Arguments, output: Output) -> int:
    """Run the story; 0 only if every check held."""
    folder = arguments.var / "demo"
    return asyncio.run(_run(folder, output))


async def _run(folder: Path, output: Output) -> int:
    async with open_story(folder) as story:
        steps = story.steps()
        outcomes = await run_steps(steps, output)
    held = len(outcomes) == len(steps) and all(one.held for one in outcomes)
    output.result(
        {"held": held, "steps": [one.as_fields() for one in outcomes]},
        _summary(outcomes, folder, held=held),
    )
    return 0 if held else 1


def _summary(outcomes: list[StepOutcome], folder: Path, *, held: bool) -> Text:
    seconds = sum(one.seconds for one in outcomes)
    if held:
        return Text(
            f"Mọi bước đều đúng, {seconds:.1f} s. Sản phẩm: {folder}",
            f"Every check held, {seconds:.1f} s. Products: {folder}",
        )
    return Text(
        f"Không đạt ở bước {len(outcomes)}. Nhật ký: {folder}/log",
        f"Failed at step {len(outcomes)}. Logs: {folder}/log",
    )
