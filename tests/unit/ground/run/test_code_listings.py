"""What a digest of code stands for is remembered, and tells which module has changed."""

import json

from drumcorpus.ground.run.code_digest import Library
from drumcorpus.ground.run.code_listings import (
    N_VERSIONS,
    digest_of,
    modules_that_differ,
    read_listings,
    remember_listings,
)


def test_a_digest_of_code_is_that_of_its_listing(tmp_path):
    package = tmp_path / "drumcorpus"
    package.mkdir()
    (package / "__init__.py").write_text('"""A package."""\n')
    (package / "hits.py").write_text("N = 1\n")
    script = tmp_path / "count.py"
    script.write_text("from drumcorpus.hits import N\n")
    library = Library(package)
    digest = library.digest(script)
    assert sorted(library.listings[digest]) == ["__init__.py", "count.py", "hits.py"]
    assert digest_of(library.listings[digest]) == digest
    earlier = library.listings[digest]
    (package / "hits.py").write_text("N = 2\n")
    later = Library(package)
    today = later.listings[later.digest(script)]
    assert modules_that_differ(earlier, today) == {"hits.py": "changed"}


def test_what_became_of_modules_is_said_of_each():
    earlier = {"a.py": "1", "stages/gone.py": "2", "stages/same.py": "3"}
    today = {"a.py": "4", "stages/new.py": "2", "stages/same.py": "3"}
    assert modules_that_differ(earlier, today) == {
        "a.py": "changed",
        "stages/gone.py": "gone",
        "stages/new.py": "new",
    }


def test_the_last_versions_of_each_script_are_remembered(tmp_path):
    path = tmp_path / "code.json"
    other = {"other.py": "0", "ground/x.py": "0"}
    remember_listings(path, {digest_of(other): other})
    versions = [{"count.py": str(n), "ground/x.py": "0"} for n in range(N_VERSIONS + 3)]
    for version in versions:
        remember_listings(path, {digest_of(version): version})
    read = read_listings(path)
    assert list(read.values()) == [*reversed(versions[-N_VERSIONS:]), other]
    assert list(read) == [digest_of(listing) for listing in read.values()]


def test_what_is_remembered_already_is_not_written_again(tmp_path):
    path = tmp_path / "code.json"
    listing = {"count.py": "1"}
    remember_listings(path, {digest_of(listing): listing})
    before = path.stat().st_mtime_ns, path.stat().st_ino
    remember_listings(path, {digest_of(listing): listing})
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_a_damaged_memory_has_no_listing(tmp_path):
    path = tmp_path / "code.json"
    assert read_listings(path) == {}
    path.write_text("{")
    assert read_listings(path) == {}
    path.write_text(json.dumps({"listings": [{"count.py": 1}, "x"]}))
    assert read_listings(path) == {}
