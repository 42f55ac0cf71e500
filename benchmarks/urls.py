"""The only view of the benchmark of whole requests. It answers with the user's id."""

from __future__ import annotations

from django.conf import settings
from django.urls import path
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView


class WhoAmI(APIView):
    permission_classes = [
        IsAuthenticated if settings.REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] else AllowAny
    ]

    def get(self, request):
        return Response({"user": request.user.pk})


urlpatterns = [path("", WhoAmI.as_view())]
