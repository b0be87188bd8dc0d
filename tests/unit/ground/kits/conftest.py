"""SFZ instruments that tests write."""

import numpy as np
import pytest
from sounds import write_sound

RATE_HZ = 44_100


@pytest.fixture
def write_sfz(tmp_path):
    """Write an instrument beside samples of a level each, 1,000 samples long."""
    for name, level in {"soft": 0.1, "mid": 0.2, "loud": 0.4, "room": 0.05}.items():
        write_sound(tmp_path / f"{name}.wav", np.full(1_000, level), RATE_HZ, subtype="FLOAT")

    def written(text, name="kit.sfz"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return written
