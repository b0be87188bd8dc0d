import json

import pyarrow as pa
import pytest

from drumcorpus.audit import audit_manifest, render_audit_markdown
from drumcorpus.schemas import EVENTS, INVENTORY
from drumcorpus.tables import write_table

DIGEST = "a" * 64


def event(number, source_set="egmd", session_id="s1", **changes):
    """One event that agrees with `session`."""
    return {
        "event_id": f"e{number}",
        "source_set": source_set,
        "session_id": session_id,
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
        self.merged_sets = ["egmd", "groove"]
        self.tiers = {"egmd": "production", "groove": "production", "musdb": "staged"}

    def audit(self):
        write_table(self.folder / "m.parquet", pa.Table.from_pylist(self.events, EVENTS))
        provenance, inventory = {}, {}
        for name, rows in self.provenance.items():
            provenance[name] = self.folder / f"{name}.jsonl"
            provenance[name].write_text("".join(json.dumps(row) + "\n" for row in rows))
        for name, rows in self.inventory.items():
            inventory[name] = self.folder / f"{name}.parquet"
            write_table(inventory[name], pa.Table.from_pylist(rows, INVENTORY))
        return audit_manifest(
            self.folder / "m.parquet",
            provenance,
            inventory,
            merged_sets=self.merged_sets,
            tiers=self.tiers,
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
    assert egmd == {
        "tier": "production",
        "merged": True,
        "n_events": 2,
        "n_sessions": 2,
        "n_referenced_sessions": 1,
        "n_unreferenced_sessions": 1,
        "n_sessions_without_provenance": 0,
        "n_files": 4,
        "bytes": 20,
        "licenses": {"CC-BY-4.0": 2},
        "redistributable_sessions": 2,
        "techniques": {"flam": 2},
        "drops": {"unmapped_note": 6},
        "notes": {"one <b>take</b>": 2},
        "n_distinct_notes": 1,
    }


def test_a_staged_set_shows_as_unreferenced_and_is_no_finding(corpus):
    musdb = corpus.audit()["sets"]["musdb"]
    assert (musdb["tier"], musdb["n_events"], musdb["n_unreferenced_sessions"]) == ("staged", 0, 1)


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


def test_an_event_of_a_staged_set_is_found(corpus):
    corpus.events += [event(number, "musdb", "m1") for number in range(4, 11)]
    assert corpus.kinds() == {"set_not_merged", "tier_not_production"}


def test_merging_a_staged_set_is_found(corpus):
    corpus.events += [event(number, "musdb", "m1") for number in range(4, 11)]
    corpus.merged_sets.append("musdb")
    finding = corpus.only_finding()
    assert (finding["kind"], finding["n"]) == ("tier_not_production", 7)


def test_a_merged_set_without_any_event_is_found(corpus):
    corpus.events = corpus.events[:2]
    assert corpus.kinds() == {"merged_set_without_events", "unreferenced_session"}


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
        (json.dumps(session()), "egmd.jsonl:2: session 's1' stands already in line 1"),
    ],
)
def test_a_wrong_provenance_line_stops_the_audit_and_is_named(tmp_path, line, message):
    path = tmp_path / "egmd.jsonl"
    path.write_text(json.dumps(session()) + "\n" + line + "\n")
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        audit_manifest(
            tmp_path / "none.parquet",
            {"egmd": path},
            {},
            merged_sets=["egmd"],
            tiers={"egmd": "production"},
        )


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
    assert "| egmd | production | yes | 3 | 2 | 2 | 1 | 1 | 4 |" in page
    assert "| musdb | staged | no | 0 | 1 | 0 | 1 | 0 | 2 |" in page
    assert "one &lt;b&gt;take&lt;/b&gt; 2" in page
    assert "<" not in page


def test_the_page_of_a_clean_manifest_says_so(corpus):
    assert "**Passed:** no finding. 3 events." in render_audit_markdown(corpus.audit())


def test_an_empty_manifest_does_not_pass(corpus):
    corpus.events = []
    assert "merged_set_without_events" in corpus.kinds()
