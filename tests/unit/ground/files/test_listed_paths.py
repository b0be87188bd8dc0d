"""Paths of an index or a checksum list lead to the files that are meant, or have their reason."""

import unicodedata

import pytest

from drumcorpus.ground.files.listed_paths import ListedPaths, why_outside

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Größe/é.mid") for form in ("NFC", "NFD"))
THERE = ["drummer1/s1/take 1.mid", "a.mid", "odd\\name.mid", DECOMPOSED, "#1 100%.mid"]


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("drummer1/s1/take 1.mid", "drummer1/s1/take 1.mid"),
        ("drummer1\\s1\\take 1.mid", "drummer1/s1/take 1.mid"),
        (".\\drummer1\\s1/take 1.mid", "drummer1/s1/take 1.mid"),
        ("./a.mid", "a.mid"),
        ("drummer1//s1/./take 1.mid", "drummer1/s1/take 1.mid"),
        (" a.mid ", "a.mid"),
        ("a.mid\r", "a.mid"),
        ("odd\\name.mid", "odd\\name.mid"),
        (COMPOSED, DECOMPOSED),
        (DECOMPOSED, DECOMPOSED),
        ("#1 100%.mid", "#1 100%.mid"),
    ],
    ids=[
        *("as_it_lies", "backslashes", "both", "dot_in_front", "slashes_and_dots", "blanks"),
        *("line_end", "backslash_in_a_name", "composed", "decomposed", "hash_and_percent"),
    ],
)
def test_a_file_is_found_by_the_path_that_another_system_writes(written, path):
    assert ListedPaths(THERE).on_disk(written) == path


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("drummer2\\s1\\gone.mid", "drummer2/s1/gone.mid"),
        ("gone.mid", "gone.mid"),
        ("nu\\xff.mid", "nu\\xff.mid"),
        ("A.mid", "A.mid"),
        ("", ""),
        ("C:\\data\\a.mid", "C:\\data\\a.mid"),
    ],
    ids=["backslashes", "plain", "not_utf8", "other_case", "empty", "drive"],
)
def test_what_is_not_there_keeps_its_name(written, path):
    assert ListedPaths(THERE).on_disk(written) == path


def test_of_two_files_that_could_be_meant_neither_is():
    listed = ListedPaths([COMPOSED, DECOMPOSED])
    assert listed.on_disk(COMPOSED) == COMPOSED
    assert listed.on_disk(DECOMPOSED) == DECOMPOSED
    assert listed.on_disk(COMPOSED.replace("/", "\\")) == COMPOSED  # with slashes, as it stands


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("/etc/passwd", "a whole path"),
        ("\\etc\\passwd", "a whole path"),
        ("../secret.mid", "a path outside the root"),
        ("a/../../secret.mid", "a path outside the root"),
        ("..\\secret.mid", "a path outside the root"),
        ("C:\\data\\a.mid", "a whole path of Windows"),
        ("d:/data/a.mid", "a whole path of Windows"),
        ("\\\\server\\share\\a.mid", "a network path of Windows"),
        ("file:///data/a.mid", "an address"),
        ("a\0b", "no path: it holds a NUL character"),
    ],
    ids=[
        *("absolute", "backslash", "parent", "parent_within", "parent_backslash", "drive"),
        *("drive_with_slashes", "unc", "url", "nul"),
    ],
)
def test_a_path_that_leaves_the_root_has_its_reason(written, reason):
    assert why_outside(written).startswith(reason)


@pytest.mark.parametrize("written", [*THERE, "2..take.mid", "a:b.mid", "~/a.mid", "$A/a.mid"])
def test_a_path_below_the_root_has_none(written):
    assert why_outside(written) == ""
