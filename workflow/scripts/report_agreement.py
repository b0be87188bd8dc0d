"""Say of which sessions the cymbals sound otherwise than the source numbers them."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.crash.agreement import summarise_agreement
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.jsonl import read_rows

shards = iter(snakemake.input.agreement)
rows = {
    source_set: [row for _ in range(n_shards) for row in read_rows(next(shards))]
    for source_set, n_shards in snakemake.params.shards.items()
}
report = summarise_agreement(rows)
write_json(snakemake.output.report, report)
names = ("numbered", "agree", "differ", "not_judged")
job.finish({f"sessions_{name}": report["totals"][name] for name in names})
