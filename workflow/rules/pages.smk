"""
Say what there is, and what became of every label, of all source sets in use.

in:   the cards, results/inventory, sessions, quarantine and tallies of every source set
out:  reports/inventory.html, .json, .csv   files, sessions, licences and audio of each set
      reports/ingest.html, .json            hits of each set by source label and outcome
"""

from drumcorpus.shown import shown_path


rule summarise_inventory:
    """Put the inventories of all source sets on one page."""
    input:
        cards=[config_path(card_name(name)) for name in SOURCE_SETS],
        files=expand("results/inventory/{source_set}.parquet", source_set=SOURCE_SETS),
        sessions=expand("results/sessions/{source_set}.parquet", source_set=SOURCE_SETS),
        quarantine=expand(
            "results/quarantine/{source_set}/inventory.parquet", source_set=SOURCE_SETS
        ),
    output:
        page=report(
            update("reports/inventory.html"),
            caption="../report/inventory.rst",
            category="Sources",
            labels={"of": "raw files"},
        ),
        report=update("reports/inventory.json"),
        table=update("reports/inventory.csv"),
    log:
        "logs/summarise_inventory.log",
    benchmark:
        "benchmarks/summarise_inventory.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("summarise_inventory.py"),
        source_sets={
            name: {
                "tier": config["source_sets"][name]["tier"],
                "roots": [shown_path(root) for root in roots(name)["roots"]],
            }
            for name in SOURCE_SETS
        },
    script:
        "../scripts/summarise_inventory.py"


rule summarise_ingest:
    """Put what became of every source label of all source sets on one page."""
    input:
        cards=[config_path(card_name(name)) for name in INGESTED],
        tallies=expand("results/tallies/{source_set}.parquet", source_set=INGESTED),
        quarantine=expand(
            "results/quarantine/{source_set}.parquet", source_set=INGESTED
        ),
        sessions=expand("results/sessions/{source_set}.parquet", source_set=INGESTED),
    output:
        page=report(
            update("reports/ingest.html"),
            caption="../report/ingest.rst",
            category="Sources",
            labels={"of": "ingestion"},
        ),
        report=update("reports/ingest.json"),
    log:
        "logs/summarise_ingest.log",
    benchmark:
        "benchmarks/summarise_ingest.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("summarise_ingest.py"),
        tiers={name: config["source_sets"][name]["tier"] for name in INGESTED},
    script:
        "../scripts/summarise_ingest.py"
