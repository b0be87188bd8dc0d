"""What a recording says of itself, and what of it may be believed."""

import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import write_sound

from drumcorpus.ground.sound.audio import probe_audio, read_mono, read_mono_near
from drumcorpus.ground.sound.recordings import channels_cancel, recording_reader
from drumcorpus.schemas import SESSIONS

RATE = 48000


def sine(level_db, seconds=5.0, rate=RATE):
    """997 Hz, the test tone of ITU-R BS.1770."""
    return 10 ** (level_db / 20) * np.sin(2 * np.pi * 997 * np.arange(int(rate * seconds)) / rate)


class TestProbe:
    @pytest.mark.parametrize(
        ("rate", "channels", "subtype"),
        [
            (192_000, 2, "PCM_24"),
            (8_000, 1, "PCM_U8"),
            (44_100, 20, "PCM_16"),
            (48_000, 1, "FLOAT"),
        ],
    )
    def test_any_rate_depth_and_number_of_channels(self, tmp_path, rate, channels, subtype):
        path = tmp_path / "a.wav"
        write_sound(path, np.full((rate // 10, channels), 0.25), rate, subtype=subtype)
        assert probe_audio(path) == {
            "duration": 0.1,
            "sample_rate_hz": rate,
            "channels": channels,
        }
        mono, mono_rate = read_mono(path)
        assert (mono.shape, mono_rate) == ((rate // 10,), rate)
        assert mono.mean() == pytest.approx(0.25, abs=0.005)

    def test_one_sample_is_audio(self, tmp_path):
        write_sound(tmp_path / "a.wav", np.array([0.5]), RATE)
        assert probe_audio(tmp_path / "a.wav")["duration"] == 1 / RATE

    def test_no_byte_and_no_sample_are_not(self, tmp_path):
        (tmp_path / "a.wav").write_bytes(b"")
        with pytest.raises(ValueError, match="not readable as audio"):
            probe_audio(tmp_path / "a.wav")
        write_sound(tmp_path / "b.wav", np.zeros(0), RATE)
        with pytest.raises(ValueError, match="holds no sample"):
            probe_audio(tmp_path / "b.wav")

    @pytest.mark.parametrize("n_samples", [RATE * 50, RATE * 2])
    def test_a_flac_whose_header_promises_more_than_it_holds(self, tmp_path, n_samples):
        path = tmp_path / "a.flac"
        write_sound(path, sine(-20, 1.0), RATE)
        assert probe_audio(path)["duration"] == 1.0
        data = bytearray(path.read_bytes())
        # STREAMINFO ends its first 8 bytes of rate, channels and depth with 36 bits of length.
        known = int.from_bytes(data[18:26])
        data[18:26] = (known >> 36 << 36 | n_samples).to_bytes(8)
        path.write_bytes(data)
        with pytest.raises(ValueError, match="the last is not there"):
            probe_audio(path)

    def test_a_wav_that_was_cut_short_is_refused(self, tmp_path):
        path = tmp_path / "a.wav"
        write_sound(path, sine(-20, 1.0), RATE)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ValueError, match="header says 96000 bytes of samples, 47978 are there"):
            probe_audio(path)

    @pytest.mark.parametrize("size", [0xFFFFFFFF, 96_000])
    def test_a_wav_of_unstated_or_right_length_is_read(self, tmp_path, size):
        path = tmp_path / "a.wav"
        write_sound(path, sine(-20, 1.0), RATE)
        data = bytearray(path.read_bytes())
        place = data.index(b"data") + 4
        data[place : place + 4] = size.to_bytes(4, "little")
        path.write_bytes(data + b"LIST\x04\x00\x00\x00abcd" * (size == 96_000))
        assert probe_audio(path)["duration"] == 1.0


def noise(n_samples, channels=1):
    return 0.2 * np.random.default_rng(0).normal(size=(n_samples, channels))


def inside(spans, n_samples, rate):
    """Whether each sample lies in a span."""
    times = np.arange(n_samples) / rate
    return ((times[:, None] >= spans[:, 0]) & (times[:, None] < spans[:, 1])).any(axis=1)


class TestNear:
    @settings(max_examples=30, deadline=None)
    @given(
        rate=st.sampled_from([8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 44_056]),
        n_samples=st.integers(1, 60_000),
        channels=st.integers(1, 2),
        starts=st.lists(st.floats(-1, 4), max_size=5),
        length=st.floats(0, 1),
    )
    def test_inside_the_spans_it_is_as_the_whole(
        self, tmp_path_factory, rate, n_samples, channels, starts, length
    ):
        path = tmp_path_factory.mktemp("near") / "a.wav"
        write_sound(path, noise(n_samples, channels), rate)
        spans = np.array([(start, start + length) for start in starts]).reshape(-1, 2)
        whole, _ = read_mono(path, 22_050)
        near, near_rate = read_mono_near(path, 22_050, spans)
        assert (near.shape, near.dtype, near_rate) == (whole.shape, np.float32, 22_050)
        heard = inside(spans, len(whole), 22_050)
        assert near[heard] == pytest.approx(whole[heard], abs=1e-5)

    @pytest.mark.parametrize(
        ("rate", "n_samples"), [(48_000, 60_000), (44_100, 1), (48_000, 160), (16_000, 160)]
    )
    def test_it_is_as_long_as_the_whole_where_half_a_sample_decides(
        self, tmp_path, rate, n_samples
    ):
        write_sound(tmp_path / "a.wav", noise(n_samples), rate)
        near, _ = read_mono_near(tmp_path / "a.wav", 22_050, np.zeros((0, 2)))
        assert len(near) == len(read_mono(tmp_path / "a.wav", 22_050)[0])

    def test_far_from_the_spans_nothing_is_decoded(self, tmp_path):
        write_sound(tmp_path / "a.flac", noise(20 * RATE), RATE)
        near, _ = read_mono_near(tmp_path / "a.flac", 22_050, np.array([[2.0, 2.5], [9.0, 9.1]]))
        assert near[int(2.2 * 22_050)] != 0
        for start, stop in ((0.0, 1.8), (2.7, 8.8), (9.3, 20.0)):
            assert not near[int(start * 22_050) : int(stop * 22_050)].any()

    @pytest.mark.parametrize("name", ["a.ogg", "a.mp3"])
    def test_formats_that_cannot_be_searched_are_read_whole(self, tmp_path, name):
        if name.endswith("mp3") and "MP3" not in soundfile.available_formats():
            pytest.skip("this libsndfile writes no MP3")
        write_sound(tmp_path / name, noise(5 * RATE), RATE)
        whole, _ = read_mono(tmp_path / name, 22_050)
        assert np.array_equal(read_mono_near(tmp_path / name, 22_050, np.zeros((0, 2)))[0], whole)

    def test_a_file_that_ends_before_its_header_says_is_read_as_a_whole_one_would_be(
        self, tmp_path
    ):
        path = tmp_path / "a.flac"
        write_sound(path, noise(5 * RATE), RATE)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        spans = np.array([[0.5, 1.0], [4.0, 4.5]])
        try:
            whole = read_mono(path, 22_050)[0]
        except ValueError as error:
            with pytest.raises(ValueError, match=str(error)):
                read_mono_near(path, 22_050, spans)
        else:
            assert np.array_equal(read_mono_near(path, 22_050, spans)[0], whole)

    def test_what_is_no_audio_is_refused(self, tmp_path):
        (tmp_path / "a.wav").write_bytes(b"nothing of the kind")
        with pytest.raises(ValueError, match="not readable as audio"):
            read_mono_near(tmp_path / "a.wav", 22_050, np.array([[0.0, 1.0]]))


class TestRecordings:
    def reader(self, tmp_path, channel_paths):
        rows = [{"session_id": "a", "channel_paths": channel_paths}]
        sessions = pa.Table.from_pylist(rows, SESSIONS)
        return recording_reader(sessions, lambda path: (tmp_path / path).read_bytes())

    def test_a_pair_is_read_as_its_mean_up_to_the_shorter(self, tmp_path):
        write_sound(tmp_path / "l.wav", np.full(100, 0.5), RATE)
        write_sound(tmp_path / "r.wav", np.full(90, 0.25), RATE)
        samples, rate = self.reader(tmp_path, ["l.wav", "r.wav"])("l.wav")
        assert (samples.shape, rate) == ((90,), RATE)
        assert samples == pytest.approx(0.375, abs=1e-4)

    def test_a_file_that_is_no_pair_is_read_alone(self, tmp_path):
        write_sound(tmp_path / "l.wav", np.full(100, 0.5), RATE)
        assert self.reader(tmp_path, None)("l.wav")[0].shape == (100,)

    def test_a_pair_of_two_rates_is_refused(self, tmp_path):
        write_sound(tmp_path / "l.wav", np.full(100, 0.5), RATE)
        write_sound(tmp_path / "r.wav", np.full(90, 0.25), 44100)
        with pytest.raises(ValueError, match=r"l.wav: .* rates \[44100, 48000\] Hz"):
            self.reader(tmp_path, ["l.wav", "r.wav"])("l.wav")

    @pytest.mark.parametrize("n_more", [0, 1, 70_000])
    def test_files_are_mixed_block_by_block_as_they_would_be_whole(self, tmp_path, n_more):
        parts = [noise(150_000 + n)[::step, 0] for n, step in ((n_more, 1), (0, -1), (65_536, 1))]
        names = [f"{n}.wav" for n in range(3)]
        for name, part in zip(names, parts, strict=True):
            write_sound(tmp_path / name, part, RATE)
        samples, _ = self.reader(tmp_path, names)("0.wav")
        expected = np.mean([part[:150_000] for part in parts], axis=0)
        assert samples == pytest.approx(expected, abs=1e-4)

    def test_files_that_cancel_are_heard_as_the_loudest(self, tmp_path):
        sound = noise(150_000)[:, 0]
        for name, part in (("l.wav", 0.5 * sound), ("r.wav", -sound)):
            write_sound(tmp_path / name, part, RATE)
        samples, _ = self.reader(tmp_path, ["l.wav", "r.wav"])("l.wav")
        assert samples == pytest.approx(-sound, abs=1e-4)
        assert channels_cancel([tmp_path / "l.wav", tmp_path / "r.wav"]) is True

    def test_of_many_files_one_channel_is_held(self, tmp_path):
        n_samples, n_files = 2_000_000, 8
        write_sound(tmp_path / "a.wav", np.zeros(n_samples, np.int16), RATE)
        rows = [{"session_id": "a", "channel_paths": ["a.wav"] * n_files}]
        sessions = pa.Table.from_pylist(rows, SESSIONS)
        tracemalloc.start()
        samples, _ = recording_reader(sessions, lambda path: tmp_path / path)("a.wav")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(samples) == n_samples
        assert peak < 3 * samples.nbytes  # and not of each file one

    @pytest.mark.parametrize("short", ["l.wav", "r.wav"])
    def test_damage_past_the_end_of_the_shorter_is_found(self, tmp_path, short):
        sound = 0.1 * noise(150_000)
        sound[-1] = np.nan
        for name in ("l.wav", "r.wav"):
            part = sound[:1000] if name == short else sound
            write_sound(tmp_path / name, part, RATE, subtype="FLOAT")
        with pytest.raises(ValueError, match="NaN"):
            self.reader(tmp_path, ["l.wav", "r.wav"])("l.wav")
