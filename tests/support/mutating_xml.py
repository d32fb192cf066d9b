"""Changes that know XML: attributes, namespaces, elements moved, entities."""

import re
from collections.abc import Callable
from random import Random

_TAG = re.compile(rb"<(/?)([A-Za-z][\w:.-]*)((?:\s[^<>]*?)?)(/?)>")
_ATTRIBUTE = re.compile(rb"\s([\w:.-]+)=(\"[^\"<>]*\"|'[^'<>]*')(?=[^<>]*>)")
_NAMESPACE = re.compile(rb"xmlns(:\w+)?=\"([^\"]*)\"")
_TEXT = re.compile(rb">([^<>]*[^<>\s][^<>]*)<")
_XML = re.compile(rb"(?:<\?xml|<[A-Za-z]).*>", re.DOTALL)
_NOISE = (
    *(b"<!-- -->", b"<?a b?>", b"&lt;", b"&#32;", b"&#x41;", b"&no;", b"&#0;"),
    *(b"<![CDATA[]]>", b"<a/>", b'<a xmlns=""/>', b"\xc2\xa0", b"\r", b"\t"),
)
_DOCTYPE = b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;&b;">]>'

_Change = Callable[[bytes, Random], bytes]


def changed_xml(data: bytes, chance: Random) -> bytes:
    """Change the XML in a file, also in the first part of a saved message."""
    stop = data.find(b"\r\n--", data.find(b"<")) if data[:1] == b"C" else len(data)
    found = _XML.search(data, 0, stop if stop > 0 else len(data))
    if found is None:
        return data
    changed = chance.choice(_CHANGES)(found.group(), chance)
    return data[: found.start()] + changed + data[found.end() :]


def elements(data: bytes) -> list[tuple[int, int]]:
    """Return where the elements lie, those within others first."""
    found, opened = [], list[int]()
    for one in _TAG.finditer(data):
        if one.group(4):
            found.append((one.start(), one.end()))
        elif not one.group(1):
            opened.append(one.start())
        elif opened:
            found.append((opened.pop(), one.end()))
    return found


def _with(data: bytes, start: int, end: int, new: bytes) -> bytes:
    return data[:start] + new + data[end:]


def _moved(data: bytes, chance: Random) -> bytes:
    """Take an element away, double it, or put it in or beside another one."""
    spans = elements(data)
    start, end = chance.choice(spans)
    place = chance.choice(chance.choice(spans))
    piece = data[start:end]
    if chance.random() < 0.3:
        return _with(data, start, end, b"")
    if chance.random() < 0.5 and not start < place < end:
        rest = _with(data, start, end, b"")
        at = place - (end - start) if place >= end else place
        return _with(rest, at, at, piece)
    return _with(data, place, place, piece)


def _swapped(data: bytes, chance: Random) -> bytes:
    spans = elements(data)
    one, two = sorted((chance.choice(spans), chance.choice(spans)))
    if one[1] > two[0]:
        return _moved(data, chance)
    middle = data[one[1] : two[0]]
    turned = data[slice(*two)] + middle + data[slice(*one)]
    return _with(data, one[0], two[1], turned)


def _attribute(data: bytes, chance: Random) -> bytes:
    found = list(_ATTRIBUTE.finditer(data))
    one, other = chance.choice(found), chance.choice(found)
    name, value = one.groups()
    new = chance.choice(
        (
            b"",
            one.group() * 2,
            b" %s=%s" % (name, other.group(2)),
            b" %s=%s" % (other.group(1), value),
            b" %s=%s" % (name.swapcase(), value),
            b' %s="%s "' % (name, value[1:-1]),
            one.group() + b' Id="a" xml:id="a"',
        )
    )
    return _with(data, *one.span(), new)


def _namespace(data: bytes, chance: Random) -> bytes:
    found = list(_NAMESPACE.finditer(data))
    one, other = chance.choice(found), chance.choice(found)
    prefix, value = one.group(1) or b"", one.group(2)
    new = chance.choice(
        (
            b"",
            b'xmlns%s="%s"' % (prefix, other.group(2)),
            b'xmlns%s="%s"' % (other.group(1) or b"", value),
            b'xmlns%s="%s/"' % (prefix, value),
            one.group() + b' xmlns:zz="urn:zz"',
            one.group() + b' xmlns=""',
        )
    )
    return _with(data, *one.span(), new)


def _text(data: bytes, chance: Random) -> bytes:
    found = list(_TEXT.finditer(data))
    one, other = chance.choice(found), chance.choice(found)
    text = one.group(1)
    at = chance.randrange(len(text))
    new = chance.choice(
        (
            other.group(1),
            text[:at] + b"&#%d;" % text[at] + text[at + 1 :],
            text[:at] + chance.choice(_NOISE) + text[at:],
            b"<![CDATA[%s]]>" % text,
            b" %s\n" % text,
            text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :],
        )
    )
    return _with(data, *one.span(1), new)


def _noise(data: bytes, chance: Random) -> bytes:
    place = chance.choice(chance.choice(elements(data)))
    return _with(data, place, place, chance.choice(_NOISE))


def _entities(data: bytes, chance: Random) -> bytes:
    start = elements(data)[-1][0]
    declared = _with(data, start, start, _DOCTYPE)
    return declared.replace(b">a<", b">&d;<") if chance.random() < 0.5 else declared


_CHANGES: tuple[_Change, ...] = (
    _moved,
    _moved,
    _swapped,
    _attribute,
    _attribute,
    _namespace,
    _text,
    _text,
    _noise,
    _entities,
)
