"""
Say how often each event is to be drawn in training.

in:   results/manifests/{manifest}.parquet, results/gates/{manifest}.json
      results/aliased/{source_set}/{shard}.parquet, of a source set that no manifest merges
out:  results/sampling/{manifest}.json      class weights, session factors and their effect
      results/sampling/{manifest}.parquet   one weight per event
      results/sampling/source_sets/{source_set}.json, .parquet    the same, of such a source set
"""


rule derive_weights:
    """Derive the sampling weights of a manifest, or of a source set that none merges."""
    input:
        tables=weighed_tables,
        after=lambda wildcards: gates_to_pass(wildcards.measured),
    output:
        weights="results/sampling/{measured}.json",
        events="results/sampling/{measured}.parquet",
    log:
        "logs/derive_weights/{measured}.log",
    benchmark:
        "benchmarks/derive_weights/{measured}.tsv"
    params:
        code=code("derive_weights.py"),
        sampling=config["sampling"],
    script:
        "../scripts/derive_weights.py"
