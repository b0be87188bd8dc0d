"""
Merge source sets into one manifest.

in:   results/aliased/{source_set}/{shard}.parquet of every source set of the manifest, and
      results/splits/{manifest}.parquet
out:  results/manifests/{manifest}.parquet   in order of source set, session and onset
      results/manifests/{manifest}.jsonl     the same rows, one JSON object a line
"""


rule merge_manifest:
    """Merge the events of all source sets of a manifest, each session into its split."""
    input:
        events=lambda wildcards: shards_of_manifest(
            "results/aliased/{source_set}/{shard}.parquet", wildcards.manifest
        ),
        splits="results/splits/{manifest}.parquet",
    output:
        manifest=update("results/manifests/{manifest}.parquet"),
    log:
        "logs/merge_manifest/{manifest}.log",
    benchmark:
        "benchmarks/merge_manifest/{manifest}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("merge_manifest.py"),
    script:
        "../scripts/merge_manifest.py"


rule publish_manifest:
    """Write a manifest as JSON Lines."""
    input:
        manifest="results/manifests/{manifest}.parquet",
    output:
        lines=update("results/manifests/{manifest}.jsonl"),
    log:
        "logs/publish_manifest/{manifest}.log",
    benchmark:
        "benchmarks/publish_manifest/{manifest}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("publish_manifest.py"),
    script:
        "../scripts/publish_manifest.py"
