"""The compared packages: how to install each, fill its table and authenticate a request.

The functions import Django when they run, because the process that runs the rounds imports this
module without configuring Django.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

__all__ = ["ALL", "BASELINES", "BY_NAME", "Package", "fill"]

PASSWORD = "benchmark"


class Package:
    """One way to authenticate a request.

    The package's own code makes a few rows. SQL then clones them.
    """

    name: str
    authenticator: str
    apps: list[str] = []
    middleware: list[str] = []
    settings: dict[str, Any] = {}
    keyword = "Token"
    #: True if the benchmarks may give a user more than one token in the table.
    many_per_user = True
    #: The column with the expiry, or None if tokens never expire.
    expiry_column: str | None = None

    def model(self) -> Any:
        """Return the model of the table that has one row per token."""
        raise NotImplementedError

    def issue(self, user: Any) -> str:
        """Make a token for this user. Return the key that a client would present."""
        raise NotImplementedError

    def clone_columns(self, sql: Sql) -> dict[str, str]:
        """Return the columns that differ between rows, as SQL expressions of ``n`` and ``r``.

        ``n`` is the id of the user, and ``r`` is the number of the token among the user's tokens.
        """
        raise NotImplementedError

    def prepare(self, number: int) -> None:
        """Make the objects that the number-th token of each user needs."""

    def row(self, user_id: int, key: str) -> Any:
        """Return the row of the user's only token."""
        return self.model()._base_manager.get(user_id=user_id)

    def expire(self, user: Any) -> str:
        """Make a token for this user that has expired. Return its key."""
        raise NotImplementedError

    def unknown(self) -> str:
        """Return a well-formed key that no token has."""
        raise NotImplementedError

    def wrong_checksum(self, key: str) -> str:
        """Return the key with one character changed, so that a checksum or signature is wrong."""
        return key[:-1] + ("0" if key[-1] != "0" else "1")

    def headers(self, key: str) -> dict[str, str]:
        return {"HTTP_AUTHORIZATION": f"{self.keyword} {key}"}

    def __repr__(self) -> str:
        return self.name

    def authenticate(self) -> Callable[[Any], Any]:
        """Return a function that makes and calls the authenticator. DRF does both per request."""
        from django.utils.module_loading import import_string

        authenticator = import_string(self.authenticator)
        return lambda request: authenticator().authenticate(request)

    def login_view(self) -> Callable[[Any], Any]:
        raise NotImplementedError

    login_data: dict[str, str] = {}


class Sql:
    """SQL expressions, in the database's dialect, that make each cloned row different."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor

    def hex(self, length: int) -> str:
        if self.vendor == "postgresql":
            function = "sha256" if length <= 64 else "sha512"
            return f"substr(encode({function}((n || '.' || r)::bytea), 'hex'), 1, {length})"
        return f"substr(lower(hex(randomblob({(length + 1) // 2}))), 1, {length})"

    def digest(self) -> str:
        if self.vendor == "postgresql":
            return "'\\x00'::bytea || sha256((n || '.' || r)::bytea)"
        return "randomblob(33)"

    def time(self, days: int) -> str:
        """Return the moment ``days`` days from now, minus ``n + r`` seconds."""
        if self.vendor == "postgresql":
            return f"now() + interval '{days} days' - (n + r) * interval '1.000001 seconds'"
        return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '{days} days', '-' || (n + r) || ' seconds')"

    def series(self, name: str, first: int, last: int) -> str:
        if self.vendor == "postgresql":
            return f"generate_series({first}, {last}) AS {name}_series({name})"
        return (
            f"(WITH RECURSIVE s({name}) AS (SELECT {first} UNION ALL"
            f" SELECT {name} + 1 FROM s WHERE {name} < {last}) SELECT {name} FROM s)"
        )


class Ours(Package):
    name = "drf-token-auth"
    apps = ["drf_token_auth"]
    authenticator = "drf_token_auth.authentication.ExpiringTokenAuthentication"
    expiry_column = "expires_at"
    settings = {
        # Rates so high that no login of the benchmark is refused.
        "DRF_TOKEN_AUTH": {"LOGIN_RATES": {"address": "100000/s", "account": "100000/s"}}
    }

    def model(self):
        from drf_token_auth import get_token_model

        return get_token_model()

    def issue(self, user):
        return self.model().objects.create(user=user).key

    def clone_columns(self, sql):
        return {
            "user_id": "n",
            "digest": sql.digest(),
            "hint": sql.hex(4),
            "created_at": sql.time(-1),
            "expires_at": sql.time(13),
            "last_used_at": sql.time(0),
        }

    def expire(self, user):
        from django.utils import timezone

        return self.model().objects.create(user=user, expires_at=timezone.now()).key

    def unknown(self):
        return self.model().generate_key()

    def login_view(self):
        from drf_token_auth.views import LoginView

        return LoginView.as_view()


class AuthToken(Package):
    name = "authtoken"
    apps = ["rest_framework.authtoken"]
    authenticator = "rest_framework.authentication.TokenAuthentication"
    many_per_user = False

    def model(self):
        from rest_framework.authtoken.models import Token

        return Token

    def issue(self, user):
        return self.model().objects.create(user=user).key

    def clone_columns(self, sql):
        return {"user_id": "n", "key": sql.hex(40), "created": sql.time(-1)}

    def unknown(self):
        return self.model().generate_key()

    def login_view(self):
        from rest_framework.authtoken.views import ObtainAuthToken

        return ObtainAuthToken.as_view()


class Knox(Package):
    name = "knox"
    apps = ["knox"]
    authenticator = "knox.auth.TokenAuthentication"
    expiry_column = "expiry"

    def model(self):
        from knox.models import AuthToken

        return AuthToken

    def issue(self, user):
        return self.model().objects.create(user=user)[1]

    def clone_columns(self, sql):
        return {
            "user_id": "n",
            "digest": sql.hex(128),
            "token_key": sql.hex(15),
            "created": sql.time(-1),
            "expiry": sql.time(365),
        }

    def expire(self, user):
        from datetime import timedelta

        return self.model().objects.create(user=user, expiry=timedelta(seconds=-1))[1]

    def unknown(self):
        from knox.crypto import create_token_string

        return create_token_string()

    def login_view(self):
        from knox.views import LoginView
        from rest_framework.authtoken.serializers import AuthTokenSerializer
        from rest_framework.permissions import AllowAny

        class PasswordLoginView(LoginView):
            """Log in as knox's documentation shows, but start no Django session."""

            authentication_classes = []
            permission_classes = [AllowAny]

            def post(self, request):
                serializer = AuthTokenSerializer(data=request.data, context={"request": request})
                serializer.is_valid(raise_exception=True)
                request.user = serializer.validated_data["user"]
                return super().post(request)

        return PasswordLoginView.as_view()


class Durin(Package):
    name = "durin"
    apps = ["durin"]
    authenticator = "durin.auth.TokenAuthentication"
    expiry_column = "expiry"
    login_data = {"client": "client 1"}

    def model(self):
        from durin.models import AuthToken

        return AuthToken

    def issue(self, user):
        return self.model().objects.create(user, self._client()).token

    def _client(self, number=1):
        from durin.models import Client

        return Client.objects.get(pk=number)

    def prepare(self, number):
        from durin.models import Client

        Client.objects.get_or_create(
            id=number, name=f"client {number}", defaults={"token_ttl": _days(365)}
        )

    def clone_columns(self, sql):
        # A user has one token per client. The user's r-th token belongs to the r-th client.
        return {
            "user_id": "n",
            "client_id": "r",
            "token": sql.hex(64),
            "created": sql.time(-1),
            "expiry": sql.time(365),
        }

    def expire(self, user):
        # Use another client, because a user has one token per client.
        self.prepare(2)
        client = self._client(2)
        self.model().objects.filter(user=user, client=client).delete()
        return self.model().objects.create(user, client, _days(-1)).token

    def unknown(self):
        return f"{random.getrandbits(256):064x}"

    def login_view(self):
        from durin.views import LoginView

        return LoginView.as_view()


class SimpleJwt(Package):
    name = "simplejwt"
    apps = ["rest_framework_simplejwt.token_blacklist"]
    authenticator = "rest_framework_simplejwt.authentication.JWTAuthentication"
    expiry_column = "expires_at"
    keyword = "Bearer"
    many_per_user = False

    @property
    def settings(self):
        # The lifetime must be longer than the longest benchmark. It affects nothing else.
        return {"SIMPLE_JWT": {"ACCESS_TOKEN_LIFETIME": _days(1)}}

    def model(self):
        # The table of refresh tokens, because an access token has no row.
        from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

        return OutstandingToken

    def issue(self, user):
        from rest_framework_simplejwt.tokens import RefreshToken

        return str(RefreshToken.for_user(user).access_token)

    def clone_columns(self, sql):
        return {
            "user_id": "n",
            "jti": sql.hex(32),
            "created_at": sql.time(-1),
            "expires_at": sql.time(1),
        }

    def expire(self, user):
        from rest_framework_simplejwt.tokens import AccessToken

        token = AccessToken.for_user(user)
        token.set_exp(lifetime=_days(-1))
        return str(token)

    def unknown(self):
        from django.contrib.auth import get_user_model
        from rest_framework_simplejwt.tokens import AccessToken

        return str(AccessToken.for_user(get_user_model()(pk=2**31 - 1)))

    def wrong_checksum(self, key):
        # A change of the last character of a base64 signature may change only ignored bits.
        head, _, signature = key.rpartition(".")
        return f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"

    def login_view(self):
        from rest_framework_simplejwt.views import TokenObtainPairView

        return TokenObtainPairView.as_view()


class Sessions(Package):
    name = "sessions"
    authenticator = "rest_framework.authentication.SessionAuthentication"
    expiry_column = "expire_date"
    many_per_user = False
    middleware = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]

    def model(self):
        from django.contrib.sessions.models import Session

        return Session

    def issue(self, user):
        from django.contrib import auth
        from django.contrib.sessions.backends.db import SessionStore

        session = SessionStore()
        session[auth.SESSION_KEY] = str(user.pk)
        session[auth.BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        return session.session_key

    def row(self, user_id, key):
        return self.model().objects.get(pk=key)

    def clone_columns(self, sql):
        return {"session_key": sql.hex(32), "expire_date": sql.time(14)}

    def expire(self, user):
        from django.utils import timezone

        key = self.issue(user)
        self.model().objects.filter(pk=key).update(expire_date=timezone.now())
        return key

    def unknown(self):
        return f"{random.getrandbits(128):032x}"

    def headers(self, key):
        return {"HTTP_COOKIE": f"sessionid={key}"}

    def authenticate(self):
        from django.contrib.auth.middleware import AuthenticationMiddleware
        from django.contrib.sessions.middleware import SessionMiddleware
        from rest_framework.authentication import SessionAuthentication
        from rest_framework.exceptions import AuthenticationFailed

        sessions = SessionMiddleware(lambda request: None)
        users = AuthenticationMiddleware(lambda request: None)

        def authenticate(request):
            sessions.process_request(request._request)
            users.process_request(request._request)
            answer = SessionAuthentication().authenticate(request)
            if answer is None:
                raise AuthenticationFailed
            return answer

        return authenticate

    def login_view(self):
        from django.contrib.auth import login
        from django.contrib.sessions.middleware import SessionMiddleware
        from rest_framework.authtoken.serializers import AuthTokenSerializer
        from rest_framework.response import Response
        from rest_framework.views import APIView

        class SessionLoginView(APIView):
            authentication_classes = []

            def post(self, request):
                serializer = AuthTokenSerializer(data=request.data, context={"request": request})
                serializer.is_valid(raise_exception=True)
                login(request, serializer.validated_data["user"])
                return Response(status=204)

        return SessionMiddleware(SessionLoginView.as_view())


class OAuthToolkit(Package):
    """Only its command that deletes expired tokens is compared."""

    name = "oauth-toolkit"
    apps = ["oauth2_provider"]
    authenticator = "oauth2_provider.contrib.rest_framework.OAuth2Authentication"
    expiry_column = "expires"
    keyword = "Bearer"

    def model(self):
        from oauth2_provider.models import AccessToken

        return AccessToken

    def issue(self, user):
        from django.utils import timezone

        key = self.unknown()
        self.model().objects.create(
            user=user, token=key, scope="read", expires=timezone.now() + _days(1)
        )
        return key

    def clone_columns(self, sql):
        return {
            "user_id": "n",
            "token": sql.hex(30),
            "token_checksum": sql.hex(64),
            "expires": sql.time(1),
            "created": sql.time(-1),
        }

    def unknown(self):
        from oauthlib.common import generate_token

        return generate_token()


class NoAuthentication(Package):
    """Django and DRF without an authenticator."""

    name = "none"
    authenticator = ""
    settings = {
        "REST_FRAMEWORK": {
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        }
    }


class OneQuery(NoAuthentication):
    """The fastest authenticator that sends a query. It only sends ``SELECT 1``."""

    name = "SELECT 1"
    authenticator = "benchmarks.floor.SelectOne"
    settings = {}


def _days(number):
    from datetime import timedelta

    return timedelta(days=number)


ALL: list[Package] = [Ours(), AuthToken(), Knox(), Durin(), SimpleJwt(), Sessions()]
BASELINES: list[Package] = [NoAuthentication(), OneQuery()]
BY_NAME = {package.name: package for package in [*ALL, OAuthToolkit(), *BASELINES]}


def fill(
    package: Package, *, users: int, per_user: int = 1, known: int = 1000, expired: bool = False
) -> list[tuple[int, str]]:
    """Add users with tokens. Return pairs of a user's id and a key in plain text.

    The tokens with these keys lie between the clones. So they are spread over the table like real
    tokens.

    :param known: return the keys of at most this many tokens.
    :param expired: if True, the clones expired some time ago.
    """
    from django.contrib.auth import get_user_model
    from django.db import connection, models, transaction

    user_model = get_user_model()
    sql = Sql(connection.vendor)
    known = min(known, users)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET synchronous_commit = off")
        else:
            cursor.execute("PRAGMA synchronous = off")
            cursor.execute("PRAGMA cache_size = -1000000")
        for number in range(1, per_user + 1):
            package.prepare(number)
        first = (user_model.objects.aggregate(last=models.Max("pk"))["last"] or 0) + 1
        pattern = user_model(id=first, username=f"user{first}", email="someone@example.com")
        pattern.set_password(PASSWORD)
        pattern.save(force_insert=True)
        changes = {"id": "n", "username": "'user' || n"}
        _clone(cursor, sql, pattern, changes, range(first, first + users), 1)
        token_changes = package.clone_columns(sql)
        if expired:
            token_changes[package.expiry_column] = sql.time(-1)
        found = []
        for place in range(known):
            ids = range(first + users * place // known, first + users * (place + 1) // known)
            with transaction.atomic():
                key = package.issue(user_model.objects.get(pk=ids[0]))
                row = package.row(ids[0], key)
                if row is not None:
                    _clone(cursor, sql, row, token_changes, ids, per_user)
            found.append((ids[0], key))
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
    # Close the connection, so that the next one has the defaults again.
    connection.close()
    return found


def _clone(
    cursor: Any, sql: Sql, row: Any, changes: dict[str, str], ids: range, times: int
) -> None:
    """Copy the row with the changes, ``times`` per id. The row itself counts as the first copy."""
    if len(ids) * times == 1:
        return
    quote = cursor.db.ops.quote_name
    meta = row._meta
    columns = [
        field.column
        for field in meta.concrete_fields
        if field.column in changes or field is not meta.auto_field
    ]
    names = ", ".join(quote(column) for column in columns)
    values = ", ".join(changes.get(column, f"pattern.{quote(column)}") for column in columns)
    cursor.execute(
        f"INSERT INTO {quote(meta.db_table)} ({names}) SELECT {values}"
        f" FROM {quote(meta.db_table)} AS pattern,"
        f" {sql.series('n', ids[0], ids[-1])}, {sql.series('r', 1, times)}"
        f" WHERE pattern.{quote(meta.pk.column)} = %s AND NOT (n = {ids[0]} AND r = 1)",
        [row.pk],
    )
