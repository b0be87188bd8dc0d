"""A container's own word for its length: none where it cannot be, believed where it can."""

import io
import struct
import tracemalloc

import numpy as np
import pytest
from sounds import sound_bytes

from drumcorpus.ground.sound import stated_lengths
from drumcorpus.ground.sound.audio import probe_audio, read_mono, read_mono_near
from drumcorpus.ground.sound.chunks import find_samples, missing_bytes
from drumcorpus.ground.sound.decoding import UnusableSound, open_sound
from drumcorpus.ground.sound.loudness import integrated_loudness
from drumcorpus.ground.sound.stated_lengths import Corrected, corrections, crc

RATE_HZ, SECONDS = 44_100, 3
SAMPLES = 0.2 * np.random.default_rng(1).standard_normal((SECONDS * RATE_HZ, 2)).clip(-4, 4)
SAMPLES[-1] = 0.5  # the last one is known again


def written(form="WAV", **options):
    return bytearray(sound_bytes(SAMPLES, RATE_HZ, format=form, **options))


def patched(data, place, fields, *values):
    data = bytearray(data)
    struct.pack_into(fields, data, place, *values)
    return bytes(data)


def wav(stated, riff=None):
    data = written()
    data = data if riff is None else patched(data, 4, "<I", riff)
    return patched(data, data.index(b"data") + 4, "<I", stated)


def aiff(stated, frames=None):
    data = written("AIFF")
    data = data if frames is None else patched(data, data.index(b"COMM") + 10, ">I", frames)
    return patched(data, data.index(b"SSND") + 4, ">I", stated)


def rf64(n_bytes, frames=0, riff=0):
    return patched(
        written("RF64"), written("RF64").index(b"ds64") + 8, "<QQQ", riff, n_bytes, frames
    )


def w64(stated):
    data = written("W64")
    return patched(data, data.index(b"data") + 16, "<Q", stated)


def flac(n_samples, data=None):
    data = written("FLAC") if data is None else data
    fields = int.from_bytes(data[18:26])
    return patched(data, 18, ">Q", fields >> 36 << 36 | n_samples)


def with_junk(data):
    """A WAV file with a chunk before its samples, as ffmpeg writes a LIST to a pipe."""
    place = data.index(b"data")
    return data[:place] + b"LIST\x1a\0\0\0INFOISFT\x0d\0\0\0Lavf60.16.100\0" + data[place:]


PIPED = {
    "WAV by sox": wav(0x7FFFF000, 0x7FFFF024),
    "WAV by ffmpeg": with_junk(wav(0xFFFFFFFF, 0xFFFFFFFF)),
    "WAV by arecord": wav(0x80000000, 0x80000024),
    "WAV that states 0": wav(0, 0),
    "WAV that states 0 after 36": wav(0, 36),
    "WAV of the largest size with sign": wav(0x7FFFFFFF),
    "WAV less its header": wav(0xFFFFFFFF - 36, 0xFFFFFFFF),
    "WAV of 2**30 frames": wav(2**32 - 4),
    "AIFF by sox": aiff(0x7F000000, 0x7F000000 // 4),
    "AIFF that states 0": aiff(0, 0),
    "AIFF that states its own fields": aiff(8, 0),
    "AIFF of 2**31 frames": aiff(0xFFFFFFFF, 2**31),
    "RF64 that states 0": rf64(0),
    "RF64 by ffmpeg": rf64(2**64 - 1, 2**64 - 1, 2**64 - 1),
    "RF64 of 2**31 frames": rf64(2**33, 2**31),
    "W64 that states its own header": w64(24),
    "W64 of the largest size": w64(2**64 - 1),
    "W64 of the largest size with sign": w64(2**63 - 1),
    "W64 of 2**31 frames": w64(2**33 + 24),
    "FLAC by flac": flac(0),
    "FLAC of 2**31 frames": flac(2**31),
    "FLAC of the most frames": flac(2**36 - 1),
    "FLAC that states too little": flac(RATE_HZ),
    "FLAC of unknown length with a tag": flac(0) + b"TAG" + bytes(125),
}


@pytest.mark.parametrize("kind", sorted(PIPED))
def test_what_was_written_to_a_pipe_is_read_whole(kind, tmp_path):
    (tmp_path / "a").write_bytes(PIPED[kind])
    for source in (PIPED[kind], tmp_path / "a"):
        assert probe_audio(source)["duration"] == SECONDS
        samples, _ = read_mono(source)
        assert len(samples) == SECONDS * RATE_HZ
        assert samples[-1] == pytest.approx(0.5, abs=1e-4)
        near, _ = read_mono_near(source, RATE_HZ, np.array([[SECONDS - 0.5, SECONDS]]))
        assert near[-1] == samples[-1]
    assert integrated_loudness(PIPED[kind]) == integrated_loudness(bytes(written()))


SANE = {
    "half a WAV": bytes(written()[: len(written()) // 2]),
    "WAV that states an hour": wav(3600 * RATE_HZ * 4),
    "half an AIFF": bytes(written("AIFF")[: len(written("AIFF")) // 2]),
    "half an RF64": bytes(written("RF64")[: len(written("RF64")) // 2]),
    "half a W64": bytes(written("W64")[: len(written("W64")) // 2]),
    "half a FLAC": bytes(written("FLAC")[: len(written("FLAC")) // 2]),
    "FLAC that states an hour": flac(3600 * RATE_HZ),
    "half a FLAC that states 0": flac(0)[: len(written("FLAC")) // 2],
}


@pytest.mark.parametrize("kind", sorted(SANE))
def test_what_has_less_than_a_length_that_can_be_is_cut_short(kind):
    for read in (probe_audio, read_mono):
        with pytest.raises(UnusableSound) as refused:
            read(SANE[kind])
        assert refused.value.reason == "cut_short"


@pytest.mark.parametrize("rate_hz", [44_100, 24_000, 16_000, 8_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("stated", [0, 2**24, 2**32 - 1])
def test_an_mp3_without_a_count_of_its_frames_is_counted(rate_hz, channels, stated):
    data = sound_bytes(SAMPLES[: rate_hz * 2, :channels], rate_hz, format="MP3")
    place = max(data.find(b"Xing"), data.find(b"Info")) + 8
    assert place > 8
    piped = patched(data, place, ">I", stated)
    for source in (piped, b"ID3\x04\0\0\0\0\0\x64" + bytes(100) + piped):
        assert probe_audio(source) == probe_audio(data)
        assert np.array_equal(read_mono(source)[0], read_mono(data)[0])


def test_half_of_what_was_written_to_a_pipe_is_the_half_that_is_there():
    half = wav(0xFFFFFFFF)[: 44 + RATE_HZ * 4]
    assert probe_audio(half)["duration"] == 1.0


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(wav(0)[:44], id="WAV and no more"),
        pytest.param(wav(0)[:44] + b"LIST\4\0\0\0INFO", id="WAV and a chunk"),
        pytest.param(aiff(8, 0)[: written("AIFF").index(b"SSND") + 16], id="AIFF and no more"),
        pytest.param(w64(24)[: written("W64").index(b"data") + 24], id="W64 and no more"),
    ],
)
def test_a_header_that_states_no_sample_and_has_none_is_empty(data):
    with pytest.raises(UnusableSound) as refused:
        probe_audio(data)
    assert refused.value.reason == "empty_audio"


@pytest.mark.parametrize("form", ["WAV", "AIFF", "RF64", "W64", "FLAC"])
def test_a_whole_file_is_shown_to_the_decoder_as_it_is(form):
    assert corrections(io.BytesIO(written(form))) == {}


@pytest.mark.parametrize("channels", [1, 2, 8])
@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24"])
@pytest.mark.parametrize("n_samples", [1, 100, 4_096, 70_001])
def test_the_last_frame_of_a_flac_says_how_long_it_is(channels, subtype, n_samples):
    for samples in (np.zeros((n_samples, channels)), SAMPLES[:n_samples].repeat(4, axis=1)):
        data = sound_bytes(samples[:, :channels], 8_000, format="FLAC", subtype=subtype)
        assert probe_audio(flac(0, data))["duration"] == n_samples / 8_000


@pytest.mark.parametrize("bits", [16, 24])
def test_a_wav_longer_than_the_marks_is_no_mark(bits):
    """The header of a file of 2,148 MB that has them all; nothing of it stands on the disk."""
    head = written(subtype=f"PCM_{bits}")[:44]
    samples = find_samples(io.BytesIO(patched(head, 40, "<I", 0x7FFFF000)))
    samples.n_there = 0x7FFFF000
    assert not samples.is_unstated


def test_bytes_are_corrected_wherever_a_block_begins():
    data = bytes(range(100))
    for start in range(20):
        file = Corrected(io.BytesIO(data), {8: b"\xff\xfe\xfd"})
        file.seek(start)
        assert file.read(30) == (data[:8] + b"\xff\xfe\xfd" + data[11:])[start : start + 30]


@pytest.mark.parametrize("rate_hz", [1, 3, 10, 100, 3_999, 400_001])
def test_a_rate_that_no_recording_has_is_named(rate_hz):
    data = patched(written(), 24, "<I", rate_hz)
    with pytest.raises(UnusableSound, match=f"sample rate {rate_hz} Hz; allowed: 4000 to 400000"):
        probe_audio(data)


def test_more_channels_or_samples_than_allowed_are_named():
    with pytest.raises(UnusableSound, match="65 channels; allowed: 64 at most"):
        probe_audio(sound_bytes(np.zeros((10, 65)), 8_000))
    longer = flac(172_800_001)
    with pytest.raises(
        UnusableSound, match="172,800,001 samples of each channel; allowed: 172,800,0"
    ):
        probe_audio(longer)


@pytest.mark.parametrize("value", ["1e7", "-1e19", "3e38", "inf", "-inf", "nan"])
def test_floats_far_beyond_full_scale_are_named_or_judged_as_no_number(value):
    samples = SAMPLES.copy()
    samples[RATE_HZ] = float(value)
    data = sound_bytes(samples, RATE_HZ, subtype="FLOAT")
    with pytest.raises(UnusableSound) as refused:
        read_mono(data)
    assert refused.value.reason == "not_finite"
    let_through, _ = read_mono(data, allow_not_finite=True)
    assert np.flatnonzero(np.isnan(let_through)).tolist() == [RATE_HZ]
    assert np.nanmax(np.abs(let_through)) < 1


def test_channels_and_spans_take_no_memory():
    """A minute of silence in 8 channels: 11 MB as one channel, 85 MB as all."""
    n_samples = 60 * RATE_HZ
    data = sound_bytes(np.zeros((n_samples, 8), np.int16), RATE_HZ, format="FLAC")
    for read in (read_mono, lambda source: read_mono_near(source, 8_000, np.array([[0.0, 60.0]]))):
        tracemalloc.start()
        try:
            read(data)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 4 * 4 * n_samples


def test_a_reader_says_what_is_missing_by_the_header_alone():
    half = bytes(written("W64")[: len(written("W64")) // 2])
    n_stated, n_there = missing_bytes(io.BytesIO(half))
    assert n_stated == SECONDS * RATE_HZ * 4 > n_there
    assert missing_bytes(io.BytesIO(w64(2**64 - 1))) is None
    with open_sound(w64(2**64 - 1)) as sound:
        assert sound.n_samples == SECONDS * RATE_HZ


@pytest.mark.parametrize("size", [2**62, 2**63 - 8, 2**63, 2**64 - 8], ids=hex)
def test_a_chunk_of_w64_beyond_all_files_is_no_place_to_look(tmp_path, size):
    data = bytes(written("W64"))
    (tmp_path / "a.w64").write_bytes(
        data[:40] + b"junk" + data[28:40] + size.to_bytes(8, "little") + data[40:]
    )
    for source in (tmp_path / "a.w64", (tmp_path / "a.w64").read_bytes()):
        assert find_samples(io.BytesIO((tmp_path / "a.w64").read_bytes())) is None
        try:
            probe_audio(source)  # libsndfile may find the samples all the same
        except UnusableSound as refused:
            assert refused.reason == "unreadable_audio"


def test_frames_that_are_none_are_not_all_held_against_their_checksums(monkeypatch):
    checked = []
    monkeypatch.setattr(stated_lengths, "crc", lambda *data: checked.append(data) or crc(*data))
    head = bytes([0xFF, 0xF8, 0xC9, 0x08, 0x05])
    frame = head + bytes([crc(head, 8, 0x07)]) + bytes(94)
    data = patched(written("FLAC"), 15, "3s", b"\xff\xff\xff") + 1000 * frame
    assert corrections(io.BytesIO(data)) == {}
    of_frames = [each for each in checked if each[1] == 16]
    assert len(of_frames) == 8
    assert sum(len(each[0]) for each in of_frames) < 5_000


@pytest.mark.parametrize("source", ["a header that is right", "one that states too much"])
def test_sound_of_a_low_rate_that_lasts_for_hours_is_refused(tmp_path, source):
    n_samples = 4 * 3600 * 4_000 + 1
    head = bytearray(sound_bytes(np.zeros((4, 1)), 4_000, subtype="PCM_U8"))
    place = head.index(b"data") + 4
    stated = n_samples if source == "a header that is right" else 0xFFFFFFFF
    with (tmp_path / "a.wav").open("wb") as file:
        file.write(patched(head[: place + 4], place, "<I", stated))
        file.truncate(place + 4 + n_samples)  # a hole: nothing of it stands on the disk
    with pytest.raises(UnusableSound, match="14,401 seconds of sound; allowed: 14,400 at most"):
        probe_audio(tmp_path / "a.wav")
