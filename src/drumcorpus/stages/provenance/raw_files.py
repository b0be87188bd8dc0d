"""Which raw files made an event, a sample or a session: paths and digests, by what is recorded.

A row of a manifest or of an export names its session. The raw files of a session stand in the table
of sessions on which the row's product rests, by its run manifest, or else in the provenance rows
that a release is passed on with.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.run.lineage import Lineage, Record
from drumcorpus.stages.provenance.rows import (
    NAMES_FILES,
    SESSION_COLUMNS,
    SHOWN,
    InFile,
    OfEvent,
    OfSession,
    matching_rows,
)
from drumcorpus.stages.provenance.text import missing_links
from drumcorpus.stages.provenance.tree import upstream_of

SCHEMA = "drumcorpus-origins-v1"
STAGED_KEY = "predictions"
# The rule that lists sessions with their files, and what it calls the table of them.
LISTS_SESSIONS, SESSIONS = "take_inventory", "sessions"
PROVENANCE = "results/provenance/{source_set}.jsonl"
# The rule that stages the predictions of a model as labels, and what it calls its account of them.
STAGES_PREDICTIONS, STAGED = "stage_predictions", "staged"


@dataclass
class RawFile:
    """One raw file of a session; `path` is relative to the root of its source set."""

    path: str
    role: str
    bytes: int
    sha256: str
    is_named: bool = False


@dataclass
class Origin:
    """Where a row came from: its session, the raw files of this, and what says so.

    `row` has what a row says of itself, and `told_by` the product in which the files stand. `files`
    that the row itself names, as its sound or its labels, come first. `predictions` has, where a
    model has made the labels, its name and version and the file that they are from.
    """

    source_set: str
    session_id: str
    n_rows: int = 1
    row: dict = field(default_factory=dict)
    files: list[RawFile] = field(default_factory=list)
    told_by: str = ""
    problems: list[str] = field(default_factory=list)
    predictions: dict = field(default_factory=dict)

    def as_document(self) -> dict:
        """The same for JSON; without `predictions` where there are none."""
        return {key: value for key, value in asdict(self).items() if key != STAGED_KEY or value}


def origins_of_event(lineage: Lineage, product: str, event_id: str) -> list[Origin]:
    """The origins of the rows of a product that hold an event, as their own or among their strokes.

    Raises
    ------
    ValueError
        If the product has no rows that name sessions, or none with this event.
    """
    rows = list(matching_rows(lineage.folder / product, OfEvent(event_id)))
    if not rows:
        raise ValueError(f"{visible(product)}: no row of it has the event {event_id!r:.80}")
    return _origins(lineage, product, rows)


def origins_of_session(lineage: Lineage, product: str, session: str) -> list[Origin]:
    """The origins of the rows of a product that stand for a session.

    `session` is the id of a session, or source set and id with a slash or a colon between.

    Raises
    ------
    ValueError
        If the product has no rows that name sessions, or none of this one.
    """
    rows = list(matching_rows(lineage.folder / product, OfSession(session)))
    if not rows:
        raise ValueError(f"{visible(product)}: no row of it is of the session {session!r:.80}")
    return _origins(lineage, product, rows)


def origins_of_sample(lineage: Lineage, listing: str, path: str) -> list[Origin]:
    """The origins of a file of an export: a sample, or a shard of many.

    Parameters
    ----------
    lineage : Lineage
    listing : str
        The listing of the export, relative to the working folder.
    path : str
        The file relative to the export.

    Raises
    ------
    ValueError
        If no table of labels of the export names it.
    """
    export = Path(listing).parent
    folder = lineage.folder / export / path.split("/")[0]
    for table in sorted(folder.glob("*_labels.parquet")):
        rows = list(matching_rows(table, InFile(path)))
        if rows:
            return _origins(lineage, table.relative_to(lineage.folder).as_posix(), rows)
    raise ValueError(f"{visible(path)}: no table of labels in {visible(str(export))} names it")


def _origins(lineage: Lineage, product: str, rows: list[dict]) -> list[Origin]:
    """One origin for each session, in the order of the rows; a single row is shown with it."""
    origins: dict[tuple[str, str], Origin] = {}
    of: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        of.setdefault((row["source_set"], row["session_id"]), []).append(row)
    upstream = upstream_of(lineage, product)
    chain = upstream.records
    for key, its_rows in of.items():
        origin = origins[key] = Origin(*key, n_rows=len(its_rows))
        origin.problems += missing_links(upstream)
        if len(its_rows) == 1:
            shown = {name: its_rows[0].get(name) for name in (*SHOWN, *NAMES_FILES)}
            origin.row = {name: value for name, value in shown.items() if value is not None}
        _add_files(lineage, chain, origin, its_rows)
        _add_predictions(lineage, chain, origin)
    return list(origins.values())


def _add_predictions(lineage: Lineage, chain: Iterable[Record], origin: Origin) -> None:
    """Find the model and the file that labelled a session, where one did.

    The account of what was staged has it; without that, as in a release that was passed on, the
    provenance rows.
    """
    for record in chain:
        is_account = (record.rule, record.name) == (STAGES_PREDICTIONS, STAGED)
        place = lineage.folder / record.path
        if not is_account or not place.is_file():
            continue
        if sha256_file(place) != record.sha256:
            origin.problems.append(f"{visible(record.path)}: is not what its run manifest says")
            continue
        staged = read_json(place)
        for row in staged["sessions"] if staged["source_set"] == origin.source_set else ():
            if row["session_id"] == origin.session_id:
                said = {name: staged[name] for name in ("model", "version", "place")}
                origin.predictions = said | row["file"] | {"told_by": record.path}
    if not origin.predictions:
        origin.predictions = _predictions_of_rows(lineage, origin)


def _predictions_of_rows(lineage: Lineage, origin: Origin) -> dict:
    """What the provenance rows of a set say of predictions; empty where they say nothing.

    They do not say in which folder the file lay: that is a place of the machine that staged it.
    """
    path = PROVENANCE.format(source_set=origin.source_set)
    table = lineage.folder / path
    if not table.is_file():
        return {}
    record = lineage.record(path)
    if record is not None and sha256_file(table) != record.sha256:
        return {}  # `_tellers` has named it
    wanted = OfSession(f"{origin.source_set}:{origin.session_id}")
    for row in matching_rows(table, wanted, [*SESSION_COLUMNS, STAGED_KEY]):
        said = row.get(STAGED_KEY)
        if said is None:
            continue
        try:
            file = {name: said["file"][name] for name in ("path", "sha256", "bytes")}
            model = {name: str(said[name]) for name in ("model", "version")}
            return model | file | {"bytes": int(file["bytes"]), "told_by": path}
        except (KeyError, TypeError, ValueError):
            origin.problems.append(f"{visible(path)}: tells no file under {STAGED_KEY}")
    return {}


def _add_files(lineage: Lineage, chain: Iterable[Record], origin: Origin, rows: list[dict]) -> None:
    """Find the raw files of a session, in the chain or in the provenance rows beside it."""
    tellers = dict(_tellers(lineage, chain, origin))
    named = {row.get(name) for row in rows for name in NAMES_FILES}
    for teller, files in tellers.items():
        if not origin.told_by:
            origin.told_by = teller
            origin.files = [
                RawFile(*(file[name] for name in ("path", "role", "bytes", "sha256")))
                for file in files
            ]
        elif {(file["path"], file["sha256"]) for file in files} != {
            (file.path, file.sha256) for file in origin.files
        }:
            origin.problems.append(f"{teller}: has other files than {origin.told_by}")
    for file in origin.files:
        file.is_named = file.path in named
    origin.files.sort(key=lambda file: (not file.is_named, file.role, file.path))
    if not tellers:
        origin.problems.append(
            f"no table of sessions in the chain and no {PROVENANCE.format(source_set='<set>')} "
            f"tells the files of {visible(origin.session_id)} of {visible(origin.source_set)}"
        )
    missing = sorted(path for path in named - {file.path for file in origin.files} if path)
    if origin.files and missing:
        origin.problems.append(f"{visible(missing[0])}: is named, and no file of its session")


def _tellers(
    lineage: Lineage, chain: Iterable[Record], origin: Origin
) -> Iterator[tuple[str, list[dict]]]:
    """(product, files) of all that tells the files of a session, the chain's table first."""
    provenance = PROVENANCE.format(source_set=origin.source_set)
    places = [
        (record.path, "files")
        for record in chain
        if record.rule == LISTS_SESSIONS
        and record.name == SESSIONS
        and any(source.path == origin.source_set for source in record.inputs)
    ]
    for path, column in [*places, (provenance, "hashes")]:
        table = lineage.folder / path
        if not table.is_file():
            continue
        record = lineage.record(path)
        if record is not None and sha256_file(table) != record.sha256:
            origin.problems.append(f"{visible(path)}: is not what its run manifest says")
            continue
        wanted = OfSession(f"{origin.source_set}:{origin.session_id}")
        for row in matching_rows(table, wanted, [*SESSION_COLUMNS, column]):
            if not _are_files(row.get(column)):
                origin.problems.append(f"{visible(path)}: tells no files under {column}")
                break
            yield path, row[column]
            break


def _are_files(value: object) -> bool:
    """Whether a value is a list of files, each with what a `RawFile` has."""
    keys = {"path", "role", "bytes", "sha256"}
    return isinstance(value, list) and all(
        isinstance(file, dict)
        and keys <= file.keys()
        and all(file[key] is not None for key in keys)
        for file in value
    )
