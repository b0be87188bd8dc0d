"""The tree from a product to its raw files, in which like inputs may be one node.

A product that many were made of stands in it once with its own inputs; where it is met again, the
tree says so and goes no further. So a tree has as many lines as there are links, at most.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.run.lineage import Lineage, Record, Source, circle_of

PRODUCT, RAW = "product", "raw"
# What a node says of itself beside its inputs.
ABOVE, CIRCLE, STALE = "above", "circle", "stale"


@dataclass
class Node:
    """A product, another input, or several like ones.

    `paths` are those of its members, `pattern` the same in one, with ``*`` for what differs. Of a
    product `rule` made it. `sha256` is that of a single member, `rows` the sum of all, or the
    number of the raw files. `said` is `ABOVE` for products whose inputs stand further up, `CIRCLE`
    where a product leads back to itself; `n_above` is the number of members whose inputs stand
    further up, `STALE` for one of which another version stands. `lost` has a sentence for each
    member without a record, or with another one. `children` are places in the
    list of nodes.
    """

    kind: str
    paths: tuple[str, ...]
    pattern: str
    depth: int
    rule: str = ""
    sha256: str = ""
    rows: int | None = None
    said: str = ""
    n_above: int = 0
    lost: list[str] = field(default_factory=list)
    children: list[int] = field(default_factory=list)


@dataclass
class Stale:
    """A product that was made again since others were made of it, which are its `users`.

    `recorded` is the digest of what they were made of, `today` that of what stands. What the former
    was made of cannot be told; `rests_on` is what no job has made that the latter rests on.
    """

    path: str
    recorded: str
    today: str
    users: list[str] = field(default_factory=list)
    rests_on: list[str] = field(default_factory=list)


@dataclass
class Upstream:
    """Everything that a product rests on: the records, nearest first, and the other inputs.

    `lost` has, by the path of a product without a record, why there is none: empty where no run
    manifest stands. `users` has those made of each path. `stale` are products of which another
    version stands, `circle` the products that were made from one another, by what is recorded.
    """

    product: str
    records: list[Record]
    sources: dict[tuple[str, str, str], Source]
    lost: dict[str, str]
    users: dict[str, list[str]]
    stale: list[Stale] = field(default_factory=list)
    circle: list[str] = field(default_factory=list)

    @property
    def raw(self) -> list[Source]:
        """Raw data of source sets, in order."""
        return [source for key, source in sorted(self.sources.items()) if key[0] == RAW]


def upstream_of(lineage: Lineage, product: str) -> Upstream:
    """Follow a product to the ends of its chain."""
    records = list(lineage.upstream([product]))
    sources: dict[tuple[str, str, str], Source] = {}
    users: dict[str, list[str]] = {}
    lost = {}
    stale: dict[tuple[str, str], Stale] = {}
    for record in records:
        for source in record.inputs:
            users.setdefault(source.path, []).append(record.path)
            if source.kind != PRODUCT:
                sources.setdefault((source.kind, source.path, source.sha256), source)
            elif lineage.record(source.path) is None:
                lost[source.path] = lineage.problems[source.path]
            elif lineage.maker(source) is None:
                stale_of(lineage, source, stale).users.append(record.path)
    if not records:
        lost[product] = lineage.problems[product]
    in_order = [stale[key] for key in sorted(stale)]
    return Upstream(product, records, sources, lost, users, in_order, circle_of(records))


def stale_of(lineage: Lineage, source: Source, met: dict[tuple[str, str], Stale]) -> Stale:
    """The stale link of an input; one that was `met` before is the same."""
    key = source.path, source.sha256
    if key not in met:
        rests_on = {
            f"raw files of {each.path}" if each.kind == RAW else each.path
            for record in lineage.upstream([source.path])
            for each in record.inputs
            if each.kind not in (PRODUCT, "resource")
        }
        today = lineage.record(source.path).sha256
        met[key] = Stale(*key, today, [], sorted(rests_on))
    return met[key]


def stale_in_words(path: str, recorded: str, today: str) -> str:
    """That another version of a product stands than was read."""
    return (
        f"{visible(path)}: another version stands (sha256 {recorded[:12]}… was read, {today[:12]}… "
        "stands), and no run manifest tells what the one that was read was made of"
    )


def original_of(lineage: Lineage, listing: str, sha256: str) -> str:
    """The product that a file is a copy of, as the folder of a release has them.

    It is one that the listing rests on, and has the digest that this gives the file; empty if there
    is none, as of a sample of an export.
    """
    records = lineage.upstream([listing])
    return next((record.path for record in records if record.sha256 == sha256), "")


def tree_of(lineage: Lineage, product: str, *, fold: int) -> list[Node]:
    """The tree of a product, in the order of its lines; the product is the first node.

    Parameters
    ----------
    lineage : Lineage
    product : str
    fold : int
        As many inputs that one rule has made, or that lie in one folder, or more of them, are one
        node; 0 for none.
    """
    nodes = [_product_node(lineage, (product,), 0)]
    open_paths: set[str] = set()  # of the products on the way from the first to the present one
    expanded: set[str] = set()  # whose inputs stand in the tree
    pending: list[tuple[int, bool]] = [(0, False)]
    order: list[Node] = []
    places: dict[int, int] = {}
    while pending:
        index, is_done = pending.pop()
        node = nodes[index]
        if is_done:
            open_paths.difference_update(node.paths)
            continue
        places[index] = len(order)
        order.append(node)
        if node.kind != PRODUCT or node.said == STALE:
            continue
        circle = open_paths.intersection(node.paths)
        fresh = [path for path in node.paths if path not in expanded]
        if circle or not fresh:
            has_inputs = any(lineage.record(path) for path in node.paths)
            node.said = CIRCLE if circle else ABOVE if has_inputs else ""
            continue
        node.n_above = len(node.paths) - len(fresh)
        expanded.update(fresh)
        open_paths.update(node.paths)
        pending.append((index, True))
        first = len(nodes)
        nodes += _children(lineage, fresh, node.depth + 1, fold)
        node.children = list(range(first, len(nodes)))
        pending += [(child, False) for child in reversed(node.children)]
    for node in order:
        node.children = [places[child] for child in node.children]
    return order


def pattern_of(paths: Iterable[str]) -> str:
    """Paths in one: what differs between them is ``*``.

    Examples
    --------
    >>> pattern_of(["results/aliased/egmd/000.parquet", "results/aliased/egmd/001.parquet"])
    'results/aliased/egmd/00*.parquet'
    """
    parts = [path.split("/") for path in paths]
    if len({len(each) for each in parts}) > 1:  # of other depths: what stands before they part
        same = _same_start([path.split("/") for path in paths])
        return "/".join([*same, "…"])
    names = [list(dict.fromkeys(each)) for each in zip(*parts, strict=True)]
    return "/".join(_pattern_of_names(each) for each in names)


def _pattern_of_names(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    shortest = min(map(len, names))
    start = next((k for k in range(shortest) if len({name[k] for name in names}) > 1), shortest)
    shortest -= start
    end = next((k for k in range(shortest) if len({name[-k - 1] for name in names}) > 1), shortest)
    return f"{names[0][:start]}*{names[0][len(names[0]) - end :]}"


def _same_start(parts: list[list[str]]) -> list[str]:
    same = []
    for names in zip(*parts, strict=False):
        if len(set(names)) > 1:
            break
        same.append(names[0])
    return same


def _children(lineage: Lineage, products: list[str], depth: int, fold: int) -> list[Node]:
    """Nodes of all that some products were made of, each once; like ones in one."""
    sources: dict[tuple[str, str, str], Source] = {}
    for product in products:
        record = lineage.record(product)
        for source in record.inputs if record else ():
            stale = source.sha256 if _is_stale(lineage, source) else ""
            sources.setdefault((source.kind, source.path, stale), source)
    groups: dict[tuple, list[Source]] = {}
    for source in sources.values():
        groups.setdefault(_alike(lineage, source), []).append(source)
    nodes = []
    for group in groups.values():
        parts = [group] if fold and len(group) >= fold else [[source] for source in group]
        nodes += [_node_of(lineage, part, depth) for part in parts]
    return nodes


def _alike(lineage: Lineage, source: Source) -> tuple:
    """What inputs share that may stand in one node."""
    depth = source.path.count("/")
    if _is_stale(lineage, source):
        return (source.kind, source.path, source.sha256)
    record = lineage.maker(source)
    if record is not None:
        return (source.kind, record.rule, record.name, depth)
    return (source.kind, source.path.rpartition("/")[0], depth)


def _node_of(lineage: Lineage, sources: list[Source], depth: int) -> Node:
    paths = tuple(source.path for source in sources)
    if _is_stale(lineage, sources[0]):
        return _stale_node(lineage, sources[0], depth)
    if sources[0].kind == PRODUCT:
        return _product_node(lineage, paths, depth)
    rows = [source.rows for source in sources if source.rows is not None]
    return Node(
        kind=sources[0].kind,
        paths=paths,
        pattern=pattern_of(paths),
        depth=depth,
        sha256=sources[0].sha256 if len(sources) == 1 else "",
        rows=sum(rows) if rows else None,
    )


def _is_stale(lineage: Lineage, source: Source) -> bool:
    if source.kind != PRODUCT:
        return False
    return lineage.record(source.path) is not None and lineage.maker(source) is None


def _stale_node(lineage: Lineage, source: Source, depth: int) -> Node:
    today = lineage.record(source.path).sha256
    return Node(
        kind=PRODUCT,
        paths=(source.path,),
        pattern=source.path,
        depth=depth,
        sha256=source.sha256,
        rows=source.rows,
        said=STALE,
        lost=[stale_in_words(source.path, source.sha256, today)],
    )


def _product_node(lineage: Lineage, paths: tuple[str, ...], depth: int) -> Node:
    records = [record for path in paths if (record := lineage.record(path))]
    rows = [record.rows for record in records if record.rows is not None]
    return Node(
        kind=PRODUCT,
        paths=paths,
        pattern=pattern_of(paths),
        depth=depth,
        rule=records[0].rule if records else "",
        sha256=records[0].sha256 if len(paths) == 1 and records else "",
        rows=sum(rows) if rows else None,
        lost=[
            lineage.problems[path] or f"{path}: has no run manifest"
            for path in paths
            if lineage.record(path) is None
        ],
    )
