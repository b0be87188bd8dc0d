"""The crash benchmark runs as it is printed, and calls no kit held out that constants know."""

import importlib
import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
import yaml
from checkout import REPO
from printed import command_of, run
from sounds import write_sound

BENCH = REPO / "bench/crash_truth"
KNOWN = yaml.safe_load((BENCH / "constants.yaml").read_text())
# The folders of runs that printed commands name.
OUTS = ("OUT", "OUT/chosen", "OUT/development", "OUT/limits")


@pytest.fixture
def render(monkeypatch):
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module("render")


@pytest.fixture
def report(monkeypatch):
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module("report")


@pytest.fixture
def chain(monkeypatch):
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module("chain")


@pytest.fixture
def more_cymbals(monkeypatch):
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module("more_cymbals")


@pytest.fixture
def outs(judged):
    """The folders that the pages name, each as `run.py` left it."""
    return dict.fromkeys(OUTS, judged[0])


# --- which kits are held out


@pytest.mark.parametrize("kit", sorted(KNOWN))
def test_a_kit_of_the_table_is_never_held_out(render, kit):
    assert render.constants_chosen_on(kit) == sorted([*KNOWN[kit], render.LEARNED])
    assert KNOWN[kit]


@pytest.mark.parametrize(
    ("kit", "of"),
    [("gm_rock", "black_pearl"), ("buskman", "blonde_bop"), ("millo_layers_3", "millo_drums")],
    ids=["gm_rock", "buskman", "millo_layers_3"],
)
def test_a_kit_with_another_kits_crash_is_held_out_no_more_than_that(render, kit, of):
    assert render.constants_chosen_on(kit) == render.constants_chosen_on(of)


def test_a_kit_that_a_model_alone_has_learned_from_is_not_held_out(render, monkeypatch, tmp_path):
    (tmp_path / "model.json").write_text('{"kits": [{"name": "gretsch, soft"}]}')
    monkeypatch.setattr(render, "MODEL", tmp_path / "model.json")
    assert render.constants_chosen_on("Gretsch") == [render.LEARNED]
    assert render.constants_chosen_on("muldjord") == sorted(KNOWN["muldjord"])


def test_the_page_has_every_kit_that_can_be_imported_and_says_which_constants_know():
    page = (BENCH / "README.md").read_text()
    table = page.partition("## Kits")[2].partition("No constant of the chain")[0]
    rows = [line.strip("| ").split(" | ")[:2] for line in table.splitlines() if " | " in line][2:]
    assert {kit for kit, part in rows if part not in ("further", "one crash")} == set(KNOWN)
    imported = yaml.safe_load((BENCH / "kits.yaml").read_text())
    assert set(imported) <= {kit for kit, _ in rows}
    assert {kit for kit, part in rows if part == "one crash"} == {
        kit for kit, entry in imported.items() if entry.get("one_crash")
    }


@pytest.mark.parametrize(
    "names", [("copy", "muldjord"), ("Forzee Stereo", None), ("MULDJORD", "x"), ("bja-pacific",)]
)
def test_a_kit_is_known_by_either_name_however_it_is_spelled(render, names):
    assert render.constants_chosen_on(*names)


def test_another_kit_is_held_out(render):
    assert render.constants_chosen_on("gretsch", "Gretsch Purple") == []


def test_a_renamed_copy_is_known_and_the_command_line_adds_to_the_table(
    render, renderer, kits, performances, tmp_path
):
    for name in ("copy_of_it", "mine", "other"):
        shutil.copytree(kits / "muldjord", tmp_path / name)
        if name != "copy_of_it":
            described = json.loads((tmp_path / name / "kit.json").read_text())
            (tmp_path / name / "kit.json").write_text(json.dumps(described | {"name": name}))
    folders = [tmp_path / name for name in ("copy_of_it", "mine", "other")]
    material = render.find_material(renderer, performances, folders, 1, ["mine"])
    assert material.chosen == {
        "copy_of_it": sorted([*KNOWN["muldjord"], render.LEARNED]),
        "mine": [render.STATED],
        "other": [],
    }


@pytest.fixture
def one_crash(kits, tmp_path):
    """A kit whose second pad is silent."""
    shutil.copytree(kits / "muldjord", tmp_path / "one")
    described = json.loads((tmp_path / "one/kit.json").read_text())
    del described["voices"]["crash2"]
    (tmp_path / "one/kit.json").write_text(json.dumps(described))
    return tmp_path / "one"


def test_both_pads_sound_the_crash_of_a_kit_of_one(
    render, renderer, kits, performances, one_crash, tmp_path, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", str(REPO / "tests"))
    given = [one_crash, kits / "bja_pacific"]
    material = render.find_material(renderer, performances, given, 1)
    out = tmp_path / "out"
    doubled = render.double_crashes(material, out)
    assert doubled.one_crash == {"one"}
    assert doubled.kits["bja_pacific"] == kits / "bja_pacific"
    voices = render.read_voices(doubled.kits["one"])
    assert voices["crash2"] == voices["crash"]
    assert "crash2" not in render.read_voices(one_crash)
    render.render_kit(doubled, "one", performances, out / "as_rendered", {})
    assert list(render.read_cymbals(out / "as_rendered").values()) == [1, 1]
    assert render.read_notes(out / "as_rendered") == {49: 1, 55: 1, 57: 1, 52: 1}
    render.render_kit(doubled, "bja_pacific", performances, out / "other", {})
    assert list(render.read_cymbals(out / "other").values()) == [2, 1]
    assert render.read_notes(out / "other") is None


def test_a_kit_without_a_crash_is_refused(render, renderer, performances, one_crash):
    described = json.loads((one_crash / "kit.json").read_text())
    del described["voices"]["crash"]
    (one_crash / "kit.json").write_text(json.dumps(described))
    with pytest.raises(SystemExit, match="kit one has no crash: nothing to tell"):
        render.find_material(renderer, performances, [one_crash], 1)


def test_the_report_names_the_constants_and_who_is_held_out(report):
    rows = [
        {"kit": "muldjord", "constants_chosen_on_it": ["confidence", "features"]},
        {"kit": "gretsch", "constants_chosen_on_it": []},
    ]
    said = report.describe_seen(rows)
    assert "Chosen on, marked \\*: muldjord (confidence, features)." in said
    assert said.endswith("Held out: gretsch.")
    assert report.describe_seen(rows[:1]).endswith("Held out: none.")


# --- the runs


def test_a_run_says_of_each_kit_what_was_chosen_on_it(judged):
    out, said = judged
    record = json.loads((out / "crash_truth.json").read_text())
    assert record["chosen_on"] == {
        kit: sorted([*KNOWN[kit], "cymbal model of the mixture"])
        for kit in ("bja_pacific", "muldjord")
    }
    assert "Held out: none." in said
    assert "| muldjord \\* | as_rendered | chain | 1 | 12 | " in said
    assert [(row["kit"], row["method"]) for row in record["rows"]] == [
        (kit, method) for kit in ("muldjord", "bja_pacific") for method in ("chain", "centroid gap")
    ]


@pytest.fixture
def misnamed(judged, tmp_path):
    """The same runs, one stroke of each session of two cymbals being another than it sounds."""
    out = tmp_path / "out"
    shutil.copytree(judged[0], out)
    for path in out.glob("*/as_rendered/run/results/crash/assignments/*.parquet"):
        hits = pd.read_parquet(path)
        both = hits.groupby("session_id")["source_label"].transform("nunique") > 1
        first = hits.index[both & (hits["source_label"] == "49")][0]
        hits.loc[first, "source_label"] = "57"
        hits.to_parquet(path)
    return out


@pytest.mark.long  # a run of the benchmark
def test_limits_are_fitted_with_a_kit_left_out(misnamed):
    said = run(command_of("crash_truth/leave_one_out.py"), dict.fromkeys(OUTS, misnamed))
    assert "| muldjord | " in said
    assert "| bja_pacific | " in said
    assert "Sessions clustered: " in said


@pytest.mark.long  # a run of the benchmark
def test_limits_are_not_fitted_where_every_hit_is_right(outs):
    said = run(command_of("crash_truth/leave_one_out.py"), outs, status=1)
    assert said == ""


@pytest.mark.long  # a run of the benchmark
def test_mixtures_are_scored(outs):
    lines = run(command_of("crash_truth/mixture.py"), outs).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| muldjord", "| bja_pacific", "| mean"]


def test_confidence_is_held_against_the_truth(outs):
    said = run(command_of("crash_truth/reliability.py"), outs)
    assert "| two cymbals | " in said
    assert "| one cymbal | " in said


def test_methods_stand_side_by_side_with_the_plain_one(judged_by_both):
    out, said = judged_by_both
    record = json.loads((out / "crash_truth.json").read_text())
    assert record["methods"] == ["mixture", "linkage"]
    assert record["conditions"] == ["soft_playing", "onset_error_5ms"]
    assert [(row["audio"], row["method"]) for row in record["rows"]] == [
        (audio, method)
        for audio in ("as_rendered", "soft_playing", "onset_error_5ms", "more_cymbals")
        for method in ("mixture", "linkage", "centroid gap")
    ]
    assert {(pool["audio"], pool["method"]) for pool in record["all_kits"]} == {
        (row["audio"], row["method"]) for row in record["rows"] if row["method"] != "centroid gap"
    }
    assert "| blonde_bop \\* | soft_playing | mixture | 1 | 12 | " in said
    assert "| blonde_bop \\* | more_cymbals | linkage | 3 or more | 1 of 1 | " in said


def test_hits_say_how_hard_they_were_struck_and_what_rings(judged_by_both, chain):
    out, _ = judged_by_both
    hits = chain.read_hits(out / "blonde_bop/as_rendered/run_mixture")
    soft = chain.read_hits(out / "blonde_bop/soft_playing/run_mixture")
    assert hits["velocity"].max() == 120
    assert soft["velocity"].tolist() == [velocity // 2 for velocity in hits["velocity"]]
    both = hits[hits.groupby("session_id")["truth"].transform("nunique") > 1]
    # The two crashes take turns, a stroke a second.
    np.testing.assert_allclose(both["since_other"], [np.inf] + [1.0] * 11)
    np.testing.assert_allclose(both["until_other"], [1.0] * 11 + [np.inf])


def test_sessions_that_errata_leave_out_are_known(chain, tmp_path):
    folder = tmp_path / f"results/sessions/{chain.SOURCE_SET}"
    folder.mkdir(parents=True)
    known = {"reason": "out_of_sync", "action": "leave_out"}
    for shard, (session_id, errata) in enumerate(
        {"1": [known], "2": [known | {"action": "flag"}], "3": None}.items()
    ):
        rows = pd.DataFrame({"session_id": [session_id], "errata": [errata]})
        rows.to_parquet(folder / f"{shard}.parquet")
    assert chain.read_left_out(tmp_path) == {"1": "out_of_sync"}


def test_a_session_that_is_left_out_is_not_judged(judged, monkeypatch, render):
    reliability = importlib.import_module("reliability")
    assert len(reliability.read_sessions(judged[0])) == 4
    (first, *_) = render.read_cymbals(judged[0] / "muldjord/as_rendered")
    monkeypatch.setattr(reliability, "read_left_out", lambda run: {first: "out_of_sync"})
    assert len(reliability.read_sessions(judged[0])) == 2


def test_stated_times_are_wrong_where_the_recording_is_as_it_was(judged_by_both, chain):
    out, _ = judged_by_both
    (rendered,), (moved,) = (
        [path.read_bytes() for path in (out / f"blonde_bop/{name}/audio").rglob("2_*.wav")]
        for name in ("as_rendered", "onset_error_5ms")
    )
    assert rendered == moved
    errors = (
        chain.read_hits(out / "blonde_bop/onset_error_5ms/run_linkage")["onset_time"]
        - chain.read_hits(out / "blonde_bop/as_rendered/run_linkage")["onset_time"]
    )
    assert 0.001 < errors.abs().mean() < 0.011


def test_three_cymbals_are_told_apart(judged_by_both):
    out, _ = judged_by_both
    rows = json.loads((out / "crash_truth.json").read_text())["rows"]
    more = next(r for r in rows if (r["audio"], r["method"]) == ("more_cymbals", "linkage"))
    assert more["more_cymbals"]["sessions"] == 1
    assert more["more_cymbals"]["told"] == {"3": 1}
    assert more["more_cymbals"]["adjusted_rand"]["value"] == 1.0
    assert more["confusions"] == [
        {
            "n_cymbals": 3,
            "cymbals": [1, 2, 3],
            "counts": [[4, 0, 0, 0, 0], [0, 4, 0, 0, 0], [0, 0, 4, 0, 0]],
        }
    ]


@pytest.mark.parametrize(
    ("voices", "sounded"),
    [
        (["crash", "crash2"], None),
        (["crash", "crash3", "china"], None),
        (["crash", "crash2", "china"], ["crash", "crash2", "china", "china"]),
        (["crash", "crash2", "china", "crash3"], ["crash", "crash2", "crash3", "crash3"]),
        (["crash", "crash2", "crash3", "crash4"], ["crash", "crash2", "crash3", "crash4"]),
    ],
    ids=["two", "no second", "a china", "a third beside a china", "four"],
)
def test_notes_of_both_pads_sound_a_kits_cymbals(more_cymbals, voices, sounded):
    told = more_cymbals.voices_of_notes({voice: ["a.flac"] for voice in voices})
    assert told == (None if sounded is None else dict(zip((49, 55, 57, 52), sounded, strict=True)))


def test_a_method_goes_to_the_configuration_and_starts_from_what_stands(
    chain, monkeypatch, tmp_path
):
    commands = []

    def record(command, **_):
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(chain.subprocess, "run", record)
    chain.run_chain(tmp_path, tmp_path / "run", 2)
    chain.run_chain(tmp_path, tmp_path / "run_mixture", 2, "mixture")
    (tmp_path / "run_mixture/results").mkdir()
    chain.run_chain(tmp_path, tmp_path / "run_linkage", 2, "linkage", tmp_path / "run_mixture")
    crash = [
        yaml.safe_load((tmp_path / run / "overlay.yaml").read_text())["crash"]
        for run in ("run", "run_mixture", "run_linkage")
    ]
    assert crash == [
        {"use_metadata": False},
        {"use_metadata": False, "clustering": {"method": "mixture"}},
        {"use_metadata": False, "clustering": {"method": "linkage"}},
    ]
    assert (tmp_path / "run_linkage/results").is_dir()
    assert not (tmp_path / "run/results").exists()
    assert [command[-1] for command in commands] == ["crash"] * 3


def test_a_folder_of_another_kind_is_not_touched(chain, tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(SystemExit, match="no folder of this benchmark"):
        chain.run_chain(tmp_path, tmp_path / "run", 2)


def test_runs_are_found_whatever_the_method(chain, tmp_path):
    (tmp_path / "run_linkage").mkdir()
    assert chain.find_run(tmp_path) == tmp_path / "run_linkage"
    with pytest.raises(SystemExit, match="holds no run_mixture"):
        chain.find_run(tmp_path, "mixture")
    (tmp_path / "run").mkdir()
    assert chain.find_run(tmp_path) == tmp_path / "run"


def test_the_reliability_of_one_method_is_had_by_its_name(judged_by_both):
    places = {"OUT/chosen": judged_by_both[0]} | dict.fromkeys(
        ("OUT/development", "OUT/limits"), judged_by_both[0]
    )
    said = run(command_of("crash_truth/reliability.py"), places, "--method", "mixture")
    assert "| two cymbals | " in said


def test_voices_of_one_cymbal_are_found_whatever_they_are_called(kits, tmp_path):
    shutil.copytree(kits / "muldjord", tmp_path / "copy")
    described = json.loads((tmp_path / "copy/kit.json").read_text())
    voices = described["voices"]
    voices["ride"] = voices.pop("crash2")  # the ring of a crash
    voices["crash2"] = voices["crash3"]
    (tmp_path / "copy/kit.json").write_text(json.dumps(described))
    command = command_of("crash_truth/bodies.py")
    folders = [kits / "muldjord", kits / "bja_pacific", kits / "blonde_bop", tmp_path / "copy"]
    words = [word for word in command.words if word.startswith("KITS/")]
    lines = run(command, dict(zip(words, folders, strict=True))).splitlines()
    table = lines.index("")
    assert lines[2:table] == [
        "| copy crash, muldjord crash |",
        "| copy crash2, copy crash3, muldjord crash3 |",
        "| copy ride, muldjord crash2 |",
    ]
    alike = {tuple(line.split(" | ")[:2]): line.split(" | ")[2] for line in lines[table + 3 :]}
    assert alike["| copy", "crash3, crash2"] == "1.00"
    assert abs(float(alike["| bja_pacific", "crash, crash2"])) < 0.3


def test_the_speed_of_the_stage_is_measured(outs):
    said = run(command_of("crash_speed.py"), outs)
    assert said.startswith("24 hits of ")
    assert "2 sessions clustered" in said


def test_a_kit_of_a_package_is_imported(tmp_path):
    entry = yaml.safe_load((BENCH / "kits.yaml").read_text())["colombo_acoustic"]
    source = tmp_path / "packages" / entry["file"]
    source.parent.mkdir(parents=True)
    write_sound(source.parent / "a.wav", np.full(500, 0.5), 44_100, subtype="PCM_16")
    instruments = "".join(
        f"<instrument><name>{name}</name><layer><filename>a.wav</filename></layer></instrument>"
        for name in dict.fromkeys(entry["voices"].values())
    )
    source.write_text(f"<drumkit_info>{instruments}</drumkit_info>")
    places = {"PACKAGES": tmp_path / "packages", "KITS": tmp_path / "kits"}
    said = run(command_of("crash_truth/import_kits.py"), places, "--kits", "colombo_acoustic")
    assert said.startswith("colombo_acoustic: 13 voices")
    assert (tmp_path / "kits/colombo_acoustic/crash2_01.flac").is_file()


@pytest.mark.long
def test_the_chain_itself_is_run_as_the_page_says(renderer, kits, performances, tmp_path):
    places = {"GMD_ROOT": performances, "FILE": renderer, "KIT_DIR": kits / "muldjord"}
    said = run(command_of("crash_truth/run.py"), places | {"OUT": tmp_path}, "--limit", "1")
    record = json.loads((tmp_path / "crash_truth.json").read_text())
    assert [row["method"] for row in record["rows"]] == ["chain", "centroid gap"]
    assert "embed_crashes" in said
    assert "Held out: none." in said


# --- the cymbal model


@pytest.fixture(scope="session")
def learned(renderer, kits, performances, tmp_path_factory):
    """Places for the commands that learn, with a model and figures that they made."""
    folder = tmp_path_factory.mktemp("learned")
    places = {"GMD_ROOT": performances, "FILE": renderer, "CACHE": folder / "cache"}
    places |= {"KIT_DIR": kits / "muldjord", "MODEL": folder / "model.json"}
    places |= {"ROWS": folder / "rows.json", "PICTURES": folder}
    three = ["--kits", *(str(kits / name) for name in ("muldjord", "bja_pacific", "blonde_bop"))]
    run(command_of("crash_truth/train_model.py"), places, *three)
    said = run(command_of("crash_truth/leave_kits_out.py"), places, *three, "--jobs", "1")
    return places, three, said


@pytest.mark.long  # describes three renderings of a kit
def test_every_session_that_is_not_accepted_has_a_reason(renderer, kits, performances, tmp_path):
    places = {"GMD_ROOT": performances, "FILE": renderer, "CACHE": tmp_path}
    places |= {"KIT_DIR": kits / "muldjord", "MODEL": REPO / "resources/crash/cymbal_model.json"}
    said = run(command_of("crash_truth/in_doubt.py"), places)
    rows = [line.strip("| ").split(" | ") for line in said.splitlines() if "| muldjord" in line]
    assert {(condition, cymbals) for _, condition, cymbals, *_ in rows} >= {
        ("as_played", "2"),
        ("soft", "2"),
        ("three", "3"),
    }
    for _, _, _, sessions, *by_reason in rows:
        assert len(by_reason) == 7
        assert sum(map(int, by_reason)) <= int(sessions)
    assert "| last named | within | hits | mean confidence | right | off |" in said


@pytest.mark.long  # learns a model four times
def test_equal_kits_give_the_same_model_to_the_byte(learned, tmp_path):
    places, three, _ = learned
    again = places | {"MODEL": tmp_path / "model.json", "CACHE": tmp_path / "cache"}
    run(command_of("crash_truth/train_model.py"), again, *three)
    assert again["MODEL"].read_bytes() == places["MODEL"].read_bytes()
    document = json.loads(places["MODEL"].read_text())
    assert [kit["name"] for kit in document["kits"]] == [
        f"{kit}, {condition}"
        for kit in ("bja_pacific", "blonde_bop", "muldjord")
        for condition in ("as_played", "soft", "three")
    ]


@pytest.mark.long  # learns a model four times
def test_every_method_judges_every_kit_that_was_left_out(learned):
    places, _, said = learned
    record = json.loads(places["ROWS"].read_text())
    assert [(row["kit"], row["condition"], row["method"]) for row in record["rows"]] == [
        (kit, condition, method)
        for kit in ("bja_pacific", "blonde_bop", "muldjord")
        for condition in ("as_played", "soft", "three")
        for method in (
            *("mixture", "mixture by four", "mixture alone", "linkage", "centroid gap"),
            *(["mixture with others"] if condition == "three" else []),
        )
    ]
    two = [row["two_cymbals"] for row in record["rows"] if row["condition"] == "as_played"]
    assert {scores["sessions"] for scores in two} == {2}
    assert set(record["reliability"]) == {"mixture", "mixture by four", "mixture alone", "linkage"}
    assert "| muldjord | three | mixture | " in said


@pytest.mark.long  # learns a model four times
def test_pictures_are_drawn_of_what_was_judged(learned):
    places, three, _ = learned
    run(command_of("crash_truth/draw.py"), places, *three, "--kit", "muldjord")
    for name in ("likeness", "hits", "confidence"):
        picture = (places["PICTURES"] / f"mixture_{name}.svg").read_text()
        assert picture.startswith("<svg ")
        assert "nan" not in picture
    hits = (places["PICTURES"] / "mixture_hits.svg").read_text()
    assert hits.count("<circle") == 48
