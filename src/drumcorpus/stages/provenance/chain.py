"""The chain of a product: the run manifests of all that it rests on, and what no run has made.

Statement and crate are two renderings of it.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file, tree_digest
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.job_plan import PRODUCT, RAW_KIND, RESOURCE
from drumcorpus.ground.run.lineage import circle_in, circle_in_words
from drumcorpus.ground.run.run_manifest import recorded_output
from drumcorpus.ground.run.sidecars import read_sidecar

LISTING = "files"  # the output of an inventory that lists raw files
CARD = "card"  # the input of an inventory that has the licence


@dataclass(frozen=True)
class Chain:
    """The making of some products, from what no run has made.

    `subjects` are the products, as outputs of run manifests. `manifests` are those of all jobs on
    the way, each once, in order of their first products. `sources` are the inputs that no job of
    the chain has made: raw data, files of the checkout, files from elsewhere, and products whose
    run manifest is not at hand; each once, by path and digest.
    """

    subjects: list[Mapping]
    manifests: list[Mapping]
    sources: list[Mapping]

    def outputs(self) -> dict[tuple[str, str], Mapping]:
        """What the jobs have made, by path and digest."""
        return {
            (row["path"], row["sha256"]): row for each in self.manifests for row in each["outputs"]
        }

    def software(self) -> list[tuple[str, str]]:
        """Libraries with their versions, in order."""
        pairs = (each["script"]["software"].items() for each in self.manifests)
        return sorted({pair for items in pairs for pair in items})

    def scripts(self) -> list[tuple[str, str]]:
        """Scripts with the digests of their code, in order."""
        return sorted({(each["script"]["path"], each["script"]["code"]) for each in self.manifests})

    def settings(self) -> dict[str, list[dict]]:
        """What was set for the jobs of each rule: parameters, and how many jobs had these."""
        by_rule: dict[str, dict[str, dict]] = {}
        for each in self.manifests:
            key = json.dumps(each["params"], sort_keys=True)
            alike = by_rule.setdefault(each["rule"], {})
            entry = alike.setdefault(key, {"jobs": 0, "params": each["params"]})
            entry["jobs"] += 1
        return {
            rule: [alike[key] for key in sorted(alike)] for rule, alike in sorted(by_rule.items())
        }


def read_chain(
    products: Iterable[tuple[str, Mapping]],
    manifest_of: Callable[[str, str], Mapping | None],
) -> Chain:
    """Follow some products back to what no run has made.

    Parameters
    ----------
    products : iterable of (path, manifest)
        Products by the path that their run manifests have of them.
    manifest_of
        The run manifest of a product by path and digest; None where it is not at hand.

    Raises
    ------
    ValueError
        If a run manifest names no such product, or leads back to it.
    """
    subjects: dict[str, Mapping] = {}
    manifests: dict[str, Mapping] = {}
    sources: dict[tuple[str, str], Mapping] = {}
    pending: list[Mapping] = []
    links: dict[str, set[str]] = {}  # by the first outputs of jobs
    for path, manifest in products:
        row = next((row for row in manifest["outputs"] if row["path"] == path), None)
        if row is None:
            raise ValueError(f"{path}: its run manifest does not name it")
        subjects[path] = row
        pending.append(manifest)
    while pending:
        manifest = pending.pop()
        if manifest["seal"] in manifests:
            continue
        manifests[manifest["seal"]] = manifest
        job = manifest["outputs"][0]["path"]
        own = {(row["path"], row["sha256"]) for row in manifest["outputs"]}
        reads_itself = any((row["path"], row["sha256"]) in own for row in manifest["inputs"])
        links[job] = {job} if reads_itself else set()
        for row in manifest["inputs"]:
            made_by = None
            if row["kind"] == PRODUCT:
                made_by = manifest_of(row["path"], row["sha256"])
            if made_by is None:
                sources[row["path"], row["sha256"]] = row
            else:
                links[job].add(made_by["outputs"][0]["path"])
                pending.append(made_by)
    if circle := circle_in(links):
        raise ValueError(f"{circle_in_words(circle)}; nothing is attested")
    in_order = sorted(manifests.values(), key=lambda each: each["outputs"][0]["path"])
    return Chain(
        [subjects[path] for path in sorted(subjects)],
        in_order,
        [sources[key] for key in sorted(sources)],
    )


def raw_inventories(chain: Chain) -> dict[str, Mapping]:
    """The table that lists the raw files of each source set of a chain, as an output of its job."""
    return {
        source["path"]: output
        for each in chain.manifests
        for source in each["inputs"]
        if source["kind"] == RAW_KIND
        for output in each["outputs"]
        if output["name"] == LISTING
    }


def raw_listing(manifest: Mapping) -> dict[str, str]:
    """SHA-256 of the raw files that the inventory of a run manifest lists, by path.

    Empty where there is no inventory among its outputs, or it does not stand here as it was.
    """
    for row in manifest["outputs"]:
        table = Path(row["path"])
        if row["name"] == LISTING and table.is_file() and sha256_file(table) == row["sha256"]:
            columns = read_table(table, ["path", "sha256"])
            pairs = (columns[name].to_pylist() for name in ("path", "sha256"))
            return dict(zip(*pairs, strict=True))
    return {}


def raw_listings(chain: Chain) -> dict[str, dict[str, str]]:
    """`raw_listing` of each source set of a chain."""
    return {
        source["path"]: raw_listing(each)
        for each in chain.manifests
        for source in each["inputs"]
        if source["kind"] == RAW_KIND
    }


def licences(chain: Chain, checkout: Path) -> dict[str, str]:
    """The licence of each source set, by the cards of a checkout that are as they were recorded."""
    read = {}
    for row in chain.sources:
        path = checkout / row["path"]
        is_card = row["kind"] == RESOURCE and row["name"] == CARD and path.is_file()
        if is_card and sha256_file(path) == row["sha256"]:
            read[path.stem] = str(read_yaml(path).get("license", "none is stated"))
    return read


def describe_chain(chain: Chain) -> dict:
    """The run manifests of a chain as one input of a run manifest."""
    entries = [(each["outputs"][0]["path"], each["seal"]) for each in chain.manifests]
    return {
        "name": "run_manifests",
        "path": "run manifests",
        "kind": "external",
        "sha256": tree_digest(entries),
        "rows": len(entries),
    }


def manifest_that_stands(path: str, sha256: str) -> dict | None:
    """The run manifest of a product of the present folder, if it is of the version `sha256`.

    Raises
    ------
    ValueError
        If one stands that lies.
    """
    manifest = _standing(path)
    record = recorded_output(manifest, path)
    return manifest if record and record["sha256"] == sha256 else None


def chain_of_products(paths: Iterable[str], given: Mapping[str, dict] | None = None) -> Chain:
    """`read_chain` of products of the present folder, by the run manifests that stand there.

    `given` has those that stand elsewhere, by the paths of their products.

    Raises
    ------
    ValueError
        If one has no run manifest, or one of the chain lies or leads back to its product.
    """
    products = [(path, (given or {}).get(path) or _standing(path)) for path in sorted(paths)]
    for path, manifest in products:
        if manifest is None:
            raise ValueError(f"{path}: has no run manifest that names it; nothing can be attested")
    return read_chain(products, manifest_that_stands)


def _standing(path: str) -> dict | None:
    """The run manifest beside a product; None where none stands."""
    try:
        return read_sidecar(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
