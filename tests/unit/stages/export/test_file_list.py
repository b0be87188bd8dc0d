"""The list of the files of an export stands in order of folder and name."""

import hashlib

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.stages.export.file_list import list_files
from drumcorpus.stages.export.written import WRITTEN

OWN = ["CITE.bib", "files.csv", "train/train_labels.parquet", "val/a.json"]
SHARD = st.sampled_from(["00", "00-1", "0", "a.b", "clips"])
SPLITS, NUMBER = st.sampled_from(["train", "val"]), st.integers(0, 30)
FOLDERS = st.sampled_from(["clips/egmd/{}/aa", "clips/egmd/{}/a-", "sessions/egmd/{}"])
LOOSE = st.builds("{}/{}/{}.wav".format, SPLITS, FOLDERS, NUMBER)
SHARDS = st.builds("{}/train-egmd-{{}}-{:06d}.tar".format, SPLITS, NUMBER)
TABLES = st.dictionaries(SHARD, st.sets(st.one_of(LOOSE, SHARDS), max_size=12), max_size=5)


def rows(paths):
    digests = [hashlib.sha256(path.encode()).hexdigest() for path in paths]
    counts = [{"bytes": len(path), "n_samples": 1} for path in paths]
    made = zip(paths, digests, counts, strict=True)
    return [{"path": path, "sha256": sha256, **of} for path, sha256, of in made]


@settings(deadline=None, max_examples=40)
@given(TABLES)
def test_all_files_stand_once_by_folder_and_name(tmp_path_factory, by_shard):
    root, tables, everything = tmp_path_factory.mktemp("export"), [], rows(OWN)
    for shard, templates in by_shard.items():
        of_shard = rows(sorted(template.format(shard) for template in templates))
        tables.append(root / f"{shard}.written")
        write_table(tables[-1], pa.Table.from_pylist(of_shard, WRITTEN))
        everything += of_shard
    list_files(root, pa.Table.from_pylist(rows(OWN), WRITTEN), tables)
    everything.sort(key=lambda row: row["path"].rpartition("/")[::2])
    assert read_table(root / "files.parquet").to_pylist() == everything
    lines = (root / "SHA256SUMS").read_text().splitlines()
    assert lines[0].endswith("  files.parquet")
    assert lines[1:] == [f"{row['sha256']}  {row['path']}" for row in everything]
