"""The cymbal model: what it learns, and what is refused as one."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from known_kits import make_kit, training_kits

from drumcorpus.ground.files.json_files import canonical_json, write_json
from drumcorpus.stages.crash import training
from drumcorpus.stages.crash.cymbal_model import (
    check_model,
    features_digest,
    fine_columns,
    model_document,
    read_cymbal_model,
)
from drumcorpus.stages.crash.membership import tell_session
from drumcorpus.stages.crash.training import train_cymbal_model

SHIPPED = Path(__file__).resolve().parents[4] / "resources/crash/cymbal_model.json"


@pytest.fixture(scope="module")
def model():
    return train_cymbal_model(training_kits())


def test_equal_kits_give_equal_bytes_in_any_order(model):
    again = train_cymbal_model(training_kits()[::-1])
    assert canonical_json(model_document(again)) == canonical_json(model_document(model))


def test_a_model_is_read_as_it_was_written(model, tmp_path):
    write_json(tmp_path / "model.json", model_document(model))
    read = read_cymbal_model(tmp_path / "model.json")
    assert model_document(read) == model_document(model)
    assert dict(read.kits[0]) == {
        "cymbals": 2,
        "hits": 72,
        "name": "ash",
        "sessions": 10,
    }
    assert read.within == pytest.approx(model.within, rel=1e-4, abs=1e-8)


def test_what_is_learned_follows_from_the_kits(model):
    likeness = model.number[1]
    assert likeness < -2  # the more alike two groups are, the less are they two cymbals
    # Patterns of length 1 vary within a cymbal by what is not its own.
    assert model.variances.sum() == pytest.approx(1 - 0.85**2, rel=0.5)
    assert 0 < model.least_fit < 1
    assert model.one_alone > 0.9


def test_a_kit_whose_number_is_in_doubt_says_nothing_of_how_its_sessions_fit(model, monkeypatch):
    fit = training.fit_mixture
    kits = training_kits()
    learned = {name: getattr(model, name) for name in ("least_fit", "least_fit_of_group")}
    assert training._learn_fits(kits, model) == pytest.approx(learned, abs=1e-6)
    unsure = kits[0].strokes

    def fit_but_one(strokes, *args):
        mixture = fit(strokes, *args)
        if strokes is not unsure:
            return mixture
        return replace(mixture, confidence=0.5, means=-mixture.means)  # its cymbals are others

    monkeypatch.setattr(training, "fit_mixture", fit_but_one)
    assert min(training._learn_fits(kits, model).values()) > 0.3
    monkeypatch.setattr(training, "fit_mixture", lambda *args: replace(fit(*args), confidence=0.5))
    assert training._learn_fits(kits, model) == dict.fromkeys(learned, training.NO_LEAST)


def test_a_model_of_one_kit_knows_of_no_other_that_its_sessions_could_be_of():
    [kit] = training_kits()[:1]
    model = train_cymbal_model([kit])
    assert model.least_fit == model.least_fit_of_group == training.NO_LEAST
    mixture = training.fit_mixture(kit.strokes, model, training.SETTINGS)
    for session in np.unique(kit.strokes.sessions):
        strokes = kit.of_sessions([session]).strokes
        told = tell_session(strokes, model, training.SETTINGS, kit=mixture)
        assert told.reason == "separated"


def test_strokes_at_once_are_of_both_as_often_as_was_known_and_is_seen(model):
    assert model.both_at_once == pytest.approx(74 / 78)  # nothing numbers any at once
    kits = training_kits()
    onsets = kits[0].strokes.onsets.copy()
    onsets[[1, 5]] = onsets[[0, 4]]  # one after the other on two cymbals, then twice on one
    kits[0] = replace(kits[0], strokes=replace(kits[0].strokes, onsets=onsets))
    assert train_cymbal_model(kits).both_at_once == pytest.approx((10 * 74 / 78 + 1) / (10 + 2))


def test_reliability_grows_with_strength():
    kits = training_kits()
    rng = np.random.default_rng(0)
    for number, kit in enumerate(kits):
        n_hits = len(kit.cymbals)
        strength = rng.uniform(2, 20, n_hits)
        noise = rng.normal(size=kit.strokes.vectors.shape) * 6 / np.sqrt(202)
        unit = kit.strokes.vectors / np.linalg.norm(kit.strokes.vectors, axis=1, keepdims=True)
        strokes = replace(kit.strokes, vectors=unit * strength[:, None] + noise)
        kits[number] = replace(kit, strokes=strokes)
    assert train_cymbal_model(kits).quality[1] > 0.5


def test_one_cymbal_teaches_nothing_of_two():
    kit = make_kit("alone", [[0] * 8] * 4)
    with pytest.raises(ValueError, match="learned from kits with two known cymbals or more; got 1"):
        train_cymbal_model([kit])
    with pytest.raises(ValueError, match="got 2 cymbals of 2 kits"):
        train_cymbal_model([kit, replace(kit, name="another")])


def test_two_kits_of_one_name_are_refused():
    kits = training_kits()
    with pytest.raises(ValueError, match="two kits are named ash"):
        train_cymbal_model([*kits, kits[0]])


def change(document, path, value):
    document = json.loads(json.dumps(document))
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    "path, value, said",
    [
        (["schema"], "cymbal_model/9", "schema: got 'cymbal_model/9', wanted 'cymbal_model/3'"),
        (["features"], "0123456789abcdef", "of another feature set (0123456789abcdef, 202 bands"),
        (["within"], None, "no cymbal model: 'within' is missing"),
        (["within", "variances"], [0.1, 0.1], "have not the same length"),
        (["within", "variances", 3], "0.1", "wanted lists of numbers"),
        (["within", "variances", 3], True, "wanted lists of numbers"),
        (["within", "variances", 3], 0.0, "singular: a variance is not > 0"),
        (["within", "correlations"], [1.0, 1.0], "singular: least variance"),
        (["kits"], [{"name": "a", "cymbals": 1}], "learned from 1 cymbals"),
        (["kits"], [{"name": "a"}], "'cymbals' is missing"),
        (["kits"], 5, "no cymbal model"),
        (["covering"], "ride_bow", "covering: got 'ride_bow', wanted a list of labels"),
        (["weights", "number", "likeness"], None, "'likeness' is missing"),
        (["weights", "quality"], [1.0], "no cymbal model"),
        (["chances", "least_fit_of_group"], "0.1", "wanted lists of numbers"),
        (["chances", "one_alone"], 1.5, "chances must lie between 0 and 1"),
    ],
    ids=[
        *("schema", "features", "key_missing", "lengths", "text", "truth_value", "variance_0"),
        *(
            "singular",
            "one_cymbal",
            "kit_without_count",
            "kits_no_list",
            "covering_no_list",
            "weight_missing",
        ),
        *("weights_no_mapping", "fit_as_text", "chance_over_1"),
    ],
)
def test_what_is_no_model_is_named(model, tmp_path, path, value, said):
    file = tmp_path / "model.json"
    write_json(file, change(model_document(model), path, value))
    with pytest.raises(ValueError) as refused:
        read_cymbal_model(file)
    assert str(refused.value).startswith(f"{file}: ")
    assert said in str(refused.value)
    assert "Take the one in resources/crash" in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "3", '{"schema": "cymbal_model/2"', "NaN", '{"schema": 1, "schema": 2}'],
    ids=["empty", "list", "number", "cut_short", "nan", "key_twice"],
)
def test_a_file_that_is_no_json_mapping_is_named(tmp_path, text):
    file = tmp_path / "model.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"model\.json"):
        read_cymbal_model(file)


def test_a_number_that_is_not_finite_is_refused(model):
    with pytest.raises(ValueError, match="a number that is not finite"):
        check_model(replace(model, one_alone=float("nan")))


def test_the_shipped_model_is_whole_and_of_this_feature_set():
    model = read_cymbal_model(SHIPPED)
    assert model.features == features_digest()
    assert len(model.variances) == len(fine_columns())
    assert len({kit["name"].partition(",")[0] for kit in model.kits}) >= 10
    assert SHIPPED.stat().st_size < 100_000
