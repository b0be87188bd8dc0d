"""Which products contain a raw file: by the chain of run manifests, and narrowed to its sessions.

By the chain it is every product that rests on the raw data of its source set. What holds rows of
its sessions, or their sound, is told by the rows themselves. Both are answers: a withdrawn licence
asks for the second, and a bad take that a model of cymbals has learned from for the first.
"""

import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.tables import iter_batches, read_schema
from drumcorpus.ground.run.lineage import Lineage, Record
from drumcorpus.stages.provenance.raw_files import LISTS_SESSIONS, SESSIONS
from drumcorpus.stages.provenance.row_search import RowSearch, search_rank
from drumcorpus.stages.provenance.rows import (
    SAMPLE_PLACES,
    SESSION_COLUMNS,
    OfSessions,
    matching_rows,
)

SCHEMA = "drumcorpus-users-v1"
FILES = "files"  # what the rule that lists sessions calls the table of raw files
EXPORT = re.compile(r"(results/export/[^/]+/[^/]+)/.+")
RELEASE = re.compile(r"reports/releases/([^/]+)/.+")
RELEASES = "reports/releases"
SHORTEST = 8  # digits of a digest by which a file is searched


@dataclass
class Listed:
    """A raw file as an inventory lists it; `session_id` is None for one of no single session."""

    source_set: str
    path: str
    role: str
    sha256: str
    session_id: str | None
    inventory: str


@dataclass
class Holder:
    """A product that holds rows of the sessions of a raw file, or of the file itself."""

    path: str
    n_rows: int


@dataclass
class Exported:
    """What an export has of the sessions of a raw file: samples, by the file that holds them."""

    folder: str
    release: str
    files: dict[str, int] = field(default_factory=dict)


@dataclass
class Unknown:
    """Something of which no run manifest tells any more what it was made of.

    `products` rest on it, and so may rest on any raw file.
    """

    path: str
    sha256: str
    products: list[str]


@dataclass
class Users:
    """Everything that rests on a raw file.

    `listed` says what it is, or `external` that a stamped product names it; `sessions` are those
    that it belongs to, by source set. `chain` are all products that rest on the data of its source
    set, `rules` their number by rule; `holders`, `exports` and `releases` are narrowed to its
    sessions. `unknown` is what may rest on it too, for all that run manifests tell.
    """

    listed: list[Listed] = field(default_factory=list)
    external: list[str] = field(default_factory=list)
    sessions: dict[str, list[str]] = field(default_factory=dict)
    chain: list[str] = field(default_factory=list)
    rules: dict[str, int] = field(default_factory=dict)
    holders: list[Holder] = field(default_factory=list)
    exports: list[Exported] = field(default_factory=list)
    releases: dict[str, int] = field(default_factory=dict)
    unknown: list[Unknown] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def as_document(self) -> dict:
        """The same for JSON."""
        return asdict(self)


def users_of(lineage: Lineage, raw: str) -> Users:
    """Find everything that rests on a raw file.

    Parameters
    ----------
    lineage : Lineage
        Of the working folder, all of whose run manifests are read.
    raw : str
        A file that is there, the path of one below the root of its source set, with the set and a
        colon before it where several have such a one, or its SHA-256, or the first digits of that.

    Raises
    ------
    ValueError
        If neither an inventory nor a run manifest of the folder knows the file.
    """
    wanted = _Wanted.of(raw)
    users = Users()
    inventories = [
        record
        for path in lineage.products
        if (record := lineage.record(path))
        and (record.rule, record.name) == (LISTS_SESSIONS, FILES)
    ]
    for record in inventories:
        users.listed += _listed(lineage, record, wanted)
    starts = {each.inventory for each in users.listed}
    files = _external(lineage, wanted, raw)
    users.external = sorted({path for path, _ in files})
    users.problems = [problem for problem in lineage.problems.values() if problem]
    siblings = [output for start in starts for output in _made_with(lineage, lineage.record(start))]
    files += [(output.path, output.sha256) for output in siblings]
    chain = {record.path: record for record in lineage.downstream(files)}
    for output in siblings:
        chain.setdefault(output.path, output)
    users.unknown = _unknown(lineage, {*chain, *files})
    users.problems += [_unknown_in_words(each, raw) for each in users.unknown]
    users.problems += _other_versions(lineage, raw, files)
    if not users.listed and not users.external:
        sentence = (
            f"{visible(raw)}: no inventory and no run manifest of this folder knows this file, by "
            "its path below its root or by its sha256"
        )
        if not users.unknown:
            raise ValueError(sentence)
        users.problems.append(sentence)
    users.chain = sorted(chain)
    users.rules = dict(sorted(Counter(record.rule for record in chain.values()).items()))
    for each in users.listed:
        sessions = users.sessions.setdefault(each.source_set, [])
        sessions += [s for s in _sessions_of(lineage, each) if s not in sessions]
    digests = {each.sha256 for each in users.listed} | wanted.digests
    _narrow(lineage, users, chain.values(), digests)
    return users


def _external(lineage: Lineage, wanted: "_Wanted", raw: str) -> list[tuple[str, str]]:
    """The inputs, with digests, that are a raw file by what is recorded of them.

    Beside files from elsewhere these are products that do not stand as they were read. A file that
    was changed since it was read is known by its path.
    """
    broken = lineage.broken_links()
    place = os.path.realpath(raw) if Path(raw).is_file() else None
    files = {}
    for path in lineage.products:
        record = lineage.record(path)
        for source in record.inputs if record else ():
            key = source.path, source.sha256
            if key in files or not (source.kind == "external" or key in broken):
                continue
            is_there = place is not None and source.kind == "external"
            if wanted.is_met("", *key) or (
                is_there and os.path.realpath(lineage.folder / source.path) == place
            ):
                files[key] = None
    return list(files)


def _other_versions(lineage: Lineage, raw: str, files: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A sentence for each version of a file that was read and does not stand in its place now."""
    if not Path(raw).is_file():
        return
    place, today = os.path.realpath(raw), sha256_file(raw)
    for path, sha256 in files:
        if sha256 != today and os.path.realpath(lineage.folder / path) == place:
            users = lineage.users[path, sha256]
            yield (
                f"{visible(path)}: was changed since {visible(users[0])} was made from it (sha256 "
                f"{sha256[:12]}… was read, {today[:12]}… stands)"
            )


def _unknown(lineage: Lineage, certain: Collection) -> list[Unknown]:
    """What is made of something of which no record tells the making, unless it is `certain`."""
    unknown = []
    for (path, sha256), users in sorted(lineage.broken_links().items()):
        if (path, sha256) in certain:
            continue
        resting = [record.path for record in lineage.downstream([(path, sha256)])]
        if products := sorted({*users, *resting} - set(certain)):
            unknown.append(Unknown(path, sha256, products))
    return unknown


def _unknown_in_words(unknown: Unknown, raw: str) -> str:
    more = f" and {len(unknown.products) - 1:,} more" if len(unknown.products) > 1 else ""
    return (
        f"{visible(unknown.products[0])}{more}: cannot be known: made from {visible(unknown.path)} "
        f"with sha256 {unknown.sha256[:12]}…, which may have rested on {visible(raw)}; no run "
        "manifest of that version stands here"
    )


@dataclass(frozen=True)
class _Wanted:
    """A raw file as it was asked for."""

    source_set: str
    path: str
    digests: frozenset[str]

    @classmethod
    def of(cls, raw: str) -> "_Wanted":
        if Path(raw).is_file():
            return cls("", "", frozenset({sha256_file(raw)}))
        if re.fullmatch(rf"[0-9a-f]{{{SHORTEST},64}}", raw):
            return cls("", "", frozenset({raw}))
        source_set, colon, path = raw.partition(":")
        return cls(source_set, path, frozenset()) if colon else cls("", raw, frozenset())

    def is_met(self, source_set: str, path: str, sha256: str) -> bool:
        """Whether a file is the one."""
        if self.digests:
            return any(sha256.startswith(digest) for digest in self.digests)
        return path == self.path and self.source_set in ("", source_set)


def _listed(lineage: Lineage, record: Record, wanted: _Wanted) -> Iterator[Listed]:
    columns = ["source_set", "path", "role", "sha256", "session_id"]
    for batch in iter_batches(lineage.folder / record.path, columns):
        for row in batch.to_pylist():
            if wanted.is_met(row["source_set"], row["path"], row["sha256"]):
                yield Listed(**row, inventory=record.path)


def _made_with(lineage: Lineage, inventory: Record) -> list[Record]:
    """The products of one job, by one of them: of one rule and its inputs."""
    return [
        record
        for path in lineage.products
        if (record := lineage.record(path))
        and (record.rule, record.inputs) == (inventory.rule, inventory.inputs)
    ]


def _sessions_of(lineage: Lineage, listed: Listed) -> list[str]:
    """The sessions that have a raw file among theirs."""
    sessions = [] if listed.session_id is None else [listed.session_id]
    for record in _made_with(lineage, lineage.record(listed.inventory)):
        if record.name == SESSIONS:
            for batch in iter_batches(lineage.folder / record.path, ["session_id", "files"]):
                for row in batch.to_pylist():
                    if listed.path in {file["path"] for file in row["files"] or ()}:
                        sessions.append(row["session_id"])
    return list(dict.fromkeys(sessions))


def _narrow(lineage: Lineage, users: Users, records: Iterable[Record], digests: set[str]) -> None:
    """Count the rows of the sessions in each product, and list what exports have of them."""
    wanted = [OfSessions(name, frozenset(ids)) for name, ids in users.sessions.items() if ids]
    in_chain = {record.path: record for record in records}
    others = [path for path in lineage.products if path.endswith(".jsonl") and path not in in_chain]
    contents = dict(_contents_of_releases(lineage))
    others += [row["copy"] for rows in contents.values() for row in rows if row["copied"]]
    search = RowSearch(wanted, digests)
    counts: dict[str, int] = {}
    # Tables that name events alone come last: which events are wanted is known by then.
    for path in sorted(
        [*in_chain, *others], key=lambda path: (search_rank(lineage.folder / path), path)
    ):
        try:
            counts[path] = search.count(lineage.folder / path, path)
        except (ValueError, OSError) as error:
            users.problems.append(visible(str(error)))
    users.holders = [Holder(path, n_rows) for path, n_rows in sorted(counts.items()) if n_rows]
    exports: dict[str, Exported] = {}
    releases: Counter[str] = Counter()
    for holder in users.holders:
        if in_release := RELEASE.fullmatch(holder.path):
            releases[in_release[1]] += 1
        in_export = EXPORT.fullmatch(holder.path)
        if in_export and holder.path.endswith("_labels.parquet"):
            folder = in_export[1]
            exported = exports.setdefault(folder, Exported(folder, _release_of(lineage, folder)))
            for name, n_samples in _places(lineage.folder / holder.path, wanted).items():
                exported.files[name] = exported.files.get(name, 0) + n_samples
    users.exports = [exports[folder] for folder in sorted(exports)]
    digests_held = {in_chain[each.path].sha256 for each in users.holders if each.path in in_chain}
    places = {f"{each.folder}/{name}" for each in users.exports for name in each.files}
    for release, rows in contents.items():
        listed = [row for row in rows if not row["copied"]]
        releases[release] += sum(
            row["sha256"] in digests_held or row["place"] in places for row in listed
        )
    releases.update(each.release for each in users.exports if each.release not in contents)
    del releases[""]
    releases = Counter({name: n for name, n in releases.items() if n})
    users.releases = dict(sorted(releases.items()))


def _contents_of_releases(lineage: Lineage) -> Iterator[tuple[str, list[dict]]]:
    """Of each release below the folder the files that belong to it, copied or listed by place."""
    for path in sorted((lineage.folder / RELEASES).glob("*/contents.json")):
        try:
            rows = [
                {
                    "copied": row["copied"] is True,
                    "copy": f"{RELEASES}/{path.parent.name}/{row['path']}",
                    "sha256": row["sha256"],
                    "place": row["place"],
                }
                for row in read_json(path)["files"]
            ]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # another document, or a damaged one, which `verify` names
        yield path.parent.name, rows


def _places(table: Path, wanted: list[OfSessions]) -> dict[str, int]:
    """Number of samples of the sessions by the file of the export that holds their sound."""
    there = read_schema(table).names
    columns = [name for name in SAMPLE_PLACES if name in there]
    places: Counter[str] = Counter()
    for match in wanted:
        for row in matching_rows(table, match, [*SESSION_COLUMNS, *columns]):
            places.update(row[name] for name in columns if row[name] is not None)
    return dict(sorted(places.items()))


def _release_of(lineage: Lineage, export: str) -> str:
    try:
        return str(read_json(lineage.folder / export / "metadata.json").get("release") or "")
    except (OSError, ValueError, AttributeError):
        return ""
