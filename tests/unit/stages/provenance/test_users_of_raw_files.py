"""Which products contain a raw file: by the chain, and narrowed to its sessions."""

import hashlib
import json
import shutil

import pytest
from stamped import (
    EXPORT,
    OTHER_SESSION,
    SAMPLE,
    SESSION,
    SHARD,
    WAV,
    build_corpus,
    content_of,
    stamp_chain,
)

from drumcorpus.ground.run.lineage import Lineage
from drumcorpus.stages.provenance.users import users_of

INVENTORY, SESSIONS = "results/inventory/egmd.parquet", "results/sessions/egmd.parquet"
LABELS = f"{EXPORT}/train/train_labels.parquet"
SHA = hashlib.sha256(content_of(WAV)).hexdigest()
CHAIN = [
    "results/crash/egmd.parquet",
    "results/events/egmd.parquet",
    f"{EXPORT}/SHA256SUMS",
    LABELS,
    INVENTORY,
    "results/manifests/prod.jsonl",
    "results/manifests/prod.parquet",
    "results/provenance/egmd.jsonl",
    "results/sampling/prod.parquet",
    SESSIONS,
]


@pytest.fixture
def folder(tmp_path):
    return build_corpus(tmp_path)


@pytest.mark.parametrize("raw", [WAV, f"egmd:{WAV}", SHA, SHA[:8]], ids=str)
def test_a_raw_file_leads_to_all_that_rests_on_it(folder, raw):
    users = users_of(Lineage(folder), raw)
    (listed,) = users.listed
    assert (listed.source_set, listed.path, listed.role) == ("egmd", WAV, "audio")
    assert (listed.sha256, listed.session_id, listed.inventory) == (SHA, SESSION, INVENTORY)
    assert users.sessions == {"egmd": [SESSION]}
    assert users.chain == sorted(CHAIN)
    assert users.rules["take_inventory"] == 2
    assert {holder.path: holder.n_rows for holder in users.holders} == {
        INVENTORY: 2,
        SESSIONS: 1,
        "results/events/egmd.parquet": 1,
        "results/crash/egmd.parquet": 1,
        "results/manifests/prod.parquet": 1,
        "results/manifests/prod.jsonl": 1,
        "results/provenance/egmd.jsonl": 1,
        "results/sampling/prod.parquet": 1,
        LABELS: 1,
        "corpora/clips.jsonl": 1,
    }
    (exported,) = users.exports
    assert (exported.folder, exported.release, exported.files) == (EXPORT, "2026-11", {SAMPLE: 1})
    assert users.releases == {"2026-11": 1}
    assert users.problems == []


def test_a_file_is_known_by_its_content_whatever_it_is_called(folder, tmp_path):
    (tmp_path / "copy.bin").write_bytes(content_of(WAV))
    assert users_of(Lineage(folder), str(tmp_path / "copy.bin")).sessions == {"egmd": [SESSION]}


def test_another_session_has_its_own_shard(folder):
    users = users_of(Lineage(folder), "d1/s2.mid")
    assert users.sessions == {"egmd": [OTHER_SESSION]}
    assert users.exports[0].files == {SHARD: 1}
    assert "results/sampling/prod.parquet" not in {holder.path for holder in users.holders}


def test_a_file_of_no_session_is_one_of_the_whole_set(folder):
    users = users_of(Lineage(folder), "info.csv")
    assert users.sessions == {"egmd": []}
    assert users.chain == sorted(CHAIN)
    assert users.holders == users.exports == []


def test_a_file_that_stamped_products_name_is_followed_too(tmp_path):
    folder = stamp_chain(tmp_path, {"b.txt": ["raw.txt"], "c.txt": ["b.txt"], "d.txt": ["x.txt"]})
    digest = hashlib.sha256(content_of("raw.txt")).hexdigest()
    for raw in ("raw.txt", digest, str(folder / "raw.txt")):
        users = users_of(Lineage(folder), raw)
        assert users.external == ["raw.txt"]
        assert users.chain == ["b.txt", "c.txt"]


def test_a_damaged_product_is_named_and_ends_nothing(folder):
    (folder / "results/events/egmd.parquet").write_bytes(b"PAR1 no more")
    (folder / "results/crash/egmd.parquet.manifest.json").write_text("{}")
    users = users_of(Lineage(folder), WAV)
    assert any("results/events/egmd.parquet" in problem for problem in users.problems)
    assert any("schema: got None" in problem for problem in users.problems)
    assert len(users.exports) == 1


@pytest.mark.parametrize("raw", ["d1/gone.wav", "other:d1/s1.wav", "0" * 64], ids=str)
def test_a_file_that_nothing_knows_is_refused(folder, raw):
    with pytest.raises(ValueError, match="no inventory and no run manifest of this folder knows"):
        users_of(Lineage(folder), raw)


def file_release(folder, copied):
    """A release with the manifest as a copy, or listed by its place; and one shard of sound."""
    release = folder / "reports/releases/2026-10"
    manifest = folder / "results/manifests/prod.jsonl"
    rows = [
        {
            "path": "manifests/prod.jsonl",
            "copied": copied,
            "sha256": hashlib.sha256(manifest.read_bytes()).hexdigest(),
            "place": "results/manifests/prod.jsonl",
        },
        {
            "path": SAMPLE,
            "copied": False,
            "sha256": "0" * 64,
            "place": f"{EXPORT}/{SAMPLE}",
        },
    ]
    (release / "manifests").mkdir(parents=True)
    (release / "contents.json").write_text(json.dumps({"files": rows}))
    if copied:
        shutil.copy(manifest, release / "manifests/prod.jsonl")
    return release


@pytest.mark.parametrize("copied", [True, False], ids=["copied", "listed"])
def test_releases_are_told_by_their_contents(folder, copied):
    file_release(folder, copied)
    users = users_of(Lineage(folder), WAV)
    assert users.releases == {"2026-10": 2, "2026-11": 1}
    paths = [holder.path for holder in users.holders]
    assert ("reports/releases/2026-10/manifests/prod.jsonl" in paths) == copied


def test_an_earlier_release_without_the_session_and_a_damaged_one_are_left_out(folder):
    release = file_release(folder, True)
    (release / "manifests/prod.jsonl").write_text('{"source_set":"egmd","session_id":"x"}\n')
    rows = json.loads((release / "contents.json").read_text())["files"]
    (release / "contents.json").write_text(json.dumps({"files": rows[:1]}))
    other = folder / "reports/releases/broken"
    other.mkdir()
    (other / "contents.json").write_text('{"files": [1]}')
    assert users_of(Lineage(folder), WAV).releases == {"2026-11": 1}
