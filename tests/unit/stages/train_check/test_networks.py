"""Networks of tiers S and R: their size, what they see, what they learn, and how they go on."""

import contextlib
import copy
import dataclasses
import json

import numpy as np
import pyarrow as pa
import pytest
from checkout import REPO
from drawn_frames import LEARNING, SETTINGS, draw_material
from small_export import LABELS, write_export

from drumcorpus.ground.files.schema_check import check_document
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.load.exports import open_export
from drumcorpus.stages.train_check import network_check

torch = pytest.importorskip("torch", reason="torch is not installed: requirements-torch.lock")

from drumcorpus.ground.statistics.scores import f_measure  # noqa: E402
from drumcorpus.stages.train_check import learning  # noqa: E402
from drumcorpus.stages.train_check.checkpoints import (  # noqa: E402
    load_checkpoint,
    save_checkpoint,
)
from drumcorpus.stages.train_check.frame_counts import (  # noqa: E402
    counts_over_grid,
    fit_thresholds,
    strokes_said,
)
from drumcorpus.stages.train_check.learning import (  # noqa: E402
    Machine,
    draw_pieces,
    learn_network,
    predict,
    predict_logits,
)
from drumcorpus.stages.train_check.network import (  # noqa: E402
    REACH,
    Network,
    make_network,
    n_parameters,
)

CPU = Machine("cpu", 1, 0)


@pytest.mark.parametrize(
    ("tier", "n_classes", "expected"), [("S", 11, 44_075), ("S", 25, 44_761), ("R", 11, 447_455)]
)
def test_the_sizes_of_the_tiers(tier, n_classes, expected):
    assert n_parameters(Network(tier, 84, n_classes)) == expected


def test_an_activation_depends_on_33_frames_on_each_side():
    assert REACH == 33
    network = make_network("S", 84, np.full(3, 0.1), seed=0).eval()
    frames = torch.zeros(1, 200, 84, requires_grad=True)
    # Rectifiers hide what is below 0 at this place; over some seeds nothing stays hidden.
    seen = torch.zeros(200)
    for seed in range(4):
        network = make_network("S", 84, np.full(3, 0.1), seed=seed).eval()
        logits = network(frames + torch.randn(1, 200, 84, generator=torch.manual_seed(seed)))
        seen += torch.autograd.grad(logits[0, 100].sum(), frames)[0][0].abs().sum(dim=1)
    there = torch.nonzero(seen)[:, 0].tolist()
    assert (min(there), max(there)) == (100 - REACH, 100 + REACH)


def test_parts_of_a_long_sample_are_as_the_whole(monkeypatch):
    network = make_network("S", 84, np.full(3, 0.1), seed=0).eval()
    frames = np.random.default_rng(0).normal(0, 1, (500, 84)).astype(np.float16)
    with torch.inference_mode():
        whole = predict_logits(network, frames, CPU)
        monkeypatch.setattr("drumcorpus.stages.train_check.learning._VALIDATED", 120)
        assert torch.allclose(predict_logits(network, frames, CPU), whole, atol=1e-5)
    assert whole.shape == (500, 3)


def test_pieces_are_drawn_by_weight_and_follow_from_seed_and_epoch():
    weights, n_frames = np.array([1.0, 3.0, 0.0]), np.array([400, 150, 400])
    drawn = draw_pieces(weights, n_frames, 200, 4_000, seed=1, epoch=2)
    rows, firsts = np.array(drawn).T
    assert np.bincount(rows, minlength=3)[2] == 0
    assert (rows == 1).mean() == pytest.approx(0.75, abs=0.03)
    assert firsts[rows == 1].max() == 0
    assert (firsts[rows == 0].min(), firsts[rows == 0].max()) == (0, 200)
    assert drawn == draw_pieces(weights, n_frames, 200, 4_000, seed=1, epoch=2)
    assert drawn != draw_pieces(weights, n_frames, 200, 4_000, seed=1, epoch=3)
    assert drawn != draw_pieces(weights, n_frames, 200, 4_000, seed=2, epoch=2)


def learn(material, folder, settings=SETTINGS, seed=0, machine=CPU, say=lambda words: None):
    return learn_network(
        material,
        settings,
        seed=seed,
        checkpoint=folder / "network.pt",
        machine=machine,
        say=say,
    )


def f_of(learned, material, machine=CPU):
    def said(split):
        return strokes_said(
            material.of(split),
            lambda sample: predict(learned.network, sample, machine),
            n_classes=4,
            frames_per_s=100.0,
        )

    limits = fit_thresholds(counts_over_grid(said("validation")))
    thresholds = np.array([0.3 if limit is None else limit for limit in limits])
    return f_measure(said("test").counts(thresholds).sum(axis=(0, 1)))


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    return draw_material(tmp_path_factory.mktemp("frames"))


@pytest.fixture(scope="module")
def learned(material, tmp_path_factory):
    return learn(material, tmp_path_factory.mktemp("learned"))


def test_what_follows_from_the_bands_is_learned(learned, material):
    assert f_of(learned, material) > 0.97
    losses = [loss for _, loss in learned.curve]
    assert losses[learned.best_epoch - 1] == min(losses) < 0.4 * losses[0]


def test_silence_says_nothing(learned, material, tmp_path):
    np.save(tmp_path / "silence.npy", np.full((800, 18), 0.5, np.float16))
    silent = dataclasses.replace(material.samples[0], frames=tmp_path / "silence.npy")
    assert predict(learned.network, silent, CPU).max() < 0.1


def test_exchanged_labels_are_seen(material, tmp_path):
    def exchanged(sample):
        if sample.split == "test":
            return sample
        return dataclasses.replace(sample, classes=np.array([0, 2, 1, 3])[sample.classes])

    wrong = dataclasses.replace(material, samples=tuple(map(exchanged, material.samples)))
    assert f_of(learn(wrong, tmp_path), wrong) < 0.6


def same(first, second):
    states = first.state_dict(), second.state_dict()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_one_that_was_killed_goes_on_as_if_it_had_not_been(learned, material, tmp_path):
    class Killed(Exception):
        pass

    lines = []

    def die(words):
        lines.append(words)
        if "epoch 3 of" in words:
            raise Killed

    with pytest.raises(Killed):
        learn(material, tmp_path, say=die)
    again = learn(material, tmp_path, say=lines.append)
    assert lines[3] == "seed 0: goes on after epoch 3"
    assert len(lines) == 3 + 1 + LEARNING.epochs - 3
    assert same(again.network, learned.network)
    assert again.curve == learned.curve
    # Once over, nothing is learned again.
    once_more = []
    assert same(learn(material, tmp_path, say=once_more.append).network, learned.network)
    assert once_more == ["seed 0: goes on after epoch 8"]


def test_another_seed_learns_otherwise_and_begins_anew(learned, material, tmp_path):
    short = dataclasses.replace(
        SETTINGS, learning=dataclasses.replace(LEARNING, epochs=1, pieces=12)
    )
    first, lines = learn(material, tmp_path, short), []
    second = learn(material, tmp_path, short, seed=1, say=lines.append)
    assert not same(first.network, second.network)
    assert not any("goes on" in line for line in lines)


def test_it_stops_where_validation_gets_no_better(material, tmp_path):
    # Without a step there is no better: the first epoch stays the best.
    stuck = dataclasses.replace(LEARNING, learning_rate=1e-12, patience=2, pieces=12, epochs=30)
    lines = []
    learned = learn(
        material, tmp_path, dataclasses.replace(SETTINGS, learning=stuck), say=lines.append
    )
    assert len(lines) == len(learned.curve) < 30
    assert len(learned.curve) == learned.best_epoch + 2


def test_weights_of_the_corpus_decide_what_is_learned(tmp_path):
    material = draw_material(tmp_path / "frames", 40)
    numbers = [n for n, sample in enumerate(material.samples) if sample.split == "train"]
    samples = list(material.samples)
    for number in numbers[::2]:  # their labels are wrong
        of = samples[number]
        samples[number] = dataclasses.replace(
            of, classes=np.array([1, 2, 0, 3])[of.classes], weight=1e-9
        )
    weighted = dataclasses.replace(material, samples=tuple(samples))
    assert f_of(learn(weighted, tmp_path), weighted) > 0.95


def test_tier_r_learns_with_workers_that_hand_it_the_same_pieces(material, tmp_path):
    few = dataclasses.replace(LEARNING, epochs=2, pieces=12)
    settings = dataclasses.replace(SETTINGS, tier="R", learning=few)
    (tmp_path / "alone").mkdir()
    with_workers = learn(material, tmp_path, settings, machine=Machine("cpu", 1, 2))
    alone = learn(material, tmp_path / "alone", settings)
    assert same(with_workers.network, alone.network)
    assert 0 <= with_workers.waited < 1
    assert with_workers.curve[1][0] < with_workers.curve[0][0]


def test_a_network_runs_in_bfloat16():
    network = make_network("R", 18, np.full(4, 0.05), seed=0).eval()
    frames = torch.randn(2, 100, 18, generator=torch.manual_seed(0))
    with torch.inference_mode():
        exact = torch.sigmoid(network(frames))
        with torch.autocast("cpu", torch.bfloat16):
            rounded = torch.sigmoid(network(frames).float())
    assert (rounded - exact).abs().max() < 0.02


BINDING = {"taxonomy": "a", "features": {"bands": 84}, "seed": 0}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"taxonomy": "b"}, "of another taxonomy or class map: got a; wanted: b; delete the file"),
        ({"features": {"bands": 60}}, "of other features of the sound: got {'bands': 84}; wanted"),
    ],
    ids=["taxonomy", "features"],
)
def test_a_checkpoint_of_another_taxonomy_or_of_other_features_is_refused(tmp_path, change, words):
    save_checkpoint(tmp_path / "n.pt", BINDING, {"epoch": 1})
    assert load_checkpoint(tmp_path / "n.pt", BINDING) == {"epoch": 1}
    with pytest.raises(ValueError, match=words):
        load_checkpoint(tmp_path / "n.pt", BINDING | change)


def test_a_checkpoint_of_another_run_is_none_and_a_broken_one_is_named(tmp_path):
    path = tmp_path / "n.pt"
    assert load_checkpoint(path, BINDING) is None
    save_checkpoint(path, BINDING, {"epoch": 1})
    assert load_checkpoint(path, BINDING | {"seed": 1}) is None
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"n.pt: no checkpoint that can be read .*; delete"):
        load_checkpoint(path, BINDING)


def test_a_loss_that_is_no_number_is_said(material, tmp_path):
    broken = dataclasses.replace(material.samples[0], frames=tmp_path / "nan.npy")
    np.save(broken.frames, np.full((400, 18), np.nan, np.float16))
    samples = (broken, *material.samples[1:])
    with pytest.raises(ValueError, match="the loss of epoch 1 is no number; lower train_check"):
        learn(dataclasses.replace(material, samples=samples), tmp_path)


@contextlib.contextmanager
def counted(totals, unit):
    yield lambda part, n: totals.update({part: totals[part] - n})


def check_export(root, labels=LABELS):
    few = dataclasses.replace(LEARNING, epochs=2, pieces=6)
    return network_check.check_networks(
        open_export(root / "segments"),
        root / "splits.parquet",
        dataclasses.replace(SETTINGS, learning=few),
        labels=labels,
        crashes=["crash"],
        n_draws=200,
        n_threads=1,
        memory=root / "memory",
        say=print,
        progress=counted,
    )


@pytest.fixture
def exported(tmp_path):
    splits = ("train", "validation", "test")
    write_export(tmp_path / "segments", splits=splits, seconds=0.5)
    names = [f"session/{split}/{number}" for split in splits for number in range(3)]
    columns = {"source_set": ["demo"] * 9, "session_id": names, "family_id": names}
    write_table(tmp_path / "splits.parquet", pa.table(columns))
    return tmp_path


def test_an_export_is_learned_from_and_leaves_no_checkpoint(exported):
    report = check_export(exported)
    check_document(
        report | {"manifest": "prod", "export": "segments"},
        read_yaml(REPO / "workflow/schemas/network_check.schema.yaml"),
        "report",
    )
    assert report["samples"]["train"]["sessions"] == report["groups"] == 3
    assert len(report["seeds"][0]["curve"]) == 2
    assert report["micro"]["resolvable"] is False
    assert len(list((exported / "memory/frames").rglob("*.npy"))) == 36
    assert list((exported / "memory/checkpoints").rglob("*.pt")) == []
    assert check_export(exported) == report


def test_a_checkpoint_that_a_killed_run_left_is_refused_by_another_taxonomy(exported, monkeypatch):
    class Killed(Exception):
        pass

    def die(*_, **__):
        raise Killed

    monkeypatch.setattr(network_check, "report_networks", die)
    with pytest.raises(Killed):
        check_export(exported)
    (left,) = (exported / "memory/checkpoints").rglob("*.pt")
    monkeypatch.undo()
    path = exported / "segments/components.json"
    components = json.loads(path.read_text())
    components["classes"] |= {"crash": 4, "shaker": 3}
    path.write_text(json.dumps(components))
    with pytest.raises(ValueError, match=rf"{left.name}: a checkpoint of another taxonomy"):
        check_export(exported)
    left.unlink()
    assert check_export(exported)["classes"][3:] == ["shaker", "crash"]


def test_a_checkpoint_of_something_else_is_named(tmp_path):
    path = tmp_path / "n.pt"
    torch.save({"format": "drumcorpus.network/1", "binding": [1], "state": {}}, path)
    with pytest.raises(ValueError, match=r"n.pt: no checkpoint that can be read .*; delete"):
        load_checkpoint(path, BINDING)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.pop("step"),
        lambda state: state["network"].pop("last.bias"),
        lambda state: state["network"].update({"last.bias": torch.zeros(9)}),
        lambda state: state.update(best=None),
    ],
    ids=["a key less", "a layer less", "a layer of another size", "nothing best"],
)
def test_a_checkpoint_of_another_network_says_what_to_do(material, tmp_path, monkeypatch, change):
    def save_changed(path, binding, state):
        state = copy.deepcopy(dict(state))
        change(state)
        save_checkpoint(path, binding, state)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(learning, "save_checkpoint", save_changed)
        with pytest.raises(KeyboardInterrupt):
            learn(material, tmp_path)
    words = r"network\.pt: a checkpoint of another network than this version's .*; delete"
    with pytest.raises(ValueError, match=words):
        learn(material, tmp_path)
