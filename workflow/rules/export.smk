"""
Export what a manifest holds as samples to train on, each with every stroke that sounds in it.

in:   results/aliased/{source_set}/{shard}.parquet, the splits of its sessions, raw audio, the
      sampling weights, the taxonomy, the gates that the config names; for a limit the manifest
out:  results/limits/{manifest}/{export}/{source_set}/{shard}.parquet   which events a limit takes
      results/samples/{manifest}/{export}/{source_set}/{shard}.parquet   what became of each sample
      reports/export/{manifest}/{export}.json   the same in figures, and the verdict of every gate
      results/export/{manifest}/{export}/   sound, labels per split, card, SHA256SUMS
"""


rule limit_export:
    """Choose the events of an export with a limit, some of every source set and split."""
    input:
        manifest="results/manifests/{manifest}.parquet",
        sessions=lambda wildcards: shards_of_manifest(
            "results/sessions/{source_set}/{shard}.parquet", wildcards.manifest
        ),
    output:
        limits="results/limits/{manifest}/{export}.parquet",
    log:
        "logs/limit_export/{manifest}/{export}.log",
    benchmark:
        "benchmarks/limit_export/{manifest}/{export}.tsv"
    wildcard_constraints:
        export="|".join(LIMITED) or "(?!)",
    threads: threads_of("limit_export")
    resources:
        **needs_of("limit_export"),
    params:
        code=code("limit_export.py"),
        limit=lambda wildcards: EXPORTS[wildcards.export]["limit"],
        unit=lambda wildcards: EXPORTS[wildcards.export]["unit"],
        audio=lambda wildcards: EXPORTS[wildcards.export]["audio"],
        local={"memory_limit": config["export"]["memory_limit"]},
    script:
        "../scripts/limit_export.py"


rule shard_limit:
    """Take what a limit chooses of one shard out of that of its export."""
    input:
        limits="results/limits/{manifest}/{export}.parquet",
        sessions="results/sessions/{source_set}/{shard}.parquet",
    output:
        limits="results/limits/{manifest}/{export}/{source_set}/{shard}.parquet",
    log:
        "logs/shard_limit/{manifest}/{export}/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/shard_limit/{manifest}/{export}/{source_set}/{shard}.tsv"
    wildcard_constraints:
        export="|".join(LIMITED) or "(?!)",
    threads: threads_of("shard_limit")
    resources:
        **needs_of("shard_limit"),
    params:
        code=code("shard_limit.py"),
    script:
        "../scripts/shard_limit.py"


rule write_samples:
    """Write the sound of one shard's samples in all forms of an export."""
    input:
        events="results/aliased/{source_set}/{shard}.parquet",
        sessions="results/sessions/{source_set}/{shard}.parquet",
        splits="results/splits/{manifest}/{source_set}/{shard}.parquet",
        limits=limits_of_shard,
        taxonomy=taxonomy_files(),
        class_maps=f"{TAXONOMY}/class_maps.yaml",
        general_midi=f"{TAXONOMY}/general_midi.yaml",
        after=lambda wildcards: [
            f"results/gates/{wildcards.manifest}.json",
            *export_stamp(*wildcards),
        ],
    output:
        index="results/samples/{manifest}/{export}/{source_set}/{shard}.parquet",
        written="results/samples/{manifest}/{export}/{source_set}/{shard}.files.parquet",
    log:
        "logs/write_samples/{manifest}/{export}/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/write_samples/{manifest}/{export}/{source_set}/{shard}.tsv"
    threads: threads_of("write_samples")
    resources:
        **needs_of("write_samples"),
    params:
        code=code("write_samples.py"),
        export=lambda wildcards: sample_settings(EXPORTS[wildcards.export]),
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/write_samples.py"


rule measure_export:
    """Count what became of the events of an export, and hold that against its gates."""
    input:
        index=lambda wildcards: samples_of(wildcards, ".parquet"),
        gates=lambda wildcards: config_path(
            config["manifests"][wildcards.manifest]["gates"]
        ),
    output:
        report="reports/export/{manifest}/{export}.json",
    log:
        "logs/measure_export/{manifest}/{export}.log",
    benchmark:
        "benchmarks/measure_export/{manifest}/{export}.tsv"
    threads: threads_of("measure_export")
    resources:
        **needs_of("measure_export"),
    params:
        code=code("measure_export.py"),
        unit=lambda wildcards: EXPORTS[wildcards.export]["unit"],
        expired_waivers=lambda wildcards: EXPIRED_WAIVERS[wildcards.manifest],
        local={"memory_limit": config["export"]["memory_limit"]},
    script:
        "../scripts/measure_export.py"


rule list_labels:
    """Write the labels of an export of files as JSON, one list for each split."""
    input:
        index=lambda wildcards: samples_of(wildcards, ".parquet"),
        weights=weights_of_export,
        taxonomy=taxonomy_files(),
        class_maps=f"{TAXONOMY}/class_maps.yaml",
        after=lambda wildcards: [
            f"results/gates/export/{wildcards.manifest}/{wildcards.export}.json",
            *export_stamp(*wildcards, "labels"),
        ],
    output:
        train=f"{EXPORT}/train/train_labels.json",
        validation=f"{EXPORT}/val/val_labels.json",
        test=f"{EXPORT}/test/test_labels.json",
    log:
        "logs/list_labels/{manifest}/{export}.log",
    benchmark:
        "benchmarks/list_labels/{manifest}/{export}.tsv"
    threads: threads_of("list_labels")
    resources:
        **needs_of("list_labels"),
    params:
        code=code("list_labels.py"),
    script:
        "../scripts/list_labels.py"


rule assemble_export:
    """Write labels, figures, card and checksums of an export around its samples."""
    input:
        index=lambda wildcards: samples_of(wildcards, ".parquet"),
        written=lambda wildcards: samples_of(wildcards, ".files.parquet"),
        labels=label_lists,
        limits=limits_of_export,
        weights=weights_of_export,
        events=lambda wildcards: shards_of_manifest(
            "results/aliased/{source_set}/{shard}.parquet", wildcards.manifest
        ),
        sessions=lambda wildcards: shards_of_manifest(
            "results/sessions/{source_set}/{shard}.parquet", wildcards.manifest
        ),
        taxonomy=taxonomy_files(),
        class_maps=f"{TAXONOMY}/class_maps.yaml",
        cards=lambda wildcards: [
            config_path(card_name(name))
            for name in config["manifests"][wildcards.manifest]["source_sets"]
        ],
        after=lambda wildcards: [
            f"results/gates/export/{wildcards.manifest}/{wildcards.export}.json",
            *export_stamp(*wildcards),
        ],
    output:
        train=f"{EXPORT}/train/train_labels.parquet",
        validation=f"{EXPORT}/val/val_labels.parquet",
        test=f"{EXPORT}/test/test_labels.parquet",
        components=f"{EXPORT}/components.json",
        metadata=f"{EXPORT}/metadata.json",
        sessions=f"{EXPORT}/sessions.parquet",
        files=f"{EXPORT}/files.parquet",
        durations=f"{EXPORT}/durations.csv",
        card=f"{EXPORT}/README.md",
        citations=f"{EXPORT}/CITE.bib",
        croissant=f"{EXPORT}/croissant.json",
        checksums=f"{EXPORT}/SHA256SUMS",
    log:
        "logs/assemble_export/{manifest}/{export}.log",
    benchmark:
        "benchmarks/assemble_export/{manifest}/{export}.tsv"
    threads: threads_of("assemble_export")
    resources:
        **needs_of("assemble_export"),
    params:
        code=code("assemble_export.py"),
        release=config["release"],
        export=lambda wildcards: EXPORTS[wildcards.export],
        source_sets=lambda wildcards: config["manifests"][wildcards.manifest][
            "source_sets"
        ],
        models=lambda wildcards: models_of(wildcards.manifest),
        local={"memory_limit": config["export"]["memory_limit"]},
    script:
        "../scripts/assemble_export.py"


# No output and no benchmark: Snakemake would take a benchmark's file for a job well done.
rule verify_export:
    """Say what every export will hold and lack, before any sound is decoded."""
    input:
        [
            f"results/manifests/{manifest}.parquet"
            for manifest in MANIFESTS
            if EXPORTS_OF[manifest]
        ],
        products(["sessions/{s}/{n}", "audio_checks/{s}/{n}"], MERGED),
        products(["inventory/{s}"], MERGED),
        taxonomy=taxonomy_files(),
        class_maps=f"{TAXONOMY}/class_maps.yaml",
    log:
        "logs/verify_export.log",
    localrule: True
    threads: threads_of("verify_export")
    resources:
        **needs_of("verify_export"),
    params:
        exports=EXPORTS,
        files={name: config[name] for name in ("summary", "duration_csv")},
        local={
            "tables": {
                manifest: tables_to_verify(manifest)
                for manifest in MANIFESTS
                if EXPORTS_OF[manifest]
            },
            "memory_limit": config["export"]["memory_limit"],
        },
    script:
        "../scripts/verify_export.py"
