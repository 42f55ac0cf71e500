from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_token_auth import keys
from drf_token_auth.leaks.scanning import contains_key, find_keys, mask_keys

KEYS = [keys.generate("dta_") for _ in range(3)]
LONG, SHORT = keys.generate("a_long_prefix_"), keys.generate("t")


def found(data: bytes, *prefixes: str, **options: Any) -> list[tuple[int, str]]:
    each = find_keys(io.BytesIO(data), prefixes or ["dta_"], **options)
    return [(one.line, one.key) for one in each]


def test_keys_are_found_with_their_line_numbers() -> None:
    text = f"first {KEYS[0]}\n\n\nAuthorization: Token {KEYS[1]}\r\n{KEYS[2]}{KEYS[0]}"
    assert found(text.encode()) == [(1, KEYS[0]), (4, KEYS[1]), (5, KEYS[2]), (5, KEYS[0])]


def test_a_key_is_found_without_a_gap_around_it() -> None:
    assert found(f'x"{KEYS[0]}abc\\n{KEYS[1]}'.encode()) == [(1, KEYS[0]), (1, KEYS[1])]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"dta_",
        KEYS[0][:-1].encode(),
        KEYS[0].swapcase().encode(),
        f"dta_{'x' * 36}".encode(),
        f"{KEYS[0][:20]}\n{KEYS[0][20:]}".encode(),
    ],
    ids=range(7),
)
def test_text_that_is_not_a_key_is_not_found(data: bytes) -> None:
    assert found(data) == []


def test_a_key_is_found_among_bytes_that_are_no_text() -> None:
    data = b"\xff\xfe\x80\n\x00\x01" + KEYS[0].encode() + b"\xc3\x28\n"
    assert found(data) == [(2, KEYS[0])]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1"])
def test_keys_are_found_in_several_encodings(encoding: str) -> None:
    text = f"ä\n{KEYS[0]}\n{KEYS[1]}"
    assert found(text.encode(encoding)) == [(2, KEYS[0]), (3, KEYS[1])]


def test_only_keys_with_the_given_prefixes_are_found() -> None:
    old, dotted = keys.generate("tok"), keys.generate("a.b")
    text = f"{KEYS[0]} tok{old} aXb{dotted[3:]} {dotted}".encode()
    assert found(text, "tok", "a.b") == [(1, old), (1, dotted)]
    assert found(text, "tok", "a.b", "dta_") == [(1, KEYS[0]), (1, old), (1, dotted)]


def test_keys_are_found_if_one_prefix_begins_another() -> None:
    short, long = keys.generate("k"), keys.generate("kk_")
    keys_found = {key for _, key in found(f"{short}\n{long}".encode(), "k", "kk_")}
    assert keys_found == {short, long}


@given(
    parts=st.lists(
        st.sampled_from([*KEYS, "\n", "\r\n", "\n\n", "x" * 30, LONG, SHORT]), max_size=12
    ),
    piece=st.integers(1, 120),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-32-be"]),
)
def test_line_numbers_are_right_wherever_the_pieces_end(
    parts: list[str], piece: int, encoding: str
) -> None:
    """The search keeps some bytes for the next piece. With prefixes of different lengths, a whole
    short key may be among these bytes."""
    lines = "".join(parts).split("\n")
    right = [
        (number, key)
        for number, line in enumerate(lines, 1)
        for key in [*KEYS, LONG, SHORT]
        for _ in range(line.count(key))
    ]
    data = "".join(parts).encode(encoding)
    assert sorted(found(data, "t", "dta_", "a_long_prefix_", piece=piece)) == sorted(right)


@given(
    parts=st.lists(
        st.sampled_from([*KEYS, "\n", "\0", "dta_", "dta", "x" * 50, KEYS[0][:30]]), max_size=12
    ),
    piece=st.integers(1, 120),
)
def test_keys_are_found_wherever_the_pieces_end(parts: list[str], piece: int) -> None:
    data = "".join(parts).encode()
    prefixes = "dta_", "d"
    assert found(data, *prefixes, piece=piece) == found(data, *prefixes)
    assert sum(key in KEYS for _, key in found(data)) == sum(part in KEYS for part in parts)


class Endless(io.RawIOBase):
    """One very long line. It records how many bytes each read asked for."""

    def __init__(self, pieces: int, key: str) -> None:
        self.left = pieces
        self.key = key
        self.asked: set[int] = set()

    def readline(self, size: int | None = -1) -> bytes:
        self.asked.add(size)
        self.left -= 1
        if self.left < 0:
            return b""
        return b"x" * (size - 40) + self.key.encode() if self.left == 0 else b"x" * size


def test_a_line_without_end_is_read_in_pieces() -> None:
    stream: Any = Endless(200, KEYS[0])
    assert [one.key for one in find_keys(stream, ["dta_"], piece=1000)] == [KEYS[0]]
    assert stream.asked == {1000}


def test_the_repr_of_a_found_key_hides_it() -> None:
    [one] = find_keys(io.BytesIO(KEYS[0].encode()), ["dta_"])
    assert KEYS[0] not in f"{one!r} {one}"


def test_keys_in_a_text_are_masked() -> None:
    assert mask_keys(f"{KEYS[0]}.log and {KEYS[1]}", ["dta_"]) == "dta_….log and dta_…"
    assert mask_keys("dta_short", ["dta_"]) == "dta_short"


@pytest.mark.parametrize(
    "shape",
    [
        "{}",
        "Token {}",
        "`{}`",
        "({})",
        "**{}**",
        "/{}/",
        "?token={}&",
        "key|{}|",
        "{}.",
        "\u201c{}\u201d",
    ],
)
@pytest.mark.parametrize("key", [KEYS[0], KEYS[0][:20], LONG, "9f" * 20, "9f" * 32], ids=range(5))
def test_a_search_for_a_key_is_recognized(shape: str, key: str) -> None:
    assert contains_key(shape.format(key))


@pytest.mark.parametrize("text", ["", "dta_", "dta_aB3d", "dta_of_the_build_server", "x" * 50])
def test_a_search_for_something_else_contains_no_key(text: str) -> None:
    assert not contains_key(text)
