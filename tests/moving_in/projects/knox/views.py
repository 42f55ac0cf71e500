from __future__ import annotations

from knox.views import LoginView as KnoxLoginView
from rest_framework.authentication import BasicAuthentication
from rest_framework.response import Response
from rest_framework.views import APIView


class MeView(APIView):
    def get(self, request):
        return Response({"name": request.user.get_username()})


class LoginView(KnoxLoginView):
    authentication_classes = [BasicAuthentication]
