from __future__ import annotations

from django.contrib import admin

from notes.models import Note


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):
    list_display = ("text", "user", "created_at")
    list_select_related = ("user",)
    raw_id_fields = ("user",)
    search_fields = ("text",)
