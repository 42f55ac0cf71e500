"""Use the pages as people do, in a real browser, under the strictest Content-Security-Policy."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import override_settings
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from drf_token_auth import get_token_model, operations
from tests.browser.chrome import console, find, heading, link, wait_for_heading
from tests.browser.csp import WITH_FETCH
from tests.browser.sessions import age_logins
from tests.conftest import PASSWORD, make_user

Token = get_token_model()
NEW = "/account/api-tokens/new/"
TOKENS = "/account/api-tokens/"
_KEPT = "return JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])"


def status(site: str, key: str) -> int:
    """Send a real request with this key to the API. Return the status."""
    request = urllib.request.Request(f"{site}/echo/", headers={"Authorization": f"Token {key}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def api_login(site: str, name: str, user_agent: str) -> str:
    data = json.dumps({"username": name, "password": PASSWORD}).encode()
    headers = {"Content-Type": "application/json", "User-Agent": user_agent}
    request = urllib.request.Request(f"{site}/auth/login/", data, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(json.load(answer)["token"])


def fill_in(browser: Any, name: str = "deploy", **more: str) -> None:
    for field, value in {"name": name, **more}.items():
        find(browser, f"[name={field}]").send_keys(value)


def submit(browser: Any) -> None:
    find(browser, "form[method=post] button[type=submit]").click()


def make(browser: Any, site: str, **data: str) -> str:
    browser.get(f"{site}{NEW}")
    fill_in(browser, **data)
    submit(browser)
    wait_for_heading(browser, "Your new API token")
    return str(find(browser, "#token-key").text)


def press_until(browser: Any, text: str, key: str = Keys.TAB) -> Any:
    """Move with the keyboard until the element with this text or name has the focus."""
    for _ in range(40):
        ActionChains(browser).send_keys(key).perform()
        active = browser.switch_to.active_element
        if active.text.startswith(text) or active.get_attribute("name") == text:
            return active
    raise AssertionError(f"the keyboard does not reach {text!r}")


def kept(browser: Any) -> str:
    """Return the storage, cookies and address that scripts of this site can read."""
    try:
        return str(browser.execute_script(_KEPT))
    except WebDriverException:
        assert "ERR_CACHE_MISS" in browser.page_source
        return ""


def test_a_user_makes_copies_uses_and_revokes_with_the_keyboard(
    open_browser: Any, site: str, ada: Any
) -> None:
    browser = open_browser(ada)
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    grant = {"origin": site, "permissions": permissions}
    browser.execute_cdp_cmd("Browser.grantPermissions", grant)
    browser.get(f"{site}{TOKENS}")
    press_until(browser, "New API token").send_keys(Keys.ENTER)
    wait_for_heading(browser, "New API token")
    press_until(browser, "name").send_keys("deploy")
    press_until(browser, "Make the token").send_keys(Keys.ENTER)
    wait_for_heading(browser, "Your new API token: deploy")
    assert browser.switch_to.active_element.tag_name == "h1"
    key = find(browser, "#token-key").text
    press_until(browser, "Copy the key").send_keys(Keys.ENTER)
    find(browser, "#copy-status:not(:empty)")
    assert find(browser, "#copy-status").text == "Copied."
    assert browser.switch_to.active_element.text == "Copy the key"
    assert browser.execute_script("return navigator.clipboard.readText()") == key
    assert status(site, key) == 200
    press_until(browser, "I have copied the key").send_keys(Keys.ENTER)
    wait_for_heading(browser, "API tokens")
    press_until(browser, "deploy").send_keys(Keys.ENTER)
    wait_for_heading(browser, "deploy")
    press_until(browser, "Revoke").send_keys(Keys.ENTER)
    wait_for_heading(browser, "Revoke API tokens")
    press_until(browser, "Revoke").send_keys(Keys.ENTER)
    wait_for_heading(browser, "API tokens")
    assert "1 API token is revoked." in find(browser, "[role=status]").text
    assert status(site, key) == 401


def test_the_pages_work_without_scripts(open_browser: Any, site: str, ada: Any) -> None:
    browser = open_browser(ada, scripts=False)
    key = make(browser, site)
    assert status(site, key) == 200
    assert not find(browser, "#copy-key").is_displayed()
    link(browser, "I have copied the key").click()
    link(browser, "Revoke").click()
    submit(browser)
    wait_for_heading(browser, "API tokens")
    assert status(site, key) == 401
    browser.get(f"{site}{NEW}")
    assert find(browser, "[name=expires_on]").is_displayed()


def test_no_button_shows_the_key_again_and_nothing_stores_it(
    open_browser: Any, site: str, ada: Any
) -> None:
    browser = open_browser(ada)
    key = make(browser, site)
    assert key not in kept(browser)
    link(browser, "I have copied the key").click()
    wait_for_heading(browser, "API tokens")
    for step in (browser.back, browser.back, browser.forward, browser.forward, browser.refresh):
        step()
        assert key not in browser.page_source
        assert key not in kept(browser)
    assert Token.objects.count() == 1


def test_a_reload_of_the_key_makes_no_second_token(open_browser: Any, site: str, ada: Any) -> None:
    browser = open_browser(ada)
    key = make(browser, site)
    browser.refresh()
    assert "already have an API token with this name" in find(browser, "[role=alert]").text
    assert key not in browser.page_source
    assert Token.objects.count() == 1


def test_a_double_click_makes_one_token(open_browser: Any, site: str, ada: Any) -> None:
    browser = open_browser(ada)
    browser.get(f"{site}{NEW}")
    fill_in(browser)
    ActionChains(browser).double_click(find(browser, "form button[type=submit]")).perform()
    wait_for_heading(browser, "Your new API token")
    assert status(site, find(browser, "#token-key").text) == 200
    assert Token.objects.count() == 1


def test_the_page_says_that_the_browser_denies_the_clipboard(
    open_browser: Any, site: str, ada: Any
) -> None:
    browser = open_browser(ada)
    make(browser, site)
    for name in ("clipboard-write", "clipboard-read"):
        denial = {"permission": {"name": name}, "setting": "denied", "origin": site}
        browser.execute_cdp_cmd("Browser.setPermission", denial)
    browser.execute_script(
        "navigator.clipboard.writeText = () => Promise.reject(new Error('denied'))"
    )
    find(browser, "#copy-key").click()
    find(browser, "#copy-status:not(:empty)")
    assert "does not allow copying" in find(browser, "#copy-status").text


def test_a_stale_login_needs_the_right_password(open_browser: Any, site: str, ada: Any) -> None:
    ada.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    ada.save()
    browser = open_browser(ada)
    age_logins()
    browser.get(f"{site}{NEW}")
    fill_in(browser, password="wrong")
    submit(browser)
    assert "The password is wrong." in find(browser, "[role=alert]").text
    assert browser.title.startswith("Error: ")
    assert find(browser, "[name=name]").get_attribute("value") == "deploy"
    assert find(browser, "[name=password]").get_attribute("value") == ""
    find(browser, "[name=password]").send_keys(PASSWORD)
    submit(browser)
    wait_for_heading(browser, "Your new API token")
    # Django accepted the password and saved a new hash of it. The user is still logged in.
    ada.refresh_from_db()
    assert ada.password.startswith("md5$")
    browser.get(f"{site}{NEW}")
    assert heading(browser) == "New API token"
    assert browser.find_elements(By.CSS_SELECTOR, "[name=password]") == []


def test_a_user_without_a_password_logs_in_again_and_comes_back(
    open_browser: Any, site: str, ada: Any
) -> None:
    grace = make_user("grace")
    grace.set_unusable_password()
    grace.save()
    browser = open_browser(grace)
    age_logins()
    browser.get(f"{site}{NEW}?name=ci")
    assert heading(browser) == "Log in again"
    submit(browser)
    wait_for_heading(browser, "Log in")
    # Grace has no password, so a provider would log her in here. In this test, Ada logs in.
    find(browser, "[name=username]").send_keys(ada.get_username())
    find(browser, "[name=password]").send_keys(PASSWORD)
    submit(browser)
    wait_for_heading(browser, "New API token")
    assert find(browser, "[name=name]").get_attribute("value") == "ci"


def test_a_user_logs_out_one_of_two_devices(open_browser: Any, site: str, ada: Any) -> None:
    name = ada.get_username()
    phone = api_login(site, name, "Mozilla/5.0 (Linux; Android 15) Chrome/130.0 Mobile Safari/537")
    app = api_login(site, name, "okhttp/4.12.0")
    browser = open_browser(ada)
    browser.get(f"{site}/account/devices/")
    assert {one.text for one in browser.find_elements(By.CSS_SELECTOR, "tbody th a")} == {
        "Chrome on Android",
        "okhttp 4.12",
    }
    link(browser, "Chrome on Android").click()
    link(browser, "Log out").click()
    assert "Chrome on Android" in find(browser, ".dta-names").text
    submit(browser)
    wait_for_heading(browser, "Devices")
    assert (status(site, phone), status(site, app)) == (401, 200)


def test_one_box_ticks_all_tokens(open_browser: Any, site: str, ada: Any) -> None:
    for name in ("one", "two", "three"):
        operations.issue(ada, kind="personal", name=name)
    browser = open_browser(ada)
    browser.get(f"{site}{TOKENS}")
    find(browser, "[data-all]").click()
    find(browser, "tbody [name=id]").click()
    find(browser, ".dta-bulk button").click()
    wait_for_heading(browser, "Revoke API tokens")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".dta-names li")) == 2
    submit(browser)
    wait_for_heading(browser, "API tokens")
    assert Token.objects.count() == 1


def test_the_form_shows_the_field_of_the_chosen_option(
    open_browser: Any, site: str, ada: Any, settings: Any
) -> None:
    settings.DRF_TOKEN_AUTH = {"SCOPES": {"read": "Read", "write": "Write"}}
    browser = open_browser(ada)
    browser.get(f"{site}{NEW}")
    fill_in(browser)
    assert not find(browser, "[name=expires_on]").is_displayed()
    find(browser, "[name=lifetime][value=date]").click()
    assert find(browser, "[name=expires_on]").is_displayed()
    find(browser, "[name=lifetime]").click()
    submit(browser)
    # No scope is chosen in advance, so the browser itself asks for a choice.
    assert heading(browser) == "New API token"
    find(browser, "[name=access][value=only]").click()
    find(browser, "[name=scopes][value=read]").click()
    submit(browser)
    wait_for_heading(browser, "Your new API token")
    assert Token.objects.get().scope_list == ["read"]


@pytest.mark.parametrize("library", ["htmx", "turbo"])
def test_the_pages_work_on_a_site_with_a_script_library(
    library: str, open_browser: Any, site: str, ada: Any, settings: Any
) -> None:
    here = Path(__file__).parent
    folders = [here / f"templates_{library}", here / "templates"]
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": folders}]
    settings.CONTENT_SECURITY_POLICY = WITH_FETCH
    browser = open_browser(ada)
    browser.get(f"{site}/with-{library}/")
    link(browser, "New token").click()
    wait_for_heading(browser, "New API token")
    fill_in(browser)
    submit(browser)
    wait_for_heading(browser, "Your new API token")
    key = find(browser, "#token-key").text
    assert status(site, key) == 200
    assert key not in kept(browser)
    link(browser, "Site").click()
    wait_for_heading(browser, "A site with")
    assert key not in kept(browser)
    browser.back()
    assert key not in browser.page_source
    assert key not in kept(browser)
    assert Token.objects.count() == 1


def test_wrong_passwords_are_limited(open_browser: Any, site: str, ada: Any) -> None:
    browser = open_browser(ada)
    age_logins()
    with override_settings(DRF_TOKEN_AUTH={"LOGIN_RATES": {"account": "1/day"}}):
        browser.get(f"{site}{NEW}")
        for _ in range(2):
            find(browser, "[name=name]").clear()
            fill_in(browser, password="wrong")
            submit(browser)
            find(browser, "[role=alert]")
        assert "Too many attempts" in find(browser, "[role=alert]").text
    # Chromium says in its console that the answer was a 429.
    assert all("429" in line for line in console(browser))


def test_a_korean_user_sees_korean_pages(open_browser: Any, site: str, ada: Any) -> None:
    operations.issue(ada, kind="personal", name="백업", ttl=timedelta(days=3))
    browser = open_browser(ada, language="ko")
    browser.get(f"{site}{TOKENS}")
    assert find(browser, "html").get_attribute("lang") == "ko"
    assert heading(browser) == "API 토큰"
    assert "백업" in find(browser, "tbody").text
