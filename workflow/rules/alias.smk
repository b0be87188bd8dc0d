"""
Give every component the taxonomy's own label, and every crash the label of its cymbal.

in:   results/events and results/crash/assignments of one shard
out:  results/aliased/{source_set}/{shard}.parquet   events with their annotation history
"""


rule alias_events:
    """Apply aliases and crash assignments to the events of one shard."""
    input:
        events="results/events/{source_set}/{shard}.parquet",
        assignments="results/crash/assignments/{source_set}/{shard}.parquet",
        taxonomy=taxonomy_files(),
    output:
        events=update("results/aliased/{source_set}/{shard}.parquet"),
    log:
        "logs/alias_events/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/alias_events/{source_set}/{shard}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("alias_events.py"),
        use_metadata=config["crash"]["use_metadata"],
    script:
        "../scripts/alias_events.py"
