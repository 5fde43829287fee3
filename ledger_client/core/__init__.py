"""Pure rules of the ledger: values, bytes and times in, values out.

No module here opens a file or a socket, reads a clock or draws a random number.
"""
