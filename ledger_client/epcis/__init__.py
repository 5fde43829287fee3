"""EPCIS 2.0 and 1.2 documents, in and out, and the names of things that they use."""
