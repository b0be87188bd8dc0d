"""List the raw files of one source set with their digests, and its sessions."""

from functools import partial
from importlib import import_module

from drumcorpus.ground.run.cards import read_options
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.source_sets.shared.groups import work_splits
from drumcorpus.stages.inventory.inventory import refuse_vanished, take_inventory
from drumcorpus.stages.splits.draw import split_sessions
from drumcorpus.ground.run.job import STATE_FOLDER, open_job
from drumcorpus.ground.run.kept import standing
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.files.raw_files import (
    FactCache,
    digest_raw_files,
    existing_roots,
    listing_stamp,
    scan_roots,
)
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.state import describe_raw_data, write_stamp

job = open_job(snakemake)
source_set = snakemake.wildcards.source_set
local = snakemake.params.local
roots = existing_roots(source_set, local["roots"])
files, refusals = scan_roots(roots)
cache = FactCache(f"{STATE_FOLDER}/digests/{source_set}.json", snakemake.params.code)
progress = Progress(job.title, sum(file.bytes for file in files.values()), "bytes")
digests, unreadable = digest_raw_files(
    files.values(), cache, workers=snakemake.threads, on_progress=progress.advance
)
cache.save()
# What this job has seen, not what may have come since: the next run looks again.
write_stamp(source_set, listing_stamp(files, refusals))
if local["vanished"] == "refuse":
    refuse_vanished(standing(snakemake.output.files), files, local["roots"])
job.leave_if_fresh([describe_raw_data(source_set, digests, refusals + unreadable)])

card = read_yaml(snakemake.input.card)
works = work_splits(read_yaml(snakemake.input.works))
inventory = take_inventory(
    source_set,
    import_module(f"drumcorpus.source_sets.{source_set}").survey,
    files,
    digests,
    refusals + unreadable,
    cache,
    card,
    read_options(card, snakemake.input.references, snakemake.params.settings),
    split_sessions=partial(split_sessions, works=works, **snakemake.params.splits),
    workers=snakemake.threads,
)
cache.save()
write_table(snakemake.output.files, inventory.files)
write_table(snakemake.output.sessions, inventory.sessions)
write_table(snakemake.output.quarantine, inventory.quarantine)
counted = {"files": inventory.files, "sessions": inventory.sessions}
counted["quarantined"] = inventory.quarantine
job.finish({name: table.num_rows for name, table in counted.items()})
