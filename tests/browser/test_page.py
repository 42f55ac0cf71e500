"""Follow the tour of the example project in a real browser.

These tests need the programs of Debian's packages chromium and chromium-driver.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import text_to_be_present_in_element
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.chrome import DESKTOP, PHONE, chrome, fits, resize
from tests.demo import EMAIL, PASSWORD, Demo


# Start one site per test, because all tests together log in more often than the rate allows.
@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with Demo(tmp_path).running() as running:
        yield running


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def browser(request: Any, tmp_path: Path) -> Iterator[Chrome]:
    with chrome(tmp_path / "profile") as driver:
        resize(driver, request.param)
        yield driver


def says(browser: Chrome, text: str) -> None:
    WebDriverWait(browser, 20).until(text_to_be_present_in_element((By.ID, "status"), text))


def fill(browser: Chrome, form: str, **values: str) -> None:
    for name, value in values.items():
        field = browser.find_element(By.CSS_SELECTOR, f"#{form} [name={name}]")
        field.clear()
        field.send_keys(value)
    browser.find_element(By.CSS_SELECTOR, f"#{form} button").click()


def log_in(browser: Chrome, demo: Demo) -> str:
    browser.get(demo.url)
    fill(browser, "login", email=EMAIL, password=PASSWORD)
    says(browser, "You are logged in.")
    return browser.find_element(By.ID, "token").text


def press(browser: Chrome, button: str) -> None:
    browser.find_element(By.ID, button).click()


def text_of(browser: Chrome, element: str) -> str:
    return browser.find_element(By.ID, element).text


def test_a_person_logs_in_writes_a_note_and_logs_out(browser, demo):
    key = log_in(browser, demo)
    assert key.startswith("dta_")
    assert text_of(browser, "expires")
    fill(browser, "add", text="Buy <b>milk</b>")
    says(browser, "The note is added.")
    assert "Buy <b>milk</b>" in text_of(browser, "notes")
    assert "this one" in text_of(browser, "devices")
    assert fits(browser)
    press(browser, "logout")
    says(browser, "You are logged out.")
    assert not browser.find_element(By.ID, "inside").is_displayed()
    assert key not in browser.page_source
    assert demo.ask("GET", "/api/notes/", Authorization=f"Token {key}")[0] == 401


def test_the_page_says_that_the_password_is_wrong(browser, demo):
    browser.get(demo.url)
    fill(browser, "login", email=EMAIL, password="wrong")
    says(browser, "E-mail or password is wrong.")
    assert browser.find_element(By.ID, "login").is_displayed()
    assert fits(browser)


def test_a_person_logs_out_another_device_and_sees_a_logout_elsewhere(browser, demo):
    key = log_in(browser, demo)
    form = f"email={EMAIL}&password={PASSWORD}&name=old+phone".encode()
    other = demo.ask("POST", "/auth/login/", form)[2].split('"token":"')[1].split('"')[0]
    press(browser, "refresh")
    label = (By.CSS_SELECTOR, "#devices button[aria-label='Log out: old phone']")
    WebDriverWait(browser, 20).until(lambda driver: driver.find_elements(*label))[0].click()
    says(browser, "That device is logged out.")
    assert demo.ask("GET", "/api/notes/", Authorization=f"Token {other}")[0] == 401
    demo.ask("POST", "/auth/logout/", b"", Authorization=f"Token {key}")
    press(browser, "refresh")
    says(browser, "Your token does not work any more.")


def test_logging_out_everywhere_logs_out_every_device(browser, demo):
    key = log_in(browser, demo)
    press(browser, "logout-all")
    says(browser, "You are logged out.")
    assert demo.ask("GET", "/api/notes/", Authorization=f"Token {key}")[0] == 401


def test_a_second_device_appears_and_the_events_name_it(browser, demo):
    log_in(browser, demo)
    press(browser, "second")
    says(browser, "The old phone is logged in.")
    assert "old phone" in text_of(browser, "devices")
    listed = text_to_be_present_in_element((By.ID, "events"), "created · login: old phone")
    WebDriverWait(browser, 20).until(listed)
    assert fits(browser)


def test_a_token_is_usable_for_a_minute_and_then_refused(browser, demo):
    log_in(browser, demo)
    press(browser, "short")
    says(browser, "The one-minute token is created.")
    press(browser, "ask-short")
    answers = (By.ID, "short-answer")
    WebDriverWait(browser, 20).until(text_to_be_present_in_element(answers, "200"))
    expire = "Token.objects.filter(name='one minute').update(expires_at=timezone.now())"
    imports = "from drf_token_auth.models import Token; from django.utils import timezone"
    demo.manage("shell", "-c", f"{imports}; {expire}")
    press(browser, "ask-short")
    assert WebDriverWait(browser, 20).until(
        text_to_be_present_in_element(answers, "401, The token has expired.")
    )


def test_focus_moves_to_the_token_and_the_page_explains_a_reload(browser, demo):
    log_in(browser, demo)
    assert browser.switch_to.active_element.get_attribute("id") == "token-title"
    press(browser, "copy")
    says(browser, "copied")
    browser.get(demo.url)
    says(browser, "The page was reloaded and has forgotten the key.")
    assert browser.find_element(By.ID, "login").is_displayed()


def test_a_person_logs_in_and_sees_the_devices(browser, demo):
    browser.get(f"{demo.url}/account/devices/")
    for name, value in (("username", EMAIL), ("password", PASSWORD)):
        browser.find_element(By.NAME, name).send_keys(value)
    browser.find_element(By.CSS_SELECTOR, "main form button").click()
    heading = (By.TAG_NAME, "h1")
    WebDriverWait(browser, 20).until(text_to_be_present_in_element(heading, "Devices"))
    assert fits(browser)


def test_the_key_is_stored_nowhere(browser, demo):
    key = log_in(browser, demo)
    script = "return JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])"
    assert key not in browser.execute_script(script)


def test_the_page_says_that_the_server_does_not_answer(browser, tmp_path):
    with Demo(tmp_path).running() as demo:
        log_in(browser, demo)
    press(browser, "refresh")
    says(browser, "The server does not answer.")


def test_the_console_of_the_browser_has_no_error(browser, demo):
    log_in(browser, demo)
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
