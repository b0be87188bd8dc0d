"""Distribution regression: what drifts is caught and named, what chance gives is not."""

import copy
from importlib import import_module

import numpy as np
import pyarrow as pa
import pytest
from checkout import REPO
from scipy.spatial.distance import jensenshannon
from source_set_runs import Run

from drumcorpus.ground.files.figures import tolerances_of
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.schemas import EVENTS, SESSIONS
from drumcorpus.stages.baselines.distribution import (
    compare_distributions,
    describe_drift,
    measure_distribution,
)

DATABASE = {"threads": 2, "memory_limit": "1GB"}
TOLERANCES = read_yaml(REPO / "config/config.yaml")["baselines"]["distribution"]
NAMES = {
    "enst_drums": {"common": "kick", "other": "tom_low", "rare": "splash"},
    "idmt_smt_drums_v2": {"common": "snare", "other": "kick", "rare": "snare"},
}


class Fixture:
    """The demo of one source set, ingested; `measure` takes changed rows of its events."""

    def __init__(self, name, folder):
        demo = import_module(f"drumcorpus.demo.{name}")
        demo.write_corpus(folder / "raw", REPO / "resources/demo/kits.yaml", seed=7)
        run = Run(name, [folder / "raw"], folder / "cache")
        sessions = run.inventory().sessions
        self.name, self.folder = name, folder
        self.rows = run.ingest(sessions).events.to_pylist()
        write_table(folder / "sessions", sessions)
        self.frozen = self.measure(self.rows)

    def measure(self, rows):
        write_table(self.folder / "events", pa.Table.from_pylist(rows, EVENTS))
        paths = (self.folder / name for name in ("events", "sessions"))
        events, sessions = paths
        return measure_distribution(self.name, [events], sessions, **DATABASE)

    def drift(self, rows):
        return compare_distributions(self.frozen, self.measure(rows), TOLERANCES)

    def relabelled(self, before, after, every=1):
        """The rows with every such hit of one label called another."""
        rows, n_seen = copy.deepcopy(self.rows), 0
        for row in rows:
            for component in row["components"]:
                if component["label"] == before:
                    n_seen += 1
                    component["label"] = after if n_seen % every == 0 else before
        return rows


@pytest.fixture(scope="module", params=sorted(NAMES))
def fixture(request, tmp_path_factory):
    return Fixture(request.param, tmp_path_factory.mktemp(request.param))


def named(drift):
    return {(finding["what"], finding["name"]) for finding in drift["findings"]}


def test_a_set_that_has_not_changed_passes(fixture):
    drift = fixture.drift(fixture.rows[::-1])
    assert drift["findings"] == []
    assert (drift["same_sessions"], drift["js_distance"]) == (True, 0.0)


def test_a_class_that_is_called_another_is_caught_and_named(fixture):
    labels = NAMES[fixture.name]
    drift = fixture.drift(fixture.relabelled(labels["common"], "cowbell", every=2))
    found = dict(named(drift))
    assert ("class", labels["common"]) in named(drift)
    assert "cowbell" in {name for _, name in named(drift)}
    assert "shape" in found
    sentences = [finding["sentence"] for finding in drift["findings"]]
    assert any(
        sentence.startswith(f"{fixture.name}: {labels['common']} has changed:")
        for sentence in sentences
    )


def test_a_class_that_is_lost_is_caught_and_named_however_rare_it_is(fixture):
    lost = NAMES[fixture.name]["rare"]
    n_lost = fixture.frozen["classes"][lost]["hits"]
    rows = copy.deepcopy(fixture.rows)
    for row in rows:
        row["components"] = [part for part in row["components"] if part["label"] != lost]
    drift = fixture.drift(rows)
    assert ("lost class", lost) in named(drift)
    finding = next(row for row in drift["findings"] if row["name"] == lost)
    assert f"{lost} is gone: 0 % of the hits (0)," in finding["sentence"]
    assert f"when blessed ({n_lost:,})" in finding["sentence"]


def test_half_of_the_hits_gone_is_caught(fixture):
    drift = fixture.drift(fixture.rows[::2])
    assert ("hits", "hits_per_session") in named(drift)


def test_velocities_that_come_or_go_or_change_are_caught(fixture):
    rows = copy.deepcopy(fixture.rows)
    for row in rows:
        for component in row["components"]:
            component["velocity"] = 0.5
    assert named(fixture.drift(rows)) == {("velocity", "velocity")}
    frozen = fixture.measure(rows)
    for row in rows:
        for component in row["components"]:
            component["velocity"] = 0.6
    found = compare_distributions(frozen, fixture.measure(rows), TOLERANCES)
    assert [row["what"] for row in found["findings"]] == ["velocity"]
    assert "quantile is 0.6, 0.5 when blessed" in found["findings"][0]["sentence"]


def test_a_drift_within_the_tolerances_of_its_set_passes(fixture):
    labels = NAMES[fixture.name]
    now = fixture.measure(fixture.relabelled(labels["common"], labels["other"], every=2))
    loose = {"js_distance": 1, "class_change": {"absolute": 1, "relative": 100}}
    tolerances = TOLERANCES | {"per_set": {fixture.name: loose}}
    frozen = {fixture.name: fixture.frozen}
    assert describe_drift({fixture.name: now}, frozen, TOLERANCES)["n_drifted"] > 0
    assert describe_drift({fixture.name: now}, frozen, tolerances)["n_drifted"] == 0


# Sessions that came or went: what chance gives.


def draw(tmp_path, rng, n_sessions, shares, mean_hits=40, velocity=0.5):
    """The distribution of sessions, each of which has shares of its own."""
    tag = rng.integers(1 << 40)
    rows, sessions = [], []
    for number in range(n_sessions):
        session = {"session_id": f"{tag}-{number}"}
        sessions.append(session)
        own = rng.dirichlet(200 * np.array(list(shares.values())))
        for label in rng.choice(list(shares), rng.poisson(mean_hits), p=own):
            strength = float(np.clip(velocity + 0.1 * rng.standard_normal(), 0, 1))
            components = [{"label": str(label), "velocity": strength}]
            rows.append({**session, "components": components, "techniques": []})
    write_table(tmp_path / "e", pa.Table.from_pylist(rows, EVENTS))
    write_table(tmp_path / "s", pa.Table.from_pylist(sessions, SESSIONS))
    return measure_distribution("small", [tmp_path / "e"], tmp_path / "s", **DATABASE)


SHARES = {"kick": 0.4, "snare": 0.3, "ride_bow": 0.25, "crash": 0.05}


@pytest.mark.parametrize("n_sessions", [3, 30])
def test_other_sessions_of_the_same_kind_do_not_fail(tmp_path, n_sessions):
    rng = np.random.default_rng(1)
    drawn = [draw(tmp_path, rng, n_sessions, SHARES) for _ in range(9)]
    findings = [
        finding
        for now in drawn[1:]
        for finding in compare_distributions(drawn[0], now, TOLERANCES)["findings"]
    ]
    assert findings == []


def test_without_the_allowance_for_chance_they_would(tmp_path):
    rng = np.random.default_rng(1)
    a, b = (draw(tmp_path, rng, 10, SHARES) for _ in range(2))
    b = b | {"sessions": a["sessions"]}  # as if they were the same
    assert compare_distributions(a, b, TOLERANCES)["findings"]


def test_a_change_larger_than_chance_is_caught_among_other_sessions(tmp_path):
    rng = np.random.default_rng(2)
    before = draw(tmp_path, rng, 60, SHARES)
    other = SHARES | {"kick": 0.55, "snare": 0.15}
    after = draw(tmp_path, rng, 60, other, mean_hits=20, velocity=0.7)
    drift = compare_distributions(before, after, TOLERANCES)
    assert not drift["same_sessions"]
    assert {("class", "kick"), ("class", "snare"), ("shape", "js_distance")} <= named(drift)
    assert {("hits", "hits_per_session"), ("velocity", "velocity")} <= named(drift)


def test_a_handful_of_hits_that_come_with_other_sessions_is_no_new_class(tmp_path):
    rng = np.random.default_rng(3)
    before = draw(tmp_path, rng, 20, SHARES)
    after = draw(tmp_path, rng, 20, SHARES | {"crash": 0.045, "china": 0.005})
    assert 0 < after["classes"]["china"]["hits"] < TOLERANCES["min_hits"]
    assert compare_distributions(before, after, TOLERANCES)["findings"] == []


def given(tmp_path, tag, *sessions):
    """The distribution of sessions of so many hits by class."""
    rows = [
        {
            "session_id": f"{tag}{number}",
            "components": [{"label": label, "velocity": None}],
            "techniques": [],
        }
        for number, classes in enumerate(sessions)
        for label, n in classes.items()
        for _ in range(n)
    ]
    names = [{"session_id": f"{tag}{number}"} for number in range(len(sessions))]
    write_table(tmp_path / "e", pa.Table.from_pylist(rows, EVENTS))
    write_table(tmp_path / "s", pa.Table.from_pylist(names, SESSIONS))
    return measure_distribution("small", [tmp_path / "e"], tmp_path / "s", **DATABASE)


WITH_RIDE = {"kick": 40, "snare": 40, "ride_bow": 20}
WITHOUT_RIDE = {"kick": 50, "snare": 50}


@pytest.mark.parametrize("n_sessions", [1, 2])
def test_a_large_class_that_comes_or_goes_is_caught_in_one_or_two_other_sessions(
    tmp_path, n_sessions
):
    before = given(tmp_path, "a", *[WITH_RIDE] * n_sessions)
    after = given(tmp_path, "b", *[WITHOUT_RIDE] * n_sessions)
    drift = compare_distributions(before, after, TOLERANCES)
    assert not drift["same_sessions"]
    assert ("lost class", "ride_bow") in named(drift)
    assert ("new class", "ride_bow") in named(compare_distributions(after, before, TOLERANCES))


@pytest.mark.parametrize(
    ("n_rides", "is_caught"),
    [(3, False), (19, False), (20, True)],  # of 400 hits and the rides; 20 are `min_hits`
)
def test_a_small_class_that_other_sessions_lack_may_be_chance(tmp_path, n_rides, is_caught):
    two = [{"kick": 100, "snare": 100, "ride_bow": n_rides // 2}] * 2
    two[0] = two[0] | {"ride_bow": n_rides - n_rides // 2}
    before = given(tmp_path, "a", *two)
    after = given(tmp_path, "b", *[{"kick": 100, "snare": 100}] * 2)
    found = named(compare_distributions(before, after, TOLERANCES))
    assert found == ({("lost class", "ride_bow")} if is_caught else set())


def test_a_class_below_the_absolute_limit_that_other_sessions_lack_may_be_chance(tmp_path):
    before = given(tmp_path, "a", *[{"kick": 1000, "snare": 1000, "ride_bow": 40}] * 2)
    after = given(tmp_path, "b", *[{"kick": 1000, "snare": 1000}] * 2)
    assert 0.019 < before["classes"]["ride_bow"]["hits"] / before["hits"] < 0.02
    assert compare_distributions(before, after, TOLERANCES)["findings"] == []


def test_a_great_change_is_caught_between_two_sessions_and_two_others(tmp_path):
    before = given(tmp_path, "a", {"kick": 800, "snare": 200}, {"kick": 790, "snare": 210})
    after = given(tmp_path, "b", {"kick": 200, "snare": 800}, {"kick": 210, "snare": 790})
    found = named(compare_distributions(before, after, TOLERANCES))
    assert found == {("class", "kick"), ("class", "snare"), ("shape", "js_distance")}


def test_the_distance_is_that_of_jensen_and_shannon_to_base_2(tmp_path):
    rng = np.random.default_rng(4)
    a, b = draw(tmp_path, rng, 5, {"kick": 1.0}), draw(tmp_path, rng, 5, {"snare": 1.0})
    assert compare_distributions(a, b, TOLERANCES)["js_distance"] == 1.0
    c = draw(tmp_path, rng, 5, {"kick": 0.5, "snare": 0.5})
    share = c["classes"]["kick"]["hits"] / c["hits"]
    wanted = jensenshannon([1, 0], [share, 1 - share], base=2)
    assert compare_distributions(a, c, TOLERANCES)["js_distance"] == pytest.approx(wanted, abs=1e-6)


# Documents.


def test_sets_without_a_baseline_are_named_and_do_not_drift(tmp_path):
    now = {"small": draw(tmp_path, np.random.default_rng(5), 3, SHARES)}
    none = describe_drift(now, {}, TOLERANCES)
    assert (none["baseline"], none["n_drifted"]) == ("none", 0)
    assert none["sets_without_baseline"] == ["small"]
    now["other"] = now["small"]
    assert describe_drift(now, {"small": now["small"]}, TOLERANCES)["baseline"] == "partly"
    assert describe_drift(now, now, TOLERANCES)["baseline"] == "blessed"


def test_a_set_that_lost_every_hit_names_its_classes(tmp_path):
    frozen = draw(tmp_path, np.random.default_rng(6), 30, SHARES)
    nothing = draw(tmp_path, np.random.default_rng(6), 30, SHARES, mean_hits=0)
    drift = compare_distributions(frozen, nothing, TOLERANCES)
    assert drift["js_distance"] is None
    assert ("hits", "hits_per_session") in named(drift)
    same = nothing | {"sessions": frozen["sessions"]}
    lost = named(compare_distributions(frozen, same, TOLERANCES))
    assert {("lost class", label) for label in SHARES} <= lost


def test_a_blessed_document_of_another_kind_is_refused(tmp_path):
    now = draw(tmp_path, np.random.default_rng(7), 3, SHARES)
    with pytest.raises(ValueError, match=r"small: the blessed distribution has the schema 'x/1'"):
        compare_distributions(now | {"schema": "x/1"}, now, TOLERANCES)


def test_tolerances_of_a_set_are_laid_over_those_of_all():
    own = tolerances_of(
        "egmd", TOLERANCES | {"per_set": {"egmd": {"class_change": {"relative": 9}}}}
    )
    assert own["class_change"] == {"absolute": 0.02, "relative": 9}
    assert own["js_distance"] == TOLERANCES["js_distance"]
    assert "per_set" not in own


def test_equal_events_give_equal_figures_whatever_their_order(tmp_path):
    found = draw(tmp_path, np.random.default_rng(8), 20, SHARES)
    table = read_table(tmp_path / "e")
    shuffled = table.take(np.random.default_rng(9).permutation(table.num_rows))
    half = table.num_rows // 2
    write_table(tmp_path / "1", shuffled.slice(0, half))
    write_table(tmp_path / "2", shuffled.slice(half))
    again = measure_distribution(
        "small", [tmp_path / "1", tmp_path / "2"], tmp_path / "s", **DATABASE | {"threads": 1}
    )
    assert again == found


def test_the_error_of_a_share_is_that_over_sessions(tmp_path):
    """Ten sessions of one class each: the share of ten means, not of four hundred draws."""
    rows, sessions = [], []
    for number in range(10):
        sessions.append({"session_id": str(number)})
        label = "kick" if number < 5 else "snare"
        part = {"label": label, "velocity": None}
        rows += [{"session_id": str(number), "components": [part], "techniques": []}] * 40
    write_table(tmp_path / "e", pa.Table.from_pylist(rows, EVENTS))
    write_table(tmp_path / "s", pa.Table.from_pylist(sessions, SESSIONS))
    found = measure_distribution("s", [tmp_path / "e"], tmp_path / "s", **DATABASE)
    error = found["classes"]["kick"]["share_error"]
    assert error == pytest.approx((0.25 / 9) ** 0.5, abs=1e-6)
    assert found["velocity"] is None
    assert found["hits_per_session"]["q50"] == 40


def test_a_class_of_which_no_hit_is_left_is_lost_however_few_there_were():
    classes = {"kick": {"hits": 900, "share_error": 0.0}, "china": {"hits": 1, "share_error": 0.0}}
    document = {
        **{"schema": "drumcorpus.distribution/1", "source_set": "egmd", "hits": 901},
        **{"sessions": {"total": 3, "names": "a"}, "hits_per_session": None, "velocity": None},
    }
    frozen = {"egmd": document | {"classes": classes}}
    for left in ({"kick": classes["kick"]}, classes | {"china": {"hits": 0, "share_error": 0.0}}):
        found = describe_drift({"egmd": document | {"classes": left}}, frozen, TOLERANCES)
        assert found["n_lost_classes"] == 1
        assert found["lost_classes"] == ["egmd: china, 1 hit when blessed"]
    assert describe_drift(frozen, frozen, TOLERANCES)["n_lost_classes"] == 0
    assert describe_drift(frozen, {}, TOLERANCES)["n_lost_classes"] == 0
