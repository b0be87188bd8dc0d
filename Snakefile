"""
drumcorpus: from published drum data sets to one drum-transcription training corpus.

Raw data -> inventory -> ingestion -> provenance -> crash embeddings -> clustering -> aliasing
-> merge -> audit, health and gates -> sampling weights -> export.

    snakemake --cores all all             everything that is stale
    snakemake --cores 4 ingest_SET        one source set
    snakemake --list-target-rules         every target, with a sentence
"""

import sys

from drumcorpus.ground.run.code_listings import CODE_LISTINGS, remember_listings
from drumcorpus.ground.run.exports_made import exports_in_words
from contextlib import suppress

from drumcorpus.ground.run.ledger import record_asked
from drumcorpus.ground.run.parts_of_jobs import PartsOfJobs
from drumcorpus.ground.run.run_log import append_line, describe_start
from drumcorpus.ground.run.snakemake_failures import watch
from drumcorpus.ground.run.termination import hear_termination
from snakemake.logging import logger
from snakemake.utils import min_version

min_version("9.27")

if workflow.is_main_process:  # before anything else is said
    FAILURES = watch(logger)


include: "workflow/rules/run_lock.smk"
include: "workflow/rules/cluster.smk"


configfile: f"{workflow.basedir}/config/config.yaml"


onstart:
    if workflow.is_main_process:
        check_requests()
        start_jobs_at_once()
        FAILURES.jobs_begin()
        hear_termination()
    append_line(describe_start(WORKFLOW, sys.argv[1:]))
    if WORKS:
        record_asked(str(path) for job in workflow.dag.jobs for path in job.output)
        remember_listings(CODE_LISTINGS, LIBRARY.listings)
        LIBRARY.remember()  # what jobs that start Snakemake find


onsuccess:
    if WORKS:
        forget_the_unrecorded()
        remember_manifests()
    if config["software"] == "recorded" and (sentence := other_software_in_words()):
        sys.stderr.write(f"{sentence}\n")
    sys.stderr.write(exports_in_words())


onerror:
    with suppress(OSError):  # what stopped the run may stop this as well
        if WORKS:
            remember_manifests()


include: "workflow/rules/configuration.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/code.smk"
include: "workflow/rules/needs.smk"
include: "workflow/rules/named_files.smk"
include: "workflow/rules/predicted_files.smk"
include: "workflow/rules/start.smk"
include: "workflow/rules/demo.smk"
include: "workflow/rules/inventory.smk"
include: "workflow/rules/predictions.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/onsets.smk"
include: "workflow/rules/checks.smk"
include: "workflow/rules/kit_notes.smk"
include: "workflow/rules/cymbal_files.smk"
include: "workflow/rules/mixture.smk"
include: "workflow/rules/crash.smk"
include: "workflow/rules/splits.smk"
include: "workflow/rules/manifest.smk"
include: "workflow/rules/audit.smk"
include: "workflow/rules/baselines.smk"
include: "workflow/rules/health.smk"
include: "workflow/rules/listening.smk"
include: "workflow/rules/gates.smk"
include: "workflow/rules/sampling.smk"
include: "workflow/rules/export_files.smk"
include: "workflow/rules/export.smk"
include: "workflow/rules/smoke.smk"
include: "workflow/rules/train_check.smk"
include: "workflow/rules/releases.smk"
include: "workflow/rules/front_page.smk"
include: "workflow/rules/corpora.smk"
include: "workflow/rules/provenance.smk"
include: "workflow/rules/evaluated_files.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/asked_products.smk"
include: "workflow/rules/targets.smk"
include: "workflow/rules/release_targets.smk"


localrules:
    all,


# Here and not in targets.smk: a default target that an included file names is forgotten.
rule all:
    """Everything: manifests, reports, sampling weights and exports, through all gates."""
    default_target: True
    input:
        asked(
            "all",
            *(ASKED["release"], ASKED["export"], ASKED["yardstick"]),
            ASKED["predictions"],
            rules.corpora.input,
        ),


include: "workflow/rules/verify.smk"
include: "workflow/rules/plan.smk"
include: "workflow/rules/steps.smk"
include: "workflow/rules/together.smk"
include: "workflow/rules/quicker.smk"
include: "workflow/rules/asked_targets.smk"


if workflow.is_main_process:
    STAGES = {
        each.name: Path(each.snakefile).stem for each in workflow.rules if each.script
    }
    logger.addFilter(PartsOfJobs(STAGES, STEPS))
