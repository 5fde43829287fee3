"""Wire formats, version 1, written once in the subset that MicroPython and CPython share.

Nothing here imports more than hashlib and binascii, reads a clock or keeps state: bytes and values
in, bytes and values out.  Golden vectors in tests/vectors run on both interpreters.
"""
