"""
Complete the provenance of every source set, hold a manifest against it, and the audit against the
blessed one.

in:   results/provenance/{source_set}/ingest.jsonl and results/crash/assignments of every set;
      results/manifests, results/splits of the manifest; results/inventory, results/missing and the
      cards of all sets; resources/baselines/{manifest}.audit.json where something is blessed
out:  results/provenance/{source_set}.jsonl     one row per session, with what told its cymbals apart
      reports/provenance/{manifest}.json        findings, figures and notes
      results/baselines/{manifest}.audit.json   the figures that `bless` would take
      reports/provenance/{manifest}.diff.json   what differs from the blessed audit
      reports/provenance/{manifest}.md, .html   all of it for people
      reports/provenance/files/<name>.json, .md, .html   of the file that the config names
"""

PROVENANCE = {
    "provenance": expand("results/provenance/{source_set}.jsonl", source_set=INGESTED),
    "inventory": expand("results/inventory/{source_set}.parquet", source_set=INGESTED),
    "missing": expand("results/missing/{source_set}.jsonl", source_set=INGESTED),
    "cards": [config_path(card_name(name)) for name in INGESTED],
}
TIERS = {name: config["source_sets"][name]["tier"] for name in INGESTED}


rule annotate_provenance:
    """Add what told the cymbals apart to the provenance of every session of a source set."""
    input:
        provenance="results/provenance/{source_set}/ingest.jsonl",
        assignments="results/crash/assignments/{source_set}.parquet",
        taxonomy=taxonomy_files(),
    output:
        provenance="results/provenance/{source_set}.jsonl",
    log:
        "logs/annotate_provenance/{source_set}.log",
    benchmark:
        "benchmarks/annotate_provenance/{source_set}.tsv"
    group:
        "cymbals"
    threads: threads_of("annotate_provenance")
    resources:
        **needs_of("annotate_provenance"),
    params:
        code=code("annotate_provenance.py"),
    script:
        "../scripts/annotate_provenance.py"


rule audit_provenance:
    """Look for events that no provenance covers, and for provenance that nothing uses."""
    input:
        **PROVENANCE,
        manifest="results/manifests/{manifest}.parquet",
        splits="results/splits/{manifest}.parquet",
    output:
        audit="reports/provenance/{manifest}.json",
        candidate="results/baselines/{manifest}.audit.json",
    log:
        "logs/audit_provenance/{manifest}.log",
    benchmark:
        "benchmarks/audit_provenance/{manifest}.tsv"
    threads: threads_of("audit_provenance")
    resources:
        **needs_of("audit_provenance"),
    params:
        code=code("audit_provenance.py"),
        merged_sets=lambda wildcards: config["manifests"][wildcards.manifest][
            "source_sets"
        ],
        tiers=TIERS,
        without_digest=[name for name in INGESTED if is_demo(name)],
        local=config["audit"],
    script:
        "../scripts/audit_provenance.py"


rule compare_audit:
    """Compare an audit with the blessed one, and show both."""
    input:
        audit="reports/provenance/{manifest}.json",
        candidate="results/baselines/{manifest}.audit.json",
        blessed=lambda wildcards: baseline_file(f"{wildcards.manifest}.audit.json"),
    output:
        diff="reports/provenance/{manifest}.diff.json",
        text="reports/provenance/{manifest}.md",
        page=report(
            "reports/provenance/{manifest}.html",
            caption="../report/provenance.rst",
            category="Provenance",
            labels={"of": "manifest {manifest}"},
        ),
    log:
        "logs/compare_audit/{manifest}.log",
    benchmark:
        "benchmarks/compare_audit/{manifest}.tsv"
    localrule: True
    threads: threads_of("compare_audit")
    resources:
        **needs_of("compare_audit"),
    params:
        code=code("compare_audit.py"),
    script:
        "../scripts/compare_audit.py"


rule audit_manifest_file:
    """Audit any manifest, once every line of it is known to be one of a manifest."""
    input:
        **PROVENANCE,
        manifest=manifest_file,
    output:
        audit=f"reports/provenance/files/{MANIFEST_FILE_NAME}.json",
        text=f"reports/provenance/files/{MANIFEST_FILE_NAME}.md",
        page=f"reports/provenance/files/{MANIFEST_FILE_NAME}.html",
    log:
        f"logs/audit_manifest_file/{MANIFEST_FILE_NAME}.log",
    benchmark:
        f"benchmarks/audit_manifest_file/{MANIFEST_FILE_NAME}.tsv"
    threads: threads_of("audit_manifest_file")
    resources:
        **needs_of("audit_manifest_file"),
    params:
        code=code("audit_manifest_file.py"),
        tiers=TIERS,
        local=config["audit"],
    script:
        "../scripts/audit_manifest_file.py"
