"""Start Debian's Chromium, and use it as a person does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
DESKTOP, PHONE, NARROW = (1280, 900), (390, 844), (320, 700)


@contextmanager
def chrome(
    profile: Path, *, language: str = "en", scripts: bool = True, clipboard: bool = True
) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for switch in (*SWITCHES, f"--user-data-dir={profile}", f"--lang={language}"):
        options.add_argument(switch)
    preferences: dict[str, Any] = {"intl.accept_languages": language}
    if not scripts:
        preferences["profile.managed_default_content_settings.javascript"] = 2
    if not clipboard:
        preferences["profile.default_content_setting_values.clipboard"] = 2
    options.add_experimental_option("prefs", preferences)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService("/usr/bin/chromedriver"))
    try:
        resize(driver, DESKTOP)
        yield driver
    finally:
        driver.quit()


def resize(browser: Chrome, size: tuple[int, int]) -> None:
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def prefer(browser: Chrome, **features: str) -> None:
    """Emulate media features: ``prefer(browser, prefers_color_scheme="dark")``."""
    listed = [{"name": k.replace("_", "-"), "value": value} for k, value in features.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": listed})


def find(browser: Chrome, selector: str) -> WebElement:
    return WebDriverWait(browser, 20).until(
        lambda driver: driver.find_element(By.CSS_SELECTOR, selector)
    )


def link(browser: Chrome, text: str) -> WebElement:
    found: WebElement = WebDriverWait(browser, 20).until(
        lambda driver: driver.find_element(By.PARTIAL_LINK_TEXT, text)
    )
    return found


def heading(browser: Chrome) -> str:
    return find(browser, "h1").text


def wait_for_heading(browser: Chrome, text: str) -> None:
    stale = [StaleElementReferenceException]
    wait = WebDriverWait(browser, 20, ignored_exceptions=stale)
    wait.until(lambda driver: text in heading(browser))


def fits(browser: Chrome) -> bool:
    """Return whether the page fits without scrolling sideways."""
    script = "return document.documentElement.scrollWidth <= window.innerWidth"
    return bool(browser.execute_script(script))


def console(browser: Chrome) -> list[str]:
    """Return the console's messages about our pages. Leave out those about other scripts."""
    messages = [entry["message"] for entry in browser.get_log("browser")]
    return [message for message in messages if "/vendor/" not in message]
