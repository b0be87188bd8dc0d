"""
Snapshot what a source set holds after its ingest.

in:   results/events/{source_set}.parquet, results/sessions/{source_set}.parquet
out:  reports/metrics/{source_set}.json   counts per class and technique, sessions, velocities
"""


rule snapshot_metrics:
    """Write the metrics of one source set."""
    input:
        events="results/events/{source_set}.parquet",
        sessions="results/sessions/{source_set}.parquet",
    output:
        snapshot=update("reports/metrics/{source_set}.json"),
    log:
        "logs/snapshot_metrics/{source_set}.log",
    benchmark:
        "benchmarks/snapshot_metrics/{source_set}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("snapshot_metrics.py"),
        local=config["health"],
    script:
        "../scripts/snapshot_metrics.py"
