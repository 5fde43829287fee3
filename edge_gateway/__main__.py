"""`python -m edge_gateway` is the command `coldseal`."""

from edge_gateway.cli import main

main()
