from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.views import View
from rest_framework.authtoken.models import Token
from rest_framework.response import Response
from rest_framework.views import APIView


class MeView(APIView):
    def get(self, request):
        return Response({"name": request.user.get_username()})


class ApiKeyView(LoginRequiredMixin, View):
    def get(self, request):
        token, _ = Token.objects.get_or_create(user=request.user)
        return HttpResponse(token.key)

    def post(self, request):
        Token.objects.filter(user=request.user).delete()
        return self.get(request)
