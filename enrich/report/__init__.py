"""What was done, for people and programs; and how to undo it."""
