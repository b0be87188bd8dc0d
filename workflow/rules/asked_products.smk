"""
How targets ask for products.
"""

# The products of each target, by its name.
ASKED = {}


def asked(target, *paths):
    """The products of a target, each once, as a function of wildcards.

    As paths Snakemake would look at all of them for every target, whether somebody asks for it or
    not: a quarter of a plan of a large corpus.
    """
    flat = (
        path for each in paths for path in ([each] if isinstance(each, str) else each)
    )
    ASKED[target] = list(dict.fromkeys(flat))
    return lambda wildcards: ASKED[target]
