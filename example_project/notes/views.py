from __future__ import annotations

from typing import Any

from rest_framework import generics, serializers

from notes.models import Note


class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = ("id", "text", "created_at")


# For all views, REST_FRAMEWORK in the settings says who may call them, and which scope they need.
class OwnNotes:
    """The notes of the logged-in user. The answer for a note of another user is 404."""

    serializer_class = NoteSerializer

    def get_queryset(self) -> Any:
        return Note.objects.filter(user=self.request.user)


class NoteList(OwnNotes, generics.ListCreateAPIView):
    def perform_create(self, serializer: Any) -> None:
        serializer.save(user=self.request.user)


class NoteDetail(OwnNotes, generics.RetrieveDestroyAPIView):
    pass
