"""
Names that all rules share: the shards, the products, the digests of code; the state of the raw data.
"""

from pathlib import Path

from drumcorpus.code_digest import code_digest
from drumcorpus.workflow_state import (
    hold_run_lock,
    records_are_lost,
    remember_manifests,
    stamp_raw_data,
)

SOURCE_SETS = config["use"]
# Those of tier inventory are listed and nothing more.
INGESTED = [
    name for name in SOURCE_SETS if config["source_sets"][name]["tier"] != "inventory"
]
YARDSTICKS = [name for name in config["yardsticks"] if name in INGESTED]
MANIFESTS = sorted(config["manifests"])
MERGED = sorted({s for m in MANIFESTS for s in config["manifests"][m]["source_sets"]})
SHARDS = {name: config["source_sets"][name]["shards"] for name in SOURCE_SETS}


def code(script, *modules):
    """Digest of a script, of the modules it loads by name, and of all that these reach."""
    return code_digest(
        WORKFLOW / "workflow/scripts" / script, WORKFLOW / "src/drumcorpus", modules
    )


def source_set_code(script):
    """As a function of wildcards: the digest of a script with its source set's module."""
    return lambda wildcards: code(
        script, f"drumcorpus.source_sets.{wildcards.source_set}"
    )


def shard_names(source_set):
    """Names of a source set's shards."""
    return [f"{number:03d}" for number in range(SHARDS[source_set])]


def shards_of(pattern, source_set):
    """The paths of all shards of a source set, by a pattern with {source_set} and {shard}."""
    return expand(pattern, source_set=source_set, shard=shard_names(source_set))


def shards_of_manifest(pattern, manifest):
    """The paths of all shards that a manifest merges."""
    source_sets = config["manifests"][manifest]["source_sets"]
    return [path for name in source_sets for path in shards_of(pattern, name)]


def tables_of_manifest(folder, manifest):
    """The tables below results/FOLDER of all source sets of a manifest."""
    source_sets = config["manifests"][manifest]["source_sets"]
    return expand(f"results/{folder}/{{source_set}}.parquet", source_set=source_sets)


def products(patterns, source_sets=tuple(SOURCE_SETS)):
    """Products of source sets, {s}, and their shards, {n}; Parquet where no ending is given."""
    return [
        "results/"
        + (pattern if "." in pattern else f"{pattern}.parquet").format(s=name, n=number)
        for name in source_sets
        for pattern in patterns
        for number in (shard_names(name) if "{n}" in pattern else [""])
    ]


# Snakemake sees neither a raw file that vanished nor one that appeared. So the main process looks
# at the roots each time, and writes what it saw to a file that the inventory depends on. Without
# its records of earlier runs Snakemake would compare times only, so that file is written anew:
# every job behind the inventory is asked, and leaves at once if its product is fresh.
if workflow.is_main_process:
    try:
        run_lock = hold_run_lock()
        anew = records_are_lost()
        for name in SOURCE_SETS:
            stamp_raw_data(
                name,
                config["source_sets"][name]["roots"],
                is_demo=is_demo(name),
                anew=anew,
            )
    except OSError as error:
        raise WorkflowError(f"{Path.cwd()}: {error}")


wildcard_constraints:
    source_set="|".join(SOURCE_SETS),
    shard=r"\d{3}",
    manifest="|".join(MANIFESTS),
