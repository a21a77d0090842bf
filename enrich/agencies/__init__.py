"""Registration agencies: whom to ask about a DOI, and how to read the answer."""
