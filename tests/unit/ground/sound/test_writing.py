"""A sound file stands whole or not at all, and an error names it."""

import errno
import subprocess
import sys

import numpy as np
import pytest
from sounds import write_sound as write_by_libsndfile

from drumcorpus.ground.sound.writing import write_sound

TOO_LARGE = """
import sys, numpy, resource
from drumcorpus.ground.sound.writing import write_sound
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    write_sound(sys.argv[1], numpy.zeros(44_100), 44_100)
except OSError as error:
    print(error.errno, error.filename)
"""


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_the_file_is_what_libsndfile_would_write(tmp_path, name):
    samples = np.linspace(-0.5, 0.5, 1000)
    write_sound(tmp_path / name, samples, 8000)
    write_by_libsndfile(tmp_path / f"b{name}", samples, 8000, subtype="PCM_16")
    assert (tmp_path / name).read_bytes() == (tmp_path / f"b{name}").read_bytes()


def test_a_file_that_cannot_be_written_is_named_and_not_left_half(tmp_path):
    path = tmp_path / "a.wav"
    done = subprocess.run([sys.executable, "-c", TOO_LARGE, path], capture_output=True, text=True)
    assert done.stdout == f"{errno.EFBIG} {path}\n"
    assert list(tmp_path.iterdir()) == []
