"""Hold the raw files of one source set against its checksum list; write one where there is none."""

from functools import partial
from pathlib import Path

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.run.job import open_job
from drumcorpus.ground.run.progress import Progress
from drumcorpus.stages.inventory import integrity
from drumcorpus.stages.inventory.checksum_lists import describe_list

job = open_job(snakemake)
source_set, params = snakemake.wildcards.source_set, snakemake.params
inventory_lock = integrity.hold_inventory(source_set)
# A demo corpus has no list: the workflow writes it itself.
checksums = Path(params.local["checksums"]) if params.checksums else None
work = {"workers": snakemake.threads, "progress": partial(Progress, job.title, unit="bytes")}
given = params.local | params.integrity | work | {"checksums": checksums, "say": job.say}
given |= {"not_of_the_set": snakemake.input.not_of_the_set}
given |= {"report": snakemake.output.report, "shown": params.checksums}
comparison, missing_roots = integrity.hold_against_list(source_set, **given)
compared = integrity.describe_compared(source_set, comparison, missing_roots)
job.leave_if_fresh([compared, *describe_list(checksums, params.checksums)])

shown = {"level": params.integrity["level"], "shown": params.checksums}
report = integrity.integrity_report(source_set, comparison, missing_roots, **shown)
write_json(snakemake.output.report, report)
integrity.say_extra(report, job.say)
job.finish({name: report[name] for name in ("files", "listed", "digests_compared")})
