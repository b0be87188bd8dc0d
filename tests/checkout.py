"""Where the checkout lies, for tests in whatever folder."""

from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
