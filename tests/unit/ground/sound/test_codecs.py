"""Whatever libsndfile can write is read whole, in every codec, and named where its end is missing.

In some codecs libsndfile finds no sample but by decoding all before it, and says so or fails.
"""

import numpy as np
import pytest
import soundfile
from sounds import sound_bytes

from drumcorpus.ground.sound.audio import probe_audio, read_mono, read_mono_near
from drumcorpus.ground.sound.decoding import UnusableSound, open_sound

RATE_HZ = 16_000
# RAW has no header, SD2 has half of it in another file, of MAT5 the head has a date, and of
# VOC libsndfile writes a length of 16 bits.
FORMS = [
    form
    for form in sorted(soundfile.available_formats())
    if form not in {"RAW", "SD2", "MAT5", "VOC"}
]
STATING = (
    "WAV",
    "WAVEX",
    "RF64",
    "W64",
    "AIFF",
    "AU",
    "CAF",
)  # they state how much sound they hold


def noise(n_samples):
    """Soft noise, which no codec clips."""
    slow = np.convolve(
        np.random.default_rng(3).standard_normal(n_samples), np.ones(40) / 40, "same"
    )
    return (slow / 4).clip(-0.5, 0.5)


def written(n_samples, n_channels, form, subtype):
    """A file of that codec; None where libsndfile cannot write it."""
    samples = np.repeat(noise(n_samples)[:, None], n_channels, axis=1)
    try:
        return sound_bytes(samples, RATE_HZ, format=form, subtype=subtype)
    except soundfile.LibsndfileError:
        return None


CODECS = [
    (form, subtype, n_channels)
    for form in FORMS
    for subtype in soundfile.available_subtypes(form)
    for n_channels in (1, 2)
    if written(1_000, n_channels, form, subtype) is not None
]


def test_the_codecs_that_are_not_pcm_are_among_those_tried():
    tried = {(form, subtype) for form, subtype, _ in CODECS}
    assert tried >= {("WAV", name) for name in ("GSM610", "G721_32", "IMA_ADPCM", "MS_ADPCM")}
    assert tried >= {
        ("W64", "GSM610"),
        ("AIFF", "GSM610"),
        ("AIFF", "IMA_ADPCM"),
        ("AU", "G723_40"),
    }
    assert tried >= {("CAF", "ALAC_16"), ("AIFF", "DWVW_16"), ("RF64", "ULAW")}


@pytest.mark.parametrize(("form", "subtype", "n_channels"), CODECS)
def test_a_whole_file_of_every_codec_is_read_by_every_reader(form, subtype, n_channels):
    n_samples = 40_003
    data = written(n_samples, n_channels, form, subtype)
    said = probe_audio(data)
    rate = said["sample_rate_hz"]  # of WVE and XI always the same
    n_stated = round(said["duration"] * rate)
    assert n_samples <= n_stated < n_samples + 5_000  # the last block of a codec is filled
    assert said["channels"] == n_channels
    mono, _ = read_mono(data)
    assert len(mono) == n_stated
    with open_sound(data) as sound:
        blocks = [*sound.blocks_between(10_007, n_stated - 11)]
        again = [*sound.blocks_between(5_000, 5_100)]
    # A codec that begins within the file may take a while to come to the same samples.
    assert len(np.concatenate(blocks)) == n_stated - 11 - 10_007
    assert len(np.concatenate(again)) == 100
    near, _ = read_mono_near(data, rate, np.array([[0.25, 0.5]]))
    span = slice(rate // 4, rate // 2)
    assert len(near) == len(mono)
    assert near[span] == pytest.approx(mono[span], abs=1e-5)


@pytest.mark.parametrize(
    ("form", "subtype"),
    [
        (form, subtype)
        for form, subtype, n_channels in CODECS
        if n_channels == 1 and form in STATING
    ],
)
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_of_every_codec_that_lacks_its_end_is_named(form, subtype, share):
    data = written(40_003, 1, form, subtype)
    data = data[: int(share * len(data))]
    # Of CAF libsndfile itself refuses what states more than there is.
    reason = "unreadable_audio" if form == "CAF" else "cut_short"
    for read in (probe_audio, read_mono):
        with pytest.raises(UnusableSound) as refused:
            read(data)
        assert refused.value.reason == reason


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("stated", [0xFFFFFFFF, 0x7FFFF000])
def test_an_au_file_whose_writer_could_not_go_back_is_read_to_its_end(order, stated):
    options = {"format": "AU", "subtype": "PCM_16", "endian": order.upper()}
    data = bytearray(sound_bytes(noise(5_000), RATE_HZ, **options))
    data[8:12] = stated.to_bytes(4, order)
    mono, _ = read_mono(bytes(data))
    assert len(mono) == 5_000


@pytest.mark.parametrize("n_bytes", range(0, 30))
def test_the_head_of_an_au_file_alone_is_no_sound(n_bytes):
    data = sound_bytes(noise(50), RATE_HZ, format="AU", subtype="PCM_16")[:n_bytes]
    with pytest.raises(UnusableSound):
        read_mono(data)
