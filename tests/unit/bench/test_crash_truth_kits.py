"""The crash benchmark's kits: SoundFonts and Hydrogen kits read as they would sound."""

import importlib
import json
import struct

import numpy as np
import pytest
import soundfile as sf
from checkout import REPO
from sounds import write_sound

BENCH = REPO / "bench/crash_truth"
RATE_HZ = 44_100


@pytest.fixture
def kits(monkeypatch):
    """The importer, a script that imports its neighbours."""
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module("import_kits")


@pytest.fixture
def soundfont(monkeypatch):
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module("soundfont")


def chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def listed(kind, *chunks):
    return chunk(b"LIST", kind + b"".join(chunks))


def generators(*pairs):
    return b"".join(struct.pack("<Hh", *pair) for pair in pairs)


def ranged(generator, low, high):
    return generator, low | high << 8


def bags(*starts):
    return b"".join(struct.pack("<HH", start, 0) for start in starts)


def write_soundfont(path):
    """Note 49 in two layers: soft a stereo pair 6 dB down, hard a tone recorded an octave below."""
    pcm = np.concatenate([np.full(100, 8_000), np.full(100, 16_000), np.full(200, 4_000)])
    headers = [(b"left", 0, 100, 49), (b"right", 100, 200, 49), (b"low", 200, 400, 37)]
    shdr = b"".join(
        struct.pack("<20s5IBbHH", name, first, stop, first, stop, RATE_HZ, key, 0, 0, 1)
        for name, first, stop, key in headers
    )
    soft, hard, note = ranged(44, 0, 63), ranged(44, 64, 127), ranged(43, 49, 49)
    igen = [(48, 60), note, soft, (53, 0), note, soft, (53, 1), note, hard, (48, 0), (53, 2)]
    pdta = listed(
        b"pdta",
        chunk(b"phdr", b"".join(struct.pack("<20s3H12x", b"kit", 0, 128, bag) for bag in (0, 1))),
        chunk(b"pbag", bags(0, 2)),
        chunk(b"pgen", generators((48, 60), (41, 0), (0, 0))),
        chunk(b"inst", b"".join(struct.pack("<20sH", b"drums", bag) for bag in (0, 4))),
        chunk(b"ibag", bags(0, 1, 4, 7, 11)),
        chunk(b"igen", generators(*igen, (0, 0))),
        chunk(b"shdr", shdr + b"\0" * 46),
    )
    body = b"sfbk" + listed(b"sdta", chunk(b"smpl", pcm.astype("<i2").tobytes())) + pdta
    path.write_bytes(chunk(b"RIFF", body))


def test_a_soundfonts_layers_are_read_soft_to_loud_at_their_level_and_pitch(soundfont, tmp_path):
    write_soundfont(tmp_path / "kit.sf2")
    notes = soundfont.read_notes(tmp_path / "kit.sf2", 128, 0)
    assert list(notes) == [49]
    soft, hard = notes[49]
    assert (soft.velocity, hard.velocity) == (0, 64)
    assert (soft.rate_hz, hard.rate_hz) == (RATE_HZ, 2 * RATE_HZ)
    # Preset and instrument attenuate by 6 dB each, the hard zone takes its own back.
    np.testing.assert_allclose(soft.samples, np.full(100, 12_000 / 32_768 * 10 ** (-12 / 20)))
    np.testing.assert_allclose(hard.samples, np.full(200, 4_000 / 32_768 * 10 ** (-6 / 20)))


def test_a_preset_that_is_not_there_is_refused(soundfont, tmp_path):
    write_soundfont(tmp_path / "kit.sf2")
    with pytest.raises(ValueError, match="0 presets 1 in bank 128"):
        soundfont.read_notes(tmp_path / "kit.sf2", 128, 1)


def test_what_is_no_soundfont_is_refused(soundfont, tmp_path):
    (tmp_path / "kit.sf2").write_bytes(b"RIFF0000WAVE")
    with pytest.raises(ValueError, match="no SoundFont"):
        soundfont.read_notes(tmp_path / "kit.sf2", 128, 0)


def write_hydrogen(folder):
    for name, level in (("loud.wav", 0.5), ("soft.wav", 0.25)):
        write_sound(folder / name, np.full((1_000, 2), level), RATE_HZ, subtype="FLOAT")
    layer = "<layer><filename>{}</filename><min>{}</min><gain>{}</gain><pitch>{}</pitch></layer>"
    layers = layer.format("loud.wav", 0.5, 1, 0) + layer.format("soft.wav", 0, 2, 12)
    (folder / "drumkit.xml").write_text(
        "<drumkit_info xmlns='http://www.hydrogen-music.org/drumkit'><instrumentList>"
        f"<instrument><name>Crash</name><volume>0.5</volume>{layers}</instrument>"
        "</instrumentList></drumkit_info>"
    )
    return folder / "drumkit.xml"


def test_a_hydrogen_kits_layers_are_read_soft_to_loud_at_their_gain_and_pitch(kits, tmp_path):
    voices = kits.read_kit(write_hydrogen(tmp_path), {"voices": {"crash": "Crash"}})
    soft, loud = voices["crash"]
    assert len(loud) == 1_000
    assert len(soft) == 500  # an octave up
    np.testing.assert_allclose(loud, 0.25)
    np.testing.assert_allclose(soft[200:300], 0.25, atol=0.01)


def test_an_sfz_instruments_notes_become_voices(kits, tmp_path):
    write_hydrogen(tmp_path)
    text = "<region> sample=loud.wav key=49 lovel=64\n<region> sample=soft.wav key=49 hivel=63\n"
    (tmp_path / "kit.sfz").write_text(text)
    soft, loud = kits.read_kit(tmp_path / "kit.sfz", {"voices": {"crash": 49}})["crash"]
    np.testing.assert_allclose(soft, 0.25)
    np.testing.assert_allclose(loud, 0.5)


def test_what_an_sfz_instrument_leaves_out_is_said(kits, tmp_path):
    write_hydrogen(tmp_path)
    text = "<region> sample=loud.wav key=49 pan=9 cutoff=1\n<region> key=49 trigger=release pan=1\n"
    (tmp_path / "kit.sfz").write_text(text)
    said = kits.describe_unplayed(kits.read_instrument(tmp_path / "kit.sfz"))
    assert said == (
        "regions left out: trigger=release (1); opcodes not played: cutoff (1), pan (2)"
    )


def test_the_files_of_a_folder_become_voices(kits, tmp_path):
    write_hydrogen(tmp_path)
    entry = {"voices": {"crash": ["soft.wav", "loud.wav"]}}
    assert [shot[500] for shot in kits.read_kit(tmp_path, entry)["crash"]] == [0.25, 0.5]
    with pytest.raises(ValueError, match=r"has no gong\.wav"):
        kits.read_kit(tmp_path, {"voices": {"crash": ["gong.wav"]}})


def test_a_kit_of_another_form_is_refused(kits, tmp_path):
    with pytest.raises(ValueError, match=r"kit\.gig: a kit is a \.sf2, \.sfz or \.xml file"):
        kits.read_kit(tmp_path / "kit.gig", {"voices": {"crash": 49}})


def test_a_voice_without_an_instrument_is_refused(kits, tmp_path):
    with pytest.raises(ValueError, match=r"nothing for .*China"):
        kits.read_kit(write_hydrogen(tmp_path), {"voices": {"china": "China"}})


def test_a_kit_is_written_in_its_balance_and_without_what_precedes_the_stroke(kits, tmp_path):
    silence, stroke = np.zeros(RATE_HZ), np.ones(5 * RATE_HZ)
    voices = {"kick": [stroke / 4], "crash": [np.concatenate([silence, stroke])]}
    kits.write_kit(tmp_path, "kit", {"licence": "none"}, voices)
    described = json.loads((tmp_path / "kit.json").read_text())
    assert described["voices"] == {"kick": ["kick_01.flac"], "crash": ["crash_01.flac"]}
    crash, rate_hz = sf.read(tmp_path / "crash_01.flac")
    kick, _ = sf.read(tmp_path / "kick_01.flac")
    assert (rate_hz, crash.ndim, len(crash)) == (RATE_HZ, 1, 4 * RATE_HZ)
    assert np.abs(crash[: RATE_HZ // 100]).max() == pytest.approx(0.9, abs=1e-3)
    assert np.abs(kick).max() == pytest.approx(0.9 / 4, abs=1e-3)
    assert abs(crash[-1]) < 1e-3


def test_every_kit_of_the_table_has_what_the_benchmark_needs(kits):
    table = kits.yaml.safe_load(kits.TABLE.read_text(encoding="utf-8"))
    needed = {"kick", "snare", "hihat_closed", "tom_low", "crash", "crash2"}
    for name, entry in table.items():
        if entry.get("one_crash"):
            assert "crash" in entry["voices"], name
            assert "crash2" not in entry["voices"], name
        else:
            assert needed <= set(entry["voices"]), name
        assert entry["licence"], name
        assert entry["package"], name
