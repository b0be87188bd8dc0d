"""One loudness meter: the value of the standard, whoever asks and at whatever rate."""

from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from pyloudnorm import IIRfilter
from scipy.signal import sosfilt, sosfreqz
from sounds import write_sound

from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files
from drumcorpus.ground.files.raw_files import scan_roots
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.raw_scan import RawData
from drumcorpus.ground.sound.loudness import (
    CHANNEL_WEIGHTS,
    K_WEIGHTING,
    LoudnessMeter,
    integrated_loudness,
    integrated_lufs,
)
from drumcorpus.ground.sound.turned import BlockTurner
from drumcorpus.schemas import EVENTS, SESSIONS
from drumcorpus.sessions import Survey
from drumcorpus.stages.checks.session_checks import check_sessions
from drumcorpus.stages.inventory.inventory import take_inventory
from drumcorpus.stages.splits.draw import split_sessions

RATE_HZ = 48_000
CARD = {"name": "egmd", "kit": "k", "is_synthetic": False, "label_maps": ["drums"]}


def sine(level_db, seconds=5.0, rate_hz=RATE_HZ, n_channels=1):
    """997 Hz, the test tone of ITU-R BS.1770, (n_samples, n_channels)."""
    times = np.arange(round(rate_hz * seconds)) / rate_hz
    tone = 10 ** (level_db / 20) * np.sin(2 * np.pi * 997 * times)
    return np.repeat(tone[:, None], n_channels, axis=1)


def drums(seconds, rate_hz, n_channels):
    """Decaying bursts of noise and a low tone, with rests between them and a quiet second half."""
    rng = np.random.default_rng(4)
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    beat = np.exp(-8 * (times % 0.61)) * (times % 2.44 < 1.83)
    noise = 0.15 * rng.standard_normal((len(times), n_channels))
    samples = beat[:, None] * (noise + 0.3 * np.sin(2 * np.pi * 61 * times)[:, None])
    samples[len(samples) // 2 :] *= 0.02
    return samples.clip(-0.99, 0.99)


@pytest.fixture
def measure(tmp_path, repo):
    """LUFS of samples by the path of the inventory and by that of the checks."""
    settings = read_yaml(repo / "config/config.yaml")["checks"]["measure"]
    folder = tmp_path / "raw"
    folder.mkdir()

    def by_inventory():
        files, refusals = scan_roots([folder])
        cache = FactCache(tmp_path / "facts.json")
        digests, _ = digest_raw_files(files.values(), cache, workers=1)
        asking = {"session_id": "a", "audio_path": "a.wav", "measure_loudness": True}
        survey = Survey([asking], {"a.wav": "audio"}, {}, [])
        shares = {"train": 1.0, "validation": 0.0, "test": 0.0}
        inventory = take_inventory(
            RawData("made_up", files, digests, refusals, cache),
            CARD,
            {},
            lambda files, read, options: survey,
            split_sessions=partial(split_sessions, seed=0, shares=shares),
            workers=1,
        )
        return inventory.sessions["integrated_loudness"].to_pylist()[0]

    def by_checks():
        row = dict.fromkeys(SESSIONS.names) | {"source_set": "s", "session_id": "a", "files": []}
        sessions = pa.Table.from_pylist([row | {"audio_path": "a.wav", "notes": []}], SESSIONS)
        args = (lambda path: folder / path, {}, settings)
        checks = check_sessions(sessions, EVENTS.empty_table(), *args, n_shards=1)
        return checks["loudness_lufs"].to_pylist()[0]

    def measure(samples, rate_hz, subtype="FLOAT"):
        write_sound(folder / "a.wav", samples, rate_hz, subtype=subtype)
        return by_inventory(), by_checks()

    return measure


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize(
    ("n_channels", "expected"),
    # BS.1770: in one front channel 0 dBFS are -3.01 LUFS; the surrounds weigh 1.41; of more than
    # five channels the mean of the powers is measured.
    [(1, -23.01), (2, -20.0), (5, -20.0 + 10 * np.log10((3 + 2 * 1.41) / 2)), (20, -23.01)],
)
def test_the_tone_of_the_standard_has_its_value_on_both_paths(
    measure, rate_hz, n_channels, expected
):
    tone = sine(-20, rate_hz=rate_hz, n_channels=n_channels)
    assert measure(tone, rate_hz) == pytest.approx((expected, expected), abs=0.005)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
@pytest.mark.parametrize("n_channels", [1, 2, 6])
def test_both_paths_give_one_number(measure, rate_hz, n_channels):
    inventory, checks = measure(drums(12.3, rate_hz, n_channels), rate_hz, "PCM_24")
    assert -40 < checks < -10
    # The checks write down three decimals.
    assert inventory == pytest.approx(checks, abs=0.00051)


@pytest.mark.parametrize("rate_hz", [4_000, 8_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("n_channels", [1, 2, 5, 6])
@pytest.mark.parametrize("n_frame", [22, 24])
@pytest.mark.parametrize("kind", [np.int16, np.float32], ids=["int16", "float32"])
def test_powers_are_those_of_the_filters_in_double_precision(rate_hz, n_channels, n_frame, kind):
    """Sample by sample, each block of 0.4 s, on an offset that the filters take away."""
    samples = np.concatenate([drums(5.0, rate_hz, n_channels)] * 2)[: -rate_hz // 7]
    samples = 0.7 * samples + 0.1
    samples = np.round(32_768 * samples).astype(kind) if kind == np.int16 else samples.astype(kind)
    meter = LoudnessMeter(rate_hz, n_channels, n_frame)
    turn = BlockTurner(n_frame, n_channels, n_free=meter.N_STATES)
    for start in range(0, len(samples), turn.n_samples):
        meter.add(turn(samples[start : start + turn.n_samples]))
    filters = (IIRfilter(g, q, f, rate_hz, name) for g, q, f, name in K_WEIGHTING)
    sections = np.array([np.concatenate([each.b, each.a]) for each in filters])
    scale = 2.0**-15 if kind == np.int16 else 1.0
    squares = np.square(sosfilt(sections, scale * samples.astype(np.float64), axis=0))
    tone = sosfreqz(sections, 2 * np.pi * 997 / rate_hz)[1]
    weights = (
        CHANNEL_WEIGHTS[:n_channels] if n_channels <= 5 else np.full(n_channels, 1 / n_channels)
    )
    power = squares @ weights * 10**0.0691 / np.abs(tone[0]) ** 2
    steps = (np.arange(int(len(power) / (0.1 * rate_hz) + 1e-9) + 1) * 0.1 * rate_hz).astype(int)
    reached = np.concatenate([[0.0], np.cumsum(power)])[steps]
    expected = (reached[4:] - reached[:-4]) / (0.4 * rate_hz)
    # 1e-5 of a power are 0.00004 dB: what is written down has three or four decimals.
    np.testing.assert_allclose(meter.block_powers(), expected, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize(
    "n_samples", [17_640, 17_641, 88_000 - 1, 88_000, 352_000 - 1, 352_000, 352_000 + 1, 704_000]
)
def test_a_recording_that_ends_with_a_block_or_beside_one_is_whole(tmp_path, n_samples):
    """A frame of 22 samples, 16,000 of them in a block: 997 Hz at -20 dBFS all the way."""
    tone = sine(-20, 16, 44_100)[:n_samples]
    meter = LoudnessMeter(44_100, 1, 22)
    turn = BlockTurner(22, 1, n_free=meter.N_STATES)
    for start in range(0, n_samples, turn.n_samples):
        meter.add(turn(tone[start : start + turn.n_samples].astype(np.float32)))
    assert len(meter.block_powers()) == int(n_samples / 4_410 + 1e-9) - 3
    assert integrated_lufs([meter.block_powers()]) == pytest.approx(-23.01, abs=0.02)


def test_silence_has_none(tmp_path):
    write_sound(tmp_path / "a.wav", np.zeros(RATE_HZ), RATE_HZ)
    assert integrated_loudness(tmp_path / "a.wav") is None


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.39])
def test_what_is_shorter_than_a_gating_block_is_measured_as_one(tmp_path, seconds):
    write_sound(tmp_path / "a.wav", sine(-20, seconds), RATE_HZ, subtype="FLOAT")
    assert integrated_loudness(tmp_path / "a.wav") == pytest.approx(-23.01, abs=0.05)


@pytest.mark.parametrize("n_samples", [1, 100])
def test_a_few_samples_have_a_loudness_or_none(tmp_path, n_samples):
    write_sound(tmp_path / "a.wav", np.full(n_samples, 0.5), RATE_HZ)
    loudness = integrated_loudness(tmp_path / "a.wav")
    assert loudness is None or -70 <= loudness < 5


def test_content_is_measured_as_the_file_is(tmp_path):
    path = tmp_path / "a.wav"
    write_sound(path, drums(3.0, RATE_HZ, 2), RATE_HZ)
    assert integrated_loudness(path.read_bytes()) == integrated_loudness(path)
