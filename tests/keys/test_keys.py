from __future__ import annotations

import hashlib
import hmac
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_token_auth import keys
from drf_token_auth.exceptions import MalformedKey, UnusableKey, WrongChecksum

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_a_key_is_forty_characters_that_a_scanner_finds_and_a_double_click_selects():
    for _ in range(1000):
        key = keys.generate("dta_")
        assert re.fullmatch(r"dta_[0-9A-Za-z]{36}", key)
        assert re.fullmatch(r"\w+", key)
        assert re.fullmatch(r"[A-Za-z0-9\-._~+/]+=*", key)  # RFC 6750 2.1
        assert len(key) == 40


def test_a_key_holds_at_least_160_bits_from_the_systems_randomness(monkeypatch):
    assert keys.SECRET_LENGTH * 5.954 > 160  # log2(62)
    asked = []
    monkeypatch.setattr(keys.secrets, "choice", lambda options: asked.append(options) or "a")
    keys.generate("dta_")
    assert asked == [BASE62] * 30


def test_no_two_keys_are_alike():
    assert len({keys.generate("dta_") for _ in range(5000)}) == 5000


@given(st.text(alphabet=BASE62, min_size=30, max_size=30))
def test_the_checksum_is_the_crc_32_in_six_base62_digits(secret):
    number = 0
    for digit in keys.checksum(secret):
        number = number * 62 + BASE62.index(digit)
    assert number == zlib.crc32(secret.encode())
    assert len(keys.checksum(secret)) == 6


@given(st.integers(min_value=4, max_value=39), st.sampled_from(BASE62))
def test_one_wrong_character_is_noticed_without_a_query(place, character):
    key = keys.generate("dta_")
    wrong = key[:place] + character + key[place + 1 :]
    if wrong == key:
        assert keys.possible_digests(key, "dta_", {})
    else:
        with pytest.raises(WrongChecksum):
            keys.possible_digests(wrong, "dta_", {})


def number_of(characters):
    return sum(62**place * BASE62.index(one) for place, one in enumerate(reversed(characters)))


@given(st.sampled_from(["", "dta_", "other_prefix-"]), st.integers(0, 62**8 - 1))
def test_a_key_joins_a_family_and_keeps_its_other_random_characters(prefix, family):
    key = keys.generate(prefix)
    joined = keys.in_family(key, family)
    assert keys.family(joined) == family == number_of(joined[-14:-6])
    assert keys.looks_issued(joined, prefix)
    assert joined[:-14] == key[:-14]
    assert keys.in_family(key, None) == key == keys.in_family(key, keys.family(key))


def test_a_key_of_a_family_has_128_random_bits_of_its_own_and_the_family_fits_into_its_column():
    assert (keys.SECRET_LENGTH - keys.FAMILY_LENGTH) * 5.954 > 128  # log2(62)
    assert number_of("z" * keys.FAMILY_LENGTH) < 2**63


def test_only_a_key_of_our_shape_with_its_checksum_has_a_family():
    key = keys.generate("dta_")
    assert keys.family(key) == keys.family(key.removeprefix("dta_")) == number_of(key[-14:-6])
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
    for other in (wrong, key[5:], "", "abcd1234", "0a" * 32, key[:10] + "é" + key[11:]):
        assert keys.family(other) is None
        assert keys.in_family(other, 7) == other


def test_a_key_of_our_shape_has_one_digest_without_a_pepper():
    key = keys.generate("dta_")
    assert keys.possible_digests(key, "dta_", {}) == [
        b"\x00" + hashlib.sha256(key.encode()).digest()
    ]


def test_the_digest_under_the_pepper_in_use_comes_first():
    key = keys.generate("dta_")
    one, seven = b"o" * 32, b"n" * 32
    plain = b"\x00" + hashlib.sha256(key.encode()).digest()
    under_one = b"\x01" + hmac.digest(one, key.encode(), "sha256")
    under_seven = b"\x07" + hmac.digest(seven, key.encode(), "sha256")
    peppers = {1: one, 7: seven}
    assert keys.possible_digests(key, "dta_", peppers, 7) == [under_seven, plain, under_one]
    assert keys.possible_digests(key, "dta_", peppers, 1) == [under_one, plain, under_seven]
    assert keys.possible_digests(key, "dta_", peppers) == [plain, under_one, under_seven]


def test_a_key_of_another_shape_also_has_the_digest_of_knox():
    digests = keys.possible_digests("abcd1234", "dta_", {})
    sha512 = hashlib.sha512(b"abcd1234").hexdigest()
    assert digests[-1] == b"\xff" + hashlib.sha256(sha512.encode()).digest()
    assert digests[-1] == keys.knox_digest(sha512)
    assert [digest[0] for digest in digests] == [0, 255]


def test_a_hex_key_may_be_one_of_knox_4_which_hashed_its_bytes():
    key = "0a" * 32
    assert keys.possible_digests(key, "dta_", {})[1:] == [
        keys.knox_digest(hashlib.sha512(key.encode()).hexdigest()),
        keys.knox_digest(hashlib.sha512(b"\x0a" * 32).hexdigest()),
    ]
    assert len(keys.possible_digests(key.upper(), "dta_", {})) == 2


def test_every_digest_has_the_size_of_the_column():
    digests = keys.possible_digests("abcd1234", "dta_", {3: b"p" * 32})
    assert {len(digest) for digest in [*digests, keys.unissued()]} == {keys.DIGEST_SIZE}


def test_keys_with_an_earlier_prefix_stay_usable():
    key = keys.generate("old_")
    assert keys.possible_digests(key, "new_", {})[0] == keys.possible_digests(key, "old_", {})[0]


@pytest.mark.parametrize(
    "text",
    ["", "a\tb", "a\x00b", "a\nb", "é", "😀", "a" * 256, "\udcff", "a\x7f"],
)
def test_an_impossible_key_is_refused_before_any_hashing(text, monkeypatch):
    monkeypatch.delattr(keys.hashlib, "sha256")
    with pytest.raises(MalformedKey):
        keys.possible_digests(text, "dta_", {})


@given(st.text(max_size=400))
def test_any_text_gives_digests_or_is_refused(text):
    try:
        digests = keys.possible_digests(text, "dta_", {})
    except (MalformedKey, WrongChecksum):
        return
    assert all(len(digest) == keys.DIGEST_SIZE for digest in digests)


@pytest.mark.parametrize("text", ["", "a\tb", "é", "a" * 256, "dta_" + "a" * 36, None, 5])
def test_a_key_that_could_not_be_looked_up_cannot_be_stored(text):
    with pytest.raises(UnusableKey):
        keys.require_storable(text, "dta_")


@pytest.mark.parametrize("text", ["abcd1234", "dta_short", "0" * 40, "x" * 255])
def test_a_known_key_of_any_other_shape_can_be_stored(text):
    keys.require_storable(text, "dta_")
    assert keys.possible_digests(text, "dta_", {})


def test_the_hint_shows_the_beginning_and_nothing_of_a_short_key():
    key = keys.generate("dta_")
    assert keys.hint(key, "dta_") == key[4:8]
    assert keys.hint("abcd1234", "dta_") == ""
    assert keys.hint("0123456789" * 4, "dta_") == "0123"


def test_only_a_key_with_the_right_prefix_and_checksum_looks_issued():
    key = keys.generate("dta_")
    assert keys.looks_issued(key, "dta_")
    assert not keys.looks_issued(key[:-1] + ("0" if key[-1] != "0" else "1"), "dta_")
    assert not keys.looks_issued(key, "abc_")
    assert not keys.looks_issued("dta_" + "é" * 36, "dta_")
