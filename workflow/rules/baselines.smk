"""
Hold the figures of source sets and manifests against those that a person has blessed.

in:   results/events, results/aliased, results/sessions of a source set; reports/health/{manifest}.json;
      the blessed resources/baselines/*.json where there are any (the demo's below resources/demo);
      the two files that the config names under `compare`
out:  reports/metrics/{source_set}.json                  what a source set holds after its ingest
      results/baselines/{source_set}.distribution.json   what `bless` would freeze
      results/baselines/{manifest}.health.json           the same, of a health report
      results/baselines/source_sets/{source_set}.health.json    and of a source set's
      reports/distribution/{manifest}.json               what has drifted, by source set and class
      reports/distribution/source_sets/{source_set}.json   the same, of a set with gates of its own
      reports/health/{manifest}.diff.json                what differs from the blessed figures
      reports/health/source_sets/{source_set}.diff.json    and in a source set
      reports/comparison/<name>.json, .html              what differs between the two files
      resources/baselines/*.json                         of `bless`, below the working directory
"""

from drumcorpus.ground.files.paths import shown_path

COMPARED = (
    {side: compared_file(side) for side in ("a", "b")} if config["compare"] else {}
)
COMPARISON = (
    config["compare"].get(
        "name",
        re.sub(
            r"[^\w.-]",
            "_",
            "_vs_".join(Path(COMPARED[side]).stem[:60] for side in ("a", "b")),
        ),
    )
    if COMPARED
    else "none"
)


rule snapshot_metrics:
    """Write the metrics of one source set."""
    input:
        events="results/events/{source_set}.parquet",
        sessions="results/sessions/{source_set}.parquet",
    output:
        snapshot="reports/metrics/{source_set}.json",
    log:
        "logs/snapshot_metrics/{source_set}.log",
    benchmark:
        "benchmarks/snapshot_metrics/{source_set}.tsv"
    group:
        "set"
    threads: threads_of("snapshot_metrics")
    resources:
        **needs_of("snapshot_metrics"),
    params:
        code=code("snapshot_metrics.py"),
        local={"memory_limit": config["baselines"]["memory_limit"]},
    script:
        "../scripts/snapshot_metrics.py"


rule measure_distribution:
    """Measure the class shares and spreads of one source set."""
    input:
        events=lambda wildcards: shards_of(
            "results/aliased/{source_set}/{shard}.parquet", wildcards.source_set
        ),
        sessions="results/sessions/{source_set}.parquet",
    output:
        candidate="results/baselines/{source_set}.distribution.json",
    log:
        "logs/measure_distribution/{source_set}.log",
    benchmark:
        "benchmarks/measure_distribution/{source_set}.tsv"
    threads: threads_of("measure_distribution")
    resources:
        **needs_of("measure_distribution"),
    params:
        code=code("measure_distribution.py"),
        local={"memory_limit": config["baselines"]["memory_limit"]},
    script:
        "../scripts/measure_distribution.py"


rule compare_distributions:
    """Find what has drifted in the source sets of a manifest, or in one of them."""
    input:
        candidates=lambda wildcards: expand(
            "results/baselines/{source_set}.distribution.json",
            source_set=measured_sets(wildcards.measured),
        ),
        blessed=lambda wildcards: [
            path
            for name in measured_sets(wildcards.measured)
            for path in baseline_file(f"{name}.distribution.json")
        ],
    output:
        drift="reports/distribution/{measured}.json",
    log:
        "logs/compare_distributions/{measured}.log",
    benchmark:
        "benchmarks/compare_distributions/{measured}.tsv"
    localrule: True
    threads: threads_of("compare_distributions")
    resources:
        **needs_of("compare_distributions"),
    params:
        code=code("compare_distributions.py"),
        distribution=config["baselines"]["distribution"],
    script:
        "../scripts/compare_distributions.py"


rule compare_health:
    """Compare the figures of a manifest or a source set with those that are blessed."""
    input:
        report="reports/health/{measured}.json",
        blessed=lambda wildcards: baseline_file(f"{wildcards.measured}.health.json"),
    output:
        candidate="results/baselines/{measured}.health.json",
        diff="reports/health/{measured}.diff.json",
    log:
        "logs/compare_health/{measured}.log",
    benchmark:
        "benchmarks/compare_health/{measured}.tsv"
    localrule: True
    threads: threads_of("compare_health")
    resources:
        **needs_of("compare_health"),
    params:
        code=code("compare_health.py"),
        tolerances=config["baselines"]["tolerances"],
    script:
        "../scripts/compare_health.py"


rule compare_files:
    """Compare two health reports, or two manifests, that the config names."""
    input:
        **COMPARED,
    output:
        report=f"reports/comparison/{COMPARISON}.json",
        page=f"reports/comparison/{COMPARISON}.html",
    log:
        f"logs/compare_files/{COMPARISON}.log",
    benchmark:
        f"benchmarks/compare_files/{COMPARISON}.tsv"
    threads: threads_of("compare_files")
    resources:
        **needs_of("compare_files"),
    params:
        code=code("compare_files.py"),
        tolerances=config["baselines"]["tolerances"],
        names={side: shown_path(path) for side, path in COMPARED.items()},
        local={"memory_limit": config["baselines"]["memory_limit"]},
    script:
        "../scripts/compare_files.py"


localrules:
    bless,


# No input: what is blessed is what a run has measured and a person has looked at, and nothing is
# measured anew on the way. No output: Snakemake would remove it before a run, and when one fails.
rule bless:
    """Take the present figures of audit, health and distribution as those to be held to."""
    log:
        "logs/bless.log",
    threads: threads_of("bless")
    resources:
        **needs_of("bless"),
    params:
        release=config["release"],
        local={
            "plan": {
                name: {
                    "candidate": f"results/baselines/{name}",
                    "blessed": next(iter(baseline_file(name)), None),
                    "target": baseline_name(name),
                }
                for name in baseline_names()
            },
            "notes": {
                manifest: {
                    "table": f"results/manifests/{manifest}.parquet",
                    "figures": f"{manifest}.health.json",
                    "target": baseline_name(f"{manifest}.blessing.json"),
                }
                for manifest in MANIFESTS
            },
        },
    script:
        "../scripts/bless.py"
