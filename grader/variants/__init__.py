"""Variants: a problem with other values, drawn from its `draw:`, the same for one seed on every machine."""
