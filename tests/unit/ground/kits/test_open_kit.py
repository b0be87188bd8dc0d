"""A user's kit is read by its form, or refused with a sentence."""

import json

import numpy as np
import pytest
from checkout import REPO
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import write_sound

from drumcorpus.ground.kits import hydrogen, sfz
from drumcorpus.ground.kits.open_kit import open_kit
from drumcorpus.ground.kits.sfz_text import SfzError
from drumcorpus.ground.kits.shots import sound_of

KITS = REPO.parent / "shared/data/kits"
RATE_HZ = 44_100


def write_voices(folder, **voices):
    folder.mkdir(exist_ok=True)
    for files in voices.values():
        for number, file in enumerate(files):
            write_sound(folder / file, np.full(500, 0.1 * (number + 1)), RATE_HZ)
    (folder / "kit.json").write_text(json.dumps({"name": "Mine", "voices": voices}))
    return folder


def test_one_shots_share_the_velocities_evenly(tmp_path):
    kit = open_kit(write_voices(tmp_path / "mine", gong=["a.wav", "b.wav"]))
    assert (kit.name, kit.form, kit.licence) == ("Mine", "voices", None)
    (gong,) = kit.instruments
    assert [(shot.low, shot.high) for shot in gong.shots] == [(0, 63.5), (63.5, 127)]
    assert gong.shots[1].gain(127) == 1
    assert gong.shots[0].gain(32) == pytest.approx(32 / 63.5)


def test_the_licence_is_what_lies_beside_the_kit(tmp_path):
    folder = write_voices(tmp_path / "mine", gong=["a.wav"])
    (folder / "README.txt").write_text("A gong.\n\nLicence: CC0, do as you like\n")
    assert open_kit(folder).licence == ("Licence: CC0, do as you like", "README.txt")
    (folder / "COPYING").write_text("\nGNU GENERAL PUBLIC LICENSE\nVersion 2\n")
    assert open_kit(folder).licence == ("GNU GENERAL PUBLIC LICENSE Version 2", "COPYING")


def test_an_instrument_of_sfz_is_sought_below_the_folder_that_holds_its_samples(tmp_path):
    (tmp_path / "programs").mkdir()
    write_sound(tmp_path / "crash_01.wav", np.full(500, 0.2), RATE_HZ)
    path = tmp_path / "programs/kit.sfz"
    path.write_text("<region> sample=../crash_01.wav key=57\n")
    kit = open_kit(tmp_path)
    assert [(each.name, each.own_note) for each in kit.instruments] == [("57 crash", 57)]
    with pytest.raises(ValueError, match=r"kit\.sfz:1: crash_01\.wav lies outside of programs; a"):
        open_kit(path)
    (tmp_path / "programs/other.sfz").write_text(path.read_text())
    with pytest.raises(ValueError, match=r"several kits; name one of: programs/kit\.sfz, programs"):
        open_kit(tmp_path)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    write_sound(tmp_path / "secret.wav", np.full(500, 0.2), RATE_HZ)
    folder = write_voices(tmp_path / "mine", gong=["a.wav"])
    (folder / "a.wav").unlink()
    (folder / "a.wav").symlink_to(tmp_path / "secret.wav")
    with pytest.raises(ValueError, match=r"voice 'gong': a\.wav lies outside of mine"):
        open_kit(folder)


def test_a_kit_or_a_licence_that_is_a_link_out_of_the_folder_is_none(tmp_path):
    folder = write_voices(tmp_path / "mine", gong=["a.wav"])
    (tmp_path / "secret").write_text("a line that is nobody's business\n")
    (folder / "LICENSE").symlink_to(tmp_path / "secret")
    assert open_kit(folder).licence is None
    (folder / "README").write_text("Licence: CC0\n")
    assert open_kit(folder).licence == ("Licence: CC0", "README")
    (folder / "kit.json").rename(tmp_path / "other.json")
    (folder / "kit.json").symlink_to(tmp_path / "other.json")
    for path in (folder, folder / "kit.json"):
        with pytest.raises(
            ValueError, match=r"mine/kit\.json: kit\.json lies outside of mine; a k"
        ):
            open_kit(path)


def test_names_of_voices_are_one_alone_and_shown(tmp_path):
    write_voices(
        tmp_path / "mine", **{"crash": ["a.wav"], " crash ": ["b.wav"], "g\x1b": ["c.wav"]}
    )
    kit = open_kit(tmp_path / "mine")
    assert [each.name for each in kit.instruments] == ["crash", "crash (2)", r"g\x1b"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds no kit; wanted: drumkit.xml of Hydrogen"),
        ({"kit.json": '{"voices": {}}'}, r"kit\.json: the kit is empty"),
        ({"kit.json": '{"voices": {"a": "b.wav"}}'}, "voice 'a': got 'b.wav'; wanted: a list"),
        ({"kit.json": "[]"}, "no `voices`"),
        ({"drumkit.xml": "<song/>"}, "<song> is no drum kit of Hydrogen"),
        ({"kit.sfz": "<region> key=49\n"}, "kit.sfz:1: this region has no sample"),
    ],
    ids=["nothing", "empty", "no list", "no voices", "no kit", "no sample"],
)
def test_what_is_no_kit_is_refused(tmp_path, files, said):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=said):
        open_kit(tmp_path)


def test_samples_of_any_rate_width_and_number_of_channels_sound_together(tmp_path):
    write_sound(tmp_path / "a.wav", np.full(1_000, 0.25), RATE_HZ, subtype="PCM_U8")
    write_sound(tmp_path / "b.wav", np.full((2_000, 2), 0.25), 88_200, subtype="PCM_24")
    write_sound(tmp_path / "c.wav", np.full(2_200, 0.25), 96_000, subtype="FLOAT")
    regions = "".join(f"<region> sample={name}.wav key=49\n" for name in "abc")
    (tmp_path / "kit.sfz").write_text(regions)
    (crash,) = open_kit(tmp_path).instruments
    samples = sound_of(crash.shots[0], RATE_HZ)
    assert len(samples) == pytest.approx(1_010, abs=2)
    np.testing.assert_allclose(samples[200:800], 0.75, atol=0.01)


@pytest.mark.parametrize("name", ["muldjord", "red_zeppelin", "bja_pacific"])
def test_a_real_kit_is_read(name):
    if not (KITS / name).is_dir():
        pytest.skip(f"no real kit {name} in {KITS}")
    kit = open_kit(KITS / name)
    shots = {each.name: len(each.shots) for each in kit.instruments}
    assert shots["crash"] >= 3
    assert shots["crash2"] >= 3
    assert kit.licence[0].startswith("CC BY")
    loudest = sound_of(next(e for e in kit.instruments if e.name == "crash").shots[-1], RATE_HZ)
    assert 0.05 < np.abs(loudest).max() <= 1


WORDS = st.sampled_from(
    [
        *("<region>", "<group>", "<global>", "key=49", "sample=a.wav", "lovel=300", "hivel=-1"),
        *("volume", "=", "#define $A 1", '#include "kit.sfz"', "/*", "//", "$A", "key=$A", "\n"),
        *("\0", "lokey=h9", "<?>", "offset=1e9", "end=x", "amplitude=nan", "default_path=../.."),
        *("sample=*sine", "é"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=14))
def test_any_text_is_an_instrument_of_sfz_or_refused_by_name(tmp_path_factory, words):
    folder = tmp_path_factory.getbasetemp() / "any_sfz"
    folder.mkdir(exist_ok=True)
    (folder / "a.wav").write_bytes(b"RIFF")
    path = folder / "kit.sfz"
    path.write_text(" ".join(words), encoding="utf-8")
    try:
        kit = sfz.read_kit(path)
    except SfzError as error:
        assert "kit.sfz" in str(error)
    else:
        assert all(
            shot.parts[0].sample.name == "a.wav" for e in kit.instruments for shot in e.shots
        )


TAGS = st.sampled_from(["instrument", "layer", "name", "filename", "min", "gain", "muteGroup", "x"])
ELEMENTS = st.recursive(
    st.sampled_from(["", "Crash", "a.wav", "../a.wav", "0.5", "-3", "nan", "1e999", "1/2"]),
    lambda inner: st.lists(st.tuples(TAGS, inner), max_size=4).map(
        lambda pairs: "".join(f"<{tag}>{text}</{tag}>" for tag, text in pairs)
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(ELEMENTS)
def test_any_document_is_a_kit_of_hydrogen_or_refused_by_name(tmp_path_factory, inner):
    path = tmp_path_factory.getbasetemp() / "drumkit.xml"
    path.write_text(f"<drumkit_info><instrument>{inner}</instrument></drumkit_info>")
    try:
        kit = hydrogen.read_kit(path)
    except ValueError as error:
        assert "drumkit.xml" in str(error)
    else:
        assert all(instrument.shots for instrument in kit.instruments)
