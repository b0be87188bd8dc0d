"""Sampled drum kits: read in the forms that samplers have, and made to play performances."""
