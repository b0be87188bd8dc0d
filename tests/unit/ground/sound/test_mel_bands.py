"""Mel bands are those of librosa, and no job loads what compiles functions while it is loaded."""

import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
from checkout import REPO

from drumcorpus.ground.sound.mel_bands import mel_bank

MODULES = re.compile(r"^\s*(?:from|import)\s+(?:librosa|numba)\b", re.MULTILINE)


@pytest.mark.parametrize("is_even", [False, True])
@pytest.mark.parametrize(
    ("sample_rate_hz", "n_fft", "n_bands", "range_hz"),
    [
        (44_100, 1024, 80, (30.0, 16_000.0)),
        (22_050, 1024, 40, None),
        (48_000, 4096, 96, (1_200.0, 20_000.0)),
        (44_100, 256, 60, None),
        (8_000, 512, 1, (0.0, 900.0)),
    ],
)
def test_bands_are_those_of_librosa(sample_rate_hz, n_fft, n_bands, range_hz, is_even):
    from librosa.filters import mel

    limits = {} if range_hz is None else {"fmin": range_hz[0], "fmax": range_hz[1]}
    norm = None if is_even else "slaney"
    with warnings.catch_warnings(action="ignore"):  # of bands between two bins
        theirs = mel(sr=sample_rate_hz, n_fft=n_fft, n_mels=n_bands, norm=norm, **limits)
    found = mel_bank(sample_rate_hz, n_fft, n_bands, range_hz=range_hz, is_even=is_even)
    assert found.dtype == theirs.dtype
    np.testing.assert_array_equal(found, theirs)


def test_no_module_asks_for_librosa_or_numba():
    files = [*(REPO / "src").rglob("*.py"), *(REPO / "workflow").rglob("*.py")]
    assert len(files) > 100
    assert [path.name for path in files if MODULES.search(path.read_text())] == []


def test_looking_for_onsets_and_describing_hits_load_nothing_that_compiles():
    code = (
        "import sys, numpy as np\n"
        "from drumcorpus.ground.files.settings import read_settings\n"
        "from drumcorpus.ground.files.yaml_files import read_yaml\n"
        "from drumcorpus.ground.sound.onset_settings import OnsetSettings\n"
        "from drumcorpus.ground.sound.onsets import analyse_stem\n"
        "from drumcorpus.stages.crash.embeddings import embed_hits\n"
        "samples = np.random.default_rng(0).normal(0, 0.1, 44_100).astype(np.float32)\n"
        "settings = read_settings(OnsetSettings, read_yaml('config/config.yaml')['onsets'])\n"
        "analyse_stem(samples, 44_100, settings)\n"
        "vectors, *_ = embed_hits(samples, 44_100, np.array([0.2]))\n"
        "assert np.isfinite(vectors).any()\n"
        "print(*{name.split('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    loaded = set(done.stdout.split())
    assert "scipy" in loaded
    assert loaded & {"librosa", "numba", "llvmlite"} == set()
