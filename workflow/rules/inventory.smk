"""
Find every raw file, digest it, and tell which sessions the files make up.

in:   the roots of the source set, and its card
out:  results/inventory/{source_set}.parquet              one row per raw file
      results/sessions/{source_set}.parquet               one row per session
      results/quarantine/{source_set}/inventory.parquet   files that are not used, with the reason
      results/sessions/{source_set}/{shard}.parquet       the sessions of one shard
      results/sound_files/{source_set}/{shard}.parquet    their sound files, stems included
"""


rule take_inventory:
    """List the raw files of a source set with their digests, and its sessions."""
    input:
        state=".drumcorpus/raw/{source_set}.json",
        demo=demo_corpus,
        card=card_file,
        references=reference_files,
        works=config_path("resources/source_sets/work_splits.yaml"),
        integrity=lambda wildcards: [
            f"results/integrity/{name}.json"
            for name in WITH_CHECKSUM_LIST
            if name == wildcards.source_set
        ],
    output:
        files=update("results/inventory/{source_set}.parquet"),
        sessions=update("results/sessions/{source_set}.parquet"),
        quarantine=update("results/quarantine/{source_set}/inventory.parquet"),
    log:
        "logs/take_inventory/{source_set}.log",
    benchmark:
        "benchmarks/take_inventory/{source_set}.tsv"
    conda:
        "../../environment.yml"
    threads: 4
    params:
        code=source_set_code("take_inventory.py"),
        settings=lambda wildcards: own_settings(wildcards.source_set),
        splits={name: config["splits"][name] for name in ("seed", "shares")},
        local=lambda wildcards: roots(wildcards.source_set)
        | {
            "vanished": (
                "accept"
                if is_demo(wildcards.source_set)
                else config["inventory"]["vanished"]
            )
        },
    script:
        "../scripts/take_inventory.py"


rule shard_sessions:
    """Take the sessions of one shard out of the list, so that the others do not touch it."""
    input:
        sessions="results/sessions/{source_set}.parquet",
        inventory="results/inventory/{source_set}.parquet",
    output:
        sessions=update("results/sessions/{source_set}/{shard}.parquet"),
        sound_files=update("results/sound_files/{source_set}/{shard}.parquet"),
    log:
        "logs/shard_sessions/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/shard_sessions/{source_set}/{shard}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("shard_sessions.py"),
        n_shards=lambda wildcards: SHARDS[wildcards.source_set],
    script:
        "../scripts/shard_sessions.py"
