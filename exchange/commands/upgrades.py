"""`lienthong upgrades`: files that wait for a higher level, or for a new time stamp.

The queue is a file in the folder it is about. Run `upgrades run` from a timer: archives
come up for renewal by themselves.
"""

from collections.abc import Sequence
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, add_action
from exchange.commands.files import read_file
from exchange.commands.level_options import LEVELS, add_service_options, services_of
from exchange.commands.output import Output
from exchange.commands.upgrade_folder import utc_now
from exchange.commands.upgrade_names import LOCK, QUEUE
from pki.ca.file_lock import file_lock
from schemas.errors import Text
from signing.upgrade_queue import QueuedFile, Upgrade, UpgradeQueue, UpgradeTask
from signing.upgrade_work import UpgradeWorker

_HIGHER = [name for name in LEVELS if name != "b"]


def configure(parser: Parser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = add_action(actions, "add", Text("đưa tệp vào hàng đợi", "queue files"))
    add.add_argument("folder", type=Path, metavar="FOLDER")
    add.add_argument(
        "file", type=Path, nargs="*", help="mặc định mọi PDF / by default every PDF"
    )
    add.add_argument("--level", choices=_HIGHER, default="lta", help="mức / level")
    run_ = add_action(actions, "run", Text("làm việc đến hạn", "do what is due"))
    run_.add_argument("folder", type=Path, metavar="FOLDER")
    add_service_options(run_)
    shown = add_action(actions, "list", Text("xem hàng đợi", "show the queue"))
    shown.add_argument("folder", type=Path, metavar="FOLDER")


def run(arguments: Arguments, output: Output) -> int:
    """Do the action."""
    queue = UpgradeQueue(arguments.folder / QUEUE)
    try:
        return _ACTIONS[arguments.action](arguments, queue, output)
    finally:
        queue.close()


def _add(arguments: Arguments, queue: UpgradeQueue, output: Output) -> int:
    task = UpgradeTask(LEVELS[arguments.level].value)
    now = utc_now()
    paths = arguments.file or sorted(arguments.folder.glob("*.pdf"))
    for path in paths:
        queue.add(QueuedFile.holding(path, read_file(path), task), now=now, due=now)
    output.result(
        {"queued": [str(one) for one in paths], "task": task},
        Text(f"Đã đưa vào hàng đợi: {len(paths)}", f"Queued: {len(paths)}"),
    )
    return 0


def _run(arguments: Arguments, queue: UpgradeQueue, output: Output) -> int:
    worker = UpgradeWorker(queue, services_of(arguments))
    with file_lock(arguments.folder / LOCK):
        work = worker.work(utc_now())
    waits, failed = len(work.postponed), len(work.failed)
    output.result(
        {
            "done": _paths(work.done),
            "postponed": _paths(work.postponed),
            "failed": _paths(work.failed),
        },
        Text(
            f"Xong {len(work.done)}, còn chờ {waits}, hỏng {failed}",
            f"Done {len(work.done)}, waiting {waits}, failed {failed}",
        ),
    )
    return 1 if failed else 0


def _list(_: Arguments, queue: UpgradeQueue, output: Output) -> int:
    found = queue.all()
    output.result({"files": [_fields(one) for one in found]})
    if not output.as_json:
        heads = ("tệp / file", "việc / task", "hạn / due", "trạng thái / state", "")
        rows = [[str(value) for value in _fields(one).values()] for one in found]
        output.table([Text(one, one) for one in heads], [row[:5] for row in rows])
    return 0


_ACTIONS = {"add": _add, "run": _run, "list": _list}


def _fields(upgrade: Upgrade) -> dict[str, object]:
    return {
        "file": str(upgrade.file.path),
        "task": upgrade.file.task,
        "due": upgrade.due.isoformat(timespec="seconds"),
        "state": upgrade.state,
        "reason": upgrade.reason,
        "attempts": upgrade.attempts,
    }


def _paths(upgrades: Sequence[Upgrade]) -> list[str]:
    return [str(one.file.path) for one in upgrades]
