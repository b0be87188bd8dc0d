"""Which exports a configuration has, once its files are laid over each other."""

from collections.abc import Mapping, Sequence

from drumcorpus.ground.files.spelling import did_you_mean


def exports_in_use(config: Mapping, layers: Sequence[Mapping]) -> tuple[dict, list[str]]:
    """The configuration with the exports that are meant, and what that leaves out.

    An export that is null is taken away; so is one of a manifest that is taken away. A smoke run
    tries neither.

    Parameters
    ----------
    config : mapping
        All layers together, with the manifests in use alone, before the schema has been asked.
    layers : sequence of mappings
        The files of the configuration and what the command line says, the lowest first.

    Returns
    -------
    config : dict
    sentences : list of str
        One for each export that goes with its manifest, and for each manifest without an export.

    Raises
    ------
    ValueError
        If an export is of a manifest that no layer has, or its name is no text.
    """
    blocks, manifests = config.get("exports"), config.get("manifests")
    if not isinstance(blocks, Mapping) or not isinstance(manifests, Mapping):
        return dict(config), []
    of_layers = (layer.get("manifests") for layer in layers)
    named = {name for of_layer in of_layers if isinstance(of_layer, Mapping) for name in of_layer}
    kept, gone, problems = {}, [], []
    for name, block in blocks.items():
        if not isinstance(name, str):  # YAML reads 1, null and on as more than their text
            problems.append(
                f"config: exports: the name {name!r} is no text; allowed: small letters, digits "
                "and _, from a letter on"
            )
            continue
        if block is None:
            continue
        manifest = _manifest_of(block)
        if manifest is not None and manifest not in manifests:
            if manifest in named:
                gone.append(f"config: exports.{name} is left out with its manifest, {manifest}")
            else:
                hint, allowed = did_you_mean(manifest, manifests), ", ".join(manifests) or "none"
                problems.append(
                    f"config: exports.{name}.manifest: {manifest!r}{hint}; configured: {allowed}"
                )
            continue
        kept[name] = block
    if problems:
        raise ValueError("\n".join(problems))
    exported = {_manifest_of(block) for block in kept.values()}
    gone += [
        f"config: manifests.{name} has no export; name one under `exports` to train from it"
        for name in manifests
        if name not in exported
    ]
    config = {**config, "exports": kept}
    smoke = config.get("smoke")
    if isinstance(smoke, Mapping) and isinstance(smoke.get("exports"), list):
        tried = [name for name in smoke["exports"] if name not in blocks or name in kept]
        config["smoke"] = {**smoke, "exports": tried}
    return config, gone


def _manifest_of(block) -> str | None:
    """The manifest that an export names; None of what the schema refuses."""
    manifest = block.get("manifest") if isinstance(block, Mapping) else None
    return manifest if isinstance(manifest, str) else None
