"""Write the labels of one export of files as JSON, one list for each split."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.stages.export.label_lists import write_label_list
from drumcorpus.stages.export.class_map_files import read_class_maps

inputs, output = snakemake.input, snakemake.output
maps = read_class_maps(inputs.taxonomy, inputs.class_maps)
counts = {
    split: write_label_list(output[split], inputs.index, split, maps, inputs.weights)
    for split in ("train", "validation", "test")
}
job.finish({"records": counts})
