"""Members of a tar are found from its headers alone."""

import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_export import tar_header_and_body

from drumcorpus.load.tar_index import members_of

NAMES = {"a.wav": b"sound", "folder/b.json": b"", "c" * 90 + "/" + "d" * 60: b"x" * 513}

PATHS = st.from_regex(r"[a-c]{1,9}(/[a-c]{1,9})?\.[a-z]", fullmatch=True)


def write(path, members, form=tarfile.USTAR_FORMAT):
    with tarfile.open(path, "w", format=form) as tar:
        for name, content in members.items():
            tar.addfile(*tar_header_and_body(name, content))
    return path


def contents(path):
    data = path.read_bytes()
    return {name: data[place : place + n] for name, (place, n) in members_of(path).items()}


def test_members_stand_where_the_index_says(tmp_path):
    assert contents(write(tmp_path / "a.tar", NAMES)) == NAMES


@given(
    st.dictionaries(
        st.text("abc./", min_size=1, max_size=9).map(lambda s: f"n{s}n"), st.binary(max_size=1100)
    )
)
def test_any_members_are_found(tmp_path_factory, members):
    members = {name: content for name, content in members.items() if "//" not in name}
    assert contents(write(tmp_path_factory.mktemp("tar") / "a.tar", members)) == members


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["gnu", "pax"])
def test_long_names_of_other_tars_are_read_too(tmp_path, form):
    members = NAMES | {"e" * 200 + ".wav": b"long", "ö" * 80: b"not ascii"}
    assert contents(write(tmp_path / "a.tar", members, form)) == members


def test_folders_and_links_are_no_members(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        tar.addfile(*tar_header_and_body("folder/a", b"1"))
    assert contents(tmp_path / "a.tar") == {"folder/a": b"1"}


@pytest.mark.parametrize(
    ("n_bytes", "message"),
    [(1000, "ends after 1000 bytes, without its end mark"), (514, "ends within a.wav: cut short")],
)
def test_a_tar_that_is_cut_short_is_refused(tmp_path, n_bytes, message):
    path = write(tmp_path / "a.tar", NAMES)
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(ValueError, match=message):
        members_of(path)


def test_what_is_no_tar_is_refused(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"no tar" * 200)
    with pytest.raises(ValueError, match="no header of a tar at byte 0"):
        members_of(tmp_path / "a.tar")
