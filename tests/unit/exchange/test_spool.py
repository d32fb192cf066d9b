"""What is written to a spool is read back, wherever it went."""

import pytest

from exchange.usecases.spool import PIECE_BYTES, Spool

PIECES = (b"a" * 10, b"", b"b" * 300_000, b"c", b"d" * 7)
WHOLE = b"".join(PIECES)


@pytest.mark.parametrize(
    "memory", [0, 9, 10, 11, 300_010, len(WHOLE) - 1, len(WHOLE), 1_000_000]
)
def test_every_slice_is_as_it_was_written(memory: int) -> None:
    with Spool(memory) as spool:
        for count, piece in enumerate(PIECES, start=1):
            spool.write(piece)
            assert b"".join(spool.read()) == b"".join(PIECES[:count])
        assert spool.size == len(WHOLE)
        for offset, length in ((0, 3), (5, 20), (299_999, 500_000), (len(WHOLE), 1)):
            found = b"".join(spool.read(offset, length))
            assert found == WHOLE[offset : offset + length]


@pytest.mark.parametrize("memory", [0, 1_000_000], ids=["file", "memory"])
def test_no_piece_is_larger_than_asked(memory: int) -> None:
    with Spool(memory) as spool:
        spool.write(WHOLE)
        assert max(map(len, spool.read())) == PIECE_BYTES
        assert {len(one) for one in spool.read(0, 4096, piece_bytes=1024)} == {1024}
