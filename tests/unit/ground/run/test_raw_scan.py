"""What a job misses of the raw files that an earlier inventory has listed."""

import pyarrow as pa
import pytest
from checkout import REPO

from drumcorpus.ground.files.leftovers import read_leftovers
from drumcorpus.ground.files.raw_files import scan_roots
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.raw_scan import refuse_vanished
from drumcorpus.schemas import INVENTORY

LEFTOVERS = read_leftovers(REPO / "resources/not_of_the_set.yaml")


@pytest.fixture
def refuse(tmp_path):
    """Refuses what is gone of some paths, of which `a.wav` alone is there."""
    root = tmp_path / "raw"
    root.mkdir()
    (root / "a.wav").touch()

    def refuse_listed(*paths):
        earlier = tmp_path / "earlier.parquet"
        write_table(earlier, pa.Table.from_pylist([{"path": path} for path in paths], INVENTORY))
        files, _ = scan_roots([root], LEFTOVERS.kind_of_entry)
        refuse_vanished(earlier, files, [root], LEFTOVERS)

    return refuse_listed


def test_a_raw_file_that_is_gone_is_named(refuse):
    with pytest.raises(FileNotFoundError, match=r"1 raw file\(s\) .* are gone from .*: b\.wav\."):
        refuse("a.wav", "b.wav")


@pytest.mark.parametrize("path", ["._a.wav", "deep/.DS_Store", ".git/config", "a.wav.reapeaks"])
def test_what_an_earlier_version_has_listed_and_is_not_of_the_set_is_not_missed(refuse, path):
    refuse("a.wav", path)
