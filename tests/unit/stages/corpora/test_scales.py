"""Scales take the native range of a corpus to 0 to 100, and say so by name where they do not."""

import pytest
import yaml

from drumcorpus.stages.corpora.scales import read_scales, scale_files

READY = read_scales(scale_files())
GOOD = {
    "name": "mine",
    "label": "ratings of mine",
    "minimum": 1,
    "maximum": 7,
    "slope": 12.5,
    "intercept": -12.5,
    "source": "me",
}


def write(folder, changes, name="mine.yaml"):
    document = {k: v for k, v in (GOOD | changes).items() if v is not ...}
    path = folder / name
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.mark.parametrize(
    ("name", "native", "common"),
    [
        ("konvid-1k", 1, 0.0),
        ("konvid-1k", 2.859375, 46.484375),
        ("konvid-1k", 5, 100.0),
        ("konvid-150k", 3, 50.0),
        ("konvid-150k", 4.1, 77.5),  # and not 77.49999999999999
        ("youtube-ugc", 1.475, 11.875),
        ("youtube-ugc", 4.626, 90.65),
        ("lsvq", 25.964285714285694, 25.9642857143),
        ("lsvq", 91.0333333333333, 91.0333333333),
        ("lsvq-1-5", 3, 50.0),
        ("waterloo-ivc-4k", 64.2, 64.2),
        ("netflix-public", 100, 100.0),
        ("netflix-public", 22.5, 22.5),
        ("live-vqc", 14.8662, 14.8662),
        ("chug", 33.46, 33.46),
        ("chug-1-5", 2, 25.0),
        ("reviewer-1-5", 4, 75.0),
        ("reviewer-0-1", 0.25, 25.0),
        ("reviewer-0-1", 1, 100.0),
    ],
)
def test_a_native_value_becomes_its_place_on_the_axis(name, native, common):
    assert READY[name].on_axis(native) == common


@pytest.mark.parametrize(
    ("name", "native", "common"),
    [
        ("konvid-1k", 0.5, 12.5),
        ("waterloo-ivc-4k", 4.2, 4.2),
        ("reviewer-0-1", 0.03, 3.0),
        ("reviewer-1-5", 0, 0.0),
    ],
)
def test_a_spread_is_stretched_and_not_moved(name, native, common):
    assert READY[name].spread_on_axis(native) == common


@pytest.mark.parametrize("name", READY)
def test_the_ends_of_every_ready_scale_are_the_ends_of_the_axis(name):
    scale = READY[name]
    assert (scale.on_axis(scale.minimum), scale.on_axis(scale.maximum)) == (0.0, 100.0)
    assert scale.contains(scale.minimum)
    assert scale.contains(scale.maximum)
    assert not scale.contains(scale.maximum + 0.05)
    assert scale.source


def test_every_ready_file_is_called_as_its_scale():
    files = scale_files()
    assert sorted(path.stem for path in files) == list(READY)
    assert len(files) == 12


def test_a_scale_on_which_less_is_better_is_turned_round(tmp_path):
    path = write(tmp_path, {"minimum": 0, "maximum": 50, "slope": -2, "intercept": 100})
    scale = read_scales([path])["mine"]
    assert [scale.on_axis(value) for value in (0, 10, 50)] == [100.0, 80.0, 0.0]
    assert scale.spread_on_axis(1.5) == 3.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slope": 20}, "mine.yaml: slope, intercept: got 20, -12.5, which take the maximum 7 to "),
        ({"intercept": -20}, "which take the minimum 1 to -7.5; allowed: from 0 to 100"),
        ({"slope": 0}, "slope: got 0, which makes all ratings equal"),
        ({"maximum": 1}, "maximum: got 1; allowed: above minimum, 1"),
        ({"minimum": float("nan")}, "minimum: got nan; wanted: a finite number"),
        ({"slope": float("inf")}, "slope: got inf; wanted: a finite number"),
        ({"slope": "25"}, "slope: got '25'; wanted: number"),
        ({"slope": True}, "slope: got True; wanted: number"),
        ({"source": ...}, "missing source"),
        ({"name": "a b"}, "name: got 'a b'; wanted: pattern"),
        ({"interceptt": 1}, "unknown key 'interceptt' (did you mean 'intercept'?)"),
        ({"refused_within": [5, 1]}, "refused_within: got [5, 1]; allowed: two values within 1 to"),
        ({"refused_within": [0, 5]}, "refused_within: got [0, 5]; allowed: two values within 1 to"),
    ],
    ids=lambda value: None if isinstance(value, str) else "-".join(value),
)
def test_a_wrong_scale_is_refused_by_file_key_and_value(tmp_path, changes, message):
    path = write(tmp_path, changes)
    with pytest.raises(ValueError) as refused:
        read_scales([path])
    assert str(refused.value).startswith(f"{path}: ")
    assert message in str(refused.value)


def test_two_files_of_one_name_are_refused_by_both(tmp_path):
    one, other = write(tmp_path, {}), write(tmp_path, {}, "other.yaml")
    with pytest.raises(ValueError, match=r"other\.yaml: name: got .mine., which .*mine\.yaml"):
        read_scales([one, other])


def test_no_scale_at_all_is_refused(tmp_path):
    with pytest.raises(ValueError, match="scales: got no file"):
        read_scales(scale_files([tmp_path]))
