"""Pages on which users see and manage their own devices and API tokens.

INSTALLED_APPS += ["drf_token_auth.pages"]
urlpatterns += [path("account/", include("drf_token_auth.pages.urls"))]
"""
