"""Files whose objects refer to each other at random, in several revisions."""

from random import Random

from tests.support.later_revisions import appended
from tests.support.small_pdf import assemble

_TREE = 2
_FIRST_PAGE, _PAGES = 3, 5
_ELEMENTS = (8, 9, 10)
_OTHERS = range(11, 17)
_KEYS = ("/A", "/B", "/P", "/K", "/Parent", "/Kids", "/Annots", "/Dest")


def tangled_pdf(random: Random, revisions: int = 3) -> bytes:
    """Build a file with a tree of pages, structure elements, a form, and loops."""
    bodies = {number: _body(random, number) for number in range(1, _OTHERS.stop)}
    data = assemble(bodies)
    for _ in range(revisions):
        written = random.sample(range(1, _OTHERS.stop), random.randint(1, 3))
        data = appended(data, {one: _body(random, one) for one in written})
    return data


def _body(random: Random, number: int) -> bytes:
    return _text(random, number).encode("ascii")


def _text(random: Random, number: int) -> str:
    more = _entries(random)
    if number == 1:
        form = f"/AcroForm << /Fields [{_references(random, _OTHERS)}] >>"
        tree = "/StructTreeRoot 8 0 R" if random.random() < 0.8 else ""
        return f"<< /Type /Catalog /Pages {_TREE} 0 R {form} {tree} /X {more} >>"
    if number == _TREE:
        # The last is a node with pages of its own, now and then.
        return f"<< /Type /Pages /Count {_PAGES} /Kids [{_listed(range(3, 7))}] >>"
    if number == _FIRST_PAGE + 3 and random.random() < 0.5:
        return "<< /Type /Pages /Parent 2 0 R /Count 1 /Kids [7 0 R] >>"
    if _FIRST_PAGE <= number < _FIRST_PAGE + _PAGES:
        return f"<< /Type /Page {_annotations(random)} /X {more} >>"
    if number in _ELEMENTS:
        below = [one for one in _ELEMENTS if one > number]
        kids = f"/K [{_listed(below)} 0]" if random.random() < 0.7 else "/K 3"
        return f"<< /Type /StructElem {kids} /P 2 0 R /X {more} >>"
    return f"[{more}]" if random.random() < 0.3 else more


def _annotations(random: Random) -> str:
    if random.random() < 0.5:
        return ""
    return f"/Annots [{_references(random, _OTHERS)}]"


def _entries(random: Random) -> str:
    everything = range(1, _OTHERS.stop)
    keys = random.sample(_KEYS, random.randint(0, 3))
    inner = " ".join(f"{key} {_value(random, everything)}" for key in keys)
    return f"<< {inner} >>"


def _value(random: Random, among: range) -> str:
    one = f"{random.choice(among)} 0 R"
    return one if random.random() < 0.6 else f"[{one} << /C {one} >> 7]"


def _references(random: Random, among: range) -> str:
    return _listed(random.sample(among, random.randint(0, 2)))


def _listed(numbers: range | list[int]) -> str:
    return " ".join(f"{number} 0 R" for number in numbers)
