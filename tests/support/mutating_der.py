"""Changes that know DER: tags, lengths, and elements moved, doubled or taken away."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from pki.der import element
from signing.validation.der import value_end

_CONSTRUCTED = 0x20
_DEEPEST = 40


@dataclass(slots=True)
class Node:
    """One element: a tag with octets, or with elements when it is constructed."""

    tag: int
    octets: bytes = b""
    children: list["Node"] = field(default_factory=list)

    def encode(self) -> bytes:
        """Return the DER."""
        inner = b"".join(one.encode() for one in self.children)
        return element(self.tag, inner or self.octets)

    def walk(self) -> Iterator["Node"]:
        """Yield this element and all below it."""
        yield self
        for one in self.children:
            yield from one.walk()


def parsed(data: bytes, depth: int = 0) -> list[Node]:
    """Read elements one after the other; what is none stays octets.

    Raises:
        ValueError: no elements of low tag numbers and definite lengths.
    """
    nodes, at = [], 0
    while at < len(data):
        end, start = _extent(data, at)
        nodes.append(_node(data[at], data[start:end], depth))
        at = end
    return nodes


def _node(tag: int, content: bytes, depth: int) -> Node:
    if tag & _CONSTRUCTED and depth < _DEEPEST:
        try:
            return Node(tag, children=parsed(content, depth + 1))
        except ValueError:
            pass
    return Node(tag, content)


def _extent(data: bytes, at: int) -> tuple[int, int]:
    if at + 2 > len(data):
        raise ValueError("cut")
    first = data[at + 1]
    more = first & 0x7F if first & 0x80 else 0
    length = int.from_bytes(data[at + 2 : at + 2 + more], "big") if more else first
    start = at + 2 + more
    if first == 0x80 or start + length > len(data):
        raise ValueError("length")
    return start + length, start


def changed_der(data: bytes, chance: Random) -> bytes:
    """Change one thing about the first element in `data`; padding is left away."""
    end = value_end(data)
    (root,) = parsed(data[:end])
    if chance.random() < 0.15:
        return _length(bytes(data[:end]), chance)
    chance.choice(_CHANGES)(root, chance)
    return root.encode()


def _length(data: bytes, chance: Random) -> bytes:
    """Let the header of some element say another length, or say it longer."""
    places, at = [], 0
    while at + 2 <= len(data):
        places.append(at + 1)
        try:
            end, start = _extent(data, at)
        except ValueError:
            break
        at = start if data[at] & _CONSTRUCTED else end
    at = chance.choice(places)
    new = chance.choice((data[at] ^ 1, 0x80, 0x84, 0xFF, 0, (data[at] + 1) % 256))
    longer = bytes([0x81]) if chance.random() < 0.3 else b""
    return data[:at] + longer + bytes([new]) + data[at + 1 :]


def _parent(root: Node, chance: Random) -> Node:
    return chance.choice([one for one in root.walk() if one.children])


def _tag(root: Node, chance: Random) -> None:
    one = chance.choice(list(root.walk()))
    one.tag = chance.choice((one.tag ^ 0x20, one.tag ^ 1, 0x30, 0x31, 0x04, 0xA0, 0x05))


def _octets(root: Node, chance: Random) -> None:
    one = chance.choice([one for one in root.walk() if one.octets])
    octets = bytearray(one.octets)
    octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
    one.octets = bytes(chance.choice((octets, octets[:-1], b"\0" + one.octets, b"")))


def _removed(root: Node, chance: Random) -> None:
    children = _parent(root, chance).children
    del children[chance.randrange(len(children))]


def _doubled(root: Node, chance: Random) -> None:
    children = _parent(root, chance).children
    children.insert(chance.randrange(len(children) + 1), chance.choice(children))


def _swapped(root: Node, chance: Random) -> None:
    chance.shuffle(_parent(root, chance).children)


def _replaced(root: Node, chance: Random) -> None:
    """Put a copy of one element in the place of another of the same tag."""
    one = chance.choice([one for one in root.walk() if one is not root])
    alike = [other for other in root.walk() if other.tag == one.tag]
    other = chance.choice(alike)
    copy = parsed(other.encode())[0]
    one.octets, one.children = copy.octets, copy.children


def _appended(root: Node, chance: Random) -> None:
    """Put an element that nobody expects somewhere."""
    strange = (Node(0x05), Node(0x02, b"\1"), Node(0xA1), Node(0xA3, b""), Node(0x30))
    _parent(root, chance).children.append(chance.choice(strange))


_CHANGES: tuple[Callable[[Node, Random], None], ...] = (
    _tag,
    _octets,
    _octets,
    _removed,
    _doubled,
    _swapped,
    _replaced,
    _appended,
)
