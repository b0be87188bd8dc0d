"""Replay: what differs between a run manifest and what a job would record today."""

import copy

from chain_of_jobs import CARD, MANIFEST, digest, manifest_in, small_chain

from drumcorpus.ground.run.plan_differences import Difference, compare_plans
from drumcorpus.stages.provenance.replay import replay, replayed_in_words

SHARD = "results/events/toy/000.parquet"
INVENTORY = "results/sessions/toy.parquet"


class Planned:
    """Today's plans, as tests set them: those of the run at first."""

    def __init__(self, chain):
        self.plans = {path: copy.deepcopy(each) for path, each in chain.items()}
        self.listings, self.files = {}, {}

    def plan(self, product):
        return self.plans.get(product)

    def raw_files(self, product):
        return self.files.get(product, {})


def differences(change, *, listings=None, raw=None, without=()):
    """What `replay` finds when `change` has been done to today's plans."""
    chain = small_chain()
    today = Planned(chain)
    change(today)
    known = {path: each for path, each in chain.items() if path not in without}
    return replay(
        MANIFEST,
        chain[MANIFEST],
        today,
        manifest_in(known),
        listings=listings or {},
        raw_listing_of=lambda manifest: raw or {},
    )


def row_of(plan, name):
    return next(row for row in plan["inputs"] if row["name"] == name)


def test_where_all_jobs_would_record_the_same_it_holds():
    replayed = differences(lambda today: None)
    assert replayed.holds is True
    assert replayed.differences == []
    assert replayed.compared == [
        MANIFEST,
        SHARD,
        "results/events/toy/001.parquet",
        INVENTORY,
    ]
    assert replayed_in_words(replayed) == (
        f"{MANIFEST}: today's checkout and inputs would give it again (4 jobs, 8 inputs agree)"
    )


def test_other_code_is_told_by_script_and_modules():
    def change(today):
        today.plans[MANIFEST]["script"]["code"] = "f" * 16
        today.listings["f" * 16] = {"merge_manifest.py": "1", "ground/x.py": "3", "new.py": "4"}

    was = digest("merge_manifest")[:16]
    listings = {was: {"merge_manifest.py": "1", "ground/x.py": "2", "old.py": "5"}}
    replayed = differences(change, listings=listings)
    assert replayed.holds is False
    detail = "ground/x.py changed; new.py new; old.py gone"
    script = "workflow/scripts/merge_manifest.py"
    assert replayed.differences == [Difference(MANIFEST, "code", script, was, "f" * 16, detail)]
    (without,) = differences(change).differences
    assert without.detail == (
        "which of its 2 modules cannot be told: no listing of theirs is at hand"
    )


def test_another_parameter_is_told_with_both_values():
    def change(today):
        for n in (0, 1):
            today.plans[f"results/events/toy/00{n}.parquet"]["params"]["ingest"]["grid_ms"] = 10.0

    replayed = differences(change)
    assert [(each.name, each.recorded, each.today) for each in replayed.differences] == [
        ("ingest.grid_ms", "5.0", "10.0")
    ] * 2
    said = replayed_in_words(replayed)
    assert "  parameter: ingest.grid_ms: recorded 5.0, today 10.0\n" in said
    assert said.endswith(f"    in the making of {SHARD} and 1 more")


def test_parameters_that_came_or_went_are_told():
    def change(today):
        today.plans[SHARD]["params"] = {"ingest": {"new": [1]}}

    found = {each.name: (each.recorded, each.today) for each in differences(change).differences}
    assert found == {"ingest.grid_ms": ("5.0", ""), "ingest.new": ("", "[1]")}


def test_another_version_of_a_library_is_told():
    def change(today):
        today.plans[MANIFEST]["script"]["software"] = {"numpy": "2.5.0", "soxr": "1.1.0"}

    assert [(e.kind, e.name, e.recorded, e.today) for e in differences(change).differences] == [
        ("software", "numpy", "2.4.6", "2.5.0"),
        ("software", "soxr", "", "1.1.0"),
    ]


def test_taxonomy_and_card_are_told_from_other_inputs():
    def change(today):
        row_of(today.plans[SHARD], "taxonomy")["sha256"] = "1" * 64
        row_of(today.plans[INVENTORY], "card")["sha256"] = None

    found = differences(change).differences
    assert [(each.kind, each.name, each.today, each.detail) for each in found] == [
        ("taxonomy", "resources/taxonomy/components.yaml", "1" * 64, ""),
        ("card", CARD, "", "is missing"),
    ]


def test_raw_files_are_told_by_name_where_an_inventory_lists_them():
    def change(today):
        row_of(today.plans[INVENTORY], "raw")["sha256"] = "1" * 64
        today.files[INVENTORY] = {"a.wav": "2" * 64, "new.wav": "3" * 64, "same": "5" * 64}

    raw = {"a.wav": "1" * 64, "gone.mid": "4" * 64, "same": "5" * 64}
    found = differences(change, raw=raw).differences
    assert [(each.kind, each.name, each.recorded, each.today, each.detail) for each in found] == [
        ("input", "raw files of toy", digest("toy"), "1" * 64, ""),
        ("raw file", "a.wav", "1" * 64, "2" * 64, ""),
        ("raw file", "gone.mid", "4" * 64, "", "is missing"),
        ("raw file", "new.wav", "", "3" * 64, "is new"),
    ]


def test_of_many_raw_files_that_differ_the_first_are_named_and_the_rest_counted():
    def change(today):
        row_of(today.plans[INVENTORY], "raw")["sha256"] = "1" * 64

    raw = {f"{n:02}.wav": "1" * 64 for n in range(25)}
    found = [each for each in differences(change, raw=raw).differences if each.kind == "raw file"]
    assert len(found) == 21
    assert found[-1].detail == "5 more raw files differ"


def test_a_product_that_is_not_built_is_no_difference_where_what_it_rests_on_agrees():
    def change(today):
        row_of(today.plans[MANIFEST], "events")["sha256"] = None

    replayed = differences(change)
    assert replayed.holds is True
    assert replayed.compared[1:3] == [SHARD, "results/events/toy/001.parquet"]


def test_a_product_that_is_not_built_and_has_no_run_manifest_cannot_be_looked_at():
    def change(today):
        row_of(today.plans[MANIFEST], "events")["sha256"] = None

    replayed = differences(change, without=[SHARD])
    assert replayed.holds is None
    assert {each.kind for each in replayed.differences} == {"not looked at"}
    assert replayed_in_words(replayed).startswith(f"{MANIFEST}: could not all be looked at (")


def test_inputs_that_came_or_went_and_their_order_are_told():
    def change(today):
        rows = today.plans[MANIFEST]["inputs"]
        rows.reverse()
        today.plans[SHARD]["inputs"].append(
            {"name": "limit", "path": "limits.yaml", "kind": "external", "sha256": "1" * 64}
        )
        del today.plans[INVENTORY]["inputs"][0]

    found = {each.name: each.detail for each in differences(change).differences}
    assert found == {
        "order of the inputs": "",
        "limits.yaml": "is an input today and was none",
        CARD: "was an input and is none today",
    }


def test_what_a_job_looks_at_by_itself_cannot_be_compared():
    def change(today):
        rows = today.plans[INVENTORY]["inputs"]
        today.plans[INVENTORY]["inputs"] = [row for row in rows if row["name"] != "raw"]

    replayed = differences(change)
    assert replayed.holds is None
    (seen,) = replayed.differences
    assert (seen.kind, seen.name) == ("not looked at", "raw files of toy")
    assert seen.detail == "the job looks at it by itself; it was not compared"


def test_a_product_that_no_rule_makes_is_told():
    def change(today):
        del today.plans[SHARD]

    (found,) = differences(change).differences
    assert (found.kind, found.recorded) == ("rule", "ingest_sessions")
    assert found.detail == "no rule of this configuration makes it"


def test_a_job_of_other_wildcards_is_another_job():
    chain = small_chain()
    plan = chain[SHARD] | {"wildcards": {"source_set": "toy", "shard": "001"}}
    (found,) = compare_plans(SHARD, chain[SHARD], plan)
    assert (found.kind, found.name) == ("rule", "wildcards")
