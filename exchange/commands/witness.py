"""`lienthong witness`: keep the head of a hub's log and see that it only grows."""

from pathlib import Path

from clients.witness import ForkedLogError, SeenHead, read_head
from exchange.commands.arguments import Arguments, Parser
from exchange.commands.files import read_file
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output, Refusal
from pki.files import make_folders, write_atomically
from schemas.errors import CodedError, Text
from schemas.evidence import TreeHead
from schemas.timestamps import format_utc
from signing.validation.archive import read_bundle

_KEPT = "log-head.xml"
_ZIP, _HEAD_IN_BUNDLE = b"PK", "log/head.xml"


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument(
        "--kept",
        type=Path,
        metavar="FILE",
        help="đầu nhật ký đã lưu, mặc định VAR/log-head.xml / the head that is kept",
    )
    parser.add_argument(
        "--against",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="đầu nhật ký, hồ sơ chứng cứ của người khác / heads, bundles of others",
    )


def run(arguments: Arguments, output: Output) -> int:
    """Hold the log to the heads seen before; keep its head, or both if it forked."""
    kept = arguments.kept or arguments.var / _KEPT
    make_folders(kept.parent)
    seen = [kept] if kept.exists() else []
    earlier = [_seen_in(one) for one in (*seen, *arguments.against)]

    async def act(session: Session) -> int:
        try:
            now = await session.witness.look(earlier)
        except ForkedLogError as error:
            # Told first: it must be heard of where nothing can be written, too.
            output.refuse(Refusal.of(error))
            write_atomically(_beside(kept, error.now.head), error.now.content)
            return 1
        write_atomically(kept, now.content)
        _tell(now, kept, len(earlier), output)
        return 0

    return with_hub(arguments, output, act)


def _seen_in(path: Path) -> SeenHead:
    """Read a head, or the one in a bundle.

    Raises:
        CodedError: there is none that is signed.
    """
    content = read_file(path)
    try:
        if content.startswith(_ZIP):
            members = read_bundle(content).members
            content = members.get(_HEAD_IN_BUNDLE, b"")
        return read_head(content)
    except CodedError as error:
        raise type(error)(error.code, place=path.name) from error


def _beside(kept: Path, head: TreeHead) -> Path:
    """Name the file for a head that contradicts the one that is kept."""
    name = f"{kept.stem}-{head.size}-{head.root_hash.hex()[:16]}{kept.suffix}"
    return kept.with_name(name)


def _tell(now: SeenHead, kept: Path, count: int, output: Output) -> None:
    head = now.head
    output.result(
        {
            "log": head.log_id,
            "size": head.size,
            "root": head.root_hash.hex(),
            "at": format_utc(head.at),
            "held_to": count,
            "kept": str(kept),
        },
        Text(
            f"Nhật ký {head.log_id}: {head.size} mục, nối tiếp đúng {count} đầu nhật "
            f"ký đã biết. Đã lưu: {kept}",
            f"Log {head.log_id}: {head.size} entries, leads on from {count} heads seen "
            f"before. Kept: {kept}",
        ),
    )
