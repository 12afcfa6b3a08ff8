"""The Chromium that the browser tests drive: the system's own."""

import shutil
from pathlib import Path

ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--use-gl=swiftshader",
]
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_PLACES = ("/usr/lib/chromium/chromium-headless-shell", "/Applications/Chromium.app/Contents/MacOS/Chromium")


def executable() -> str:
    """Its path; a test without it fails, saying what to install."""
    found = [path for name in _NAMES if (path := shutil.which(name))] + [
        path for path in _PLACES if Path(path).exists()
    ]
    assert found, "No Chromium found. Type: sudo apt-get install chromium-headless-shell fonts-nanum"
    return found[0]
