"""Which manifests a configuration has, once its files are laid over each other."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from drumcorpus.vocabulary import PRODUCTION


def manifests_in_use(config: Mapping, layers: Sequence[Mapping]) -> tuple[dict, list[str]]:
    """The configuration with the manifests that are meant, and what that leaves out.

    Laying one mapping over another cannot take a key away, and a file that narrows `use` to one
    source set is meant to be enough to run that set alone. Hence:

    - a manifest that is null is taken away;
    - ``manifests: {}`` takes away those of the layers below;
    - a manifest that was named below the layer that last says `use` follows it: it merges those of
      its source sets that are in use and in production, and is taken away where there is none.

    Parameters
    ----------
    config : mapping
        All layers together, before the schema has been asked.
    layers : sequence of mappings
        The files of the configuration and what the command line says, the lowest first.

    Returns
    -------
    config : dict
    sentences : list of str
        One for each manifest that follows `use` and loses a source set by that.
    """
    blocks = config.get("manifests")
    if not isinstance(blocks, Mapping):
        return dict(config), []
    named = {name: _last_that_names(layers, name) for name in blocks}
    cleared = max((i for i, layer in enumerate(layers) if layer.get("manifests") == {}), default=-1)
    narrowed = max((i for i, layer in enumerate(layers) if "use" in layer), default=-1)
    kept, sentences = {}, []
    for name, block in blocks.items():
        if block is None or named[name] < cleared:
            continue
        if named[name] < narrowed and isinstance(block, Mapping):
            block, left_out = _following(config, block)
            if left_out:
                sentences.append(_in_words(name, block, left_out))
            if not block["source_sets"]:
                continue
        kept[name] = block
    return {**config, "manifests": kept}, sentences


def _last_that_names(layers: Sequence[Mapping], manifest: str) -> int:
    named = (layer.get("manifests") for layer in layers)
    return max(
        (i for i, m in enumerate(named) if isinstance(m, Mapping) and manifest in m), default=0
    )


def _following(config: Mapping, block: Mapping) -> tuple[dict, list[str]]:
    """A manifest's block with those source sets that are in use and may be merged."""
    blocks, source_sets = config.get("source_sets"), block.get("source_sets")
    used = config.get("use")
    if not all(isinstance(part, Mapping | list) for part in (blocks, source_sets, used)):
        return dict(block), []
    kept = [name for name in source_sets if name in used and _is_production(blocks, name)]
    return with_source_sets(block, kept), [name for name in source_sets if name not in kept]


def with_source_sets(block: Mapping, kept: Collection[str]) -> dict:
    """A manifest's block with those source sets, and what it selects of them."""
    block = {**block, "source_sets": list(kept)}
    if isinstance(select := block.get("select"), Mapping):
        block["select"] = {name: wanted for name, wanted in select.items() if name in kept}
    return block


def _is_production(blocks: Mapping, name: str) -> bool:
    block = blocks.get(name)
    return not isinstance(block, Mapping) or block.get("tier", PRODUCTION) == PRODUCTION


def _in_words(name: str, block: Mapping, left_out: Iterable[str]) -> str:
    manifest, without = f"config: manifests.{name}", ", ".join(left_out)
    if not block["source_sets"]:
        return f"{manifest} is left out, for none of its source sets is in use: {without}"
    merged = ", ".join(block["source_sets"])
    return (
        f"{manifest} follows `use`: it merges {merged}, without {without}. To choose them, name "
        f"its source_sets where you say `use`"
    )
