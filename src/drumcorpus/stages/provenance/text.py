"""The tree of a product as text of 80 columns, and as JSON."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.run.lineage import circle_in_words
from drumcorpus.stages.provenance.tree import (
    ABOVE,
    CIRCLE,
    PRODUCT,
    RAW,
    STALE,
    Node,
    Stale,
    Upstream,
    stale_in_words,
)

if TYPE_CHECKING:  # which load pyarrow, and the tree needs none
    from drumcorpus.stages.provenance.raw_files import Origin
    from drumcorpus.stages.provenance.users import Users

WIDTH = 80
SCHEMA = "drumcorpus-trace-v1"
# Columns that the branches of the tree may take; further in, the depth stands as a number.
WIDEST_BRANCHES = 30
TIMES = "\u00d7"
N_NAMES = 5  # that are listed where not all are asked for
SAID = {ABOVE: "(as above)", CIRCLE: "(leads back to itself)", STALE: "(does not stand any more)"}
N_DIGITS = 12  # of a digest that is shown


def tree_in_words(nodes: list[Node], *, width: int = WIDTH) -> Iterator[str]:
    """The lines of a tree, none wider than `width` columns."""
    last = [False] * len(nodes)
    for node in nodes:
        for child in node.children:
            last[child] = child == node.children[-1]
    branches: list[str] = []  # of the nodes above the present one
    for node, is_last in zip(nodes, last, strict=True):
        del branches[max(node.depth - 1, 0) :]
        above = "".join(branches)
        if not node.depth:
            head = below = ""
        else:
            head, below = above + ("└ " if is_last else "├ "), above + ("  " if is_last else "│ ")
            branches.append("  " if is_last else "│ ")
        if len(head) > WIDEST_BRANCHES:
            head = f"({node.depth}) "
            below = " " * len(head)
        below += "│ " if node.children else "  "
        yield from _lines(_name_of(node), _details_of(node), head, below, width)
        for sentence in node.lost:
            yield from _lines(f"! {visible(sentence)}", "", below, below, width)


def summary(chain: Upstream) -> list[str]:
    """What the whole chain comes to, in sentences, and each link that is missing in it."""
    kinds = [key[0] for key in chain.sources]
    others = {
        "file(s) that are kept by hand": kinds.count("resource"),
        "file(s) from elsewhere": kinds.count("external"),
    }
    listed = [f"{n:,} {what}" for what, n in others.items() if n]
    sentences = [", ".join([f"{len(chain.records):,} product(s)", *listed])]
    sentences += [
        f"raw files of {visible(source.path)}: {source.rows or 0:,}, sha256 of their listing "
        f"{source.sha256[:N_DIGITS]}…"
        for source in chain.raw
    ]
    return sentences


def missing_links(chain: Upstream) -> list[str]:
    """A sentence for each product of the chain without a record, or with one of another version."""
    sentences = [*stale_links(chain.stale)]
    if chain.circle:
        sentences.append(circle_in_words(chain.circle))
    for path, problem in sorted(chain.lost.items()):
        users = chain.users.get(path, [])
        shown = f"; {visible(users[0])} was made from it" if users else ""
        more = f", and {len(users) - 1:,} more" if len(users) > 1 else ""
        sentences.append(f"{visible(problem or f'{path}: has no run manifest')}{shown}{more}")
    return sentences


def stale_links(links: Iterable[Stale]) -> Iterator[str]:
    """A sentence for each stale link, with what the version that stands rests on."""
    for link in links:
        more = f" and {len(link.users) - 1:,} more" if len(link.users) > 1 else ""
        shown = ", ".join(visible(path) for path in link.rests_on[:N_NAMES])
        others = len(link.rests_on) - N_NAMES
        and_more = f" and {others:,} more" if others > 0 else ""
        which = stale_in_words(link.path, link.recorded, link.today)
        yield (
            f"{which}; read by {visible(link.users[0])}{more}. The one that stands rests on "
            f"{shown or 'nothing that is recorded'}{and_more}"
        )


def upstream_as_document(chain: Upstream) -> dict:
    """Everything that a product rests on, for JSON: paths are relative to the working folder."""
    return {
        "schema": SCHEMA,
        "product": chain.product,
        "products": [
            {
                "path": record.path,
                "rule": record.rule,
                "sha256": record.sha256,
                "bytes": record.bytes,
                "rows": record.rows,
                "inputs": [
                    {
                        "name": source.name,
                        "path": source.path,
                        "kind": source.kind,
                        "sha256": source.sha256,
                        "rows": source.rows,
                    }
                    for source in record.inputs
                ],
            }
            for record in chain.records
        ],
        "raw": [
            {"source_set": source.path, "files": source.rows, "sha256": source.sha256}
            for source in chain.raw
        ],
        "missing": [
            {
                "path": path,
                "problem": problem or "has no run manifest",
                "users": chain.users.get(path, []),
            }
            for path, problem in sorted(chain.lost.items())
        ],
        "stale": [asdict(link) for link in chain.stale],
        "circle": chain.circle,
    }


def several(paths: tuple[str, ...], pattern: str) -> str:
    """The path of one product, or the pattern of several with their number."""
    return f"{len(paths):,} {TIMES} {visible(pattern)}" if len(paths) > 1 else visible(pattern)


def _name_of(node: Node) -> str:
    if node.kind == RAW:
        n_sets = len(node.paths)
        return (
            f"raw files of {visible(node.paths[0]) if n_sets == 1 else f'{n_sets:,} source sets'}"
        )
    return several(node.paths, node.pattern)


def _details_of(node: Node) -> str:
    details = [node.rule if node.kind == PRODUCT else "" if node.kind == RAW else node.kind]
    if node.rows is not None:
        details.append(f"{node.rows:,} {'files' if node.kind == RAW else 'rows'}")
    if node.sha256:
        details.append(node.sha256[:N_DIGITS])
    if node.said:
        details.append(SAID[node.said])
    elif node.n_above:
        details.append(f"({node.n_above:,} as above)")
    return " ".join(part for part in details if part)


def _lines(name: str, details: str, head: str, below: str, width: int) -> Iterator[str]:
    """A name and what is said of it: on one line if they fit, else broken where they may be."""
    line = f"{head}{name}  {details}".rstrip()
    if len(line) <= width:
        yield line
        return
    for number, part in enumerate(_broken(name, width - max(len(head), len(below)))):
        yield (below if number else head) + part
    if details:
        yield from (below + part for part in _broken(details, width - len(below)))


def _broken(text: str, width: int) -> Iterator[str]:
    """A text in pieces of at most `width` characters, each up to a slash or a space."""
    while len(text) > width:
        at = max(text.rfind("/", 0, width), text.rfind(" ", 0, width)) + 1 or width
        yield text[:at].rstrip()
        text = text[at:]
    yield text


def origin_in_words(origin: "Origin", width: int = WIDTH) -> Iterator[str]:
    """Where the rows of one session came from, in lines of which paths alone may be wider."""
    rows = "1 row" if origin.n_rows == 1 else f"{origin.n_rows:,} rows"
    yield f"session {visible(origin.session_id)} of {visible(origin.source_set)}, {rows}"
    for name, value in origin.row.items():
        yield f"  {name} {visible(str(value))}"
    yield f"raw files, below the root of {visible(origin.source_set)}:"
    for file in origin.files:
        yield f"  {file.role}{' (named by the row)' if file.is_named else ''}, {file.bytes:,} bytes"
        yield from _lines(visible(file.path), "", "    ", "    ", width)
        yield f"    sha256 {file.sha256}"
    if origin.told_by:
        yield f"told by {visible(origin.told_by)}"
    if said := origin.predictions:
        yield f"labels: predictions of {visible(said['model'])} {visible(said['version'])}"
        place = f"in {visible(said['place'])}" if "place" in said else "a file"
        yield f"  {place}, {said['bytes']:,} bytes"
        yield from _lines(visible(said["path"]), "", "    ", "    ", width)
        yield f"    sha256 {said['sha256']}"
        yield f"told by {visible(said['told_by'])}"


def users_in_words(users: "Users", *, show_all: bool = False) -> Iterator[str]:
    """What rests on a raw file, with numbers; every name only where all are asked for."""
    for each in users.listed:
        yield f"{visible(each.source_set)}: {visible(each.path)}"
        yield f"  {each.role}, sha256 {each.sha256}"
        sessions = users.sessions.get(each.source_set, [])
        yield from _some("  of session ", sessions, show_all)
        if not sessions:
            yield "  of no session: it stands for the whole source set"
    for path in users.external:
        yield f"{visible(path)}: an input from elsewhere"
    yield f"{len(users.chain):,} product(s) rest on it, by their run manifests:"
    listed = [f"{rule} {n:,}" for rule, n in users.rules.items()]
    yield from (f"  {line}" for line in _wrapped(listed, WIDTH - 2))
    if show_all:
        yield from (f"  {visible(path)}" for path in users.chain)
    for each in users.unknown:
        yield f"{len(each.products):,} more product(s) may, of which nothing tells that is here:"
        yield from _some("  ", each.products, show_all)
    if not users.holders:
        return
    yield f"{len(users.holders):,} of them hold rows of its session(s), or of it:"
    for holder in users.holders:
        yield f"  {holder.n_rows:>6,} {visible(holder.path)}"
    for exported in users.exports:
        release = f", release {visible(exported.release)}" if exported.release else ""
        yield f"{visible(exported.folder)}{release}: in {len(exported.files):,} file(s)"
        yield from _some("  ", exported.files, show_all)
    for release, n in users.releases.items():
        yield f"release {visible(release)}: {n:,} document(s) or export(s)"


def _some(head: str, names: Iterable[str], show_all: bool) -> Iterator[str]:
    names = list(names)
    shown = names if show_all else names[:N_NAMES]
    yield from (f"{head}{visible(name)}" for name in shown)
    if len(names) > len(shown):
        yield f"{' ' * len(head)}and {len(names) - len(shown):,} more (--all lists them)"


def _wrapped(words: Iterable[str], width: int) -> Iterator[str]:
    """Words with commas between, in lines of at most `width`."""
    line = ""
    for word in words:
        if line and len(line) + len(word) + 3 > width:
            yield f"{line},"
            line = word
        else:
            line = f"{line}, {word}" if line else word
    if line:
        yield line
