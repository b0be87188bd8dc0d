import pytest

from drumcorpus.stages.export.by_label import seconds_by_label

FAMILIES = {"kick": "kick", "ride_bell": "ride", "crash": "crash", "crash2": "crash"}


@pytest.mark.parametrize(
    ("setting", "seconds"),
    [
        (80, [0.08] * 4),
        ({"default": 250}, [0.25] * 4),
        ({"default": 200, "ride": 600, "crash": 800}, [0.2, 0.6, 0.8, 0.8]),
        ({"default": 200, "crash": 800, "crash2": 0}, [0.2, 0.2, 0.8, 0.0]),
    ],
    ids=["one number", "default", "families", "a label before its family"],
)
def test_times_by_label_or_family(setting, seconds):
    assert seconds_by_label(setting, FAMILIES, name="ring_ms").tolist() == seconds


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"default": 1, "cymbals": 2}, "ring_ms: cymbals: is no family and no label; allowed: def"),
        ({"crash": 2}, "ring_ms: default: missing"),
        ({"default": 1, "crash": -2}, "ring_ms: crash: got -2; wanted: milliseconds"),
        ("long", "ring_ms: got 'long'; wanted"),
        (float("nan"), "ring_ms: got nan; wanted"),
        (True, "ring_ms: got True; wanted"),
    ],
    ids=["unknown key", "no default", "negative", "text", "no number", "truth"],
)
def test_what_is_no_time_is_refused_by_key(setting, said):
    with pytest.raises(ValueError, match=said):
        seconds_by_label(setting, FAMILIES, name="ring_ms")
