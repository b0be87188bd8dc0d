"""State how a manifest or the release came about, from the run manifests of all it rests on."""

from pathlib import Path

from drumcorpus.ground.run.job import open_job
from drumcorpus.stages.provenance.chain import chain_of_products, describe_chain

job = open_job(snakemake)
inputs, settings = snakemake.input, snakemake.params.provenance
chain = chain_of_products(inputs.products)
# A job upstream may have been made anew and have given the same bytes, which its record tells.
job.leave_if_fresh([describe_chain(chain)])

from drumcorpus.stages.provenance.attest import state, write_crate

limits = {name: settings[name] for name in ("builder", "max_raw_files")}
statement = state(chain, **limits)
work = {"checkout": Path(inputs.workflow).parent, "name": snakemake.wildcards.attested}
work |= {name: settings[name] for name in ("published", "max_jobs")}
write_crate(Path(snakemake.output.crate).parent, chain, statement, **work)
job.finish({"subjects": len(chain.subjects), "jobs": len(chain.manifests)})
