"""
What a mixture tells the cymbals of a session by, as inputs: the model and the kits.
"""

from types import SimpleNamespace

IS_MIXTURE = config["crash"]["clustering"]["method"] == "mixture"
# Source sets whose sessions of one kit were recorded alike, and are told apart together.
POOLED = [n for n in INGESTED if IS_MIXTURE and CARDS[n].get("recorded_alike")]
# Those from which a model is trained; what the source says is hidden in benchmarks.
KNOWN = POOLED if config["crash"]["use_metadata"] else []


def cymbal_model(wildcards):
    """The model, where a mixture asks for it."""
    return ["results/crash/cymbal_model.json"] if IS_MIXTURE else []


def kits_of_set(wildcards):
    """The kits of a source set, where its sessions are told apart by kit."""
    is_pooled = wildcards.source_set in POOLED
    return [f"results/crash/kits/{wildcards.source_set}.parquet"] if is_pooled else []


def kit_sessions_of_set(wildcards):
    """The kit of each session of a source set, where its sessions are told apart by kit."""
    # The sessions themselves change with every raw file; which kit they are of does not.
    is_pooled = wildcards.source_set in POOLED
    return (
        [f"results/crash/kit_sessions/{wildcards.source_set}.parquet"]
        if is_pooled
        else []
    )


def known_cymbal_maps(wildcards):
    """The cymbal maps of all source sets from which a model is trained, each once, in order."""
    maps = [cymbal_map_files(SimpleNamespace(source_set=name)) for name in KNOWN]
    last = {path: place for place, path in enumerate(sum(maps, []))}
    return sorted(last, key=last.__getitem__)
