from __future__ import annotations

from django.urls import path

from notes.views import NoteDetail, NoteList

urlpatterns = [
    path("notes/", NoteList.as_view(), name="notes"),
    path("notes/<int:pk>/", NoteDetail.as_view(), name="note"),
]
