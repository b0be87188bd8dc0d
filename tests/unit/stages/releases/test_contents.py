"""What a release holds: what is copied, what is listed with digest and place, and the listings."""

import json
import re
import subprocess

import pyarrow as pa
import pytest

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.tables import write_table
from drumcorpus.stages.releases.contents import (
    checksums,
    describe_sound,
    hold_files,
    list_contents,
)
from drumcorpus.stages.releases.filing import file_release
from drumcorpus.stages.releases.releases import render_release_page, title_of

FOLDER = "reports/releases/2026-11"
MANIFEST = "results/manifests/prod.parquet"
CARD = "results/export/prod/clips/README.md"
HEALTH = "reports/health/prod.json"
AUDIT = "reports/provenance/prod.json"
TOTALS = {"events": 10, "components": 12, "sessions": 2, "source_sets": 1}
WRITTEN = pa.schema(
    [
        *(("path", pa.string()), ("sha256", pa.string())),
        *(("bytes", pa.int64()), ("n_samples", pa.int64())),
    ]
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working folder with a manifest of 2,000 bytes, a card of 5 and a document."""
    monkeypatch.chdir(tmp_path)
    for path, data in CONTENT.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return tmp_path


REPORT = json.dumps({"totals": TOTALS, "gates": []}).encode()
AUDITED = {
    **{"merged": True, "n_referenced_sessions": 2, "n_events": 10, "n_sessions": 3},
    **{"redistributable_sessions": 2, "licenses": {"CC-BY-4.0": 2, "CC-BY-NC-4.0": 1}},
}
STAGED = AUDITED | {"merged": False}
AUDIT_OF = json.dumps({"sets": {"egmd": AUDITED, "staged": STAGED}}).encode()
CONTENT = {MANIFEST: b"x" * 2000, CARD: b"# Hi\n", HEALTH: REPORT, AUDIT: AUDIT_OF}
EGMD = {
    **{"name": "egmd", "title": "Expanded Groove", "version": "1.0.0", "license": "CC-BY-4.0"},
    **{"license_url": "https://a.example/by", "license_verified": None, "redistributable": True},
    **{"forbids": ["commercial use"], "attribution": "Google", "obtain": "https://b.example"},
    "citation": 'Ann Lee and Bo Du, "Drums", Conference on Sound (CS), 2019.',
}


def product(path, rows=None):
    row = {"name": "held", "path": path, "kind": "product", "rows": rows}
    return row | {"sha256": sha256_bytes(CONTENT[path])}


HELD = [product(MANIFEST, 7), product(CARD)]


def filed(copy_below_mb=50.0, **changes):
    settings = {
        **{
            "documents": [product(HEALTH), product(AUDIT)],
            "held": HELD,
            "exports": [],
            "earlier": None,
        },
        **{
            "manifests": ["prod"],
            "gated_sets": [],
            "cards": {"egmd": EGMD},
            "copy_below_mb": copy_below_mb,
        },
    }
    return file_release(FOLDER, "2026-11", **settings | changes)


@pytest.mark.parametrize(
    ("limit", "copied"),
    [
        (50.0, [True, True]),
        (0.002001, [True, True]),
        (0.002, [False, True]),  # as large as the limit
        (0.0, [False, False]),
    ],
    ids=str,
)
def test_a_file_below_the_limit_is_copied_and_each_is_described(limit, copied):
    rows = hold_files(FOLDER, HELD, copy_below_mb=limit)
    assert [row["copied"] for row in rows] == copied
    assert [{k: row[k] for k in row if k != "copied"} for row in rows] == [
        {
            **{"path": "manifests/prod.parquet", "name": "prod", "what": "Manifest: the events"},
            **{"sha256": HELD[0]["sha256"], "bytes": 2000, "rows": 7, "place": MANIFEST},
        },
        {
            **{"path": "export/prod/clips/README.md", "name": "prod/clips"},
            **{"what": "Dataset card", "sha256": HELD[1]["sha256"], "bytes": 5, "rows": None},
            "place": CARD,
        },
    ]


def test_what_is_copied_is_there_byte_by_byte_and_what_is_large_is_not(folder):
    hold_files(FOLDER, HELD, copy_below_mb=0.001)
    assert (folder / FOLDER / "export/prod/clips/README.md").read_bytes() == CONTENT[CARD]
    assert not (folder / FOLDER / "manifests").exists()


TITLES = {
    "crash/assignments/egmd.parquet": ("egmd", "Crash mapping: which cymbal every hit is"),
    "crash/kits/egmd.parquet": ("egmd", "Cymbals of every kit"),
    "provenance/egmd.jsonl": ("egmd", "Provenance, one row per session"),
    "provenance/prod.json": ("prod", "Provenance audit, figures"),
    "missing/egmd.jsonl": ("egmd", "Sessions without sound or annotation"),
    "splits/prod.parquet": ("prod", "Splits, one row per session"),
    "manifests/prod.jsonl": ("prod", "Manifest: the events, as JSON Lines"),
    "export/prod/clips/croissant.json": ("prod/clips", "Croissant metadata"),
    "export/prod/clips/train/train_labels.parquet": (
        "prod/clips",
        "Records of the training split",
    ),
    "export/prod/clips.json": (
        "clips",
        "What became of the events in an export, figures and gates",
    ),
    "inventory.html": ("inventory", "Source sets: files, sessions, licences"),
    "what.ever": ("what", "Document"),
}


@pytest.mark.parametrize("path", TITLES)
def test_a_file_says_what_it_is_and_what_of(path):
    assert title_of(path) == TITLES[path]


def sound_of(export, *rows):
    write_table(
        export / "files.parquet",
        pa.table(list(map(list, zip(*rows, strict=True))), schema=WRITTEN),
    )
    return describe_sound(export.relative_to(export.parents[3]))


def test_shards_of_an_export_are_listed_and_its_loose_files_counted(folder):
    export = folder / "results/export/prod/segments"
    export.mkdir(parents=True)
    shards, summary = sound_of(
        export,
        ("README.md", "a" * 64, 10, None),
        ("train/clips/egmd/000/ab/0aab.wav", "b" * 64, 100, 1),
        ("val/sessions/egmd/000/x.mid", "c" * 64, 30, 0),
        ("train/train-egmd-000-000000.tar", "d" * 64, 5000, 12),
        ("train/train-egmd-000-000001.parquet", "e" * 64, 4000, 9),
        ("train/train_labels.parquet", "f" * 64, 70, None),
    )
    assert [(row["path"], row["what"], row["copied"]) for row in shards] == [
        ("export/prod/segments/train/train-egmd-000-000000.tar", "Shard of sound", False),
        ("export/prod/segments/train/train-egmd-000-000001.parquet", "Shard of sound", False),
    ]
    assert shards[0] == {
        **{"path": "export/prod/segments/train/train-egmd-000-000000.tar", "bytes": 5000},
        **{"name": "prod/segments", "what": "Shard of sound", "sha256": "d" * 64, "rows": 12},
        **{"place": "results/export/prod/segments/train/train-egmd-000-000000.tar"},
        "copied": False,
    }
    assert summary == {
        **{"manifest": "prod", "export": "segments", "place": "results/export/prod/segments"},
        **{"files": 6, "bytes": 9210, "loose_files": 2, "loose_bytes": 130, "shards": 2},
        "listing": "export/prod/segments/SHA256SUMS",
    }


def test_the_contents_are_in_order_and_read_by_sha256sum_here_and_elsewhere(folder):
    filed(copy_below_mb=0.001)
    contents = json.loads((folder / FOLDER / "contents.json").read_text())
    assert contents["schema"] == "drumcorpus.release-contents/1"
    assert (contents["release"], contents["copy_below_mb"]) == ("2026-11", 0.001)
    assert [(row["path"], row["copied"]) for row in contents["files"]] == [
        ("export/prod/clips/README.md", True),
        ("health/prod.json", True),
        ("manifests/prod.parquet", False),
        ("provenance/prod.json", True),
    ]
    for listing, place, names in (
        (
            "contents.sha256",
            folder / FOLDER,
            {
                *("contents.json", "index.json", "index.html", "licences.json", "CITE.bib"),
                *("croissant.json", "ro-crate-metadata.json"),
                *("export/prod/clips/README.md", "health/prod.json", "provenance/prod.json"),
            },
        ),
        ("elsewhere.sha256", folder, {MANIFEST}),
    ):
        lines = (folder / FOLDER / listing).read_text().splitlines()
        assert {line.split("  ")[1] for line in lines} == names
        command = ["sha256sum", "--check", "--strict", str(folder / FOLDER / listing)]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count(": OK") == len(names)
    (folder / FOLDER / "export/prod/clips/README.md").write_text("# Ho\n")
    command = ["sha256sum", "--check", "--quiet", "contents.sha256"]
    done = subprocess.run(command, cwd=folder / FOLDER, capture_output=True, check=False)
    assert done.returncode == 1


def test_documents_are_copied_whatever_their_size_and_equal_input_gives_equal_bytes(folder):
    filed(copy_below_mb=0.0)
    assert (folder / FOLDER / "health/prod.json").read_bytes() == REPORT
    before = {p: p.read_bytes() for p in (folder / FOLDER).rglob("*") if p.is_file()}
    filed(copy_below_mb=0.0)
    assert {p: p.read_bytes() for p in (folder / FOLDER).rglob("*") if p.is_file()} == before
    assert not any(str(folder).encode() in data for data in before.values())


def test_what_is_no_longer_copied_is_taken_away(folder):
    first = filed()
    copy = folder / FOLDER / "manifests/prod.parquet"
    assert copy.is_file()
    second = filed(copy_below_mb=0.001, earlier=first)
    assert not copy.exists()
    assert (folder / FOLDER / "export/prod/clips/README.md").is_file()
    filed(copy_below_mb=0.001, held=HELD[:1], earlier=second)
    assert not (folder / FOLDER / "export/prod/clips/README.md").exists()


def test_the_page_leads_to_copies_and_says_where_the_others_lie(folder):
    filed(copy_below_mb=0.001)
    page = (folder / FOLDER / "index.html").read_text()
    links = set(re.findall(r'href="([^"#]+)"', page))
    assert "export/prod/clips/README.md" in links and "health/prod.json" in links
    assert {"contents.json", "contents.sha256", "elsewhere.sha256"} <= links
    assert f"Manifest: the events, at <code>{MANIFEST}</code>" in page
    assert "manifests/prod.parquet" not in links
    assert all(
        (folder / FOLDER / link).exists() for link in links - {"../trend.html", "../../index.html"}
    )


def test_names_on_the_page_are_escaped_and_shards_are_counted_alone():
    row = {"path": "a/<b>.x", "name": "<b>", "what": "Document", "bytes": 1, "rows": 1234}
    row |= {"sha256": "a" * 64, "copied": False, "place": "results/a/<b>.x"}
    shard = row | {"path": "s", "what": "Shard of sound", "place": "results/s.tar"}
    export = {"manifest": "m", "export": "<e>", "place": "results/export/m/e", "files": 3}
    export |= {"bytes": 5, "shards": 1, "loose_files": 0, "loose_bytes": 0, "listing": "x"}
    contents = list_contents("1", [row, shard], [export], copy_below_mb=1.0)
    index = {"release": "1", "documents": [], "manifests": {}, "source_sets": {}}
    page = render_release_page(index, contents, {"manifests": {}})
    assert "<b>" not in page and "&lt;b&gt;" in page and "m/&lt;e&gt;" in page
    assert "1,234" in page
    assert "results/s.tar" not in page
    assert checksums(contents)[1] == f"{'a' * 64}  results/a/<b>.x\n{'a' * 64}  results/s.tar\n"
