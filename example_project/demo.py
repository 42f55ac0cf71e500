"""Migrate, create a user, print what to try, and serve.

python demo.py [[HOST:]PORT]      default: 127.0.0.1:8000
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sys
from pathlib import Path

# People paste all the commands together. There are no comments among them, because zsh would run
# a comment as a command.
WHAT_TO_TRY = """
The tour of drf-token-auth:  http://{address}/

  e-mail    {email}
  password  {password}

The pages for users are http://{address}/account/devices/, the admin is http://{address}/admin/.
Ctrl-C stops the server.

You can also paste these lines into another terminal. They log in and keep the key, show the token,
add a note, list the notes and the user's devices, and log out:

  TOKEN=$(curl -s -d 'email={email}&password={password}&name=terminal' \\
      http://{address}/auth/login/ | grep -o 'dta_[0-9A-Za-z]*')
  curl -w '\\n' -H "Authorization: Token $TOKEN" http://{address}/auth/token/
  curl -w '\\n' -H "Authorization: Token $TOKEN" -d 'text=Buy milk' http://{address}/api/notes/
  curl -w '\\n' -H "Authorization: Token $TOKEN" http://{address}/api/notes/
  curl -w '\\n' -H "Authorization: Token $TOKEN" http://{address}/auth/tokens/
  curl -X POST -H "Authorization: Token $TOKEN" http://{address}/auth/logout/

Repeat one of them after the last: the key is now refused.
"""


def parse(address: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?:([^:]+):)?([0-9]{1,5})", address)
    if match is None or int(match[2]) > 65535:
        sys.exit(f"An address is a port or HOST:PORT, such as 127.0.0.1:8000; not {address!r}.")
    return match[1] or "127.0.0.1", int(match[2])


def require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            sys.exit(
                f"{host}:{port} can't be served: {error.strerror}. Stop what serves there, or name "
                "another port, such as 8001:\n  tox run -e demo -- 8001"
            )


def keep_ctrl_c_from_tox() -> None:
    """Let Ctrl-C reach only this process. If it also reached tox, tox would print FAIL."""
    if "TOX_ENV_NAME" not in os.environ:
        return
    # CI has no terminal, and Windows does not have these functions.
    with contextlib.suppress(AttributeError, OSError):
        terminal = os.open("/dev/tty", os.O_RDWR)
        if os.tcgetpgrp(terminal) == os.getpgrp():
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            # Ignore Ctrl-Z: it would stop only this process, and tox would wait for it.
            signal.signal(signal.SIGTSTP, signal.SIG_IGN)
            os.setpgid(0, 0)
            os.tcsetpgrp(terminal, os.getpgrp())


def main(address: str = "127.0.0.1:8000") -> None:
    host, port = parse(address)
    require_free(host, port)

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import django
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command

    try:
        django.setup()
        call_command("migrate", verbosity=0)
    except (django.db.Error, ImproperlyConfigured, ValueError) as error:
        sys.exit(f"The database can't be used. Is DATABASE_URL right?\n{error}")

    email, password = settings.DEMO_EMAIL, settings.DEMO_PASSWORD
    User = get_user_model()
    user = User.objects.filter(email=email).first() or User(email=email)
    if not user.check_password(password):
        user.set_password(password)
    user.is_active = user.is_staff = user.is_superuser = True
    user.save()

    settings.ALLOWED_HOSTS.append(host)
    address = f"{host}:{port}"
    print(WHAT_TO_TRY.format(address=address, email=email, password=password), flush=True)
    keep_ctrl_c_from_tox()
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        call_command("runserver", address, use_reloader=False)
    print("\nThe server has stopped.", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:2])
