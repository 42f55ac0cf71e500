"""The code of a project that used DRF's tokens, after its move to this package."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpResponse
from django.urls import path
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_token_auth import get_token_model
from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.views import LoginView


class PlainToken(models.Model):
    """A token model that a project wrote for DRF. One column has the key itself."""

    key = models.CharField(max_length=40, primary_key=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        # After a test with real commits, Django empties the table of users, but not this table. A
        # constraint in the database would turn this into an error.
        db_constraint=False,
    )

    class Meta:
        # The app is not installed, so the tests make its table themselves.
        app_label = "dropin"


class PlainTokenAuthentication(ExpiringTokenAuthentication):
    model = PlainToken


class GetModelAuthentication(ExpiringTokenAuthentication):
    def get_model(self) -> Any:
        return PlainToken


class NamedModelAuthentication(ExpiringTokenAuthentication):
    """An authenticator that names the default model."""

    @property
    def model(self) -> Any:
        return get_token_model()


class KeywordAuthentication(ExpiringTokenAuthentication):
    keyword = "Bearer"


class PickyAuthentication(ExpiringTokenAuthentication):
    """An authenticator with a condition of its own after the lookup."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        user, token = super().authenticate_credentials(key)
        if user.get_username().startswith("bob"):
            raise AuthenticationFailed("Not you.", code="not_you")
        return user, token


class OwnLookupAuthentication(ExpiringTokenAuthentication):
    """An authenticator with its own lookup. It keeps only the parent's ``authenticate``."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        token = get_token_model().objects.from_key(key)
        if token is None:
            raise AuthenticationFailed("Own refusal.")
        return token.user, token


class MockView(APIView):
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(request.user.get_username())

    post = put = get


class CustomAuthToken(LoginView):
    """The example of DRF's documentation, on our ``LoginView``, and with ``create()``."""

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.serializer_class(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        user = serializer.validated_data["user"]
        token = get_token_model().objects.create(user=user)
        return Response({"token": token.key, "user_id": str(user.pk), "email": user.email})


def guarded(authenticator: Any) -> Any:
    return MockView.as_view(authentication_classes=[authenticator])


urlpatterns = [
    path("token/", guarded(ExpiringTokenAuthentication)),
    path("plain/", guarded(PlainTokenAuthentication)),
    path("get-model/", guarded(GetModelAuthentication)),
    path("named-model/", guarded(NamedModelAuthentication)),
    path("keyword/", guarded(KeywordAuthentication)),
    path("picky/", guarded(PickyAuthentication)),
    path("own-lookup/", guarded(OwnLookupAuthentication)),
    path("auth-token/", LoginView.as_view()),
    path("custom-auth-token/", CustomAuthToken.as_view()),
]
