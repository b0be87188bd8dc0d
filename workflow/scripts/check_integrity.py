"""Hold the raw files of one source set against its checksum list; write one where there is none."""

from functools import partial
from pathlib import Path

from drumcorpus.stages.inventory.checksum_lists import describe_list
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.inventory.integrity import (
    compare,
    describe_compared,
    hold_inventory,
    integrity_report,
    open_caches,
    refuse_mismatches,
    write_first_list,
)
from drumcorpus.ground.run.job import open_job
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.files.raw_files import existing_roots, listing_stamp, scan_roots
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.run.state import write_stamp

job = open_job(snakemake)
source_set, local = snakemake.wildcards.source_set, snakemake.params.local
settings, shown = snakemake.params.integrity, snakemake.params.checksums
work = {"workers": snakemake.threads, "progress": partial(Progress, job.title, unit="bytes")}
inventory_lock = hold_inventory(source_set)
roots = existing_roots(source_set, local["roots"])
missing = {root: Path(root) not in roots for root in local["roots"]}
if any(missing.values()):
    job.say(f"these roots are not there: {', '.join(r for r, gone in missing.items() if gone)}")
files, refusals = scan_roots(roots)
write_stamp(source_set, listing_stamp(files, refusals))
caches = open_caches(source_set)

# A demo corpus has no list: the workflow writes it itself.
checksums = Path(local["checksums"]) if shown else None
if checksums and not checksums.exists():
    write_first_list(checksums, files, refusals, caches, say=job.say, **work)
found = compare(files, refusals, checksums, caches, **settings, **work)
level = settings["level"]
refuse_mismatches(source_set, found, checksums=checksums, roots=roots, level=level)
inputs = [describe_compared(source_set, found, list(missing.values()))]
job.leave_if_fresh([*inputs, *describe_list(checksums, shown)])

report = integrity_report(source_set, found, list(missing.values()), level=level, shown=shown)
write_json(snakemake.output.report, report)
if report["extra"]["files"]:
    first = ", ".join(visible(path) for path in report["extra"]["first"][:3])
    job.say(f"{report['extra']['files']:,} file(s) not in the list, such as {first}")
job.finish({name: report[name] for name in ("files", "listed", "digests_compared")})
