"""One decoder: what makes a file unusable is the same for whoever reads it."""

import ast
import contextlib
import io
import os
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st
from sounds import sound_bytes, write_sound

from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.sound.audio import probe_audio, read_mono, read_mono_near
from drumcorpus.ground.sound.chunks import missing_bytes
from drumcorpus.ground.sound.decoding import UnusableSound, open_sound
from drumcorpus.ground.sound.loudness import integrated_loudness
from drumcorpus.ground.sound.pcm16 import read_pcm16
from drumcorpus.ground.sound.recordings import recording_reader
from drumcorpus.ground.sound.resampling import resample
from drumcorpus.ground.sound.stereo import stereo_reader
from drumcorpus.schemas import SESSIONS
from drumcorpus.stages.checks.decoding import decode
from drumcorpus.stages.splits.unheard_files import why_unheard

RATE_HZ = 8000
SECONDS = 30  # several blocks


def sound(clicks=(), *, rate=RATE_HZ, seconds=1.0, channels=1, subtype="PCM_16", form="WAV"):
    """A file with clicks {time: amplitude}."""
    samples = np.zeros((round(seconds * rate), channels))
    for time, amplitude in dict(clicks).items():
        samples[round(time * rate)] = amplitude
    return encoded(samples, rate, subtype=subtype, format=form)


def encoded(samples, rate=RATE_HZ, **options):
    return sound_bytes(samples, rate, **options)


def noise(form="WAV", **options):
    samples = 0.2 * np.random.default_rng(0).standard_normal((SECONDS * RATE_HZ, 2))
    return encoded(samples.clip(-0.99, 0.99), format=form, **options)


def mono(form):
    samples = 0.2 * np.random.default_rng(1).standard_normal(SECONDS * RATE_HZ)
    return encoded(samples.clip(-0.99, 0.99), format=form, subtype="PCM_16")


def floats(**values):
    """Float samples, some of which are replaced, by their place as a share of the whole."""
    samples = np.full(SECONDS * RATE_HZ, 0.1)
    for value, place in values.items():
        samples[int(place * len(samples))] = float(value)
    return encoded(samples, subtype="FLOAT")


def cut(data, share=0.5):
    return data[: int(share * len(data))]


def stating(size, data=None):
    """A WAV file whose header states so many bytes of samples."""
    data = bytearray(noise() if data is None else data)
    place = data.index(b"data") + 4
    data[place : place + 4] = size.to_bytes(4, "little")
    return bytes(data)


def promising(n_samples, data=None):
    """A FLAC file whose header promises another length than it has; 0 is an unknown one."""
    data = bytearray(noise("FLAC") if data is None else data)
    fields = int.from_bytes(data[18:26], "big")  # of STREAMINFO: rate, channels, bits, samples
    data[18:26] = ((fields >> 36 << 36) | n_samples).to_bytes(8, "big")
    return bytes(data)


def damaged(data):
    middle = len(data) // 2
    return data[:middle] + bytes(5000) + data[middle + 5000 :]


HOSTILE = {
    "no byte": (b"", "empty_audio"),
    "a header and no sample": (encoded(np.zeros(0)), "empty_audio"),
    "a header that states samples, and none": (noise()[:44], "empty_audio"),
    "WAV that states 0 bytes, and has a chunk": (
        stating(0, noise()[:44]) + b"LIST\4\0\0\0INFO",
        "empty_audio",
    ),
    "one byte": (b"\x00", "unreadable_audio"),
    "no audio": (b"hello, this is no sound" * 40, "unreadable_audio"),
    "RIFF and no more": (b"RIFF\x00\x00\x00\x00WAVE", "unreadable_audio"),
    "half a header": (noise()[:20], "unreadable_audio"),
    "a rate that no recording has": (sound(rate=100, seconds=5), "unreadable_audio"),
    "WAV of an unknown length, and of no form": (
        stating(0xFFFFFFFF).replace(b"fmt ", b"fmm ", 1),
        "unreadable_audio",
    ),
    "the beginning of an MP3 that is to count its frames": (
        b"\xff\xe3H\xc4" + bytes(9) + b"Xing\0\0",
        "unreadable_audio",
    ),
    "FLAC with a hole": (damaged(noise("FLAC")), "unreadable_audio"),
    "half a WAV": (cut(noise()), "cut_short"),
    "half a silent WAV": (cut(sound(seconds=SECONDS)), "cut_short"),
    "WAV that states too much": (stating(2_000_000_000), "cut_short"),
    "half an AIFF": (cut(noise("AIFF", subtype="PCM_24")), "cut_short"),
    "half an RF64": (cut(noise("RF64")), "cut_short"),
    "half a FLAC": (cut(noise("FLAC")), "cut_short"),
    "FLAC without its last bytes": (noise("FLAC")[:-20], "cut_short"),
    "FLAC that promises too much": (promising(10**6), "cut_short"),
    "half a FLAC that promises what cannot be": (cut(promising(1 << 33)), "cut_short"),
    "half a FLAC of unknown length": (cut(promising(0)), "cut_short"),
    "a NaN": (floats(nan=0.7), "not_finite"),
    "an infinity": (floats(inf=0.3), "not_finite"),
    "infinities of both signs": (floats(inf=0.3, **{"-inf": 0.3001}), "not_finite"),
    "a sample far beyond full scale": (floats(**{"1e19": 0.5}), "not_finite"),
    "a whole WAV": (noise(), None),
    "WAV that states 0 bytes": (stating(0), None),
    "FLAC that promises what cannot be": (promising(1 << 33), None),
    "FLAC of unknown length": (promising(0), None),
    "WAV of unstated length": (stating(0xFFFFFFFF), None),
    "half a WAV of unstated length": (cut(stating(0xFFFFFFFF)), None),
    "a whole AIFF": (noise("AIFF", subtype="PCM_24"), None),
    "a whole RF64": (noise("RF64"), None),
    "a whole FLAC": (noise("FLAC"), None),
    "mono FLAC with a hole": (damaged(mono("FLAC")), "unreadable_audio"),
    "half a mono WAV": (cut(mono("WAV")), "cut_short"),
    "half a mono FLAC": (cut(mono("FLAC")), "cut_short"),
    "mono FLAC that promises too much": (promising(10**6, mono("FLAC")), "cut_short"),
    "half a mono FLAC that promises what cannot be": (
        cut(promising(1 << 33, mono("FLAC"))),
        "cut_short",
    ),
    "a whole mono FLAC": (mono("FLAC"), None),
    "a whole W64": (noise("W64"), None),
    "one sample": (encoded(np.array([0.5])), None),
}
# What shows in no header and at no end is not seen by one who does not decode it.
UNSEEN_BY_PROBE = (
    *(
        "FLAC with a hole",
        "mono FLAC with a hole",
        "a NaN",
        "an infinity",
        "infinities of both signs",
    ),
    "a sample far beyond full scale",
)
WHOLE = np.array([[0.0, SECONDS]])


def blocks_of(source):
    with open_sound(source) as reader:
        return [len(block) for block in reader.blocks(1000)]


READERS = {
    "blocks": blocks_of,
    "read_mono": read_mono,
    "read_mono at a rate": lambda path: read_mono(path, 22_050),
    "read_mono of content": lambda path: read_mono(path.read_bytes()),
    "read_mono_near": lambda path: read_mono_near(path, 22_050, WHOLE),
    "integrated_loudness": integrated_loudness,
    "recordings": lambda path: recording_reader(
        SESSIONS.empty_table(), lambda name: (path.parent / name).read_bytes()
    )(path.name),
    "recordings near": lambda path: recording_reader(
        SESSIONS.empty_table(), lambda name: (path.parent / name).read_bytes(), 22_050
    )(path.name, WHOLE),
    "recordings of integers": lambda path: recording_reader(
        SESSIONS.empty_table(), path.with_name, keep_pcm16=True
    )(path.name),
    "stereo": lambda path: stereo_reader(SESSIONS.empty_table(), path.with_name)(path.name),
    "stereo of integers": lambda path: stereo_reader(
        SESSIONS.empty_table(), path.with_name, keep_pcm16=True
    )(path.name),
    "checks": lambda path: decode([path.name], [path], -60.0),
    "checks of a pair": lambda path: decode([path.name] * 2, [path] * 2, -60.0),
}


def reason_of(read, path):
    try:
        read(path)
    except (UnusableSound, UnusableFile) as error:
        return error.reason
    return None


@pytest.fixture(params=HOSTILE)
def hostile(request, tmp_path):
    """A file, its kind and the reason for which it is unusable."""
    data, reason = HOSTILE[request.param]
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    return path, request.param, reason


def test_every_reader_gives_one_reason(hostile):
    path, _, reason = hostile
    reasons = {name: reason_of(read, path) for name, read in READERS.items()}
    assert reasons == dict.fromkeys(READERS, reason)


def test_a_probe_gives_that_reason_too_where_it_looks(hostile):
    path, kind, reason = hostile
    assert reason_of(probe_audio, path) == (None if kind in UNSEEN_BY_PROBE else reason)


def test_spans_tell_the_end_too_and_nothing_of_what_is_not_decoded(hostile):
    path, kind, reason = hostile
    nowhere = np.zeros((0, 2))
    expected = None if kind in UNSEEN_BY_PROBE else reason
    assert reason_of(lambda p: read_mono_near(p, 22_050, nowhere), path) == expected


def test_what_cannot_be_decoded_has_the_sound_that_can(hostile):
    path, kind, reason = hostile
    is_silent = reason in ("empty_audio", "unreadable_audio") and "FLAC with a hole" not in kind
    assert (why_unheard(path) is None) is not (is_silent or kind == "half a silent WAV")


@pytest.mark.parametrize("kind", [kind for kind, (_, reason) in HOSTILE.items() if reason])
def test_what_is_said_of_a_file_is_the_same_each_time(kind):
    details = set()
    for _ in range(2):
        with pytest.raises(UnusableSound) as caught:
            read_mono(HOSTILE[kind][0])
        details.add(str(caught.value))
    (detail,) = details
    assert detail == caught.value.detail
    assert "0x" not in detail  # no place in memory


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("no byte", "not readable as audio: the file has no content"),
        ("no audio", "not readable as audio: "),  # in the words of libsndfile, as it was built
        ("a header and no sample", "holds no sample"),
        ("half a WAV", "the header says 960000 bytes of samples, 479978 are there"),
        ("half an AIFF", "the header says 1440000 bytes of samples"),
        ("half an RF64", "the header says 960000 bytes of samples"),
        ("FLAC that promises too much", "the header says 1000000 samples, and the last is not"),
        ("half a FLAC", "the header says 240000 samples, and the last is not there"),
        ("a NaN", "samples hold a NaN or an infinity"),
        ("a sample far beyond full scale", r"a sample of 1e\+19; allowed: 1e\+06 of full scale"),
        ("a rate that no recording has", "sample rate 100 Hz; allowed: 4000 to 400000"),
    ],
)
def test_the_detail_says_what_was_seen(kind, message):
    with pytest.raises(UnusableSound, match=message):
        read_mono(HOSTILE[kind][0])


def test_a_file_that_is_not_there_is_no_bad_recording(tmp_path):
    for read in (probe_audio, read_mono, integrated_loudness, why_unheard):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "gone.wav")


def test_one_who_judges_each_stroke_gets_what_is_no_number_too():
    data = HOSTILE["a NaN"][0]
    samples, _ = read_mono(data, allow_not_finite=True)
    assert np.flatnonzero(np.isnan(samples)).tolist() == [int(0.7 * len(samples))]
    spans = np.array([[20.9, 21.1]])
    near, _ = read_mono_near(data, RATE_HZ, spans, allow_not_finite=True)
    assert np.isnan(near[21 * RATE_HZ - 10 : 21 * RATE_HZ + 10]).any()


def test_files_of_a_recording_are_read_to_the_end_of_the_shortest(tmp_path):
    paths = [tmp_path / "long.wav", tmp_path / "short.wav"]
    paths[0].write_bytes(noise())
    paths[1].write_bytes(sound({0.5: 0.5}, seconds=2.0))
    assert decode(["long.wav", "short.wav"], paths, -60.0).n_samples == 2 * RATE_HZ
    paths[1].write_bytes(cut(sound({0.5: 0.5}, seconds=2.0)))
    for order in (slice(None), slice(None, None, -1)):
        with pytest.raises(UnusableFile, match=r"^short\.wav: cut_short"):
            decode(["long.wav", "short.wav"][order], paths[order], -60.0)


def test_a_recording_of_two_rates_is_unreadable(tmp_path):
    paths = [tmp_path / "a.wav", tmp_path / "b.wav"]
    paths[0].write_bytes(noise())
    paths[1].write_bytes(sound(rate=44_100))
    with pytest.raises(UnusableFile, match=r"a\.wav: unreadable_audio: .* \[8000, 44100\] Hz"):
        decode(["a.wav", "b.wav"], paths, -60.0)
    channels = [{"session_id": "s", "channel_paths": ["a.wav", "b.wav"]}]
    read = recording_reader(
        pa.Table.from_pylist(channels, SESSIONS), lambda name: (tmp_path / name).read_bytes()
    )
    with pytest.raises(ValueError, match=r"a\.wav: .* \[8000, 44100\] Hz"):
        read("a.wav")


# What is decoded


@pytest.mark.parametrize(
    "read", [read_mono, lambda data: read_pcm16(data, 1)], ids=["floats", "integers"]
)
def test_decoded_samples_are_held_once(read):
    data = sound(seconds=600)  # 9.6 MB as it is stored
    tracemalloc.start()
    samples, _ = read(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.3 * samples.nbytes


@pytest.mark.parametrize("form", ["WAV", "FLAC", "AIFF"])
def test_reading_on_takes_no_seek(monkeypatch, form):
    seeks = []
    seek = soundfile.SoundFile.seek

    def counted(self, frames, whence=soundfile.SEEK_SET):
        seeks.append((frames, whence))
        return seek(self, frames, whence)

    monkeypatch.setattr(soundfile.SoundFile, "seek", counted)
    with open_sound(noise(form, subtype="PCM_16")) as reader:
        whole = np.concatenate(list(reader.blocks(1000)))
        assert seeks == []
        assert np.array_equal(
            np.concatenate(list(reader.blocks_between(900, 2_000))), whole[900:2_000]
        )
    assert (900, soundfile.SEEK_SET) in seeks


@pytest.mark.parametrize("read", [why_unheard, integrated_loudness, blocks_of])
def test_decoding_in_blocks_costs_no_memory_of_its_length(tmp_path, read):
    path = tmp_path / "a.wav"
    path.write_bytes(sound(seconds=1800, rate=16_000))  # 115 MB as float
    read(path)
    tracemalloc.start()
    read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6


@pytest.mark.parametrize(
    "data",
    [
        sound({0.5: 0.5}),
        sound({0.5: 0.5}, rate=192_000, seconds=1.0),
        sound({0.5: 0.5}, subtype="PCM_U8"),
        sound({0.5: 0.5}, subtype="PCM_24"),
        sound({0.5: 0.5}, subtype="DOUBLE"),
        sound({0.5: 0.5}, channels=20),
        sound({0.5: 0.5}, form="FLAC"),
        sound({0.5: 0.5}, form="AIFF", subtype="PCM_24"),
    ],
    ids=["mono", "192 kHz", "8 bit", "24 bit", "64 bit", "20 channels", "flac", "aiff"],
)
def test_all_kinds_of_sound_are_decoded(data):
    samples, rate = read_mono(data)
    assert samples.dtype == np.float32
    assert np.flatnonzero(np.abs(samples) > 0.1).tolist() == [rate // 2]
    assert len(samples) == rate


def test_a_file_of_one_sample_is_sound():
    assert len(read_mono(sound(seconds=1 / RATE_HZ))[0]) == 1


def test_channels_are_averaged():
    data = encoded(np.array([[0.5, 0.25]] * 100), subtype="FLOAT")
    assert read_mono(data)[0] == pytest.approx(np.full(100, 0.375))


@given(st.binary(max_size=200))
def test_any_bytes_are_sound_or_a_value_error(data):
    for prefix in (b"", b"RIFF\xff\xff\xff\xffWAVEfmt ", b"fLaC", b"FORM", b"OggS", b"RF64"):
        with contextlib.suppress(ValueError):
            read_mono(prefix + data)


@given(st.integers(0, 43), st.integers(0, 255))
def test_any_byte_of_a_header_may_be_wrong(place, value):
    data = bytearray(sound({0.5: 0.5}, seconds=0.1 + 0.5))
    data[place] = value
    with contextlib.suppress(ValueError):
        samples, _ = read_mono(bytes(data))
        assert len(samples) > 0
        assert np.isfinite(samples).all()


@given(st.binary(max_size=300))
def test_any_chunks_end(data):
    for head in (b"RIFF\0\0\0\0WAVE", b"RF64\xff\xff\xff\xffWAVE", b"FORM\0\0\0\0AIFF", b"FORM"):
        missing = missing_bytes(io.BytesIO(head + data))
        assert missing is None or missing[0] > missing[1] >= 0


# One of each


def importers(library):
    """Modules of the package that import a library, as paths below it."""
    package = REPO / "src/drumcorpus"
    for path in sorted(package.rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names = {
            alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
        }
        names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        if library in {name.split(".")[0] for name in names}:
            yield path.relative_to(package).as_posix()


def test_one_module_reads_sound_and_one_resamples_it():
    # `load` is for who has an export and nothing else of this.
    apart = ("demo/", "load/")
    readers = [path for path in importers("soundfile") if not path.startswith(apart)]
    # Three write: sound, that of exports and the snippets of pictures; the list of software
    # asks for a version.
    readers.remove("ground/sound/writing.py")
    readers.remove("ground/sound/encoding.py")
    readers.remove("stages/crash/pictures.py")
    readers.remove("ground/run/software.py")
    assert readers == ["ground/sound/decoding.py"]
    assert list(importers("soxr")) == ["ground/sound/resampling.py"]
    assert list(importers("pyloudnorm")) == ["ground/sound/loudness.py"]


def test_samples_at_their_own_rate_stay_as_they_are():
    samples = np.ones(100, np.float32)
    assert resample(samples, 44_100, 44_100) is samples
    assert len(resample(np.zeros(0, np.float32), 8000, 44_100)) == 0
    half = resample(samples, 44_100, 22_050)
    assert (len(half), half.dtype) == (50, np.float32)


@pytest.mark.parametrize("ending", ["wav", "flac", "aiff", "mp3"])
def test_the_shadow_that_a_mac_leaves_beside_a_file_is_no_part_of_it(tmp_path, ending):
    path = tmp_path / f"take.{ending}"
    samples = np.random.default_rng(1).normal(scale=0.1, size=RATE_HZ)
    write_sound(path, samples, RATE_HZ, format=ending.upper())
    alone, _ = read_mono(path)
    (tmp_path / f"._take.{ending}").write_bytes(b"\0\5\x16\7" + bytes(100))
    beside, _ = read_mono(path)
    assert np.array_equal(alone, beside)
    assert len(beside) >= RATE_HZ


@contextlib.contextmanager
def reads_failing(path):
    """An open sound file of which the system reads no more: its place is taken by a folder."""
    with open_sound(path) as sound:
        folder = os.open(path.parent, os.O_RDONLY)
        os.dup2(folder, sound._file.name)
        os.close(folder)
        yield sound


FORMS = {"WAV": {}, "AIFF": {}, "FLAC": {}, "OGG": {"subtype": "VORBIS"}, "MP3": {}}


@pytest.mark.parametrize("form", FORMS)
def test_a_drive_that_is_gone_is_no_fault_of_the_recording(tmp_path, form):
    path = tmp_path / "sound"
    write_sound(path, np.zeros((10 * RATE_HZ, 2)), RATE_HZ, format=form, **FORMS[form])
    with reads_failing(path) as sound, pytest.raises(OSError, match="sound"):
        path.unlink()
        sound.require_end()
        list(sound.blocks())


@pytest.mark.parametrize("form", ["WAV", "AIFF"])
def test_a_read_that_failed_for_a_moment_is_an_error_that_names_the_file(tmp_path, form):
    path = tmp_path / "sound"
    write_sound(path, np.zeros((10 * RATE_HZ, 2)), RATE_HZ, format=form)
    with reads_failing(path) as sound, pytest.raises(OSError, match="Input/output") as caught:
        sound.require_end()
    assert caught.value.filename == str(path)


def test_a_flac_of_which_a_read_failed_for_a_moment_is_looked_at_once_more(tmp_path):
    path = tmp_path / "sound"
    write_sound(path, np.zeros((10 * RATE_HZ, 2)), RATE_HZ, format="FLAC")
    with reads_failing(path) as sound:
        sound.require_end()
