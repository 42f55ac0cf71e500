from __future__ import annotations

from typing import Any

from rest_framework import generics, serializers

from notes.models import Note


class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = ("id", "text", "created_at")


# Who is let in, and by which scope, REST_FRAMEWORK says for all views.
class OwnNotes:
    """The notes of whoever asks; another's are not found."""

    serializer_class = NoteSerializer

    def get_queryset(self) -> Any:
        return Note.objects.filter(user=self.request.user)


class NoteList(OwnNotes, generics.ListCreateAPIView):
    def perform_create(self, serializer: Any) -> None:
        serializer.save(user=self.request.user)


class NoteDetail(OwnNotes, generics.RetrieveDestroyAPIView):
    pass
