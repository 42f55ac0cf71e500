from __future__ import annotations

from tests.projects.users import EmailUser


class User(EmailUser):
    pass
