"""Markup, folding and other work on strings alone."""
