"""A headless Chromium, if this machine has one."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--no-first-run",
)


@functools.cache
def chromium() -> str | None:
    """Return the path of Chromium or Chrome, or None."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def screenshot(
    page: Path, image: Path, *, width: int = 1280, height: int = 800, dark: bool = False
) -> None:
    """Write a PNG of a page or a picture."""
    _run(page, dark, f"--screenshot={image}", f"--window-size={width},{height}")


def dump_dom(page: Path, *, width: int = 1280, height: int = 800, dark: bool = False) -> str:
    """Return a page's HTML after its scripts have run."""
    return _run(page, dark, "--dump-dom", f"--window-size={width},{height}")


def _run(page: Path, dark: bool, *options: str) -> str:
    program = chromium()
    assert program is not None, "there is no Chromium"
    scheme = "--blink-settings=preferredColorScheme=" + ("0" if dark else "1")
    with tempfile.TemporaryDirectory() as profile:
        arguments = [program, *_QUIET, scheme, f"--user-data-dir={profile}", *options]
        process = subprocess.run(
            [*arguments, page.resolve().as_uri()],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert process.returncode == 0, process.stderr
    return process.stdout
