"""The writers of the forms: folders replaced as a whole, shards of every split."""

import os

import pyarrow as pa
import pytest
from shard_of_events import MAPS, RATE, cut, event

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.stages.export.layout import records_schema
from drumcorpus.stages.export.verify import half_made_samples
from drumcorpus.stages.export.written import FileForm, ShardForms, sha256_of

BOUNDS = {"shard_bytes": 10**6, "shard_samples": 2}


def file_form(root):
    return FileForm(root, "egmd", "000", "clip", "wav")


def shard_forms(root, tar=True, parquet=True):
    forms = {"tar": tar, "parquet": parquet}
    settings = {"extension": "wav", "bounds": BOUNDS, "sample_rate_hz": RATE}
    return ShardForms(root, "egmd", "000", records_schema(MAPS.ids), **forms, **settings)


def put(form, split, **contents):
    form.add(split, list(contents), list(contents.values()), map(sha256_of, contents.values()))


def found(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_files_stand_in_folders_by_the_end_of_their_ids(tmp_path):
    with file_form(tmp_path) as form:
        put(form, "train", abc=b"1", abd=b"22")
        put(form, "validation", xyz=b"333")
    assert found(tmp_path) == {
        "train/clips/egmd/000/bc/abc.wav": b"1",
        "train/clips/egmd/000/bd/abd.wav": b"22",
        "val/clips/egmd/000/yz/xyz.wav": b"333",
    }
    rows = [(row["path"], row["bytes"], row["n_samples"]) for row in form.rows]
    assert rows == [(path, len(data), 1) for path, data in sorted(found(tmp_path).items())]
    assert form.rows[0]["sha256"] == sha256_bytes(b"1")


def test_nothing_stands_in_its_place_before_all_is_there(tmp_path):
    with file_form(tmp_path) as form:
        put(form, "train", old=b"1")
    with file_form(tmp_path) as form:
        put(form, "train", new=b"2")
        visible = {name for name in found(tmp_path) if "/." not in name}
        assert visible == {"train/clips/egmd/000/ld/old.wav"}
    assert list(found(tmp_path)) == ["train/clips/egmd/000/ew/new.wav"]


def test_a_split_without_samples_loses_its_folder(tmp_path):
    with file_form(tmp_path) as form:
        put(form, "train", a1=b"1")
        put(form, "test", a2=b"2")
    with file_form(tmp_path) as form:
        put(form, "train", a1=b"1")
    assert list(found(tmp_path)) == ["train/clips/egmd/000/a1/a1.wav"]


def test_an_error_leaves_the_folders_as_they_were(tmp_path):
    with file_form(tmp_path) as form:
        put(form, "train", a1=b"1")
    with pytest.raises(RuntimeError), file_form(tmp_path) as form:
        put(form, "train", a2=b"2")
        raise RuntimeError
    assert list(found(tmp_path)) == ["train/clips/egmd/000/a1/a1.wav"]


def test_one_name_for_two_samples_is_refused(tmp_path):
    with pytest.raises(ValueError, match="two files have the name"), file_form(tmp_path) as form:
        put(form, "train", a1=b"1")
        put(form, "train", a1=b"1")
    assert found(tmp_path) == {}


def test_a_disk_without_room_names_the_file(tmp_path, monkeypatch):
    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def write(self, content):
            return len(content) - 1

    monkeypatch.setattr("builtins.open", lambda *_, **__: Full())
    form = file_form(tmp_path)
    with pytest.raises(OSError, match="No space left on device") as caught, form:
        put(form, "train", a1=b"12")
    assert caught.value.filename.endswith("/a1.wav")


@pytest.mark.parametrize("step", ["first", "second", "last"])
def test_a_killed_job_is_healed_by_the_next_and_its_leftovers_are_known(
    tmp_path, monkeypatch, step
):
    with file_form(tmp_path) as form:
        put(form, "train", a1=b"1")
        put(form, "test", b1=b"1")

    class Killed(BaseException):
        """As if the process had ended here."""

    renames, left = [], {"first": 0, "second": 1, "last": 3}[step]
    rename = os.rename

    def stop(source, target, *args, **kwargs):
        if len(renames) == left:
            raise Killed
        renames.append(source)
        return rename(source, target, *args, **kwargs)

    form = file_form(tmp_path).__enter__()
    put(form, "train", a2=b"2")
    put(form, "test", b2=b"2")
    with monkeypatch.context() as patched:
        patched.setattr("drumcorpus.ground.files.fan_out._remove", lambda folder: None)
        patched.setattr("pathlib.os.rename", stop)
        with pytest.raises(Killed):
            form.__exit__(None, None, None)
    known = half_made_samples(tmp_path, "egmd", "000")
    hidden = {p for p in tmp_path.rglob(".*") if p.is_dir()}
    assert hidden
    assert hidden <= set(known)
    with file_form(tmp_path) as form:
        put(form, "train", a2=b"2")
        put(form, "test", b2=b"2")
    assert found(tmp_path) == {
        "train/clips/egmd/000/a2/a2.wav": b"2",
        "test/clips/egmd/000/b2/b2.wav": b"2",
    }
    assert not list(tmp_path.rglob(".*"))


def test_half_made_shards_are_known_of_their_own_shard_alone(tmp_path):
    (tmp_path / "train").mkdir()
    own = tmp_path / "train/.train-egmd-000-000001.tar.part"
    for path in (own, tmp_path / "train/.train-egmd-0001-000001.tar.part"):
        path.write_bytes(b"")
    (tmp_path / "train/train-egmd-000-000000.tar").write_bytes(b"")
    known = {path for path in half_made_samples(tmp_path, "egmd", "000") if path.exists()}
    assert known == {own}


# --- shards


@pytest.fixture
def records(tmp_path):
    """Six records as they are before they have a shard, and their sound."""
    rows = [event(n, 0.2 * n) for n in range(6)]
    index = cut(tmp_path / "made", rows).index
    table = index.select(records_schema(MAPS.ids).names)
    place = table.schema.get_field_index("shard")
    first = pa.array(["train/train-egmd-000-000000.tar"] * 6)
    table = table.set_column(place, table.schema.field(place), first)
    return table, [b"sound %d" % n for n in range(6)]


def test_samples_that_come_in_parts_give_the_shards_of_those_that_come_at_once(tmp_path, records):
    table, contents = records
    texts = [b'{"shard":"train/train-egmd-000-000000.tar"}'] * 6
    with shard_forms(tmp_path / "a") as forms:
        at_once = forms.add("train", table, contents, texts)
    with shard_forms(tmp_path / "b") as others:
        parts = [
            others.add("train", table.slice(n, 3), contents[n : n + 3], texts[n : n + 3])
            for n in (0, 3)
        ]
    assert pa.concat_tables(parts).equals(at_once)
    assert found(tmp_path / "a") == found(tmp_path / "b")
    assert forms.rows == others.rows
    assert [row["n_samples"] for row in forms.rows] == [2] * 6
    shards = [f"train/train-egmd-000-00000{n // 2}" for n in range(6)]
    assert at_once["shard"].to_pylist() == [f"{name}.tar" for name in shards]
    assert forms.parquet_shards("train").to_pylist() == [f"{name}.parquet" for name in shards]
    for name, content in found(tmp_path / "a").items():
        if name.endswith(".tar"):
            assert content.count(b'{"shard":"%s"}' % name.encode()) == 2


def test_a_shard_form_that_is_not_wanted_writes_nothing(tmp_path, records):
    table, contents = records
    with shard_forms(tmp_path / "a", tar=False) as forms:
        assert forms.first_shard("train") is None
        forms.add("train", table, contents, [])
    assert {name.rpartition(".")[2] for name in found(tmp_path / "a")} == {"parquet"}
    with shard_forms(tmp_path / "b", parquet=False) as forms:
        assert forms.first_shard("validation") == "val/validation-egmd-000-000000.tar"
        assert forms.parquet_shards("train") is None
    assert found(tmp_path / "b") == {}


def test_an_error_removes_the_shard_in_work(tmp_path, records):
    table, contents = records
    with pytest.raises(RuntimeError), shard_forms(tmp_path / "a") as forms:
        forms.add("train", table.slice(0, 1), contents[:1], [b"{}"])
        raise RuntimeError
    assert found(tmp_path / "a") == {}


@pytest.mark.parametrize("ending", ["tar", "parquet"])
def test_a_folder_in_the_place_of_a_shard_makes_way_and_other_shards_stay(tmp_path, ending):
    stem = tmp_path / "train/train-groove-000-000000"
    folder, other = stem.with_suffix(f".{ending}"), stem.with_name(f"train-groove-001-0.{ending}")
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    other.mkdir()
    bounds = {"shard_bytes": 1000, "shard_samples": 10}
    with ShardForms(
        *(tmp_path, "groove", "000", records_schema({"components": []})),
        **{"extension": "wav", "tar": ending == "tar", "parquet": ending == "parquet"},
        **{"bounds": bounds, "sample_rate_hz": 8000},
    ):
        pass
    assert not folder.exists() and other.is_dir()
