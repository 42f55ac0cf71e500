"""Use the admin as an operator does, in a real browser, under a strict Content-Security-Policy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from drf_token_auth import get_token_model, operations
from tests.browser.chrome import (
    DESKTOP,
    NARROW,
    find,
    fits,
    link,
    prefer,
    resize,
    wait_for_heading,
)
from tests.browser.csp import WITH_FETCH
from tests.browser.test_flows import kept, status
from tests.browser.test_look import SCOPES, SCOPES_KO, furnish, keep, objections
from tests.conftest import make_user

Token = get_token_model()
TOKENS = f"/operators/{Token._meta.app_label}/{Token._meta.model_name}/"
USERS = f"/operators/{get_user_model()._meta.app_label}/{get_user_model()._meta.model_name}/"


@pytest.fixture
def root(ada: Any, settings: Any) -> Any:
    # The field for a user asks the server for names.
    settings.CONTENT_SECURITY_POLICY = WITH_FETCH
    settings.DRF_TOKEN_AUTH = {"SCOPES": SCOPES}
    return make_user("root", is_staff=True, is_superuser=True)


def rows(browser: Any) -> list[str]:
    return [one.text for one in browser.find_elements(By.CSS_SELECTOR, "#result_list tbody tr")]


def choose_user(browser: Any, name: str) -> None:
    find(browser, ".field-user .select2-selection").click()
    find(browser, ".select2-search__field").send_keys(name)
    find(browser, ".select2-results__option--highlighted")
    find(browser, ".select2-results__option--highlighted").click()


def save(browser: Any) -> None:
    find(browser, "[type=submit][name=_save]").click()


def test_an_operator_filters_searches_and_revokes_selected_tokens(
    open_browser: Any, site: str, ada: Any, root: Any
) -> None:
    furnish(ada)
    browser = open_browser(root)
    browser.get(f"{site}{TOKENS}")
    assert len(rows(browser)) == 6
    assert fits(browser)
    link(browser, "expires within 7 days").click()
    find(browser, ".selected [href*='lifetime=soon']")
    assert len(rows(browser)) == 2
    find(browser, "[name=q]").send_keys("old")
    find(browser, "#changelist-search [type=submit]").click()
    find(browser, "[name=q][value=old]")
    [row] = rows(browser)
    assert "Old script" in row
    browser.get(f"{site}{TOKENS}?kind__exact=personal")
    find(browser, "#action-toggle").click()
    find(browser, "[name=action] [value=delete_selected]").click()
    find(browser, ".actions button").click()
    wait_for_heading(browser, "Revoke selected tokens")
    assert "personal token" in find(browser, "#content-main li").text
    find(browser, "#content-main [type=submit]").click()
    assert "3 tokens were revoked." in find(browser, ".messagelist").text
    assert set(Token.objects.values_list("kind", flat=True)) == {"login"}


def test_an_operator_makes_a_personal_token_that_works(
    open_browser: Any, site: str, ada: Any, root: Any
) -> None:
    browser = open_browser(root)
    browser.get(f"{site}{TOKENS}")
    find(browser, ".object-tools .addlink").click()
    choose_user(browser, ada.get_username())
    find(browser, "[name=name]").send_keys("deploy")
    save(browser)
    # No box is ticked in advance.
    assert "Tick what the token may do" in find(browser, ".errorlist").text
    find(browser, "[name=scopes][value=read]").click()
    save(browser)
    wait_for_heading(browser, "The new token")
    assert find(browser, "#copy-key").is_displayed()
    key = find(browser, "#key").text
    assert status(site, key) == 200
    token = Token.objects.get()
    assert (token.user, token.kind, token.scope_list) == (ada, "personal", ["read"])
    assert objections(browser, "#content") == []
    link(browser, "I have copied it").click()
    find(browser, "#result_list")
    assert len(rows(browser)) == 1
    for step in (browser.back, browser.forward, browser.refresh):
        step()
        assert key not in browser.page_source
        assert key not in kept(browser)
    assert Token.objects.count() == 1


def test_an_operator_finds_a_token_by_its_key_and_revokes_it(
    open_browser: Any, site: str, ada: Any, root: Any
) -> None:
    key = operations.issue(ada, kind="personal", name="leaked").key
    browser = open_browser(root)
    browser.get(f"{site}{TOKENS}")
    find(browser, ".object-tools [href$='find/']").click()
    wait_for_heading(browser, "Find a token by its key")
    assert browser.switch_to.active_element.get_attribute("name") == "key"
    browser.switch_to.active_element.send_keys(f"Token {key}", Keys.ENTER)
    assert "leaked" in find(browser, "#content-main strong").text
    assert key not in browser.page_source
    assert objections(browser, "#content") == []
    link(browser, "Revoke the token").click()
    find(browser, "#content [type=submit]").click()
    find(browser, ".messagelist .success")
    assert status(site, key) == 401


def test_an_operator_renames_and_revokes_on_the_page_of_a_user(
    open_browser: Any, site: str, ada: Any, root: Any
) -> None:
    furnish(ada)
    browser = open_browser(root)
    browser.get(f"{site}{USERS}{ada.pk}/change/")
    names = browser.find_elements(By.CSS_SELECTOR, ".inline-related [name$=-name]")
    assert [one.get_attribute("value") for one in names][:1] == ["Old script"]
    names[0].clear()
    names[0].send_keys("Older script")
    browser.find_elements(By.CSS_SELECTOR, ".inline-related [name$=-DELETE]")[1].click()
    find(browser, "[name=_continue]").click()
    find(browser, ".messagelist .success")
    left = list(Token.objects.order_by("-pk").values_list("name", flat=True))
    assert left[0] == "Older script"
    assert "Nightly backup of the notes" not in left
    link(browser, "5 usable tokens").click()
    find(browser, "#result_list")
    assert len(rows(browser)) == 5


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_the_admin_fit_at_each_width(
    language: str, theme: str, open_browser: Any, site: str, ada: Any, root: Any, settings: Any
) -> None:
    settings.DRF_TOKEN_AUTH = {"SCOPES": SCOPES if language == "en" else SCOPES_KO}
    made = furnish(ada)
    past = timezone.now() - timedelta(days=1)
    Token.objects.filter(pk=made["tablet"].pk).update(expires_at=past)
    browser = open_browser(root, language=language)
    prefer(browser, prefers_color_scheme=theme)
    for size in (DESKTOP, NARROW):
        resize(browser, size)
        look = f"{language}-{theme}-{size[0]}"
        browser.get(f"{site}{TOKENS}")
        assert len(rows(browser)) == 6 + (size == NARROW)
        assert fits(browser)
        keep(browser, size, f"admin-list-{look}")
        browser.get(f"{site}{TOKENS}add/?user={ada.pk}&name=ci{size[0]}")
        keep(browser, size, f"admin-add-{look}")
        find(browser, "[name=full_access]").click()
        save(browser)
        find(browser, "#key")
        assert fits(browser)
        assert objections(browser, "#content") == []
        keep(browser, size, f"admin-key-{look}")
        browser.get(f"{site}{TOKENS}find/")
        assert fits(browser)
        assert objections(browser, "#content") == []
        keep(browser, size, f"admin-find-{look}")
        browser.get(f"{site}{USERS}{ada.pk}/change/")
        keep(browser, size, f"admin-user-{look}")
