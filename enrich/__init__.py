"""Cleans bibliographic records on the word of the agency that registered their DOI."""
