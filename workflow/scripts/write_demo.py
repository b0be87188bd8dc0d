"""Write the demo corpus of one source set."""

import logging
from pathlib import Path

from drumcorpus.ground.run.job import open_job

job = open_job(snakemake)

from drumcorpus.demo.write import write_demo_corpus
from drumcorpus.ground.files.atomic import write_text

marker = Path(snakemake.output.marker)
summary = write_demo_corpus(
    snakemake.wildcards.source_set,
    marker.with_suffix(""),
    snakemake.input.kits,
    seed=snakemake.params.demo["seed"],
    n_performances=snakemake.params.demo["performances"],
)
logging.info(summary)
write_text(marker, f"{summary}\n")
