"""Bringing over the tokens of other packages: what ``manage.py import_tokens`` does.

The old app need only be in ``INSTALLED_APPS``.
"""
