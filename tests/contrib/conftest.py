from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # A deprecation warning in a neighbour's own code is not a fault of this package.
    for line in ("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning"):
        config.addinivalue_line("filterwarnings", line)
        config.addinivalue_line("filterwarnings", f"error{line[6:]}:drf_token_auth")
