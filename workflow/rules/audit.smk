"""
Hold a manifest against the provenance of every source set.

in:   results/manifests/{manifest}.parquet, results/provenance and results/inventory of all sets
out:  reports/provenance/{manifest}.json, .md
"""


rule audit_provenance:
    """Look for events that no provenance covers, and for provenance that nothing uses."""
    input:
        manifest="results/manifests/{manifest}.parquet",
        provenance=expand("results/provenance/{source_set}.jsonl", source_set=INGESTED),
        inventory=expand("results/inventory/{source_set}.parquet", source_set=INGESTED),
    output:
        audit=update("reports/provenance/{manifest}.json"),
        page=update("reports/provenance/{manifest}.md"),
    log:
        "logs/audit_provenance/{manifest}.log",
    benchmark:
        "benchmarks/audit_provenance/{manifest}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("audit_provenance.py"),
        merged_sets=lambda wildcards: config["manifests"][wildcards.manifest][
            "source_sets"
        ],
        tiers={name: config["source_sets"][name]["tier"] for name in INGESTED},
    script:
        "../scripts/audit_provenance.py"
