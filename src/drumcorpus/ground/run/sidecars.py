"""Run manifests read by somebody who trusts none: what one is not is said in a sentence.

`run_manifest.read_manifest` tells a job whether a record counts. Here stands why it does not.
"""

import os
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import orjson

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.json_files import KeyTwice, is_canonical, read_json_by_people
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.plain_files import odd_kind
from drumcorpus.ground.run.run_manifest import SCHEMA, SUFFIX, manifest_path, recorded_output

KINDS = ("external", "product", "raw", "resource")
# What may stand in a run manifest, and what must.
OPTIONAL = frozenset({"corpus"})
KEYS = frozenset(
    "schema rule wildcards script params inputs outputs counters seal".split()  # noqa: SIM905
)
OUTPUT_KEYS = frozenset({"name", "path", "sha256", "bytes", "rows"})
INPUT_KEYS = frozenset({"name", "path", "sha256", "kind", "rows"})
# Lists of the section of a corpus with what they hold, and what else stands in it.
CORPUS_LISTS = {
    "input_shards": dict,
    "output_paths": str,
    "required_keys": str,
    "natural_key": str,
    "conflicts_shown": str,
    "scale_conversions": dict,
    "command_line": str,
}
NOT_EMPTY = ("input_shards", "output_paths", "natural_key")
CORPUS_KEYS = frozenset({"kind", "arguments", "duplicates", "source_overrides", *CORPUS_LISTS})
CORPUS_KINDS = ("merge", "aggregate")
SCRIPT_KEYS = frozenset({"path", "code", "software"})
# Bytes of the longest run manifest that is read; one with 100,000 inputs has 30 MB.
LONGEST = 256 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SEAL = re.compile(rb'\n  "seal": "[0-9a-f]{64}",\n')
_CODE = re.compile(r"[0-9a-f]{16}")


def read_sidecar(product: str | os.PathLike, at: str | os.PathLike | None = None) -> dict:
    """The run manifest that stands beside `product`, or `at` a place, if it is one in all respects.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is none, or was changed after it was written; the message names the file, and what
        is wrong with it.
    """
    path = f"{os.fspath(product)}{SUFFIX}" if at is None else os.fspath(at)
    return _parsed(path, _bytes_of(path))


def _parsed(path: str, data: bytes) -> dict:
    """The run manifest that `path` holds, by its bytes."""
    shown = visible(path)
    try:
        manifest = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        sentence = f"{shown}:{error.lineno}:{error.colno}: not JSON: {error.msg}"
        if re.search(rb"\b(NaN|Infinity)\b", data):
            sentence += "; NaN and Infinity are no numbers of JSON"
        raise ValueError(sentence) from error
    problem = "" if _is_sound(manifest) else next(manifest_problems(manifest), "")
    if problem or not is_canonical(data, manifest):
        raise ValueError(_why_none(path, shown, problem))
    if manifest["seal"] != (seal := _seal_in(data)):
        raise ValueError(
            f"{shown}: its seal is {manifest['seal'][:12]}…, and what it holds gives {seal[:12]}…: "
            "it was changed after it was written"
        )
    return manifest


def _bytes_of(path: str) -> bytes:
    """The content of a run manifest; what is no plain file is refused before it is opened."""
    record = os.lstat(path)
    if odd := odd_kind(record.st_mode):
        raise ValueError(f"{visible(path)}: is {odd}, where a run manifest belongs; move it away")
    if record.st_size > LONGEST:
        size = f"{record.st_size:,} bytes"
        raise ValueError(f"{visible(path)}: has {size}; a run manifest has far fewer")
    with open(path, "rb") as handle:  # noqa: PTH123 (called for each of many files)
        return handle.read()


def read_output(product: str | os.PathLike, recorded: str) -> tuple[dict, dict]:
    """The run manifest beside a product, and what it says of the output `recorded`.

    Raises
    ------
    FileNotFoundError, ValueError
        As of `read_sidecar`; also where it names no such output.
    """
    manifest = read_sidecar(product)
    record = recorded_output(manifest, recorded)
    if record is None:
        outputs = ", ".join(visible(row["path"]) for row in manifest["outputs"][:3])
        shown = visible(str(manifest_path(product)))
        raise ValueError(f"{shown}: does not name the file it stands beside, but {outputs}")
    return manifest, record


def manifest_problems(document: object) -> Iterator[str]:
    """What is wrong with a document that should be a run manifest: a sentence for each.

    It asks what ``workflow/schemas/run_manifest.schema.yaml`` asks, a hundred times as fast.
    """
    if not isinstance(document, dict):
        yield f"is no run manifest: wanted an object, got {_kind(document)}"
        return
    if document.get("schema") != SCHEMA:
        yield f"schema: got {document.get('schema')!r:.60}; allowed: {SCHEMA}"
        return
    yield from _keys(document, KEYS, "(top level)", OPTIONAL)
    yield from _typed(document, "", rule=str, wildcards=dict, params=dict, counters=dict)
    yield from _typed(document, "", corpus=dict, inputs=list, outputs=list, script=dict)
    if isinstance(document.get("corpus"), dict):
        yield from _corpus_problems(document["corpus"])
    if isinstance(document.get("wildcards"), dict):
        yield from _texts(document["wildcards"], "wildcards")
    if isinstance(script := document.get("script"), dict):
        yield from _keys(script, SCRIPT_KEYS, "script")
        yield from _typed(script, "script.", path=str, software=dict)
        yield from _digest(script, "script.", "code", _CODE)
        if isinstance(script.get("software"), dict):
            yield from _texts(script["software"], "script.software")
    yield from _digest(document, "", "seal", _SHA256)
    for name, keys in (("inputs", INPUT_KEYS), ("outputs", OUTPUT_KEYS)):
        rows = document.get(name)
        if not isinstance(rows, list):
            continue
        if not rows and name == "outputs":
            yield "outputs: is empty; wanted: 1 or more"
        for number, row in enumerate(rows):
            yield from _row_problems(row, keys, f"{name}.{number}")


def _corpus_problems(corpus: dict) -> Iterator[str]:
    """What is wrong with the section of a corpus that was merged or aggregated."""
    yield from _keys(corpus, CORPUS_KEYS, "corpus")
    if "kind" in corpus and corpus["kind"] not in CORPUS_KINDS:
        yield f"corpus.kind: got {_kind(corpus['kind'])}; allowed: {', '.join(CORPUS_KINDS)}"
    yield from _typed(corpus, "corpus.", duplicates=str, arguments=dict, source_overrides=dict)
    yield from _typed(corpus, "corpus.", **dict.fromkeys(CORPUS_LISTS, list))
    if corpus.get("duplicates") == "":
        yield "corpus.duplicates: is empty; wanted: the name of a policy"
    for name, kind in CORPUS_LISTS.items():
        values = corpus.get(name)
        if not isinstance(values, list):
            continue
        if not values and name in NOT_EMPTY:
            yield f"corpus.{name}: is empty; wanted: 1 or more"
        for number, value in enumerate(values):
            if not isinstance(value, kind):
                wanted = "string" if kind is str else "object"
                yield f"corpus.{name}.{number}: got {_kind(value)}; wanted: {wanted}"
            elif value == "" and name == "output_paths":
                yield f"corpus.{name}.{number}: is empty; wanted: a path"
    if isinstance(arguments := corpus.get("arguments"), dict):
        yield from _keys(arguments, frozenset({"given", "complete"}), "corpus.arguments")
        yield from _typed(arguments, "corpus.arguments.", given=dict, complete=dict)
    if isinstance(corpus.get("source_overrides"), dict):
        yield from _texts(corpus["source_overrides"], "corpus.source_overrides")
    if isinstance(corpus.get("input_shards"), list):
        for number, shard in enumerate(corpus["input_shards"]):
            if isinstance(shard, dict):
                yield from _shard_problems(shard, f"corpus.input_shards.{number}")


def _shard_problems(shard: dict, place: str) -> Iterator[str]:
    yield from _keys(shard, frozenset({"path", "sha256", "rows"}), place)
    yield from _typed(shard, f"{place}.", path=str)
    yield from _digest(shard, f"{place}.", "sha256", _SHA256)
    if isinstance(shard.get("path"), str):
        yield from _of_path(shard["path"], place)
    if "rows" in shard and not (_is_integer(shard["rows"]) and shard["rows"] >= 0):
        yield f"{place}.rows: got {shard['rows']!r:.60}; wanted: integer from 0"


def _is_sound(document: object) -> bool:
    """Whether a document has no problem, told as fast as may be; if not, it may have none still."""
    try:
        script, inputs, outputs = document["script"], document["inputs"], document["outputs"]
        return (
            document["schema"] == SCHEMA
            and document.keys() == KEYS
            and script.keys() == SCRIPT_KEYS
            and type(document["rule"]) is type(script["path"]) is str
            and type(document["params"]) is type(document["counters"]) is dict
            and all(type(value) is str for value in document["wildcards"].values())
            and all(type(value) is str for value in script["software"].values())
            and _CODE.fullmatch(script["code"]) is not None
            and _SHA256.fullmatch(document["seal"]) is not None
            and type(inputs) is type(outputs) is list
            and len(outputs) > 0
            and all(row["kind"] in KINDS and _row_is_sound(row, INPUT_KEYS) for row in inputs)
            and all(row["bytes"] >= 0 and _row_is_sound(row, OUTPUT_KEYS) for row in outputs)
            and all(type(row["bytes"]) is int for row in outputs)
        )
    except (TypeError, KeyError, AttributeError):
        return False


def _row_is_sound(row: dict, keys: frozenset[str]) -> bool:
    path, rows = row["path"], row["rows"]
    return (
        row.keys() == keys
        and _SHA256.fullmatch(row["sha256"]) is not None
        and type(path) is type(row["name"]) is str
        and (rows is None or type(rows) is int)
        and path[:1] not in ("", "/")
        and ".." not in path
        and "\0" not in path
    )


def path_problem(path: str) -> str:
    """Why a path may not stand in a run manifest; empty where it may."""
    if not path or path.startswith("/"):
        return "is empty" if not path else "is absolute"
    if "\0" in path:
        return "holds a NUL"
    if ".." in path and ".." in PurePosixPath(path).parts:
        return "climbs out of the working folder"
    return ""


def _row_problems(row: object, keys: frozenset[str], place: str) -> Iterator[str]:
    if not isinstance(row, dict):
        yield f"{place}: got {_kind(row)}; wanted: object"
        return
    yield from _keys(row, keys, place)
    yield from _typed(row, f"{place}.", name=str, path=str)
    yield from _digest(row, f"{place}.", "sha256", _SHA256)
    if isinstance(row.get("path"), str):
        yield from _of_path(row["path"], place)
    if "rows" in row and row["rows"] is not None and not _is_integer(row["rows"]):
        yield f"{place}.rows: got {row['rows']!r:.60}; wanted: integer or null"
    if "kind" in keys and "kind" in row and row["kind"] not in KINDS:
        yield f"{place}.kind: got {row['kind']!r:.60}; allowed: {', '.join(KINDS)}"
    if "bytes" in keys and "bytes" in row and not (_is_integer(row["bytes"]) and row["bytes"] >= 0):
        yield f"{place}.bytes: got {row['bytes']!r:.60}; wanted: integer from 0"


def _of_path(path: str, place: str) -> Iterator[str]:
    if problem := path_problem(path):
        shown = visible(path[:80])
        yield f"{place}.path: {shown!r} {problem}; wanted: a path below the working folder"


def _keys(
    document: dict, wanted: frozenset[str], place: str, optional: frozenset[str] = frozenset()
) -> Iterator[str]:
    names = document.keys()
    if names == wanted:
        return
    if missing := sorted(wanted - names):
        yield f"{place}: missing {', '.join(missing)}"
    if unknown := sorted(names - wanted - optional):
        shown = ", ".join(visible(name[:40]) for name in unknown[:3])
        yield f"{place}: unknown key {shown}; allowed: {', '.join(sorted(wanted | optional))}"


def _typed(document: dict, place: str, **kinds: type) -> Iterator[str]:
    for name, kind in kinds.items():
        if name in document and not isinstance(document[name], kind):
            wanted = {str: "string", dict: "object", list: "array"}[kind]
            yield f"{place}{name}: got {_kind(document[name])}; wanted: {wanted}"


def _texts(document: dict, place: str) -> Iterator[str]:
    for name, value in document.items():
        if not isinstance(value, str):
            yield f"{place}.{visible(name[:40])}: got {_kind(value)}; wanted: string"


def _digest(document: dict, place: str, name: str, pattern: re.Pattern) -> Iterator[str]:
    value = document.get(name)
    if name in document and not (isinstance(value, str) and pattern.fullmatch(value)):
        n_digits = 16 if pattern is _CODE else 64
        yield f"{place}{name}: got {value!r:.80}; wanted: {n_digits} lower-case hex digits"


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _kind(value: object) -> str:
    """What a value is called in JSON, with the value where it is short."""
    names = {dict: "an object", list: "an array", str: "a string", type(None): "null"}
    return names.get(type(value), f"{value!r:.60}")


def _seal_in(data: bytes) -> str:
    """`seal_of` what a run manifest holds, by its bytes: a seal stands on a line of its own."""
    return sha256_bytes(_SEAL.sub(b"\n", data, count=1))


def _why_none(path: str, shown: str, problem: str) -> str:
    """Why a JSON document is no run manifest; a key that stands twice makes all else doubtful."""
    try:
        read_json_by_people(path)
    except KeyTwice as error:
        return visible(str(error))
    return f"{shown}: " + (
        problem
        or "is not as a run manifest is written (white space, order of keys): it was changed after "
        "it was written"
    )
