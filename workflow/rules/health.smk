"""
Say what is in a manifest, and whether it may be trained on.

in:   results/manifests/{manifest}.parquet, the tallies, quarantine and sessions of its source
      sets, reports/provenance/{manifest}.json, and the gates that the config names
out:  reports/health/{manifest}.json, .html   figures, and the verdict of every gate
      results/gates/{manifest}.json           stands only if the manifest may pass
"""


rule measure_health:
    """Measure a manifest and hold it against its gates."""
    input:
        manifest="results/manifests/{manifest}.parquet",
        audit="reports/provenance/{manifest}.json",
        tallies=lambda wildcards: tables_of_manifest("tallies", wildcards.manifest),
        quarantine=lambda wildcards: tables_of_manifest(
            "quarantine", wildcards.manifest
        ),
        sessions=lambda wildcards: tables_of_manifest("sessions", wildcards.manifest),
        taxonomy=taxonomy_files(),
        gates=lambda wildcards: config_path(
            config["manifests"][wildcards.manifest]["gates"]
        ),
    output:
        report=update("reports/health/{manifest}.json"),
        page=update("reports/health/{manifest}.html"),
    log:
        "logs/measure_health/{manifest}.log",
    benchmark:
        "benchmarks/measure_health/{manifest}.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    params:
        code=code("measure_health.py"),
        crash_family=config["crash"]["family"],
        local=config["health"],
    script:
        "../scripts/measure_health.py"


rule enforce_gates:
    """Stop where a gate fails, unless the config says to report only."""
    input:
        report="reports/health/{manifest}.json",
    output:
        verdict=update("results/gates/{manifest}.json"),
    log:
        "logs/enforce_gates/{manifest}.log",
    benchmark:
        "benchmarks/enforce_gates/{manifest}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("enforce_gates.py"),
        mode=config["gates"],
    script:
        "../scripts/enforce_gates.py"
