"""
Files that a person names in the config, and baselines, as inputs of rules.
"""

import re

from drumcorpus.stages.corpora.aggregate_settings import check_aggregates
from drumcorpus.stages.corpora.merging import check_merges
from drumcorpus.stages.corpora.scales import read_scales, scale_files
from drumcorpus.stages.corpora.sections import recorded_block

MANIFEST_FILE_NAME = re.sub(
    r"[^\w.-]", "_", Path(config["manifest_file"] or "none").stem
)


def manifest_file(wildcards):
    """The file of events that the config names, for `health_of` and `audit_of`."""
    path = config["manifest_file"]
    if path is None:
        raise ValueError(
            "manifest_file: no file is named; wanted: --config manifest_file=FILE, where FILE is a "
            "manifest as Parquet or JSON Lines"
        )
    if reason := why_no_file(path):
        raise ValueError(f"manifest_file: {path} {reason}")
    return plain_path(Path(path).absolute())


def selection_of(manifest):
    """Which sessions a manifest selects; None for ids that stand in a file, which is an input."""
    return {
        source_set: {
            key: None if isinstance(values, str) else values
            for key, values in wanted.items()
        }
        for source_set, wanted in config["manifests"][manifest]
        .get("select", {})
        .items()
    }


def session_lists(wildcards):
    """The files of ids by which a manifest selects sessions, as inputs."""
    select = config["manifests"][wildcards.manifest].get("select", {})
    return [
        config_path(wanted["sessions"])
        for wanted in select.values()
        if isinstance(wanted.get("sessions"), str)
    ]


def baseline_names():
    """The names of all baselines, such as prod_combined.audit.json."""
    return [
        *expand("{manifest}.{kind}.json", manifest=MANIFESTS, kind=["audit", "health"]),
        *expand("{source_set}.distribution.json", source_set=sorted({*MERGED, *GATED})),
        *expand("source_sets/{source_set}.health.json", source_set=INGESTED),
    ]


def baseline_name(name):
    """Where a baseline belongs; the demo has baselines of its own, for it is nobody else's work."""
    owner, kind, _ = name.removeprefix("source_sets/").split(".")
    is_of_set = kind == "distribution" or name.startswith("source_sets/")
    source_sets = [owner] if is_of_set else config["manifests"][owner]["source_sets"]
    demo = "demo/" if all(map(is_demo, source_sets)) else ""
    return f"resources/{demo}baselines/{name}"


def gates_of_set(source_set):
    """The file of a source set's own gates as an input, where it has any."""
    gates = config["source_sets"][source_set].get("gates")
    return [config_path(gates)] if gates else []


def baseline_file(name):
    """The blessed file of that name as an input, where it is there."""
    path = config_path(baseline_name(name))
    return [path] if exists(path) else []


def compared_file(side):
    """One of the files that the config compares: a product as it is, any other by its full path."""
    path = Path(config["compare"][side])
    is_product = not path.is_absolute() and path.parts[0] in ("results", "reports")
    if is_product and (not exists(path) or Path(f"{path}.manifest.json").is_file()):
        return path.as_posix()
    if reason := why_no_file(path):
        raise WorkflowError(f"config: compare.{side}: {path} {reason}")
    try:
        return plain_path(path.absolute())
    except ValueError as error:
        raise WorkflowError(f"config: compare.{side}: {error}")


def compared_pages(wildcards):
    """What `compare` is to make, once the config names what it is to compare."""
    if not COMPARED:
        raise ValueError(
            'compare: nothing is named; wanted: --config "compare={a: FILE, b: FILE}", where both '
            "are health reports (.json) or both are manifests (.parquet, .jsonl)"
        )
    return rules.compare_files.output


def corpus_shards(kind, name):
    """The shards that a merge or an aggregate of the config names, in their order: a product as it
    is, any other by its full path.
    """
    return [
        (
            path
            if Path(path).parts[0] in ("results", "reports")
            else named_file(path, f"config: corpora.{kind}.{name}.inputs")
        )
        for path in config["corpora"][kind][name]["inputs"]
    ]


def shards_to_merge(wildcards):
    """The shards of a merge, as inputs."""
    return corpus_shards("merges", wildcards.corpus)


def recorded_merge(wildcards):
    """The block of a merge without places of this machine."""
    return recorded_block(config["corpora"]["merges"][wildcards.corpus])


def recorded_aggregate(wildcards):
    """The same of an aggregate."""
    return recorded_block(config["corpora"]["aggregates"][wildcards.corpus])


def shards_to_aggregate(wildcards):
    """The shards of an aggregate, as inputs."""
    return corpus_shards("aggregates", wildcards.corpus)


def simulated_shards(aggregate):
    """The shards of an aggregate whose ratings the demo makes up."""
    inputs = config["corpora"]["aggregates"][aggregate]["inputs"]
    return [path for path in inputs if path.startswith("results/corpora/simulated/")]


def is_for_these_sets(aggregate):
    """Whether an aggregate is wanted: one of simulated ratings only where all sets are the demo's."""
    return not simulated_shards(aggregate) or all(map(is_demo, SOURCE_SETS))


def scales_of_ratings():
    """The files of scales that the config names."""
    where = "config: corpora.scales"
    named = config["corpora"]["scales"]
    places = [
        path if exists(path) else named_file(place, where)
        for place, path in zip(named, map(config_path, named), strict=True)
    ]
    return [named_file(path, where) for path in scale_files(places)]


if workflow.is_main_process:  # before any job
    try:
        check_merges(config["corpora"]["merges"])
        check_aggregates(
            config["corpora"]["aggregates"], read_scales(scales_of_ratings())
        )
        for kind in ("merges", "aggregates"):
            for name in config["corpora"][kind]:
                corpus_shards(kind, name)
    except (ValueError, OSError) as error:
        raise WorkflowError(str(error))


def attested_products(wildcards):
    """The products that a statement is on."""
    if wildcards.attested in MANIFESTS:
        return expand(
            "results/manifests/{manifest}.{ext}",
            manifest=wildcards.attested,
            ext=["jsonl", "parquet"],
        )
    return rules.file_release.output


def manifests_of(source_set):
    """The manifests that merge a source set."""
    return [
        name
        for name in MANIFESTS
        if source_set in config["manifests"][name]["source_sets"]
    ]
