"""refer/EndNote."""
