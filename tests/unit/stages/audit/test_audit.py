import json
import re

import pyarrow as pa
import pytest

from drumcorpus.ground.files.figures import compare_with_baseline, write_baseline
from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import EVENTS, INVENTORY, SPLITS
from drumcorpus.stages.audit.baseline import audit_figures
from drumcorpus.stages.audit.manifest import audit_manifest
from drumcorpus.stages.audit.notes import models_of_provenance, standing
from drumcorpus.stages.audit.page import render_audit_markdown, render_audit_page
from drumcorpus.stages.audit.rules import RULES

DATABASE = {"threads": 2, "memory_limit": "1GB"}
DIGEST = "a" * 64
FILE = {"path": "x", "role": "x", "bytes": 5, "sha256": DIGEST}


def event(number, source_set="egmd", session_id="s1", **changes):
    """One event that agrees with `session`."""
    return {
        "event_id": f"e{number}",
        "source_set": source_set,
        "session_id": session_id,
        "split": "train",
        "onset_time": float(number),
        "audio_path": f"{session_id}.wav",
        "annotation_path": f"{session_id}.mid",
        "license": "CC-BY-4.0",
        "redistributable": True,
        "metadata_ref": f"provenance:{source_set}/{session_id}",
    } | changes


def session(source_set="egmd", session_id="s1", n_events=2, **changes):
    """One provenance row of two files."""
    paths = [f"{session_id}.mid", f"{session_id}.wav"]
    return {
        "source_set": source_set,
        "session_id": session_id,
        "license": "CC-BY-4.0",
        "redistributable": True,
        "sample_paths": paths,
        "hashes": [{"path": path, "role": "x", "bytes": 5, "sha256": DIGEST} for path in paths],
        "techniques": ["flam"],
        "notes": ["one <b>take</b>"],
        "n_events": n_events,
        "drops": {"unmapped_note": 3},
    } | changes


def files_of(rows):
    """The inventory rows of some provenance rows."""
    return [
        {"source_set": row["source_set"], "path": file["path"], "sha256": file["sha256"]}
        for row in rows
        for file in row["hashes"]
    ]


def split_row(source_set, session_id, split="train", included=True):
    """One row of the split table."""
    names = {"source_set": source_set, "session_id": session_id}
    return names | {"split_before": split, "split": split, "included": included}


CARD = {"label_maps": ["td17"], "label_method": "midi", "license": "CC-BY-4.0", "forbids": []}
CARD |= {"license_verified": "2026-01-02", "redistributable": True, "notes": "Played on a pad."}


class Corpus:
    """A clean manifest of two merged sets, and a staged one; tests break one thing of it."""

    def __init__(self, folder):
        self.folder = folder
        self.events = [event(1), event(2), event(3, "groove", "g1")]
        self.provenance = {
            "egmd": [session(), session(session_id="silent", n_events=0)],
            "groove": [session("groove", "g1", 1)],
            "musdb": [session("musdb", "m1", 7)],
        }
        self.inventory = {name: files_of(rows) for name, rows in self.provenance.items()}
        self.splits = [split_row("egmd", "s1"), split_row("egmd", "silent")]
        self.splits += [split_row("groove", "g1")]
        self.merged_sets = ["egmd", "groove"]
        self.tiers = {"egmd": "production", "groove": "production", "musdb": "staged"}
        self.cards = {}
        self.missing = {}

    def audit(self):
        write_table(self.folder / "m.parquet", pa.Table.from_pylist(self.events, EVENTS))
        provenance, inventory = {}, {}
        for name, rows in self.provenance.items():
            provenance[name] = self.folder / f"{name}.jsonl"
            provenance[name].write_text("".join(json.dumps(row) + "\n" for row in rows))
        for name, rows in self.inventory.items():
            inventory[name] = self.folder / f"{name}.parquet"
            write_table(inventory[name], pa.Table.from_pylist(rows, INVENTORY))
        missing = {}
        for name, rows in self.missing.items():
            missing[name] = self.folder / f"{name}.missing.jsonl"
            missing[name].write_text("".join(json.dumps(row) + "\n" for row in rows))
        splits = None if self.splits is None else self.folder / "splits.parquet"
        if splits:
            write_table(splits, pa.Table.from_pylist(self.splits, SPLITS))
        return audit_manifest(
            self.folder / "m.parquet",
            provenance,
            inventory,
            merged_sets=self.merged_sets,
            tiers=self.tiers,
            splits_parquet=splits,
            missing_files=missing,
            cards=self.cards,
            **DATABASE,
        )

    def only_finding(self):
        """The one finding of the audit."""
        audit = self.audit()
        assert not audit["passed"]
        assert len(audit["findings"]) == 1, audit["findings"]
        return audit["findings"][0]

    def kinds(self):
        return {finding["kind"] for finding in self.audit()["findings"]}


@pytest.fixture
def corpus(tmp_path):
    return Corpus(tmp_path)


def test_a_clean_manifest_passes_without_a_finding(corpus):
    audit = corpus.audit()
    assert audit["passed"] is True
    assert audit["findings"] == []
    assert audit["n_events"] == 3


def test_the_coverage_of_a_set_is_counted(corpus):
    egmd = corpus.audit()["sets"]["egmd"]
    digest = egmd.pop("files_sha256")
    assert len(digest) == 64
    assert egmd == {
        "tier": "production",
        "merged": True,
        "n_events": 2,
        "n_sessions": 2,
        "n_referenced_sessions": 1,
        "n_refused_sessions": 0,
        "n_unreferenced_sessions": 1,
        "n_sessions_without_provenance": 0,
        "n_events_broken_metadata_ref": 0,
        "n_events_audio_not_covered": 0,
        "n_events_without_license": 0,
        "n_files": 4,
        "n_files_hash_unknown": 0,
        "bytes": 20,
        "missing": [],
        "licenses": {"CC-BY-4.0": 2},
        "redistributable_sessions": 2,
        "techniques": {"flam": 2},
        "drops": {"unmapped_note": 6},
        "notes": {"one <b>take</b>": 2},
        "n_distinct_notes": 1,
        "standing": "in production",
        "why": "Its tier is production, merged into this manifest.",
        "card_notes": None,
        "license_card": None,
    }


def test_a_staged_set_shows_as_unreferenced_and_is_no_finding(corpus):
    musdb = corpus.audit()["sets"]["musdb"]
    assert (musdb["tier"], musdb["n_events"], musdb["n_unreferenced_sessions"]) == ("staged", 0, 1)


def staged_events(corpus):
    corpus.events += [event(number, "musdb", "m1") for number in range(4, 11)]


def production_set_besides(corpus):
    staged_events(corpus)
    corpus.tiers["musdb"] = "production"


def session_refused_but_present(corpus):
    corpus.splits[2]["included"] = False


def another_split(corpus):
    corpus.events[1]["split"] = "test"


def no_files(corpus):
    corpus.provenance["groove"][0]["hashes"] = []
    corpus.events[2] |= {"audio_path": None, "annotation_path": None}


def unknown_hash(corpus):
    corpus.provenance["groove"][0]["hashes"][1]["sha256"] = None


def no_license_in_provenance(corpus):
    corpus.provenance["musdb"][0]["license"] = ""


# One planted defect of every kind that the audit knows.
DEFECTS = {
    "unknown_set": lambda c: c.events.append(event(4, "mystery", "x1")),
    "set_not_merged": production_set_besides,
    "tier_not_production": staged_events,
    "merged_set_without_events": lambda c: c.events.pop(),
    "merged_set_without_inventory": lambda c: c.inventory.pop("groove"),
    "session_without_provenance": lambda c: c.events.append(event(4, session_id="lost")),
    "unreferenced_session": lambda c: c.provenance["egmd"][1].update(n_events=9),
    "refused_session_present": session_refused_but_present,
    "split_differs": another_split,
    "event_count_differs": lambda c: c.provenance["egmd"][0].update(n_events=3),
    "broken_metadata_ref": lambda c: c.events[0].update(metadata_ref="egmd/s1"),
    "audio_not_in_provenance": lambda c: c.events[0].update(audio_path="elsewhere.wav"),
    "annotation_not_in_provenance": lambda c: c.events[0].update(annotation_path="other.mid"),
    "license_missing": lambda c: c.events[0].update(license=" "),
    "license_missing_in_provenance": no_license_in_provenance,
    "license_differs": lambda c: c.events[0].update(license="CC0-1.0"),
    "redistributable_differs": lambda c: c.events[0].update(redistributable=False),
    "session_without_files": no_files,
    "hash_unknown": unknown_hash,
    "file_not_in_inventory": lambda c: c.inventory["musdb"].pop(),
    "hash_differs_from_inventory": lambda c: c.inventory["egmd"][1].update(sha256="b" * 64),
}


def test_there_is_a_planted_defect_for_every_rule():
    assert DEFECTS.keys() == RULES.keys()


@pytest.mark.parametrize("kind", RULES)
def test_a_planted_defect_is_found_by_its_own_rule_and_by_no_other(corpus, kind):
    DEFECTS[kind](corpus)
    assert corpus.only_finding()["kind"] == kind


def test_an_event_of_a_set_without_provenance_is_an_unknown_set(corpus):
    corpus.events.append(event(4, "mystery", "x1"))
    finding = corpus.only_finding()
    assert finding == {
        "kind": "unknown_set",
        "source_set": "mystery",
        "n": 1,
        "examples": ["x1"],
        "sentence": "mystery: 1 events are of a source set without provenance.",
    }
    assert corpus.audit()["sets"]["mystery"]["n_sessions_without_provenance"] == 1


def test_merging_a_staged_set_is_found(corpus):
    corpus.events += [event(number, "musdb", "m1") for number in range(4, 11)]
    corpus.merged_sets.append("musdb")
    finding = corpus.only_finding()
    assert (finding["kind"], finding["n"]) == ("tier_not_production", 7)


def test_a_merged_set_without_inventory_is_found(corpus):
    del corpus.inventory["groove"]
    assert corpus.only_finding()["kind"] == "merged_set_without_inventory"


def test_an_event_of_a_session_without_provenance_is_found(corpus):
    corpus.events += [event(4, session_id="lost"), event(5, session_id="lost")]
    finding = corpus.only_finding()
    assert (finding["kind"], finding["n"]) == ("session_without_provenance", 2)
    assert finding["examples"] == ["lost"]


def test_a_session_that_lost_all_its_events_is_found(corpus):
    corpus.provenance["egmd"][1]["n_events"] = 9
    finding = corpus.only_finding()
    assert (finding["kind"], finding["examples"]) == ("unreferenced_session", ["silent"])


def test_a_session_that_the_split_table_refuses_is_counted_and_no_finding(corpus):
    corpus.provenance["egmd"][1]["n_events"] = 9
    corpus.splits[1]["included"] = False
    audit = corpus.audit()
    assert audit["passed"]
    egmd = audit["sets"]["egmd"]
    assert (egmd["n_refused_sessions"], egmd["n_unreferenced_sessions"]) == (1, 0)


def refused_set(corpus):
    """All of groove is refused, but for a session without events."""
    corpus.events.pop()
    corpus.provenance["groove"].append(session("groove", "quiet", n_events=0))
    corpus.inventory["groove"] = files_of(corpus.provenance["groove"])
    corpus.splits[2]["included"] = False
    corpus.splits.append(split_row("groove", "quiet"))


def test_a_set_whose_sessions_with_events_are_all_refused_is_no_finding(corpus):
    refused_set(corpus)
    audit = corpus.audit()
    assert audit["findings"] == []
    groove = audit["sets"]["groove"]
    assert (groove["n_events"], groove["n_sessions"], groove["n_refused_sessions"]) == (0, 2, 1)


@pytest.mark.parametrize("lost", ["not in the table", "included", "no session with events"])
def test_a_set_without_events_that_is_not_all_refused_is_found(corpus, lost):
    refused_set(corpus)
    rows = corpus.provenance["groove"]
    if lost == "no session with events":
        rows[0]["n_events"] = 0
    else:
        rows.append(session("groove", "g2", 4))
        corpus.inventory["groove"] = files_of(rows)
        corpus.splits += [split_row("groove", "g2")] if lost == "included" else []
    finding = corpus.only_finding()
    assert (finding["kind"], finding["source_set"]) == ("merged_set_without_events", "groove")


def test_an_event_in_another_split_than_the_table_says_is_found(corpus):
    another_split(corpus)
    finding = corpus.only_finding()
    assert (finding["n"], finding["examples"]) == (1, ["s1: test, the split table says train"])


def test_a_session_that_the_split_table_does_not_know_is_found(corpus):
    del corpus.splits[0]
    finding = corpus.only_finding()
    assert finding["kind"] == "split_differs"
    assert finding["examples"] == ["s1: train, the split table says nothing"]


def test_a_session_with_two_splits_is_refused(corpus):
    corpus.splits.append(split_row("egmd", "s1", "test"))
    with pytest.raises(ValueError, match=r"splits\.parquet: session egmd/s1 has two rows"):
        corpus.audit()


def test_without_a_split_table_refused_sessions_are_not_counted(corpus):
    corpus.splits = None
    audit = corpus.audit()
    assert audit["passed"]
    assert audit["sets"]["egmd"]["n_refused_sessions"] is None


@pytest.mark.parametrize("digest", [None, "", "A" * 64, "a" * 63])
@pytest.mark.parametrize("where", ["provenance", "inventory"])
def test_a_file_whose_hash_nobody_knows_is_found(corpus, digest, where):
    if where == "provenance":
        corpus.provenance["musdb"][0]["hashes"][0]["sha256"] = digest
    else:
        corpus.inventory["musdb"][0]["sha256"] = digest
    audit = corpus.audit()
    assert [(f["kind"], f["examples"]) for f in audit["findings"]] == [
        ("hash_unknown", ["m1: m1.mid"])
    ]
    assert audit["sets"]["musdb"]["n_files_hash_unknown"] == 1


def test_the_digest_of_a_sets_files_changes_with_any_of_them(corpus):
    before = corpus.audit()["sets"]
    for file in (corpus.provenance["egmd"][0]["hashes"][0], corpus.inventory["egmd"][0]):
        file["sha256"] = "b" * 64
    after = corpus.audit()["sets"]
    assert after["egmd"]["files_sha256"] != before["egmd"]["files_sha256"]
    assert after["groove"]["files_sha256"] == before["groove"]["files_sha256"]


def test_the_figures_of_a_set_count_the_cases_of_the_rules(corpus):
    corpus.events[0] |= {"metadata_ref": None, "audio_path": "x.wav", "license": None}
    egmd = corpus.audit()["sets"]["egmd"]
    names = ("broken_metadata_ref", "audio_not_covered", "without_license")
    assert [egmd[f"n_events_{name}"] for name in names] == [1, 1, 1]


def test_another_number_of_events_than_provenance_says_is_found(corpus):
    corpus.provenance["egmd"][0]["n_events"] = 3
    finding = corpus.only_finding()
    assert finding["kind"] == "event_count_differs"
    assert finding["examples"] == ["s1: 2 events, provenance says 3"]


@pytest.mark.parametrize("reference", ["provenance:s1", "egmd/s1", "", None])
def test_a_broken_metadata_ref_is_found(corpus, reference):
    corpus.events[0]["metadata_ref"] = reference
    finding = corpus.only_finding()
    assert (finding["kind"], finding["n"]) == ("broken_metadata_ref", 1)


def test_audio_that_is_not_in_the_provenance_is_found(corpus):
    corpus.events[0]["audio_path"] = "elsewhere.wav"
    finding = corpus.only_finding()
    assert finding["kind"] == "audio_not_in_provenance"
    assert finding["examples"] == ["s1: elsewhere.wav"]


def test_the_audio_of_another_session_is_not_this_sessions_audio(corpus):
    corpus.events[0]["audio_path"] = "silent.wav"
    assert corpus.only_finding()["kind"] == "audio_not_in_provenance"


def test_an_event_without_audio_is_no_finding(corpus):
    corpus.events[0]["audio_path"] = None
    assert corpus.audit()["passed"]


def test_an_annotation_that_is_not_in_the_provenance_is_found(corpus):
    corpus.events[0]["annotation_path"] = "elsewhere.mid"
    assert corpus.only_finding()["kind"] == "annotation_not_in_provenance"


@pytest.mark.parametrize("license_name", [None, ""])
def test_an_event_without_license_is_found(corpus, license_name):
    corpus.events[0]["license"] = license_name
    assert corpus.only_finding()["kind"] == "license_missing"


def test_another_license_than_in_the_provenance_is_found(corpus):
    corpus.events[0]["license"] = "CC0-1.0"
    finding = corpus.only_finding()
    assert finding["kind"] == "license_differs"
    assert finding["examples"] == ["s1: CC0-1.0, provenance says CC-BY-4.0"]


def test_an_event_more_redistributable_than_its_session_is_found(corpus):
    corpus.provenance["egmd"][0]["redistributable"] = False
    finding = corpus.only_finding()
    assert (finding["kind"], finding["n"]) == ("redistributable_differs", 2)


def test_a_file_of_the_provenance_that_is_not_in_the_inventory_is_found(corpus):
    corpus.inventory["egmd"] = corpus.inventory["egmd"][1:]
    finding = corpus.only_finding()
    assert finding["kind"] == "file_not_in_inventory"
    assert finding["examples"] == ["s1: s1.mid"]


def test_a_hash_that_differs_from_the_inventory_is_found(corpus):
    corpus.inventory["musdb"][1]["sha256"] = "b" * 64
    finding = corpus.only_finding()
    assert (finding["kind"], finding["source_set"]) == ("hash_differs_from_inventory", "musdb")
    assert finding["examples"] == ["m1: m1.wav"]


def test_a_finding_names_at_most_20_examples_in_order(corpus):
    corpus.events += [event(n, session_id=f"lost{n:03d}") for n in reversed(range(100, 150))]
    finding = corpus.only_finding()
    assert finding["n"] == 50
    assert finding["examples"] == [f"lost{n}" for n in range(100, 120)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"source_set": "egmd",', "egmd.jsonl:2: not JSON"),
        ("[1]", "egmd.jsonl:2: not a JSON object"),
        (json.dumps(session("groove")), "egmd.jsonl:2: source_set: expected 'egmd'"),
        (json.dumps(session(session_id=None)), "egmd.jsonl:2: session_id: expected a string"),
        (json.dumps(session(session_id="s2", n_events="2")), "egmd.jsonl:2: n_events: expected"),
        (json.dumps(session(session_id="s2", hashes=None)), "egmd.jsonl:2: hashes: expected"),
        (json.dumps(session(session_id="s2", license=3)), "egmd.jsonl:2: license: expected"),
        (
            json.dumps(session(session_id="s2", redistributable=1)),
            "egmd.jsonl:2: redistributable: expected true or false, got 1",
        ),
        (
            json.dumps(session(session_id="s2", hashes=[{"path": 3}])),
            "egmd.jsonl:2: hashes: expected a list of {path, role, bytes, sha256}, got {'path': 3}",
        ),
        *(
            (
                json.dumps(session(session_id="s2", hashes=[FILE, FILE | {"bytes": value}])),
                f"egmd.jsonl:2: hashes[1].bytes: expected a whole number, got {value!r}",
            )
            for value in ("12", 1.5, True)
        ),
        *(
            (
                json.dumps(session(session_id="s2") | {name: value}),
                f"egmd.jsonl:2: {name}: expected a list of strings, got {value!r}",
            )
            for name in ("notes", "techniques")
            for value in ("hello", ["a", 3], [None], {"a": 1})
        ),
        *(
            (
                json.dumps(session(session_id="s2", drops=value)),
                f"egmd.jsonl:2: drops: expected a number of hits by reason, got {value!r}",
            )
            for value in (["q"], {"q": "3"}, {"q": None}, {"q": True})
        ),
        (json.dumps(session()), "egmd.jsonl:2: session 's1' stands already in line 1"),
    ],
)
def test_a_wrong_provenance_line_stops_the_audit_and_is_named(tmp_path, line, message):
    path = tmp_path / "egmd.jsonl"
    path.write_text(json.dumps(session()) + "\n" + line + "\n")
    with pytest.raises(ValueError, match=re.escape(message)):
        audit_manifest(
            tmp_path / "none.parquet",
            {"egmd": path},
            {},
            merged_sets=["egmd"],
            tiers={"egmd": "production"},
            **DATABASE,
        )


def test_provenance_may_leave_sizes_notes_techniques_and_drops_open(corpus):
    corpus.provenance["groove"][0] |= {"notes": None, "techniques": None, "drops": None}
    corpus.provenance["groove"][0]["hashes"][0]["bytes"] = None
    audit = corpus.audit()
    assert audit["passed"]
    groove = audit["sets"]["groove"]
    assert (groove["bytes"], groove["notes"], groove["techniques"]) == (5, {}, {})
    assert groove["drops"] == {}


def test_a_set_without_tier_is_refused(corpus):
    del corpus.tiers["musdb"]
    with pytest.raises(ValueError, match="no tier is given for musdb"):
        corpus.audit()


def test_equal_inputs_give_an_equal_audit(corpus):
    corpus.events += [event(n, session_id=f"lost{n}") for n in range(100, 150)]
    assert corpus.audit() == corpus.audit()


def test_the_page_shows_coverage_findings_and_notes_and_escapes_them(corpus):
    corpus.events += [event(4, session_id="<img>|x")]
    page = render_audit_markdown(corpus.audit())
    assert "**Failed:** 1 findings. 4 events." in page
    assert "&lt;img&gt;\\|x" in page
    assert "| egmd | in production | 3 | 2 | 2 | 1 | 0 | 1 | 0 | 0 | 0 | 4 | 0 |" in page
    assert "| musdb | staged | 0 | 1 | 0 | 1 | 0 | 0 | 0 | 0 | 0 | 2 | 0 |" in page
    assert "one &lt;b&gt;take&lt;/b&gt; 2" in page
    assert "<" not in page


def lacking(kind, session_id):
    entry = {"kind": kind, "session_id": session_id, "reason": f"missing_{kind}", "paths": []}
    return entry | {"detail": "the root has no such file"}


def test_sessions_without_sound_or_annotation_are_named_and_no_finding(corpus):
    names = [f"take_{number:02d}" for number in range(13)]
    corpus.missing["egmd"] = [lacking("annotation", "<lost>")]
    corpus.missing["egmd"] += [lacking("audio", name) for name in names]
    audit = corpus.audit()
    assert audit["passed"]
    assert [row["session_id"] for row in audit["sets"]["egmd"]["missing"]] == ["<lost>", *names]
    assert audit["sets"]["groove"]["missing"] == []
    page = render_audit_markdown(audit)
    named = ", ".join(names[:10])
    assert f"- Sessions without sound: 13 ({named} and 3 more)" in page
    assert "- Sessions without annotation: 1 (&lt;lost&gt;)" in page
    html = render_audit_page(audit, compare_with_baseline(audit_figures(audit), None), "m")
    assert "<summary>Sessions without sound: 13</summary>" in html
    assert "<code>take_09</code>" in html and "take_10" not in html
    assert "<code>&lt;lost&gt;</code>" in html
    corpus.missing = {}
    assert audit_figures(corpus.audit()) == audit_figures(audit)


def test_the_page_of_a_clean_manifest_says_so(corpus):
    assert "**Passed:** no finding. 3 events." in render_audit_markdown(corpus.audit())


def test_an_empty_manifest_does_not_pass(corpus):
    corpus.events = []
    assert "merged_set_without_events" in corpus.kinds()


@pytest.mark.parametrize(
    ("tier", "merged", "changes", "standing", "why"),
    [
        ("production", True, {}, "in production", "merged into this manifest."),
        ("production", False, {}, "in production, not in this manifest", "does not merge it."),
        ("staged", False, {}, "staged", "not merged. Its card names no reason."),
        ("staged", False, {"label_method": "onset_detector"}, "staged", "found in the sound"),
        ("staged", False, {"label_maps": []}, "staged", "nothing says what is struck when"),
        ("staged", False, {"license_verified": None}, "staged", "nobody has read the text"),
        ("staged", False, {"redistributable": False}, "staged", "may not be passed on."),
    ],
)
def test_a_set_is_in_production_or_staged_and_the_audit_says_why(
    corpus, tier, merged, changes, standing, why
):
    name = "groove" if merged else "musdb"
    corpus.tiers[name], corpus.cards = tier, {name: CARD | changes}
    figures = corpus.audit()["sets"][name]
    assert figures["standing"] == standing
    assert why in figures["why"]
    assert figures["card_notes"] == "Played on a pad."


def test_the_licence_of_the_card_stands_in_the_audit(corpus):
    corpus.cards = {"egmd": CARD | {"license_verified": None, "forbids": ["selling it"]}}
    audit = corpus.audit()
    assert audit["sets"]["egmd"]["license_card"] == {
        "license": "CC-BY-4.0",
        "verified": None,
        "redistributable": True,
        "forbids": ["selling it"],
    }
    page = render_audit_markdown(audit)
    assert "CC-BY-4.0, its text has not been read; forbids selling it" in page


def test_the_figures_to_bless_hold_findings_by_kind_and_no_example(corpus):
    corpus.events.append(event(4, "mystery", "x1"))
    figures = audit_figures(corpus.audit(), without_digest=["egmd"])
    assert figures["findings"] == {"unknown_set": {"mystery": 1}}
    assert figures["sets"]["egmd"]["drops"] == {"unmapped_note": 6}
    assert "files_sha256" not in figures["sets"]["egmd"]
    assert len(figures["sets"]["groove"]["files_sha256"]) == 64
    assert b"x1" not in canonical_json(figures)
    assert b"<b>take" not in canonical_json(figures)


@pytest.fixture
def changed(corpus, tmp_path):
    """An audit, and how it differs from the one that was blessed one event ago."""
    write_baseline(tmp_path / "blessed.json", audit_figures(corpus.audit()))
    corpus.events.append(event(4))
    corpus.provenance["egmd"][0] |= {"n_events": 3, "session_id": "s1"}
    audit = corpus.audit()
    return audit, compare_with_baseline(audit_figures(audit), tmp_path / "blessed.json")


def test_what_differs_from_the_blessed_audit_is_named(changed):
    _, comparison = changed
    assert comparison["differences"] == [
        {"path": "n_events", "old": 3, "new": 4},
        {"path": "sets.egmd.n_events", "old": 2, "new": 3},
    ]


def test_both_pages_show_what_differs_from_the_blessed_audit(changed):
    audit, comparison = changed
    assert audit["passed"]
    assert "| sets.egmd.n_events | 2 | 3 |" in render_audit_markdown(audit, comparison)
    page = render_audit_page(audit, comparison, "m")
    assert "2 figures differ from what is blessed" in page
    row = '<code>sets.egmd.n_events</code></td><td class="num change">2</td>'
    assert row in page


def test_both_pages_say_that_nothing_is_blessed_yet(corpus):
    audit = corpus.audit()
    comparison = compare_with_baseline(audit_figures(audit), None)
    for page in (
        render_audit_markdown(audit, comparison),
        render_audit_page(audit, comparison, "m"),
    ):
        assert "Nothing is blessed yet" in page


def test_the_html_page_escapes_and_loads_nothing(corpus):
    hostile = "<script>alert(1)</script>"
    corpus.events.append(event(4, hostile, hostile))
    corpus.cards = {"egmd": CARD | {"notes": hostile, "license": hostile, "forbids": [hostile]}}
    audit = corpus.audit()
    page = render_audit_page(audit, compare_with_baseline(audit_figures(audit), None), hostile)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "1 finding: events or files that are not accounted for." in page
    assert "<code>unknown_set</code>" in page
    for sign in ("http:", "https:", " src=", "<link", "@import", "url("):
        assert sign not in page, sign


def test_a_table_of_another_schema_is_refused_and_named(corpus, tmp_path):
    corpus.audit()
    table = pa.table({"event_id": ["a"]})
    write_table(tmp_path / "other.parquet", table)
    with pytest.raises(ValueError, match=r"other\.parquet: the column source_set is missing"):
        audit_manifest(tmp_path / "other.parquet", {}, {}, merged_sets=[], tiers={}, **DATABASE)


@pytest.fixture
def lines(corpus, tmp_path):
    """The corpus's manifest as JSON Lines, and an audit of it."""
    path = tmp_path / "mine.jsonl"
    rows = [row | {"components": [{"label": "kick"}]} for row in corpus.events]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    corpus.audit()
    names = ("egmd", "groove", "musdb")

    def audit():
        return audit_manifest(
            path,
            {name: tmp_path / f"{name}.jsonl" for name in names},
            {name: tmp_path / f"{name}.parquet" for name in names},
            tiers=corpus.tiers,
            **DATABASE,
        )

    return path, audit


def test_a_manifest_as_json_lines_is_audited_as_a_table_is(corpus, lines):
    _, audit = lines
    corpus.splits = None
    assert audit() == corpus.audit()


def test_without_merged_sets_those_with_events_are_meant(lines):
    path, audit = lines
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    found = audit()
    assert found["passed"]
    assert [name for name, figures in found["sets"].items() if figures["merged"]] == ["egmd"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ('{"event_id": ', r"mine\.jsonl:4: .*not JSON"),
        ({"onset_time": "late"}, r"mine\.jsonl:4: onset_time: "),
        ({"lisence": "MIT"}, r"mine\.jsonl:4: .*lisence"),
        ({"components": [{"label": 3}]}, r"mine\.jsonl:4: components\.0\.label: "),
    ],
)
def test_a_damaged_line_of_a_manifest_stops_the_audit_and_is_named(lines, damage, message):
    path, audit = lines
    last = json.loads(path.read_text().splitlines()[-1])
    line = damage if isinstance(damage, str) else json.dumps(last | damage)
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ValueError, match=message):
        audit()


def test_what_a_model_has_labelled_is_said_in_place_of_what_the_card_says():
    rows = [{"predictions": {"model": "lion", "version": "1.0"}}, {"predictions": None}, {}]
    models = models_of_provenance(rows)
    assert models == ["lion 1.0"]
    card = CARD | {"label_maps": []}
    said = "Its labels are predictions of lion 1.0, which nobody has checked."
    why = standing("staged", False, card, models)["why"]
    assert said in why
    assert "nothing says what is struck" not in why
    assert standing("production", True, card, models)["why"].endswith(said)
    assert "predictions" not in standing("staged", False, card)["why"]
