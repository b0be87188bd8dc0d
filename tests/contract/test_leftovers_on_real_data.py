"""No file of the real data is taken for one that a system or a tool has left."""

from checkout import REPO

from drumcorpus.ground.files.leftovers import read_leftovers, split_refusals
from drumcorpus.ground.files.raw_files import scan_roots


def test_every_real_file_is_of_its_set(shared):
    leftovers = read_leftovers(REPO / "resources/not_of_the_set.yaml")
    n_files = 0
    for folder in sorted(path for path in shared.iterdir() if path.is_dir()):
        files, refusals = scan_roots([folder], leftovers.kind_of_entry)
        assert split_refusals(refusals)[1] == [], folder.name
        n_files += len(files)
    assert n_files > 1000
