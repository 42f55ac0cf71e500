"""An import from the wrong module says which line to write."""

from __future__ import annotations

import importlib

import pytest

import drf_token_auth


@pytest.mark.parametrize("name", drf_token_auth._ELSEWHERE)
def test_an_import_from_the_package_says_the_line_to_write(name: str) -> None:
    with pytest.raises(ImportError) as raised:
        exec(f"from drf_token_auth import {name}")
    line = str(raised.value).removeprefix("Write: ")
    module = importlib.import_module(line.split()[1])
    assert hasattr(module, name)


def test_another_name_is_pythons_own_error() -> None:
    assert not hasattr(drf_token_auth, "Colour")
    with pytest.raises(ImportError, match="cannot import name 'Colour'"):
        exec("from drf_token_auth import Colour")
