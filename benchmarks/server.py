"""The application that gunicorn and uvicorn serve. ``BENCHMARKS_SERVER`` names the package."""

from __future__ import annotations

import json
import os

from . import project

project.configure(**json.loads(os.environ["BENCHMARKS_SERVER"]))

# Import these after the settings are configured, because Django's handlers read the settings.
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

wsgi = get_wsgi_application()
asgi = get_asgi_application()
