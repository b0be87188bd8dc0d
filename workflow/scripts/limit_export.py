"""Choose the events of an export with a limit, some of every source set and split."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

import pyarrow.compute as pc

from drumcorpus.ground.files.tables import write_table
from drumcorpus.stages.export.limits import limits_of_manifest

params, settings = snakemake.params, {"threads": snakemake.threads, **snakemake.params.local}
tables, chosen = snakemake.input, (params.limit, params.unit, params.audio)
limits = limits_of_manifest(tables.manifest, tables.sessions, *chosen, **settings)
write_table(snakemake.output.limits, limits)
job.finish({name: pc.sum(limits[name]).as_py() or 0 for name in ("n_events", "n_taken")})
