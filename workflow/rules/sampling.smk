"""
Say how often each event is to be drawn in training.

in:   results/manifests/{manifest}.parquet, results/gates/{manifest}.json
out:  results/sampling/{manifest}.json      class weights, session factors and their effect
      results/sampling/{manifest}.parquet   one weight per event
"""


rule derive_weights:
    """Derive the sampling weights of a manifest."""
    input:
        manifest="results/manifests/{manifest}.parquet",
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
