"""
Targets: what to ask for on the command line. `snakemake --list-target-rules` shows them.
"""


localrules:
    all,
    inventory,
    provenance,
    crash,
    manifest,
    audit,
    health,
    weights,
    export,


rule inventory:
    """Raw files of every source set with their digests, without ingesting anything."""
    input:
        expand("results/inventory/{source_set}.parquet", source_set=SOURCE_SETS),


for source_set in SOURCE_SETS:

    rule:
        name:
            f"ingest_{source_set}"
        input:
            f"results/events/{source_set}.parquet",
            f"results/provenance/{source_set}.jsonl",
        localrule: True


rule provenance:
    """Where every session came from: raw files by hash, licence, code."""
    input:
        expand("results/provenance/{source_set}.jsonl", source_set=SOURCE_SETS),


rule crash:
    """Which cymbal every crash hit is, and the sessions in doubt."""
    input:
        expand("results/crash/assignments/{source_set}.parquet", source_set=SOURCE_SETS),


rule manifest:
    """The merged events of every manifest, as Parquet and as JSON Lines."""
    input:
        expand(
            "results/manifests/{manifest}.{ext}",
            manifest=MANIFESTS,
            ext=["parquet", "jsonl"],
        ),


rule audit:
    """Provenance audit of every manifest, as JSON and Markdown."""
    input:
        expand(
            "reports/provenance/{manifest}.{ext}",
            manifest=MANIFESTS,
            ext=["json", "md"],
        ),


rule health:
    """Health report of every manifest, as JSON and page, held against its gates."""
    input:
        expand(
            "reports/health/{manifest}.{ext}", manifest=MANIFESTS, ext=["json", "html"]
        ),
        expand("results/gates/{manifest}.json", manifest=MANIFESTS),


rule weights:
    """Sampling weights of every manifest."""
    input:
        expand("results/sampling/{manifest}.json", manifest=MANIFESTS),


rule export:
    """Clips and labels of every manifest, each with its checksum."""
    input:
        expand("results/export/{manifest}/metadata.json", manifest=MANIFESTS),


rule all:
    """Everything: manifests, reports, sampling weights and exports, through all gates."""
    default_target: True
    input:
        rules.manifest.input,
        rules.provenance.input,
        rules.crash.input,
        rules.audit.input,
        rules.health.input,
        rules.weights.input,
        rules.export.input,
