"""What run manifests say of one working folder: each product, what it was made of, and its users.

A run manifest names paths relative to the folder that the run worked in. That folder is told by
where a product stands, so that this works from any folder, and on products brought from elsewhere.
"""

import graphlib
import os
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from sys import intern
from typing import NamedTuple

from drumcorpus.ground.files.paths import printable, visible
from drumcorpus.ground.run.product_walk import EXPORTS, LOOSE
from drumcorpus.ground.run.run_manifest import SUFFIX
from drumcorpus.ground.run.sidecars import path_problem, read_output, read_sidecar

# A folder of the loose files of an export, by its path.
_LOOSE = re.compile(rf"(?:^|/){EXPORTS}/[^/]+/[^/]+/[^/]+/(?:{'|'.join(LOOSE)})$")


class Source(NamedTuple):
    """One input of a product, as its run manifest has it.

    `kind` is product, resource, external or raw; `rows` are those of a table, or the number of the
    files of raw data, whose `sha256` is that of their listing.
    """

    name: str
    path: str
    kind: str
    sha256: str
    rows: int | None


class Record(NamedTuple):
    """A product by its run manifest; `path` is relative to the working folder.

    `name` is that of the output in its rule; `is_corpus` tells a merge or an aggregate of JSON
    Lines.
    """

    path: str
    name: str
    sha256: str
    bytes: int
    rows: int | None
    rule: str
    inputs: tuple[Source, ...]
    is_corpus: bool

    @property
    def products(self) -> list[str]:
        """The paths of the products that it was made of, each once, in order."""
        return list(dict.fromkeys(each.path for each in self.inputs if each.kind == "product"))


def _source_of(row: dict) -> Source:
    """One input; texts that many records have are held once."""
    path, sha256 = intern(row["path"]), intern(row["sha256"])
    return Source(intern(row["name"]), path, intern(row["kind"]), sha256, row["rows"])


class Lineage:
    """The run manifests of one working folder, each read when it is asked for.

    Parameters
    ----------
    folder : path
        What the paths of the run manifests are relative to.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        # What is wrong with a run manifest, by the path of its product; empty where there is none.
        self.problems: dict[str, str] = {}
        self._records: dict[str, Record | None] = {}

    def record(self, path: str) -> Record | None:
        """The record of a product; None where it has no run manifest, or one that lies.

        `problems` has the reason then.
        """
        if path not in self._records:
            self._records[path] = self._read(path)
        return self._records[path]

    def add(self, path: str, record: Record | None, problem: str = "") -> None:
        """Take a record that was read before, or why there is none."""
        self._records[path] = record
        if record is None:
            self.problems[path] = problem

    def maker(self, source: Source) -> Record | None:
        """The record of the product that an input was, in the version that was read.

        None where it was no product, where it has no record, and where the record is of another
        version: then the link is stale, and what stands now tells nothing of what was read.
        """
        record = self.record(source.path) if source.kind == "product" else None
        return record if record is not None and record.sha256 == source.sha256 else None

    def upstream(self, paths: Iterable[str], *, any_version: bool = False) -> Iterator[Record]:
        """The records of some products and of all that they rest on, each once, nearest first.

        What has no record is left out; it stands in `problems` then. So is what has one of another
        version than was read, unless `any_version` is wanted. A circle, which only lying run
        manifests can make, ends where it began.
        """
        pending = list(dict.fromkeys(paths))
        seen = set(pending)
        for path in pending:  # which grows meanwhile
            record = self.record(path)
            if record is not None:
                yield record
                made_of = (each.path for each in record.inputs if self.maker(each))
                made_of = record.products if any_version else made_of
                fresh = [path for path in dict.fromkeys(made_of) if path not in seen]
                seen.update(fresh)
                pending += fresh

    def downstream(self, files: Iterable[tuple[str, str]]) -> list[Record]:
        """The records of all products that rest on some files, each once, nearest first.

        `files` are paths with digests, of raw data, resources and external files too. Those that
        rest on none of the others are left out. What was made from another version of a product
        than the one that rests on them is none.
        """
        pending = list(dict.fromkeys(files))
        seen: dict[str, Record] = {}
        for file in pending:
            fresh = [self.record(user) for user in self.users.get(file, ()) if user not in seen]
            seen.update((record.path, record) for record in fresh)
            pending += [(record.path, record.sha256) for record in fresh]
        return list(seen.values())

    def broken_links(self) -> dict[tuple[str, str], list[str]]:
        """The products that were made of each (path, digest) of which no record tells the making.

        Those are products that have no record now, or one of another version.
        """
        broken: dict[tuple[str, str], list[str]] = {}
        for path in self.products:
            record = self.record(path)
            for source in dict.fromkeys(record.inputs if record else ()):
                if source.kind == "product" and self.maker(source) is None:
                    users = broken.setdefault((source.path, source.sha256), [])
                    users += [] if path in users else [path]
        return broken

    @cached_property
    def products(self) -> list[str]:
        """The paths of all products below the folder that have a run manifest, in order."""
        start = len(os.path.join(self.folder, ""))  # noqa: PTH118 (with the slash)
        paths = (path[start:].removesuffix(SUFFIX) for path in sidecar_files(self.folder))
        return sorted({self._product_of(path) for path in paths})

    @cached_property
    def users(self) -> dict[tuple[str, str], list[str]]:
        """The products that were made of each (path, digest); reads every run manifest."""
        users: dict[tuple[str, str], list[str]] = {}
        for path in self.products:
            record = self.record(path)
            inputs = record.inputs if record else ()
            for file in dict.fromkeys((each.path, each.sha256) for each in inputs):
                users.setdefault(file, []).append(path)
        return users

    def _product_of(self, path: str) -> str:
        """The product of the run manifest beside a path: another, where it says it stands there."""
        if os.path.lexists(self.folder / path):
            return path
        try:
            manifest = read_sidecar(self.folder / path)
        except (ValueError, OSError):
            return path
        product = manifest["outputs"][0]
        if manifest.get("corpus", {}).get("output_paths", [])[1:2] != [f"{path}{SUFFIX}"]:
            return path
        if self._records.get(product["path"]) is None:
            self.add(product["path"], record_of(manifest, product))
        return product["path"]

    def _read(self, path: str) -> Record | None:
        try:
            manifest, output = read_output(self.folder / path, path)
        except (FileNotFoundError, NotADirectoryError):
            self.problems[path] = ""
            return None
        except ValueError as error:
            self.problems[path] = str(error)
            return None
        except OSError as error:
            self.problems[path] = f"cannot be read: {error.strerror}"
            return None
        return record_of(manifest, output)


def record_of(manifest: dict, output: dict) -> Record:
    """What a run manifest says of one of its outputs."""
    return Record(
        path=output["path"],
        name=intern(output["name"]),
        sha256=intern(output["sha256"]),
        bytes=output["bytes"],
        rows=output["rows"],
        rule=intern(manifest["rule"]),
        inputs=tuple(_source_of(row) for row in _named_inputs(manifest)),
        is_corpus="corpus" in manifest,
    )


def _named_inputs(manifest: dict) -> list[dict]:
    """The inputs of a run; of a corpus, shards from outside the workflow as it names them.

    A job records such a file by its name alone, of which another file here may have the same.
    """
    section = manifest.get("corpus")
    shards = section.get("input_shards") if isinstance(section, dict) else None
    rows = [row for row in manifest["inputs"] if row["name"] == "shards"]
    try:
        paths = [shard["path"] for shard in shards]
        if [shard["sha256"] for shard in shards] != [row["sha256"] for row in rows]:
            return manifest["inputs"]
        if any(path_problem(path) for path in paths):
            return manifest["inputs"]
    except (TypeError, KeyError):  # another section, or none
        return manifest["inputs"]
    named = iter(paths)
    inputs = []
    for row in manifest["inputs"]:
        path = next(named) if row["name"] == "shards" else row["path"]
        inputs.append(row | {"path": path} if row["kind"] == "external" else row)
    return inputs


def place_of(product: str | os.PathLike, at: str | os.PathLike | None = None) -> tuple[Path, str]:
    """(working folder, path in it) of a product, by what its run manifest calls it.

    Raises
    ------
    FileNotFoundError, ValueError
        As of `lineage_of`.
    """
    lineage, path = lineage_of(product, at)
    return lineage.folder, path


def lineage_of(
    product: str | os.PathLike, at: str | os.PathLike | None = None
) -> tuple[Lineage, str]:
    """(lineage of its working folder, path in it) of a product, by what its run manifest calls it.

    The run manifest stands beside the product, or `at` another place.

    Raises
    ------
    FileNotFoundError, ValueError
        If it has no run manifest, or one that lies or names other files only.
    """
    absolute = os.path.abspath(product)  # noqa: PTH100 (links are kept)
    manifest = read_sidecar(absolute, at)
    folder, row = place_in(manifest, absolute)
    lineage = Lineage(folder)
    lineage.add(row["path"], record_of(manifest, row))
    return lineage, row["path"]


def place_in(manifest: dict, product: str) -> tuple[str, dict]:
    """The working folder of a product, and what its run manifest says of it.

    Raises
    ------
    ValueError
        If it names other files only. `product` is absolute.
    """
    stands = manifest.get("corpus", {}).get("output_paths", [])[1:2]
    if stands and f"{product}{SUFFIX}".endswith(f"/{stands[0]}"):  # it says itself where it stands
        return f"{product}{SUFFIX}".removesuffix(stands[0]), manifest["outputs"][0]
    for row in manifest["outputs"]:
        if product.endswith(f"/{row['path']}"):
            return product.removesuffix(row["path"]), row
    outputs = ", ".join(visible(row["path"]) for row in manifest["outputs"][:3])
    shown = visible(printable(f"{product}{SUFFIX}"))
    raise ValueError(f"{shown}: does not name the file it stands beside, but {outputs}")


def circle_of(records: Iterable[Record]) -> list[str]:
    """The paths of a circle among some products, each made from the next; empty if there is none.

    Links count by path and digest: what was made from an earlier version of itself is no circle.
    An input that is recorded as a file from elsewhere counts where it is the product itself.
    """
    by_path = {record.path: record for record in records}
    links = {}
    for path, record in by_path.items():
        links[path] = {
            source.path
            for source in record.inputs
            if (source.kind == "product" or source.path == path)
            and source.path in by_path
            and by_path[source.path].sha256 == source.sha256
        }
    return circle_in(links)


def circle_in(links: Mapping[Hashable, Iterable[Hashable]]) -> list:
    """The names of a circle in some links, each with what it leads to; empty if there is none."""
    try:
        graphlib.TopologicalSorter(links).prepare()
    except graphlib.CycleError as error:
        return error.args[1][:0:-1]
    return []


def circle_in_words(circle: list[str]) -> str:
    """That no file can have been made so."""
    chain = " from ".join(visible(path) for path in [*circle[1:4], *circle[:1]])
    more = "" if len(circle) <= 4 else f", by {len(circle) - 4:,} more"
    return (
        f"{visible(circle[0])}: was made from {chain}{more}, by what is recorded: nothing can be "
        "made from itself"
    )


def sidecar_files(folder: str | os.PathLike) -> Iterator[str]:
    """Every run manifest below a folder, whatever stands in its place; links are not followed.

    Hidden folders, and the loose files of exports, which have a listing, are not walked.
    """
    pending = [os.fspath(folder)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIX):
                    yield entry.path
                elif (
                    not entry.name.startswith(".")
                    and entry.is_dir(follow_symlinks=False)
                    and not _LOOSE.search(entry.path)
                ):
                    pending.append(entry.path)
