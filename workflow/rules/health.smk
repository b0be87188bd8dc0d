"""
Say what is in a manifest, in a source set, or in any file of events, and what was left out of it.

in:   results/manifests/{manifest}.parquet, the tables of its source sets, the reports on its
      provenance, splits and distributions, and the gates that the config names
out:  reports/health/{manifest}.json, .html                  figures, and the verdict of every gate
      reports/health/source_sets/{source_set}.json, .html    of a source set, with verdicts if it has gates
      reports/health/files/<name>.json, .html                of the file that the config names
"""


rule measure_health:
    """Measure a manifest and hold it against its gates."""
    input:
        manifest="results/manifests/{manifest}.parquet",
        audit="reports/provenance/{manifest}.json",
        audit_diff="reports/provenance/{manifest}.diff.json",
        tallies=lambda wildcards: tables_of_manifest("tallies", wildcards.manifest),
        quarantine=lambda wildcards: tables_of_manifest(
            "quarantine", wildcards.manifest
        ),
        sessions=lambda wildcards: tables_of_manifest("sessions", wildcards.manifest),
        inventory=lambda wildcards: tables_of_manifest("inventory", wildcards.manifest),
        audio_checks=lambda wildcards: shards_of_manifest(
            "results/audio_checks/{source_set}/{shard}.parquet", wildcards.manifest
        ),
        splits="results/splits/{manifest}.parquet",
        leaks="reports/splits/{manifest}.json",
        drift="reports/distribution/{manifest}.json",
        blessed=lambda wildcards: baseline_file(f"{wildcards.manifest}.health.json"),
        cards=lambda wildcards: [
            config_path(card_name(name))
            for name in config["manifests"][wildcards.manifest]["source_sets"]
        ],
        taxonomy=taxonomy_files(),
        gates=lambda wildcards: config_path(
            config["manifests"][wildcards.manifest]["gates"]
        ),
    output:
        report="reports/health/{manifest}.json",
    log:
        "logs/measure_health/{manifest}.log",
    benchmark:
        "benchmarks/measure_health/{manifest}.tsv"
    threads: threads_of("measure_health")
    resources:
        **needs_of("measure_health"),
    params:
        code=code("measure_health.py"),
        source_sets=lambda wildcards: config["manifests"][wildcards.manifest][
            "source_sets"
        ],
        cymbal_families=config["crash"]["families"],
        audio_checks=config["checks"],
        expired_waivers=lambda wildcards: EXPIRED_WAIVERS[wildcards.manifest],
        local=config["health"],
    script:
        "../scripts/measure_health.py"


rule render_health:
    """Show the figures of a manifest, the verdicts, and what differs from the baseline."""
    input:
        report="reports/health/{manifest}.json",
        diff="reports/health/{manifest}.diff.json",
        chosen=lambda wildcards: tables_of_manifest(
            "listening/chosen", wildcards.manifest, "json"
        ),
    output:
        page=report(
            "reports/health/{manifest}.html",
            caption="../report/health.rst",
            category="Health",
            labels={"of": "manifest {manifest}"},
        ),
    log:
        "logs/render_health/{manifest}.log",
    benchmark:
        "benchmarks/render_health/{manifest}.tsv"
    localrule: True
    threads: threads_of("render_health")
    resources:
        **needs_of("render_health"),
    params:
        code=code("render_health.py"),
    script:
        "../scripts/render_health.py"


rule measure_source_set:
    """Measure the events of one source set before any manifest, and hold it against its gates."""
    input:
        events=lambda wildcards: shards_of(
            "results/aliased/{source_set}/{shard}.parquet", wildcards.source_set
        ),
        tallies="results/tallies/{source_set}.parquet",
        quarantine="results/quarantine/{source_set}.parquet",
        sessions="results/sessions/{source_set}.parquet",
        inventory="results/inventory/{source_set}.parquet",
        audio_checks=lambda wildcards: shards_of(
            "results/audio_checks/{source_set}/{shard}.parquet", wildcards.source_set
        ),
        card=card_file,
        taxonomy=taxonomy_files(),
        drift=lambda wildcards: (
            ["reports/distribution/source_sets/{source_set}.json"]
            if wildcards.source_set in GATED
            else []
        ),
        blessed=lambda wildcards: (
            baseline_file(f"source_sets/{wildcards.source_set}.health.json")
            if wildcards.source_set in GATED
            else []
        ),
        gates=lambda wildcards: gates_of_set(wildcards.source_set),
    output:
        report="reports/health/source_sets/{source_set}.json",
    log:
        "logs/measure_source_set/{source_set}.log",
    benchmark:
        "benchmarks/measure_source_set/{source_set}.tsv"
    threads: threads_of("measure_source_set")
    resources:
        **needs_of("measure_source_set"),
    params:
        code=code("measure_source_set.py"),
        cymbal_families=config["crash"]["families"],
        audio_checks=config["checks"],
        expired_waivers=lambda wildcards: EXPIRED_WAIVERS_OF_SETS.get(
            wildcards.source_set, []
        ),
        local=config["health"],
    script:
        "../scripts/measure_source_set.py"


rule render_source_set:
    """Show the figures of one source set, its verdicts, and what differs from the baseline."""
    input:
        report="reports/health/source_sets/{source_set}.json",
        diff="reports/health/source_sets/{source_set}.diff.json",
        chosen="results/listening/chosen/{source_set}.json",
    output:
        page=report(
            "reports/health/source_sets/{source_set}.html",
            caption="../report/source_set_health.rst",
            category="Health",
            labels={"of": "source set {source_set}"},
        ),
    log:
        "logs/render_source_set/{source_set}.log",
    benchmark:
        "benchmarks/render_source_set/{source_set}.tsv"
    localrule: True
    threads: threads_of("render_source_set")
    resources:
        **needs_of("render_source_set"),
    params:
        code=code("render_source_set.py"),
    script:
        "../scripts/render_source_set.py"


rule measure_manifest_file:
    """Measure any manifest, once every line of it is known to be one of a manifest."""
    input:
        manifest=manifest_file,
        taxonomy=taxonomy_files(),
    output:
        report=f"reports/health/files/{MANIFEST_FILE_NAME}.json",
        page=f"reports/health/files/{MANIFEST_FILE_NAME}.html",
    log:
        f"logs/measure_manifest_file/{MANIFEST_FILE_NAME}.log",
    benchmark:
        f"benchmarks/measure_manifest_file/{MANIFEST_FILE_NAME}.tsv"
    threads: threads_of("measure_manifest_file")
    resources:
        **needs_of("measure_manifest_file"),
    params:
        code=code("measure_manifest_file.py"),
        cymbal_families=config["crash"]["families"],
        local=config["health"],
    script:
        "../scripts/measure_manifest_file.py"
