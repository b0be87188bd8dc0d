"""
Cut a clip around every event that has audio, and write the labels beside.

in:   results/aliased/{source_set}/{shard}.parquet, the splits of its sessions,
      results/manifests/{manifest}.parquet, raw audio, the gates that the config names
out:  results/clips/{manifest}/{source_set}/{shard}.parquet   what became of every event
      reports/export/{manifest}.json   the same in figures, and the verdict of every gate on it
      results/export/{manifest}/   clips, labels per split, components, metadata, SHA256SUMS
"""

# How long a clip is, and at which rate.
CLIPS = {
    name: config["export"][name]
    for name in ("sample_rate_hz", "preroll_ms", "postroll_ms")
}


rule cut_clips:
    """Cut the clips of one shard."""
    input:
        events="results/aliased/{source_set}/{shard}.parquet",
        sessions="results/sessions/{source_set}/{shard}.parquet",
        splits="results/splits/{manifest}/{source_set}/{shard}.parquet",
        after="results/gates/{manifest}.json",
    output:
        index="results/clips/{manifest}/{source_set}/{shard}.parquet",
    log:
        "logs/cut_clips/{manifest}/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/cut_clips/{manifest}/{source_set}/{shard}.tsv"
    params:
        code=code("cut_clips.py"),
        export=CLIPS,
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/cut_clips.py"


rule measure_export:
    """Count what became of the events of an export, and hold that against its gates."""
    input:
        index=lambda wildcards: shards_of_manifest(
            f"results/clips/{wildcards.manifest}/{{source_set}}/{{shard}}.parquet",
            wildcards.manifest,
        ),
        gates=lambda wildcards: config_path(
            config["manifests"][wildcards.manifest]["gates"]
        ),
    output:
        report="reports/export/{manifest}.json",
    log:
        "logs/measure_export/{manifest}.log",
    benchmark:
        "benchmarks/measure_export/{manifest}.tsv"
    threads: 2
    params:
        code=code("measure_export.py"),
        expired_waivers=lambda wildcards: EXPIRED_WAIVERS[wildcards.manifest],
        local={"memory_limit": config["export"]["memory_limit"]},
    script:
        "../scripts/measure_export.py"


rule assemble_export:
    """Write the labels and checksums of an export around its clips."""
    input:
        manifest="results/manifests/{manifest}.parquet",
        index=lambda wildcards: shards_of_manifest(
            f"results/clips/{wildcards.manifest}/{{source_set}}/{{shard}}.parquet",
            wildcards.manifest,
        ),
        components=f"{TAXONOMY}/components.yaml",
        after="results/gates/export/{manifest}.json",
    output:
        train="results/export/{manifest}/train/train_labels.json",
        validation="results/export/{manifest}/val/val_labels.json",
        test="results/export/{manifest}/test/test_labels.json",
        components="results/export/{manifest}/components.json",
        metadata="results/export/{manifest}/metadata.json",
        checksums="results/export/{manifest}/SHA256SUMS",
    log:
        "logs/assemble_export/{manifest}.log",
    benchmark:
        "benchmarks/assemble_export/{manifest}.tsv"
    threads: 2
    params:
        code=code("assemble_export.py"),
        release=config["release"],
        export=CLIPS,
        local={"memory_limit": config["export"]["memory_limit"]},
    script:
        "../scripts/assemble_export.py"
