"""
Say which sessions may hold two crash cymbals, and what telling them apart did to the labels.

in:   results/events, results/sessions, label maps and cymbal maps of one source set;
      results/events, results/aliased and results/crash/assignments of all source sets
out:  results/crash/candidates/{source_set}.parquet   one row per session with a crash hit
      results/crash/label_counts.parquet              labels of every session, before and after
      reports/crash/label_changes.json, .html         what changed, by method and confidence
"""


rule find_crash_candidates:
    """List the sessions that may hold two or more crash cymbals, each with its reason."""
    input:
        events="results/events/{source_set}.parquet",
        sessions="results/sessions/{source_set}.parquet",
        label_maps=label_map_files,
        cymbal_maps=cymbal_map_files,
        taxonomy=taxonomy_files(),
    output:
        candidates=update("results/crash/candidates/{source_set}.parquet"),
    log:
        "logs/find_crash_candidates/{source_set}.log",
    benchmark:
        "benchmarks/find_crash_candidates/{source_set}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("find_crash_candidates.py"),
        label_maps=lambda wildcards: CARDS[wildcards.source_set]["label_maps"],
        family=config["crash"]["family"],
        use_metadata=config["crash"]["use_metadata"],
        candidates=config["crash"]["candidates"],
    script:
        "../scripts/find_crash_candidates.py"


rule compare_labels:
    """Compare the labels of all source sets before and after aliasing."""
    input:
        events=[
            path
            for name in INGESTED
            for path in shards_of("results/events/{source_set}/{shard}.parquet", name)
        ],
        aliased=[
            path
            for name in INGESTED
            for path in shards_of("results/aliased/{source_set}/{shard}.parquet", name)
        ],
        assignments=[
            path
            for name in INGESTED
            for path in shards_of(
                "results/crash/assignments/{source_set}/{shard}.parquet", name
            )
        ],
        components=f"{TAXONOMY}/components.yaml",
    output:
        counts=update("results/crash/label_counts.parquet"),
        report=update("reports/crash/label_changes.json"),
        page=report(
            update("reports/crash/label_changes.html"),
            caption="../report/label_changes.rst",
            category="Crash cymbals",
            labels={"of": "label changes"},
        ),
    log:
        "logs/compare_labels.log",
    benchmark:
        "benchmarks/compare_labels.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("compare_labels.py"),
        family=config["crash"]["family"],
        shards={name: SHARDS[name] for name in INGESTED},
    script:
        "../scripts/compare_labels.py"
