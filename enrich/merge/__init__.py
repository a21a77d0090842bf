"""Who wins, field by field, by named rules."""
