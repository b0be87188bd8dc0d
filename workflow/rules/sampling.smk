"""
Say how often each event is to be drawn in training.

in:   results/manifests/{manifest}.parquet, results/gates/{manifest}.json
      results/aliased/{source_set}/{shard}.parquet, of a source set that no manifest merges
out:  results/sampling/{manifest}.json      class weights, session factors and their effect
      results/sampling/{manifest}.parquet   one weight per event
      results/sampling/source_sets/{source_set}.json, .parquet    the same, of such a source set
"""


rule derive_weights:
    """Derive the sampling weights of a manifest."""
    input:
        tables=["results/manifests/{manifest}.parquet"],
        after="results/gates/{manifest}.json",
    output:
        weights="results/sampling/{manifest}.json",
        events="results/sampling/{manifest}.parquet",
    log:
        "logs/derive_weights/{manifest}.log",
    benchmark:
        "benchmarks/derive_weights/{manifest}.tsv"
    params:
        code=code("derive_weights.py"),
        sampling=config["sampling"],
    script:
        "../scripts/derive_weights.py"


rule derive_weights_of_set:
    """Derive the sampling weights of a source set that no manifest merges."""
    input:
        tables=lambda wildcards: shards_of(
            "results/aliased/{source_set}/{shard}.parquet", wildcards.source_set
        ),
        after=lambda wildcards: (
            ["results/gates/source_sets/{source_set}.json"]
            if wildcards.source_set in GATED
            else []
        ),
    output:
        weights="results/sampling/source_sets/{source_set}.json",
        events="results/sampling/source_sets/{source_set}.parquet",
    log:
        "logs/derive_weights_of_set/{source_set}.log",
    benchmark:
        "benchmarks/derive_weights_of_set/{source_set}.tsv"
    params:
        code=code("derive_weights.py"),
        sampling=config["sampling"],
    script:
        "../scripts/derive_weights.py"
