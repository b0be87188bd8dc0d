"""Do several jobs of the demo one after the other, each as its own script does it."""

from drumcorpus.ground.run.together import do_parts

do_parts(snakemake)
