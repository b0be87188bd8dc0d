"""What became of the raw files that an earlier inventory lists, if that can be believed."""

import os

import pyarrow as pa
import pytest
from checkout import REPO

from drumcorpus.ground.files.leftovers import NO_LEFTOVERS, read_leftovers
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.earlier_inventory import earlier_product, read_earlier_inventory
from drumcorpus.ground.run.kept import keep, kept_path
from drumcorpus.ground.run.raw_scan import read_raw_data
from drumcorpus.ground.run.run_manifest import manifest_path, write_manifests
from drumcorpus.ground.run.state_folder import digests_path
from drumcorpus.schemas import INVENTORY

SET, INVENTORY_PATH = "groove", "results/inventory/groove.parquet"
NAMES = [f"{number}.mid" for number in range(7)]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A root of seven files, in a working folder in which its inventory was taken."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "raw"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_text(name)
    take(folder)
    return folder


def read(root, leftovers=NO_LEFTOVERS, **judged):
    """What is said of the raw files, and their digests."""
    said = []
    judged = {"wanted": "present", "vanished": "refuse", "changed": "report"} | judged
    work = {"version": {"digest": "1"}, "workers": 1, "say": said.append}
    raw = read_raw_data(SET, INVENTORY_PATH, "take", leftovers, roots=[root], **judged, **work)
    return said, raw.digests


def take(root, inputs=(), **judged):
    """Take the inventory, as the job does; returns what is said."""
    said, digests = read(root, **judged)
    rows = [{"source_set": SET, "path": path, "sha256": each} for path, each in digests.items()]
    write_table(INVENTORY_PATH, pa.Table.from_pylist(rows, INVENTORY))
    keep(INVENTORY_PATH)
    plan = {"schema": "drumcorpus-run-manifest-v1", "inputs": list(inputs)}
    write_manifests(plan, [("files", INVENTORY_PATH)], {})
    return said


def change(root, *names):
    for name in names:
        (root / name).write_text(f"{name}!")


def flip(path):
    """Change one byte in place."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_where_nothing_changed_nothing_is_said(root):
    assert take(root) == []


def test_changed_files_are_counted_and_the_first_five_named_once(root):
    change(root, *NAMES[1:])
    assert take(root) == [
        "raw files changed since the last inventory: 6 (1.mid, 2.mid, 3.mid, 4.mid, 5.mid and 1 "
        "more)"
    ]
    assert take(root) == []


def test_a_file_whose_size_and_time_were_put_back_has_changed(root):
    stat = (root / "3.mid").stat()
    (root / "3.mid").write_text("3.MID")
    os.utime(root / "3.mid", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert take(root) == ["raw files changed since the last inventory: 1 (3.mid)"]


def test_a_new_and_a_touched_file_are_no_changed_ones(root):
    (root / "new.mid").write_text("new")
    (root / "0.mid").touch()
    assert take(root) == []


def test_refused_changes_stop_until_they_are_accepted_once(root):
    change(root, "2.mid", "4.mid")
    wanted = (
        r"^raw files changed since the last inventory: 2 \(2\.mid, 4\.mid\)\. Put them back as "
        r"they were, or accept them once as they are: .*"
        r"--config 'inventory=\{\"changed\": \"report\"\}'"
    )
    for _ in range(2):
        with pytest.raises(ValueError, match=wanted):
            take(root, changed="refuse")
    assert len(take(root, changed="report")) == 1
    assert take(root, changed="refuse") == []


def test_changed_files_put_back_are_no_error_any_more(root):
    change(root, "2.mid")
    with pytest.raises(ValueError, match="changed"):
        take(root, changed="refuse")
    (root / "2.mid").write_text("2.mid")
    assert take(root, changed="refuse") == []


def test_vanished_files_are_refused_or_said(root):
    (root / "6.mid").unlink()
    with pytest.raises(FileNotFoundError, match=r"1 raw file\(s\) .* are gone from .*: 6\.mid\. "):
        take(root)
    said = take(root, vanished="accept")
    assert said == ["raw files gone since the last inventory: 1 (6.mid)"]
    assert take(root) == []


def test_a_name_with_a_line_break_stays_on_its_line(root):
    (root / "a\nb.mid").write_text("one")
    take(root)
    (root / "a\nb.mid").write_text("two")
    (said,) = take(root)
    assert "\n" not in said and "1 (a" in said


def edit_manifest():
    path = manifest_path(INVENTORY_PATH)
    path.write_bytes(path.read_bytes().replace(b"sha256", b"SHA256", 1))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        pytest.param(lambda p: flip(p), "is not what its run manifest says", id="byte flipped"),
        pytest.param(
            lambda p: p.write_bytes(b""), "is not what its run manifest says", id="emptied"
        ),
        pytest.param(
            lambda p: edit_manifest(), "has no run manifest that names it", id="manifest edited"
        ),
        pytest.param(
            lambda p: manifest_path(p).unlink(),
            "has no run manifest that names it",
            id="no manifest",
        ),
    ],
)
@pytest.mark.parametrize("is_gone", [False, True], ids=["in its place", "kept"])
def test_a_damaged_inventory_counts_as_none_and_is_named(root, tmp_path, damage, why, is_gone):
    product = tmp_path / INVENTORY_PATH
    damage(product.relative_to(tmp_path))  # what is kept is the same file
    if is_gone:
        product.unlink()
    (root / "6.mid").unlink()
    assert take(root, changed="refuse") == [
        f"{INVENTORY_PATH}: that of the last run {why}. It is not used, and made anew. Whether raw "
        "files vanished or changed since then cannot be told."
    ]
    assert take(root, changed="refuse") == []


def test_what_is_kept_speaks_where_another_file_stands_in_the_place(root, tmp_path):
    (tmp_path / INVENTORY_PATH).unlink()
    (tmp_path / INVENTORY_PATH).mkdir()
    assert earlier_product(INVENTORY_PATH) == (kept_path(INVENTORY_PATH), "")
    assert len(read_earlier_inventory(INVENTORY_PATH, NO_LEFTOVERS, pytest.fail)) == 7


def test_what_was_never_made_is_nothing_to_speak_of(root):
    assert earlier_product("results/inventory/egmd.parquet") == (None, "")
    assert read_earlier_inventory("results/inventory/egmd.parquet", NO_LEFTOVERS, pytest.fail) == {}


def test_files_of_a_demo_are_not_missed(root):
    card = "resources/demo/source_sets/groove.yaml"
    take(root, inputs=[{"kind": "resource", "path": card, "sha256": "0" * 64}])
    change(root, "1.mid")
    (root / "2.mid").unlink()
    assert take(root, changed="refuse") == []


def test_files_of_a_demo_are_listed_for_who_asks_for_them(root):
    card = "resources/demo/source_sets/groove.yaml"
    take(root, inputs=[{"kind": "resource", "path": card, "sha256": "0" * 64}])
    listed = read_earlier_inventory(INVENTORY_PATH, NO_LEFTOVERS, pytest.fail, of_demo=True)
    assert sorted(listed) == NAMES


def test_a_damaged_cache_is_said_and_the_digests_are_true(root):
    path = digests_path(SET)
    path.write_text(path.read_text().replace('"sha256": "', '"sha256": "0', 1))
    said, digests = read(root, changed="refuse")
    assert len(said) == 1 and said[0].startswith(f"{path}: 1 of 7 entries are not as they were")
    assert len(digests) == 7
    assert read(root)[0] == []


@pytest.mark.parametrize("path", ["._a.wav", "deep/.DS_Store", ".git/config", "a.wav.reapeaks"])
def test_what_an_earlier_version_has_listed_and_is_not_of_the_set_is_not_missed(root, path):
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text("left")
    take(root)
    (root / path).unlink()
    with pytest.raises(FileNotFoundError, match="gone"):
        read(root)
    leftovers = read_leftovers(REPO / "resources/not_of_the_set.yaml")
    assert read(root, leftovers, changed="refuse")[0] == []
