"""Typed values against the reference: equal, rounded, following from own values, explained by a slip."""
