"""Write the events of one source set as JSON Lines."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.table_lines import write_table_as_lines

n_rows = write_table_as_lines(snakemake.input.events, snakemake.output.lines)
job.finish({"events": n_rows})
