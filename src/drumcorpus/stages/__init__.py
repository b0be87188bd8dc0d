"""The steps of the chain, one folder each; they meet in files and never import each other."""
