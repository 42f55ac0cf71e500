"""Leave a token's secrets out of pickles, such as those in a cache, but not out of copies."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

# The columns about the keys of a token. Keep them as secret as the keys.
KEY_COLUMNS = ("digest", "previous_digest", "key_family")


class PickledWithoutSecrets:
    """A base class of the token model, before Django's ``Model``."""

    def __getstate__(self) -> dict[str, Any]:
        """Leave the key and its columns out of a pickle. Django loads the columns on access."""
        state: dict[str, Any] = super().__getstate__()  # type: ignore[misc]
        for name in ("_key", *KEY_COLUMNS, "presented_digests", "origin"):
            state.pop(name, None)
        return state

    def __copy__(self) -> Self:
        twin = type(self).__new__(type(self))
        twin.__dict__.update(super().__getstate__())  # type: ignore[misc]
        twin.__dict__.pop("origin", None)
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Copy the key too. Django's TestCase gives each test a deep copy of the objects that
        # setUpTestData created.
        twin = copy.copy(self)
        twin.__dict__.update(copy.deepcopy(twin.__dict__, memo))
        return twin
