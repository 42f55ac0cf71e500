"""Scripts of other projects that the tests need. npm fetches them, so the repository has none."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

# tox names a folder that it keeps. Without tox, use a folder for temporary files.
FOLDER = Path(os.environ.get("VENDOR", Path(tempfile.gettempdir()) / "drf-token-auth-vendor"))
SCRIPTS = {
    "axe.js": ("axe-core@4.10.3", "package/axe.min.js"),
    "htmx.js": ("htmx.org@2.0.6", "package/dist/htmx.min.js"),
    "turbo.js": ("@hotwired/turbo@8.0.13", "package/dist/turbo.es2017-umd.js"),
}


def script(name: str) -> str:
    path = FOLDER / name
    if not path.exists():
        package, inner = SCRIPTS[name]
        with tempfile.TemporaryDirectory() as folder:
            command = ["npm", "pack", "--silent", "--pack-destination", folder, package]
            subprocess.run(command, check=True, capture_output=True, cwd=folder)
            [archive] = Path(folder).glob("*.tgz")
            with tarfile.open(archive) as packed:
                file = packed.extractfile(inner)
                assert file is not None
                text = file.read()
        FOLDER.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    return path.read_text("utf-8")
